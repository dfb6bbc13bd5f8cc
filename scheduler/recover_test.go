package scheduler_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"
)

// crashed is a node that is gone while its call rings.
func (r *rig) crashed() (outreach.TransactionID, outreach.CallOrder) {
	ctx, crash := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.sched.Run(ctx) }()
	id, o := r.fire("01"), r.ordered()
	crash()
	must(r.t, <-done)
	return id, o
}

// busy is how the leg of an attempt ended.
func (r *rig) busy(id outreach.AttemptID, token int64) outreach.CallResult {
	return outreach.CallResult{Attempt: id, Token: token, Sent: true, Created: true, Progress: true, Cause: "USER_BUSY", SIPStatus: 486, EndedAt: r.clock.Now()}
}

func provedBusy(t *testing.T, c outreach.Case) {
	t.Helper()
	if c.Attempts[0].Disposition != outreach.Busy || c.Transaction.Reason != outreach.ReasonRetryWait {
		t.Fatalf("%+v %+v, want the proved outcome", c.Attempts[0], c.Transaction)
	}
}

func TestAfterACrashAClaimedAttemptIsFreeAndADialingOneIsUnknownAndNeverRedialled(t *testing.T) {
	r := newRig(t, nil)
	id, o := r.crashed()

	again := newScheduler(r)
	r.mu.Lock()
	delete(r.live, o.Attempt) // the switch has lost the leg with our socket
	r.mu.Unlock()
	stop := again.run(t)
	r.until(id, "unknown", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptUnknown })
	r.clock.Jump(r.clock.Now().Add(3 * time.Second)) // the originate has had its time to become a channel
	must(t, again.Reap(t.Context()))
	c := r.until(id, "in the SMS step", func(c outreach.Case) bool { return c.Transaction.Channel == outreach.SMS })
	if !c.Attempts[0].Counted || c.Attempts[0].Disposition != outreach.Unknown {
		t.Fatalf("%+v", c.Attempts[0])
	}
	r.sent()
	if len(r.orders) != 0 {
		t.Fatal("the patient was dialled again")
	}
	stop()
}

func TestALegThatWasJustOverWhenItWasAskedAboutIsEndedByWhatItsPBXTells(t *testing.T) {
	r := newRig(t, nil)
	id, o := r.crashed()

	again := newScheduler(r)
	r.mu.Lock()
	delete(r.live, o.Attempt)
	r.asked = func(id outreach.AttemptID) { // its channel is gone, its hangup event on its way
		time.AfterFunc(20*time.Millisecond, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.seen = map[outreach.AttemptID]outreach.CallResult{id: r.busy(id, 0)}
		})
	}
	r.mu.Unlock()
	stop := again.run(t)
	r.until(id, "unknown", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptUnknown })
	r.clock.Jump(r.clock.Now().Add(3 * time.Second))
	must(t, again.Reap(t.Context()))
	c := r.until(id, "settled", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptEnded })
	provedBusy(t, c)
	stop()
}

func TestALegThatSurvivedTheCrashIsWatchedNotEnded(t *testing.T) {
	r := newRig(t, nil)
	id, o := r.crashed()
	again := newScheduler(r)
	stop := again.run(t)
	r.until(id, "unknown", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptUnknown })
	must(t, again.Reap(t.Context()))
	r.mu.Lock()
	adopted := slices.Clone(r.adopted)
	r.mu.Unlock()
	if len(adopted) != 1 {
		t.Fatalf("%d legs adopted, want 1", len(adopted))
	}
	if _, plays := adopted[0].Script.Flows["en"]; !plays || adopted[0].Attempt != o.Attempt || adopted[0].Gateway != o.Gateway {
		t.Errorf("a leg that still rings is watched as %+v: it has nothing to play once it is answered", adopted[0])
	}
	if stored, err := r.sched.Respond(t.Context(), o.Attempt, o.Token, outreach.Confirm, "1", "", r.clock.Now()); stored != "" || err != nil {
		t.Fatalf("a late write of the owner that died was taken: %q, %v", stored, err)
	}
	must(t, again.End(t.Context(), r.busy(o.Attempt, adopted[0].Token)))
	c, err := r.store.Case(t.Context(), id)
	must(t, err)
	provedBusy(t, c)
	stop()
}

