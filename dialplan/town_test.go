package dialplan

import (
	"errors"
	"slices"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/sim/freeswitch"
)

// TestEveryKindOfPatient calls all callees of the contract through the dialer.
func TestEveryKindOfPatient(t *testing.T) {
	type want struct {
		answered, progress bool
		cause              string
		sip                int
		respond            string
		machine            string
		completed          bool
	}
	answers := func(what string) want {
		return want{answered: true, progress: true, cause: "NORMAL_CLEARING", respond: what}
	}
	unanswered := want{progress: true, cause: "NO_ANSWER", sip: 487}
	all := map[string]want{
		"00": {answered: true, progress: true, cause: "NORMAL_CLEARING", completed: true},
		"01": answers("respond confirm 1"), "02": answers("respond cancel 2"), "03": answers("respond reschedule 3"),
		"04": answers("respond call_back 4"), "06": answers("respond record 6 " + string(attempt(6)) + ".wav"),
		"07": answers("respond transfer 7 12025550130"), "08": answers("respond opt_out 8"),
		"09": answers("respond confirm 1"), "10": answers("respond confirm 1"),
		"11": {cause: "USER_BUSY", sip: 486}, "12": unanswered, "13": {cause: "CALL_REJECTED", sip: 603},
		"14": {cause: "UNALLOCATED_NUMBER", sip: 404},
		"15": {answered: true, progress: true, cause: "NORMAL_CLEARING"},
		"16": {answered: true, progress: true, cause: "NORMAL_CLEARING", completed: true},
		"17": {cause: "NORMAL_TEMPORARY_FAILURE", sip: 503}, "18": {cause: "NO_USER_RESPONSE", sip: 480},
		"19": {cause: "USER_BUSY", sip: 486},
		"20": unanswered, "21": unanswered, "22": unanswered, "23": unanswered,
	}
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		n := 0
		for _, digits := range sortedKeys(all) {
			n++
			o := w.order(n, "120255501"+digits)
			if digits == "06" {
				o.Attempt = attempt(6)
			}
			o.Script.Menu[6].Target = "12025550130"
			r := w.place(o)
			e := all[digits]
			if !r.Sent || !r.Accepted || !r.Created || r.Indeterminate {
				t.Errorf("%s: %+v", digits, r)
			}
			if r.Answered != e.answered || r.Progress != e.progress || r.Cause != e.cause || r.SIPStatus != e.sip || r.Completed != e.completed || r.Machine {
				t.Errorf("%s: got  %+v\nwant %+v", digits, r, e)
			}
			var lines []string
			if e.progress {
				lines = append(lines, "ringing")
			}
			if e.answered {
				lines = append(lines, "answered")
			}
			if e.respond != "" {
				lines = append(lines, e.respond)
			}
			same(t, digits, w.j.of(o.Attempt, false), lines)
			if r.Token != o.Token || r.EndedAt.IsZero() || r.Answered && r.AnsweredAt.IsZero() {
				t.Errorf("%s: token and times %+v", digits, r)
			}
		}
		for i, digits := range []string{"17", "19", "19"} { // the second gateway; busy twice, then there
			o := w.order(100+i, "120255501"+digits)
			o.Gateway = "trunk2"
			r := w.place(o)
			if want := i != 1; r.Answered != want {
				t.Errorf("%s again: %+v", digits, r)
			}
		}
	})
}

func sortedKeys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func TestWithTheHumanTestAMachineHearsNothingAndPatientsAnswerAsEver(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		for n, c := range []struct{ digits, why, respond string }{
			{"00", WhyNoKey, ""}, {"01", "", "respond confirm 1"}, {"02", "", "respond cancel 2"}, {"09", "", "respond confirm 1"}, {"10", "", "respond confirm 1"}, {"16", WhyNoKey, ""},
		} {
			o := w.order(n, "120255501"+c.digits)
			o.Script.HumanTest = true
			r := w.place(o)
			lines := w.j.of(o.Attempt, true)
			if r.MachineWhy != c.why || r.Machine != (c.why != "") || c.respond != "" && !slices.Contains(lines, c.respond) {
				t.Errorf("%s: %+v, %v", c.digits, r, lines)
			}
			if c.why != "" && slices.Contains(lines, "note prompt greeting") {
				t.Errorf("%s: the message was played to nobody: %v", c.digits, lines)
			}
		}
	})
}

func TestAMachinesBeepGetsTheVoicemailOrTheHangup(t *testing.T) {
	for policy, want := range map[string]bool{"voicemail": true, "hang_up": false} {
		inTown(t, townOptions{sim: freeswitch.Options{Behaviour: freeswitch.Behaviour{Greeting: 2 * time.Second}}}, func(t *testing.T, w *town) {
			o := w.order(1, "12025550116")
			o.Script.Machine.Policy = policy
			r := w.place(o)
			lines := w.j.of(o.Attempt, true)
			if !r.Machine || r.MachineWhy != WhyBeep || slices.Contains(lines, "note prompt voicemail") != want || slices.Contains(lines, "note prompt secret") {
				t.Errorf("%s: %+v\n%v", policy, r, lines)
			}
		})
	}
}

func TestAnAnswerIsStoredBeforeItsConfirmationPlaysHoweverSlowTheStore(t *testing.T) {
	inTown(t, townOptions{journal: func(j *journal) { j.slow = 700 * time.Millisecond }}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550101")
		w.place(o)
		lines := w.j.of(o.Attempt, true)
		stored, spoken := slices.Index(lines, "respond confirm 1"), slices.Index(lines, "note prompt did_confirm")
		if stored < 0 || spoken < stored {
			t.Errorf("%v", lines)
		}
	})
}

