package freeswitch_test

import (
	"maps"
	"slices"
	"testing"

	"curlew/outreach"
)

// fate is how a call to a patient ends.
type fate struct {
	answered, progress bool
	cause              string
	sip                int
	respond            string
	completed          bool
}

func answers(respond string) fate {
	return fate{answered: true, progress: true, cause: "NORMAL_CLEARING", respond: respond}
}

var unanswered = fate{progress: true, cause: "NO_ANSWER", sip: 487}

// fates are those of contract.md, as a real FreeSWITCH tells them.
var fates = map[string]fate{
	"00": {answered: true, progress: true, cause: "NORMAL_CLEARING", completed: true},
	"01": answers("respond confirm 1"), "02": answers("respond cancel 2"), "03": answers("respond reschedule 3"),
	"04": answers("respond call_back 4"), "07": answers("respond transfer 7 12025550115"), "08": answers("respond opt_out 8"),
	"09": answers("respond confirm 1"), "10": answers("respond confirm 1"),
	"11": {cause: "USER_BUSY", sip: 486}, "12": unanswered, "13": {cause: "CALL_REJECTED", sip: 603},
	"14": {cause: "UNALLOCATED_NUMBER", sip: 404}, "15": answers(""),
	"16": {answered: true, progress: true, cause: "NORMAL_CLEARING", completed: true},
	"17": {cause: "NORMAL_TEMPORARY_FAILURE", sip: 503}, "18": {cause: "NO_USER_RESPONSE", sip: 480},
	"19": {cause: "USER_BUSY", sip: 486}, "20": unanswered,
}

func (f fate) lines() []string {
	var lines []string
	if f.progress {
		lines = append(lines, "ringing")
	}
	if f.answered {
		lines = append(lines, "answered")
	}
	if f.respond != "" {
		lines = append(lines, f.respond)
	}
	return lines
}

func (f fate) check(t *testing.T, h *hospital, o outreach.CallOrder, r outreach.CallResult) {
	t.Helper()
	if !r.Sent || !r.Accepted || !r.Created || r.Indeterminate || r.Token != o.Token || r.EndedAt.IsZero() || r.Answered != !r.AnsweredAt.IsZero() {
		t.Errorf("%+v", r)
	}
	if r.Answered != f.answered || r.Progress != f.progress || r.Cause != f.cause || r.SIPStatus != f.sip || r.Completed != f.completed || r.Machine {
		t.Errorf("got  %+v\nwant %+v\n%v", r, f, h.j.of(o.Attempt, true))
	}
	if got := h.j.of(o.Attempt, false); !slices.Equal(got, f.lines()) {
		t.Errorf("reported %v, want %v", got, f.lines())
	}
}

func TestEveryKindOfPatientIsReachedOverSIP(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	for _, digits := range slices.Sorted(maps.Keys(fates)) {
		t.Run(digits, func(t *testing.T) {
			t.Parallel()
			o := h.order("120255501" + digits)
			fates[digits].check(t, h, o, h.place(t, o))
		})
	}
	t.Run("17 through the other trunk", func(t *testing.T) {
		t.Parallel()
		o := h.order("12025550117")
		o.Gateway = "trunk2"
		answers("respond confirm 1").check(t, h, o, h.place(t, o))
	})
	t.Run("19 is there the third time", func(t *testing.T) {
		t.Parallel()
		for _, want := range []fate{fates["19"], fates["19"], answers("respond confirm 1"), fates["19"]} {
			o := h.order("13055550119")
			want.check(t, h, o, h.place(t, o))
		}
	})
}
