package scheduler_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"curlew/clock"
	"curlew/outreach"
	"curlew/scheduler"
	"curlew/store"
)

// off answers a node's beats with a clock that differs from the node's.
type off struct {
	scheduler.Roster
	by chan time.Duration // holds one
}

func (o off) Beat(ctx context.Context, b outreach.Beat) (outreach.Standing, error) {
	st, err := o.Roster.Beat(ctx, b)
	by := <-o.by
	o.by <- by
	st.Now = st.Now.Add(-by)
	return st, err
}

// join makes the rig's node a member of its store, with a database whose clock is off as the channel says.
func (r *rig) join(every time.Duration) (m *scheduler.Member, by chan time.Duration) {
	r.t.Helper()
	by = make(chan time.Duration, 1)
	by <- 0
	m = scheduler.NewMember(scheduler.MemberOptions{Self: outreach.Beat{Name: "n1", Incarnation: "i1", StartedAt: time.Now()}, Roster: off{r.store, by},
		Under: func(t outreach.Term) scheduler.Leading { return r.store.Under(t) },
		File:  func() string { return "" }, Revision: func() int64 { return r.snap.Revision }, InFlight: r.sched.InFlight, Clock: clock.System{}, Log: quiet(), Changed: r.sched.Wake, Every: every})
	must(r.t, m.Join(r.t.Context()))
	r.sched.Member = m
	return m, by
}

// beating runs the member until the test ends.
func (r *rig) beating(m *scheduler.Member) {
	ctx, stop := context.WithCancel(r.t.Context())
	ended := make(chan struct{})
	go func() { m.Run(ctx); close(ended) }()
	r.t.Cleanup(func() { stop(); <-ended })
}

// claims waits until the member may claim, or may not.
func (r *rig) claims(m *scheduler.Member, want bool) {
	r.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); m.MayClaim() != want; {
		if time.Now().After(deadline) {
			r.t.Fatalf("may claim is %v, want %v", !want, want)
		}
		must(r.t, clock.Wait(r.t.Context(), clock.System{}, time.Millisecond))
	}
}

func TestADrainedNodeClaimsNothingUntilItIsResumedAndItsCallGoesOn(t *testing.T) {
	r := newRig(t, nil)
	m, _ := r.join(time.Minute) // only the notice can tell it in time
	r.beating(m)
	defer r.run()()
	r.fire("01")
	o := r.ordered()
	must(t, r.store.DrainNode(t.Context(), "n1", true))
	m.Notice(outreach.Notice{Kind: "node"})
	r.claims(m, false)
	list, err := r.store.Nodes(t.Context(), time.Now())
	if err != nil || list.Items[0].State != "draining" || list.Items[0].InFlight != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	id := r.fire("02")
	r.until(id, "ready", func(c outreach.Case) bool { return c.Transaction.Ready })
	r.ended(o, "CALL_REJECTED", 603) // the call's end is written, and what follows waits as well
	r.until(o.Transaction, "in its next step", func(c outreach.Case) bool { return c.Transaction.Channel == outreach.SMS })
	resumed := r.clock.Now()
	must(t, r.store.DrainNode(t.Context(), "n1", false))
	m.Notice(outreach.Notice{Kind: "node"})
	next := r.ordered()
	c := r.until(id, "claimed", func(c outreach.Case) bool { return len(c.Attempts) > 0 })
	if next.Transaction != id || c.Attempts[0].ClaimedAt.Before(resumed.Truncate(time.Millisecond)) {
		t.Errorf("claimed at %s, the node was resumed at %s", c.Attempts[0].ClaimedAt, resumed)
	}
	r.sent()
}

func TestANodeWhoseClockIsTenSecondsOffClaimsNothingUntilItIsRight(t *testing.T) {
	for _, by := range []time.Duration{10 * time.Second, -10 * time.Second} {
		r := newRig(t, nil)
		m, clockOff := r.join(50 * time.Millisecond)
		r.beating(m)
		stop := r.run()
		<-clockOff
		clockOff <- by
		r.claims(m, false)
		id := r.fire("01")
		var n outreach.NodeStatus
		for n.Holds == "" {
			list, err := r.store.Nodes(t.Context(), time.Now())
			must(t, err)
			n = list.Items[0]
		}
		if n.State != "held" || len(n.Warnings) != 1 || n.Leader && m.MayClaim() {
			t.Errorf("%+v", n)
		}
		if c := r.until(id, "read", func(outreach.Case) bool { return true }); len(c.Attempts) != 0 {
			t.Errorf("claimed by a wrong clock: %+v", c.Attempts)
		}
		<-clockOff
		clockOff <- 0
		r.ended(r.ordered(), "CALL_REJECTED", 603)
		r.sent()
		stop()
	}
}