func TestAFileThatTheSwitchLacksIsReported(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550100")
		o.Script.Flows["en"].Sequence[1].Media = "/nowhere/date.wav"
		r := w.place(o)
		if !slices.Equal(r.PromptMissing, []string{"date"}) || r.Completed {
			t.Errorf("%+v", r)
		}
	})
}

func TestACallThatIsNotWantedAnyMoreIsEndedWhileItRings(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550112")
		if err := w.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		w.wait(5 * time.Second)
		if err := w.d.Hangup(t.Context(), "main", o.Attempt); err != nil {
			t.Fatal(err)
		}
		if r := w.ended(o.Attempt); r.Cause != "ORIGINATOR_CANCEL" || r.Answered || !r.Progress {
			t.Errorf("%+v", r)
		}
		if err := w.d.Hangup(t.Context(), "main", o.Attempt); err != nil {
			t.Errorf("a leg that is over: %v", err)
		}
	})
}

func TestALegThatAnswersWithoutASocketIsEndedByTheWatchdog(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		w.sw.SetFaults(freeswitch.Faults{SkipSocket: 1})
		o := w.order(1, "12025550101")
		r := w.place(o)
		if !r.Answered || r.Cause != "NORMAL_CLEARING" || r.EndedAt.Sub(r.AnsweredAt) < 3*time.Second || r.EndedAt.Sub(r.AnsweredAt) > 4*time.Second {
			t.Errorf("%+v", r)
		}
		if lines := w.j.of(o.Attempt, true); !slices.Contains(lines, "note no_socket") {
			t.Errorf("%v", lines)
		}
	})
}

func TestCausesWithoutAChannel(t *testing.T) {
	inTown(t, townOptions{sim: freeswitch.Options{MaxSessions: 1}}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550101")
		o.Gateway = "nosuch"
		if r := w.place(o); r.Cause != "INVALID_GATEWAY" || r.Created || !r.Accepted {
			t.Errorf("invalid gateway: %+v", r)
		}
		w.sw.SetGateway("trunk2", false)
		o = w.order(2, "12025550101")
		o.Gateway = "trunk2"
		if r := w.place(o); r.Cause != "GATEWAY_DOWN" || r.Created {
			t.Errorf("gateway down: %+v", r)
		}
		if err := w.d.Dial(t.Context(), w.order(3, "12025550112")); err != nil {
			t.Fatal(err)
		}
		w.wait(time.Second)
		r := w.place(w.order(4, "12025550101"))
		if r.Cause != "DESTINATION_OUT_OF_ORDER" || r.Created || r.Progress || r.Indeterminate {
			t.Errorf("no room: %+v", r)
		}
		if v := outreach.Conclude(nil, r); v.Verdict != outreach.VerdictBackPressure || v.Counted {
			t.Errorf("no room concludes %+v", v)
		}
		w.ended(attempt(3))
	})
}

func TestADuplicateOriginateAdoptsTheLiveCall(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550112")
		l, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		command, err := Originate{UUID: o.Attempt, Gateway: "trunk1", Destination: o.Destination, RingTimeout: o.RingTimeout, MaxDuration: o.MaxDuration, Socket: "127.0.0.1:8084"}.Command()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.client.BgAPI(t.Context(), "somebody-else", command); err != nil {
			t.Fatal(err)
		}
		w.wait(time.Second)
		if r := w.place(o); r.Cause != "NO_ANSWER" || !r.Created || r.Indeterminate {
			t.Errorf("%+v", r)
		}
	})
}

func TestNothingLeavesForAnUnsafeUnknownOrLateOrder(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		for name, spoil := range map[string]func(*outreach.CallOrder){
			"pbx":         func(o *outreach.CallOrder) { o.PBX = "other" },
			"destination": func(o *outreach.CallOrder) { o.Destination = "1}&system(id)" },
			"late":        func(o *outreach.CallOrder) { o.NotAfter = time.Now() }, // its lease may be over: the process was stopped
			"media":       func(o *outreach.CallOrder) { o.Script.Flows["en"].Sequence[0].Media = "${system id}" },
		} {
			o := w.order(1, "12025550101")
			spoil(&o)
			if err := w.d.Dial(t.Context(), o); !w.d.NotSent(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.d.Dial(t.Context(), w.order(2, "12025550112")); err != nil {
			t.Fatal(err)
		}
		if err := w.d.Dial(t.Context(), w.order(2, "12025550112")); !errors.Is(err, ErrNotSent) {
			t.Errorf("twice: %v", err)
		}
		w.ended(attempt(2))
		if n := len(w.sw.Records()); n != 2 {
			t.Errorf("%d records at the switch, want one originate and one end", n)
		}
	})
}

func TestAnEndThatCouldNotBeStoredIsReportedAgain(t *testing.T) {
	inTown(t, townOptions{journal: func(j *journal) { j.failEnd = 3 }}, func(t *testing.T, w *town) {
		w.place(w.order(1, "12025550111"))
	})
}

func TestManyCallsAtOnceAreEachReportedOnce(t *testing.T) {
	inTown(t, townOptions{sim: freeswitch.Options{SessionsPerSecond: 1000}}, func(t *testing.T, w *town) {
		for n := range 60 {
			o := w.order(n, "120255501"+itoa(n%20/10)+itoa(n%10))
			if err := w.d.Dial(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		for range 60 {
			<-w.j.ended
		}
		for n := range 60 {
			w.j.result(t, attempt(n))
		}
	})
}