func TestALegThatNobodyCouldWatchIsAskedAboutAgain(t *testing.T) {
	r := newRig(t, nil)
	id, o := r.crashed()
	again := newScheduler(r)
	r.mu.Lock()
	r.deaf = true
	r.mu.Unlock()
	defer again.run(t)()
	r.until(id, "unknown", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptUnknown })
	must(t, again.Reap(t.Context()))
	if n := again.InFlight(); n != 0 {
		t.Fatalf("%d attempts are taken to be under way and nobody watches them", n)
	}
	r.mu.Lock()
	r.deaf = false
	r.mu.Unlock()
	must(t, again.Reap(t.Context()))
	if n := again.InFlight(); n != 1 {
		t.Fatalf("%d legs are watched, want 1", n)
	}
	r.mu.Lock()
	o.Token = r.adopted[len(r.adopted)-1].Token
	r.mu.Unlock()
	r.ended(o, "CALL_REJECTED", 603)
	r.sent()
}

func TestALinkThatComesUpSettlesUnknownsAtOnceButNoOriginateThatMayStillBeOnItsWay(t *testing.T) {
	r := newRig(t, nil)
	id, o := r.crashed()
	r.mu.Lock()
	delete(r.live, o.Attempt)
	r.mu.Unlock()

	again := newScheduler(r)
	stop := again.run(t)
	r.until(id, "unknown", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptUnknown })
	must(t, again.Reap(t.Context()))
	if c := r.until(id, "read", func(outreach.Case) bool { return true }); c.Attempts[0].State != outreach.AttemptUnknown {
		t.Fatalf("an originate of a moment ago was given up because its channel is not there yet: %+v", c.Attempts[0])
	}
	again.LinkChanged("main", true, false)
	r.clock.Jump(r.clock.Now().Add(3 * time.Second)) // far less than the next round of the reaper
	r.until(id, "in the SMS step", func(c outreach.Case) bool { return c.Transaction.Channel == outreach.SMS })
	r.sent()
	stop()
}

func TestAnAttemptThatNobodyCarriesOnGivesItsPatientBackToTheQueue(t *testing.T) {
	r := newRig(t, nil)
	r.up = false // the loop leaves the row alone
	defer r.run()()
	id := r.fire("01")
	c := r.until(id, "ready", func(c outreach.Case) bool { return c.Transaction.Ready })
	now := r.clock.Now()
	out, err := r.store.Claim(t.Context(), now, []outreach.Claim{{Transaction: id, Token: c.Transaction.Token, Revision: r.snap.Revision, Attempt: outreach.Attempt{
		ID: outreach.AttemptID(store.NewID(now)), Transaction: id, Try: 1, Channel: outreach.IVR, PBX: "main", Gateway: "trunk1",
		Address: c.Transaction.Phone, RecipientKey: c.Transaction.RecipientID, Owner: "n1", LeaseUntil: now.Add(30 * time.Second)}}})
	must(t, err)
	if !out[0].Claimed {
		t.Fatalf("%+v", out[0])
	}
	r.mu.Lock()
	r.up = true
	r.mu.Unlock()
	must(t, r.sched.Reap(t.Context()))
	if c := r.until(id, "read", func(outreach.Case) bool { return true }); c.Attempts[0].State != outreach.AttemptClaimed {
		t.Fatalf("an attempt of a moment ago was taken away: %+v", c.Attempts[0])
	}
	must(t, r.store.RenewLeases(t.Context(), "n1", now, time.Hour)) // the node lives, so its lease never ends
	r.clock.Jump(now.Add(31 * time.Second))
	must(t, r.sched.Reap(t.Context()))
	r.until(id, "free again", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptEnded })
	r.clock.Jump(r.clock.Now().Add(6 * time.Second))
	r.ended(r.ordered(), "CALL_REJECTED", 603)
	r.sent()
}
