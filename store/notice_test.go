package store_test

import (
	"slices"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"
)

func TestANoticeFollowsTheCommitThatItTellsOf(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		got := make(chan outreach.Notice, 100)
		var s *store.Store
		s, err := store.Open(t.Context(), store.Options{URL: f.url, Notify: func(n outreach.Notice) { got <- n }})
		must(t, err)
		defer func() { must(t, s.Close()) }()
		ev := event(1)
		out, err := s.AcceptEvent(t.Context(), outreach.Acceptance{Event: ev, Hash: hash(ev), At: t0}, opens(ready(ev, t0)))
		must(t, err)
		for {
			n := <-got
			if n.Transaction == out.Transactions[0] {
				if n.State != outreach.Queued || !n.Ready || n.Kind != "transaction" || n.Channel != outreach.IVR {
					t.Errorf("notice: %+v", n)
				}
				break
			}
		}
		if c := f.get(out.Transactions[0]); c.Transaction.State != outreach.Queued {
			t.Errorf("not yet there for another reader: %+v", c.Transaction)
		}
	})
}

func TestANoticeReachesTheOtherNodes(t *testing.T) {
	url := onPostgres(t)
	heard := make(chan outreach.Notice, 100)
	open(t, url, func(n outreach.Notice) { heard <- n })
	if n := <-heard; n.Kind == "" { // the settings, or that it listens by now
		t.Errorf("notice: %+v", n)
	}
	other := open(t, url, nil)
	for { // a notice may be lost while the listener connects: they who wait for one also poll
		must(t, other.Pause(t.Context(), outreach.PauseScope{Kind: "all", At: t0}))
		must(t, other.Resume(t.Context(), outreach.PauseScope{Kind: "all"}))
		select {
		case n := <-heard:
			if n.Kind == "pause" {
				return
			}
		case <-t.Context().Done():
			t.Fatal("nothing was heard")
		}
	}
}

func TestANoticeIsFasterThanThePollBelowIt(t *testing.T) {
	url := onPostgres(t)
	heard := make(chan outreach.Notice, 1000)
	open(t, url, func(n outreach.Notice) { heard <- n })
	other := open(t, url, nil)
	var trips []time.Duration
	for n := 1; len(trips) < 50; n++ {
		ev := event(n)
		begun := time.Now()
		id := other.accept(ev, opens(ready(ev, t0))).Transactions[0]
		for late := time.After(2 * time.Second); id != ""; {
			select {
			case got := <-heard:
				if got.Transaction == id && got.Ready {
					trips, id = append(trips, time.Since(begun)), ""
				}
			case <-late: // lost while the listener connects
				if n > 5 {
					t.Fatal("a notice was lost on a quiet link")
				}
				id = ""
			}
		}
	}
	slices.Sort(trips)
	t.Logf("from the event's arrival at one node to the wake-up of the other: p50 %s, most %s", trips[25], trips[49])
	if trips[25] > time.Second {
		t.Errorf("half of the wake-ups took more than %s: the poll would be as fast", trips[25])
	}
}
