package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"
)

// second opens the same database as another node, or returns f where there can be one process only.
func (f *fixture) second() *store.Store {
	f.t.Helper()
	if cluster == nil || f.url[0] == '/' {
		return f.Store
	}
	opt := f.opt
	opt.Node = "node-2"
	s, err := store.Open(f.t.Context(), opt)
	must(f.t, err)
	f.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return s
}

func TestAStormOfTheSameEventsOnTwoNodesStoresEachOnceAndTellsConflicts(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		const events, times = 12, 10
		nodes := []*store.Store{f.Store, f.second()}
		var firsts, conflicts atomic.Int64
		ids := make([]sync.Map, events)
		var wg sync.WaitGroup
		for i := range events * times {
			wg.Go(func() {
				n := i % events
				ev := event(n)
				h := hash(ev)
				if i/events == times-1 { // the last round has other bodies
					h[0]++
				}
				out, err := nodes[i%2].AcceptEvent(t.Context(), outreach.Acceptance{Event: ev, Hash: h, At: t0}, opens(ready(ev, t0)))
				switch {
				case errors.Is(err, store.ErrConflict):
					conflicts.Add(1)
				case err != nil:
					t.Error(err)
				default:
					ids[n].Store(out.Transactions[0], true)
					if !out.Duplicate {
						firsts.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if firsts.Load() != events || conflicts.Load() < events {
			t.Errorf("%d of %d events were new, %d conflicts", firsts.Load(), events, conflicts.Load())
		}
		for n := range ids {
			named := 0
			ids[n].Range(func(any, any) bool { named++; return true })
			if named != 1 {
				t.Errorf("event %d was answered with %d transactions", n, named)
			}
		}
	})
}

func TestTriggersOfOneSubjectInOneMomentOpenOneTransaction(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		nodes := []*store.Store{f.Store, f.second()}
		var ids sync.Map
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				ev := event(1)
				ev.ID = fmt.Sprint("evt-again-", i)
				out, err := nodes[i%2].AcceptEvent(t.Context(), outreach.Acceptance{Event: ev, Hash: hash(ev), At: t0}, opens(ready(ev, t0)))
				if err != nil {
					t.Error(err)
					return
				}
				ids.Store(out.Transactions[0], true)
			})
		}
		wg.Wait()
		opened := 0
		ids.Range(func(any, any) bool { opened++; return true })
		if opened != 1 {
			t.Errorf("%d transactions", opened)
		}
	})
}

// Illegal moves fail after they have written, errors before: neither may touch those who share the commit.
func TestDecisionsThatFailSpoilNoneOfThoseMadeInTheSameMoment(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		const calls = 60
		ours := errors.New("ours")
		attempts := make([]outreach.Attempt, calls)
		for n := range attempts {
			attempts[n] = f.claim1(f.open1(n), t0.Add(time.Duration(n)*time.Second))
		}
		var wg sync.WaitGroup
		for n, a := range attempts {
			wg.Go(func() {
				_, err := f.DecideAttempt(t.Context(), a.ID, a.Token, t0, func(c outreach.Case) (outreach.Change, error) {
					ch, _ := become(a.ID, outreach.AttemptDialing)(c)
					switch n % 6 {
					case 1:
						tr := c.Transaction
						tr.State = outreach.Scheduled
						ch.Transaction = &tr
					case 2:
						return ch, ours
					}
					return ch, nil
				})
				if (err != nil) != (n%6 == 1 || n%6 == 2) || n%6 == 2 && !errors.Is(err, ours) {
					t.Errorf("call %d: %v", n, err)
				}
			})
		}
		wg.Wait()
		for n, a := range attempts {
			got, err := f.AttemptByID(t.Context(), a.ID)
			must(t, err)
			want := outreach.AttemptDialing
			if n%6 == 1 || n%6 == 2 {
				want = outreach.AttemptClaimed
			}
			if got.State != want {
				t.Errorf("call %d is %s, want %s", n, got.State, want)
			}
		}
	})
}

func TestTheSameAnswerFromTwoNodesIsTakenOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		nodes := []*store.Store{f.Store, f.second()}
		for n := range 8 {
			a := f.claim1(f.open1(n), t0)
			must(t, errOf(f.DecideAttempt(t.Context(), a.ID, a.Token, t0, become(a.ID, outreach.AttemptDialing))))
			var taken atomic.Int64
			var wg sync.WaitGroup
			for i := range 6 {
				wg.Go(func() {
					_, err := nodes[i%2].DecideAttempt(t.Context(), a.ID, a.Token, t0, become(a.ID, outreach.AttemptEnded))
					switch {
					case err == nil:
						taken.Add(1)
					case !errors.Is(err, store.ErrFenced):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if taken.Load() != 1 {
				t.Errorf("the end was taken %d times", taken.Load())
			}
		}
	})
}

func errOf(_ outreach.Change, err error) error { return err }