// newer answers beats with the revision of the newest settings.
type newer struct {
	scheduler.Roster
	revision *atomic.Int64
}

func (n newer) Beat(ctx context.Context, b outreach.Beat) (outreach.Standing, error) {
	st, err := n.Roster.Beat(ctx, b)
	st.Revision = n.revision.Load()
	return st, err
}

func TestANodeClaimsNothingByReplacedSettingsUntilItHasTheNewOnes(t *testing.T) {
	r := newRig(t, nil)
	var own, newest atomic.Int64
	own.Store(1)
	newest.Store(1)
	told := make(chan struct{}, 1000)
	m := scheduler.NewMember(scheduler.MemberOptions{Self: outreach.Beat{Name: "n1", Incarnation: "i1", StartedAt: time.Now()}, Roster: newer{r.store, &newest},
		Under: func(t outreach.Term) scheduler.Leading { return r.store.Under(t) }, File: func() string { return "" }, Revision: own.Load,
		InFlight: r.sched.InFlight, Clock: clock.System{}, Log: quiet(), Changed: func() {}, Behind: func() { told <- struct{}{} }, Every: 50 * time.Millisecond})
	must(t, m.Join(t.Context()))
	r.beating(m)
	if !m.MayClaim() {
		t.Error("held by the newest settings")
	}
	newest.Store(2)
	<-told // so that it looks for them
	r.claims(m, false)
	own.Store(2)
	if !m.MayClaim() {
		t.Error("held until the next beat, though it has followed")
	}
}

func TestANodeThatWasStoppedOrCutOffClaimsNothingBeforeItHasBeatenAgain(t *testing.T) {
	r := newRig(t, nil)
	m, clockOff := r.join(50 * time.Millisecond)
	r.beating(m)
	r.claims(m, true)
	by := <-clockOff // no beat is answered from here on
	r.claims(m, false)
	clockOff <- by
	r.claims(m, true)
}

func TestANodeWhoseNameAnotherProcessUsesClaimsNothingMore(t *testing.T) {
	r := newRig(t, nil)
	m, _ := r.join(50 * time.Millisecond)
	r.beating(m)
	_, err := r.store.Beat(t.Context(), outreach.Beat{Name: "n1", Incarnation: "i2", Joining: true, At: time.Now()})
	must(t, err)
	r.claims(m, false)
}

func TestCallsThatAStoppingNodeLetsFinishStayItsOwn(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	id := r.fire("01")
	o := r.ordered()
	stop()
	drained := make(chan error, 1)
	go func() { drained <- r.sched.Drain(t.Context()) }()
	for range 10 { // a minute, twice as long as a lease
		before := r.until(id, "read", func(outreach.Case) bool { return true }).Attempts[0].LeaseUntil
		r.clock.Jump(r.clock.Now().Add(6 * time.Second))
		r.until(id, "renewed", func(c outreach.Case) bool { return c.Attempts[0].LeaseUntil.After(before) })
	}
	expired, err := r.store.ExpiredLeases(t.Context(), r.clock.Now())
	if err != nil || len(expired) != 0 {
		t.Fatalf("another node may take %v, %v", expired, err)
	}
	r.ended(o, "USER_BUSY", 486)
	must(t, <-drained)
}

// desk is a node's own dialer on the rig's PBX: it knows of the legs that it watches itself.
type desk struct {
	*rig
	mu   sync.Mutex
	mine []outreach.AttemptID
}

func (d *desk) Adopt(o outreach.CallOrder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mine = append(d.mine, o.Attempt)
}

func (d *desk) Watching(id outreach.AttemptID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.mine, id)
}

func TestOfTwoNodesThatFindASurvivorOneWatchesIt(t *testing.T) {
	r := newRig(t, nil)
	ctx, crash := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.sched.Run(ctx) }()
	id := r.fire("01")
	r.ordered()
	crash()
	must(t, <-done)
	r.clock.Jump(r.clock.Now().Add(31 * time.Second))
	first, second := newScheduler(r), newScheduler(r)
	first.Node, second.Node = "n2", "n3"
	first.Dialer, second.Dialer = &desk{rig: r}, &desk{rig: r}
	must(t, first.Reap(t.Context()))
	must(t, second.Reap(t.Context()))
	c := r.until(id, "read", func(outreach.Case) bool { return true })
	if first.InFlight() != 1 || second.InFlight() != 0 || c.Attempts[0].Owner != "n2" {
		t.Errorf("watched by %d and %d, owner %s", first.InFlight(), second.InFlight(), c.Attempts[0].Owner)
	}
	r.clock.Jump(r.clock.Now().Add(31 * time.Second)) // the first dies, too
	must(t, second.Reap(t.Context()))
	if second.InFlight() != 1 {
		t.Error("the leg of a node that died is watched by nobody")
	}
}

