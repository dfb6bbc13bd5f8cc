package outreach_test

import (
	"fmt"
	"testing"
	"time"

	"curlew/outreach"

	"pgregory.net/rapid"
)

// story drives one transaction through random outcomes and holds what must always be true.
type story struct {
	t    *rapid.T
	s    *outreach.Snapshot
	c    outreach.Case
	now  time.Time
	n    int
	wins int
}

// TestPropertyOneWinnerNothingAfterItNothingAfterExpiryNeverMoreTriesThanAllowed plays random
// interleavings of calls, receipts, callbacks, answers, timers and crashes.
func TestPropertyOneWinnerNothingAfterItNothingAfterExpiryNeverMoreTriesThanAllowed(t *testing.T) {
	snap := hospital(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		st := &story{t: rt, s: snap, now: noon}
		st.c = opened(t, snap, booked(noon.Add(23*time.Hour)), noon)
		for range 60 {
			st.step()
			st.check()
		}
	})
}

func (st *story) apply(ch outreach.Change) {
	before := st.c.Transaction.State
	if ch.Response != nil && !ch.Response.Late && ch.Response.Revision == 0 {
		st.wins++
	}
	apply(st.t, &st.c, ch)
	if !before.Open() && st.c.Transaction.State.Open() {
		st.t.Fatalf("%s was reopened as %s", before, st.c.Transaction.State)
	}
}

func (st *story) step() {
	live := -1
	for i, a := range st.c.Attempts {
		if a.State != outreach.AttemptEnded && a.State != outreach.AttemptSent && a.State != outreach.AttemptDelivered {
			live = i
		}
	}
	what := rapid.SampledFrom([]string{"pass", "pass", "pass", "end", "end", "end", "answer", "deliver", "wait", "timer"}).Draw(st.t, "what")
	switch {
	case what == "pass" && live < 0:
		st.pass()
	case what == "end" && live >= 0:
		st.end(st.c.Attempts[live])
	case what == "answer" && rapid.IntRange(0, 9).Draw(st.t, "answers") == 0:
		ch, _ := outreach.OnResponse(st.s, st.c, outreach.Response{Action: rapid.SampledFrom([]outreach.Action{outreach.Confirm, outreach.Cancel, outreach.OptOut}).Draw(st.t, "action"), Channel: outreach.SMS, Via: "link"}, st.now)
		st.apply(ch)
	case what == "deliver" && len(st.c.Attempts) > 0:
		a := rapid.SampledFrom(st.c.Attempts).Draw(st.t, "attempt")
		if a.Channel.IsMessage() && a.State != outreach.AttemptClaimed {
			st.apply(outreach.OnDelivery(st.s, st.c, a.ID, rapid.SampledFrom([]outreach.Disposition{outreach.Delivered, outreach.Undelivered, outreach.Accepted}).Draw(st.t, "report"), "", "SM", st.now))
		}
	case what == "wait":
		st.now = st.now.Add(time.Duration(rapid.IntRange(1, 240).Draw(st.t, "minutes")) * time.Minute)
	case what == "timer":
		st.apply(outreach.OnTimer(st.s, st.c, st.now))
	}
}

// pass is the scheduler's: promote, admit, claim, commit dialing.
func (st *story) pass() {
	tr := &st.c.Transaction
	if (tr.State == outreach.Queued || tr.State == outreach.Scheduled) && !tr.NextAt.After(st.now) {
		tr.State, tr.Ready = outreach.Queued, true
	}
	ok, ch := outreach.Admit(st.s, st.c, time.Time{}, st.now)
	if !ok {
		st.apply(ch)
		return
	}
	if st.c.Response != nil {
		st.t.Fatal("an answered transaction goes out again")
	}
	if !st.now.Before(tr.ExpiresAt) {
		st.t.Fatal("something leaves after expiry")
	}
	st.n++
	id := outreach.AttemptID(fmt.Sprintf("a-%d", st.n))
	claim(&st.c, id, "main", rapid.SampledFrom([]string{"trunk1", "trunk2"}).Draw(st.t, "gateway"), st.now)
	st.apply(outreach.OnDialing(st.c, id, "core", st.now))
}

func (st *story) end(a outreach.Attempt) {
	if a.State == outreach.AttemptUnknown {
		if st.now.Before(a.SettleAt) {
			st.now = a.SettleAt
		}
		st.apply(outreach.OnSettled(st.s, st.c, a.ID, nil, st.now))
		return
	}
	if a.Channel.IsMessage() {
		disp := rapid.SampledFrom([]outreach.Disposition{outreach.Accepted, outreach.Refused, outreach.Throttled, outreach.Unknown, outreach.Undelivered, outreach.Misconfig}).Draw(st.t, "receipt")
		st.apply(outreach.OnReceipt(st.s, st.c, outreach.Receipt{Attempt: a.ID, Disposition: disp}, st.now))
		return
	}
	r := outreach.CallResult{Attempt: a.ID, Sent: true, Accepted: true, Created: true, EndedAt: st.now.Add(20 * time.Second), AnsweredAt: st.now}
	switch rapid.IntRange(0, 6).Draw(st.t, "result") {
	case 0:
		r.Cause, r.SIPStatus = "USER_BUSY", 486
	case 1:
		r.Cause, r.SIPStatus = "NORMAL_TEMPORARY_FAILURE", 503
	case 2:
		r.Cause, r.Progress = "NO_ANSWER", true
	case 3:
		r.Cause, r.Answered, r.Progress, r.Completed = "NORMAL_CLEARING", true, true, true
	case 4:
		r.Indeterminate = true
	case 5:
		r.Cause, r.Answered, r.Machine = "NORMAL_CLEARING", true, true
	case 6:
		r.Cause, r.Created = "DESTINATION_OUT_OF_ORDER", false
	}
	st.now = r.EndedAt
	st.apply(outreach.OnCallEnd(st.s, st.c, r, st.now))
}

func (st *story) check() {
	if st.wins > 1 {
		st.t.Fatalf("%d first answers", st.wins)
	}
	perStep := map[int]int{}
	tries := map[string]bool{}
	for _, a := range st.c.Attempts {
		key := fmt.Sprintf("%d/%d", a.Step, a.Try)
		if a.Counted && !tries[key] {
			tries[key] = true
			perStep[a.Step]++
		}
	}
	for i, n := range perStep {
		if allowed := st.c.Configuration.Steps[i].MaxTries(outreach.NoAnswer); n > allowed {
			st.t.Fatalf("step %d used %d tries, allowed %d", i, n, allowed)
		}
	}
	if tr := st.c.Transaction; tr.State.Open() && tr.State != outreach.InProgress && tr.NextAt.IsZero() {
		st.t.Fatalf("%s has no next time: it would be forgotten: %+v", tr.State, tr)
	}
}
