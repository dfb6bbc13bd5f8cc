package scheduler_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"

	"pgregory.net/rapid"
)

// story is one patient's transaction on a real store, driven by the decisions and by chance.
type story struct {
	t    *rapid.T
	r    *rig
	id   outreach.TransactionID
	now  time.Time
	old  []outreach.Claim // what was once to be claimed: a slow node may still try
	wins int
}

// TestPropertyOnTheStoreOneWinnerAndNothingAfterItOrAfterExpiry plays random interleavings of claims (late and
// repeated ones too), ends, reports, answers, timers and re-timings against SQLite.
func TestPropertyOnTheStoreOneWinnerAndNothingAfterItOrAfterExpiry(t *testing.T) {
	r := newRig(t, nil)
	n, now := 0, noon
	rapid.Check(t, func(rt *rapid.T) {
		n++
		st := &story{t: rt, r: r, now: now}
		st.accept("Booked", n, st.now.Add(23*time.Hour))
		for range 25 {
			st.step(n)
			st.check()
		}
		now = st.now.Add(time.Minute)
	})
}

func (st *story) accept(kind string, n int, at time.Time) {
	ev := outreach.Event{ID: fmt.Sprintf("e-%d-%d", n, st.now.UnixNano()), Source: "hims", Component: "Appointment", Type: kind, OccurredAt: st.now,
		Subject:   outreach.Subject{ID: fmt.Sprintf("A-%d", n), Time: at},
		Recipient: outreach.Recipient{ID: fmt.Sprintf("P-%d", n), Phone: fmt.Sprintf("+1202555%04d", n), Language: "en"}}
	got, err := st.r.store.AcceptEvent(st.r.t.Context(), outreach.Acceptance{Event: ev, Hash: [32]byte{1}, At: st.now},
		func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
			return outreach.PlanEvent(st.r.snap, ev, h, st.now)
		})
	if err != nil {
		st.t.Fatal(err)
	}
	if len(got.Transactions) == 1 && got.Transactions[0] != st.id {
		st.id, st.wins, st.old = got.Transactions[0], 0, nil
	}
}

func (st *story) read() outreach.Case {
	c, err := st.r.store.Case(st.r.t.Context(), st.id)
	if err != nil {
		st.t.Fatal(err)
	}
	return c
}

func (st *story) decide(fn func(outreach.Case) outreach.Change) {
	if _, err := st.r.store.Decide(st.r.t.Context(), st.id, st.now, func(c outreach.Case) (outreach.Change, error) { return fn(c), nil }); err != nil {
		st.t.Fatal(err)
	}
}

func (st *story) step(n int) {
	s := st.r.snap
	switch rapid.SampledFrom([]string{"pass", "pass", "pass", "old", "end", "end", "end", "answer", "report", "timer", "retime"}).Draw(st.t, "what") {
	case "pass":
		st.pass()
	case "old":
		if len(st.old) > 0 {
			st.claim(rapid.SampledFrom(st.old).Draw(st.t, "stale claim"))
		}
	case "end":
		st.end()
	case "answer":
		if rapid.IntRange(0, 4).Draw(st.t, "answers") == 0 {
			st.decide(func(c outreach.Case) outreach.Change {
				ch, accepted := outreach.OnResponse(s, c, outreach.Response{Action: rapid.SampledFrom([]outreach.Action{outreach.Confirm, outreach.Cancel}).Draw(st.t, "action"), Channel: outreach.SMS, Via: "link"}, st.now)
				if accepted && ch.Response != nil && ch.Response.Revision == 0 {
					st.wins++
				}
				return ch
			})
		}
	case "report":
		c := st.read()
		for _, a := range c.Attempts {
			if a.Channel.IsMessage() {
				disp := rapid.SampledFrom([]outreach.Disposition{outreach.Delivered, outreach.Undelivered, outreach.Refused}).Draw(st.t, "report")
				st.decide(func(c outreach.Case) outreach.Change { return outreach.OnDelivery(s, c, a.ID, disp, "", "SM", st.now) })
			}
		}
	case "timer":
		st.now = st.now.Add(time.Duration(rapid.IntRange(1, 300).Draw(st.t, "minutes")) * time.Minute)
		st.decide(func(c outreach.Case) outreach.Change { return outreach.OnTimer(s, c, st.now) })
	case "retime":
		if rapid.IntRange(0, 4).Draw(st.t, "retimes") == 0 {
			st.now = st.now.Add(time.Second)
			st.accept("Rescheduled", n, st.now.Add(25*time.Hour))
		}
	}
}

