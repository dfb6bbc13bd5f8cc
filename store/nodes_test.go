package store_test

import (
	"errors"
	"testing"
	"time"

	"curlew/outreach"
)

func beatOf(name, incarnation string, at time.Time) outreach.Beat {
	return outreach.Beat{Name: name, Incarnation: incarnation, Version: "v", StartedAt: t0, At: at, Revision: 1, Eligible: true}
}

func (f *fixture) beat(b outreach.Beat) outreach.Standing {
	f.t.Helper()
	st, err := f.Beat(f.t.Context(), b)
	must(f.t, err)
	return st
}

func TestOneNodeLeadsAndANewTermBeginsWhenItFallsSilent(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		first := f.beat(beatOf("a", "a1", t0))
		if first.Term.Number != 1 {
			t.Fatalf("nobody leads: %+v", first)
		}
		if st := f.beat(beatOf("b", "b1", t0.Add(9*time.Second))); st.Term.Leads() {
			t.Errorf("two lead: %+v", st)
		}
		if st := f.beat(beatOf("a", "a1", t0.Add(9*time.Second))); st.Term != first.Term {
			t.Errorf("its turn did not last: %+v", st)
		}
		if st := f.beat(beatOf("b", "b1", t0.Add(20*time.Second))); st.Term.Number != 2 {
			t.Errorf("the leader fell silent, and nobody followed: %+v", st)
		}
		if st := f.beat(beatOf("a", "a1", t0.Add(20*time.Second))); st.Term.Leads() {
			t.Errorf("the old leader still leads: %+v", st)
		}
		resting := beatOf("b", "b1", t0.Add(21*time.Second))
		resting.Eligible = false
		f.beat(resting)
		if st := f.beat(beatOf("a", "a1", t0.Add(21*time.Second))); st.Term.Number != 3 {
			t.Errorf("a leader that rests gives its turn away at once: %+v", st)
		}
	})
}

func TestEveryWriteOfALeaderWhoseTurnIsOverIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		a := f.claim1(id, t0)
		f.end(a, t0, true, failed(t0))
		open := f.open1(2)
		old := f.beat(beatOf("a", "a1", t0)).Term
		f.beat(beatOf("b", "b1", t0.Add(time.Minute))) // a was stopped meanwhile
		late := f.Under(old)
		if n, err := late.Purge(t.Context(), t0.Add(time.Hour), 10); !errors.Is(err, outreach.ErrFenced) || n != 0 {
			t.Errorf("purged %d: %v", n, err)
		}
		_, err := late.Decide(t.Context(), open, t0, func(c outreach.Case) (outreach.Change, error) {
			n := c.Transaction
			n.State, n.Ready = outreach.Cancelled, false
			return outreach.Change{Transaction: &n}, nil
		})
		if !errors.Is(err, outreach.ErrFenced) || f.get(open).Transaction.State != outreach.Queued {
			t.Errorf("decided: %v", err)
		}
		if err := late.ForgetNodes(t.Context(), t0.Add(time.Hour)); !errors.Is(err, outreach.ErrFenced) {
			t.Errorf("forgot nodes: %v", err)
		}
		if err := late.Holds(t.Context()); !errors.Is(err, outreach.ErrFenced) {
			t.Errorf("holds: %v", err)
		}
		if f.get(id).Transaction.State != outreach.Failed {
			t.Error("the transaction is gone")
		}
		now := f.beat(beatOf("b", "b1", t0.Add(time.Minute))).Term
		if n, err := f.Under(now).Purge(t.Context(), t0.Add(time.Hour), 10); err != nil || n == 0 {
			t.Errorf("the leader itself: %d, %v", n, err)
		}
	})
}

func TestANodeIsListedDrainedAndTakenOverByItsNextProcess(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		f.beat(beatOf("a", "a1", t0))
		other := beatOf("b", "b1", t0)
		other.Revision, other.ClockOffset, other.InFlight = 0, 10*time.Second, 3
		f.beat(other)
		must(t, f.DrainNode(t.Context(), "b", true))
		if err := f.DrainNode(t.Context(), "c", true); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("no such node: %v", err)
		}
		if !f.beat(other).Draining || f.beat(beatOf("a", "a1", t0)).Draining {
			t.Error("the wrong node drains")
		}
		list, err := f.Nodes(t.Context(), t0)
		must(t, err)
		if list.Leader != "a" || len(list.Items) != 2 || !list.Items[0].Leader || list.Items[0].State != "serving" {
			t.Fatalf("%+v", list)
		}
		b := list.Items[1]
		if b.State != "draining" || b.InFlight != 3 || b.ClockOffset != 10_000 || len(b.Warnings) != 2 {
			t.Errorf("%+v", b)
		}
		next := beatOf("b", "b2", t0)
		next.Joining = true
		if st := f.beat(next); st.Draining || st.Superseded {
			t.Errorf("a new process serves again: %+v", st)
		}
		if st := f.beat(other); !st.Superseded {
			t.Errorf("the process before it goes on: %+v", st)
		}
		must(t, f.Leave(t.Context(), "b", "b1")) // late, and not its name any more
		must(t, f.Leave(t.Context(), "a", "a1"))
		if list, err = f.Nodes(t.Context(), t0.Add(time.Minute)); err != nil || len(list.Items) != 1 || list.Items[0].State != "gone" || list.Leader != "" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