func TestWhatNoNoticeToldOfIsFoundByLooking(t *testing.T) {
	r := newRig(t, nil)
	defer r.run()()
	r.fire("01")
	r.ended(r.ordered(), "CALL_REJECTED", 603)
	r.sent()
	own := r.store // another process's store: what it commits is told to nobody here
	other, err := store.Open(t.Context(), store.Options{URL: r.file, Node: "n2", Log: quiet()})
	must(t, err)
	defer func() { must(t, other.Close()) }()
	r.store = other
	begun := time.Now()
	r.fire("02")
	r.store = own
	r.ended(r.ordered(), "CALL_REJECTED", 603)
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("found after %s", d)
	}
	r.sent()
}

func TestAClockSetForwardInTheMiddleOfACallTakesItFromNobodyAndDialsNobodyTwice(t *testing.T) {
	r := newRig(t, nil)
	defer r.run()()
	id := r.fire("01")
	o := r.ordered()
	r.clock.Jump(r.clock.Now().Add(2 * time.Hour)) // far past the lease
	must(t, r.sched.Reap(t.Context()))
	if c := r.until(id, "read", func(outreach.Case) bool { return true }); c.Attempts[0].State != outreach.AttemptDialing || c.Attempts[0].Token != o.Token {
		t.Fatalf("taken from its own node: %+v", c.Attempts[0])
	}
	r.ended(o, "CALL_REJECTED", 603)
	r.sent()
	c := r.until(id, "in its next step", func(c outreach.Case) bool { return c.Transaction.Channel == outreach.SMS })
	if c.Attempts[0].Disposition != outreach.Rejected || len(r.orders) != 0 {
		t.Errorf("%+v, %d more orders", c.Attempts[0], len(r.orders))
	}
}

// missed is a call whose node died, and that has ended by the time that anybody asks.
func missed(t *testing.T) (r *rig, o outreach.CallOrder) {
	t.Helper()
	r = newRig(t, nil)
	ctx, crash := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.sched.Run(ctx) }()
	r.fire("01")
	o = r.ordered()
	crash()
	must(t, <-done)
	r.mu.Lock()
	delete(r.live, o.Attempt)
	r.mu.Unlock()
	return r, o
}

// told is a node's own dialer, whose PBX has told it how a call ended that it did not watch.
type told struct {
	*rig
	end outreach.CallResult
}

func (d *told) Ended(id outreach.AttemptID) (outreach.CallResult, bool) {
	return d.end, id == d.end.Attempt
}

func busy(o outreach.CallOrder) outreach.CallResult {
	return outreach.CallResult{Attempt: o.Attempt, Sent: true, Accepted: true, Created: true, Cause: "USER_BUSY", SIPStatus: 486, EndedAt: noon}
}

func TestAnEndThatItsPBXToldWhenNobodyWatchedProvesTheOutcome(t *testing.T) {
	r, o := missed(t)
	again := newScheduler(r)
	again.Dialer = &told{r, busy(o)}
	defer again.run(t)()
	c := r.until(o.Transaction, "settled", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptEnded })
	if c.Attempts[0].Disposition != outreach.Busy || c.Transaction.Reason != outreach.ReasonRetryWait {
		t.Errorf("%+v %+v", c.Attempts[0], c.Transaction)
	}
}

func TestWhatANodeMissedAnotherProvesAndWithoutAWitnessPolicySettlesIt(t *testing.T) {
	for _, witness := range []bool{true, false} {
		r, o := missed(t)
		back := newScheduler(r)
		other := newScheduler(r) // hears of what the store tells
		back.Shared, other.Shared, other.Node = true, true, "n2"
		if witness {
			other.Dialer = &told{r, busy(o)}
		}
		stopOther, stopBack := other.run(t), back.run(t)
		r.until(o.Transaction, "unknown", func(c outreach.Case) bool { return len(c.Attempts) > 0 && c.Attempts[0].Token > o.Token })
		r.clock.Jump(r.clock.Now().Add(3 * time.Second))
		must(t, back.Reap(t.Context()))
		want := outreach.Busy
		if !witness {
			if c := r.until(o.Transaction, "read", func(outreach.Case) bool { return true }); c.Attempts[0].State != outreach.AttemptUnknown {
				t.Fatalf("given up before another node could tell: %+v", c.Attempts[0])
			}
			want = outreach.Unknown
			r.clock.Jump(r.clock.Now().Add(10 * time.Second))
			must(t, back.Reap(t.Context()))
		}
		c := r.until(o.Transaction, "settled", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptEnded })
		if c.Attempts[0].Disposition != want {
			t.Errorf("witness %v: %+v", witness, c.Attempts[0])
		}
		if !witness {
			r.sent()
		}
		stopBack()
		stopOther()
	}
}