// pass is the scheduler's: promote, admit, claim, commit dialing.
func (st *story) pass() {
	if _, err := st.r.store.Promote(st.r.t.Context(), st.now, 1000); err != nil {
		st.t.Fatal(err)
	}
	c := st.read()
	ok, ch := outreach.Admit(st.r.snap, c, time.Time{}, st.now)
	if !ok {
		st.decide(func(c outreach.Case) outreach.Change {
			_, ch = outreach.Admit(st.r.snap, c, time.Time{}, st.now)
			return ch
		})
		return
	}
	t := c.Transaction
	a := outreach.Attempt{ID: outreach.AttemptID(store.NewID(st.now)), Transaction: t.ID, Step: t.Step, Try: t.Tries + 1, Channel: t.Channel,
		RecipientKey: t.RecipientID, Address: t.Phone, State: outreach.AttemptClaimed, Owner: "n1", LeaseUntil: st.now.Add(time.Minute), ClaimedAt: st.now}
	claim := outreach.Claim{Transaction: t.ID, Token: t.Token, Attempt: a, Caps: st.r.snap.PatientCaps()}
	if a.Channel == outreach.IVR {
		claim.Attempt.PBX, claim.Attempt.Gateway = "main", "trunk1"
		claim.Caps.PBXCalls, claim.Caps.GatewayCalls, claim.Caps.PBXRate, claim.Caps.GatewayRate = 1000, 1000, 1000, 1000
	}
	st.old = append(st.old, claim)
	st.claim(claim)
}

func (st *story) claim(want outreach.Claim) {
	before := st.read()
	got, err := st.r.store.Claim(st.r.t.Context(), st.now, []outreach.Claim{want})
	if err != nil {
		st.t.Fatal(err)
	}
	if !got[0].Claimed {
		return
	}
	if t := before.Transaction; !t.State.Open() || before.Response != nil {
		st.t.Fatalf("something leaves in state %s, answered %v", t.State, before.Response != nil)
	}
	if _, err := st.r.store.DecideAttempt(st.r.t.Context(), want.Attempt.ID, got[0].Token, st.now, func(c outreach.Case) (outreach.Change, error) {
		if !st.now.Before(c.Transaction.ExpiresAt) {
			return outreach.OnRelease(st.r.snap, c, want.Attempt.ID, outreach.ReasonDeadline, st.now), nil
		}
		return outreach.OnDialing(c, want.Attempt.ID, "", st.now), nil
	}); err != nil {
		st.t.Fatal(err)
	}
}

// end ends what is under way, sometimes twice: the second time is fenced.
func (st *story) end() {
	for _, a := range st.read().Attempts {
		if a.State != outreach.AttemptDialing && a.State != outreach.AttemptSending {
			continue
		}
		disp := rapid.SampledFrom([]outreach.Disposition{outreach.Accepted, outreach.Refused, outreach.Undelivered, outreach.Throttled}).Draw(st.t, "receipt")
		cause := rapid.SampledFrom([]string{"USER_BUSY", "NO_ANSWER", "UNALLOCATED_NUMBER", "NORMAL_TEMPORARY_FAILURE"}).Draw(st.t, "cause")
		for range 2 {
			_, err := st.r.store.DecideAttempt(st.r.t.Context(), a.ID, a.Token, st.now, func(c outreach.Case) (outreach.Change, error) {
				if a.Channel.IsMessage() {
					return outreach.OnReceipt(st.r.snap, c, outreach.Receipt{Attempt: a.ID, Disposition: disp, ProviderID: "SM" + string(a.ID)}, st.now), nil
				}
				return outreach.OnCallEnd(st.r.snap, c, outreach.CallResult{Attempt: a.ID, Sent: true, Accepted: true, Created: true, Progress: true, Cause: cause, EndedAt: st.now}, st.now), nil
			})
			if err != nil && !errors.Is(err, outreach.ErrFenced) {
				st.t.Fatal(err)
			}
		}
	}
}

func (st *story) check() {
	c := st.read()
	if st.wins > 1 {
		st.t.Fatalf("%d first answers", st.wins)
	}
	tries := map[string]bool{}
	perStep := map[int]int{}
	for _, a := range c.Attempts {
		if !a.StartedAt.IsZero() && !a.StartedAt.Before(c.Transaction.ExpiresAt) {
			st.t.Fatalf("%s left after expiry", a.ID)
		}
		if key := fmt.Sprint(a.Step, "/", a.Try); a.Counted && !tries[key] {
			tries[key] = true
			perStep[a.Step]++
		}
	}
	for i, n := range perStep {
		if allowed := c.Configuration.Steps[i].MaxTries(outreach.NoAnswer); n > allowed {
			st.t.Fatalf("step %d used %d tries, allowed %d", i, n, allowed)
		}
	}
}
