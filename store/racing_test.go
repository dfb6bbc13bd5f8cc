package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"
)

func TestNodesThatClaimForOnePatientAtOnceKeepTheContactsOfADay(t *testing.T) {
	const transactions, most = 24, 2
	everywhere(t, func(t *testing.T, f *fixture) {
		nodes := []*store.Store{f.Store, f.another()}
		var claims []outreach.Claim
		for n := range transactions {
			ev := event(n + 1)
			ev.Recipient.ID = "P-1"
			in := claimOf(f.get(f.accept(ev, opens(ready(ev, t0))).Transactions[0]), t0)
			in.Attempt.Channel, in.Attempt.PBX, in.Attempt.Gateway = outreach.SMS, "", ""
			in.Caps.ContactsPerDay = most
			claims = append(claims, in)
		}
		var granted atomic.Int32
		var wg sync.WaitGroup
		start := f.gate(transactions)
		for n, in := range claims {
			wg.Go(func() {
				out, err := nodes[n%2].Claim(t.Context(), t0, []outreach.Claim{in})
				if err != nil {
					t.Error(err)
				} else if out[0].Claimed {
					granted.Add(1)
				}
			})
		}
		start()
		wg.Wait()
		if n := granted.Load(); n != most {
			t.Errorf("%d messages to one patient at once, want %d", n, most)
		}
	})
}

// gate holds up all claims on PostgreSQL until so many of them have come; then they begin in one moment.
func (f *fixture) gate(claims int) (start func()) {
	if cluster == nil || f.url[0] != 'p' {
		return func() {}
	}
	db := f.beside()
	held, err := db.BeginTxx(f.t.Context(), nil)
	must(f.t, err)
	_, err = held.ExecContext(f.t.Context(), `SELECT pg_advisory_xact_lock(hashtextextended('settings', 0))`)
	must(f.t, err)
	return func() {
		defer func() { must(f.t, held.Rollback()) }()
		waiting(f.t, db, claims, `locktype = 'advisory'`)
	}
}

// A turn cannot be taken over in the middle of a write that was made in it.
func TestATurnOfTheLeaderLastsUntilWhatItWritesIsCommitted(t *testing.T) {
	if cluster == nil {
		t.Skip("no PostgreSQL on this machine")
	}
	url, err := cluster.Database(t.Context())
	must(t, err)
	f := open(t, url, nil)
	other, db := f.another(), f.beside()
	id := f.open1(1)
	term := f.beat(beatOf("a", "a1", t0)).Term
	writing, release, written := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		var once sync.Once
		_, err := f.Under(term).Decide(t.Context(), id, t0, func(c outreach.Case) (outreach.Change, error) {
			once.Do(func() { close(writing) })
			<-release
			return outreach.Change{Logs: []outreach.LogEntry{{Kind: "note"}}}, nil
		})
		written <- err
	}()
	<-writing
	taken := make(chan outreach.Standing, 1)
	go func() {
		st, err := other.Beat(t.Context(), beatOf("b", "b1", t0.Add(time.Minute))) // a has been silent for long
		if err != nil {
			t.Error(err)
		}
		taken <- st
	}()
	func() {
		defer close(release)
		waiting(t, db, 1, `locktype IN ('transactionid', 'tuple')`)
	}()
	must(t, <-written)
	if st := <-taken; st.Term.Number != term.Number+1 {
		t.Errorf("the turn was not taken over afterwards: %+v", st)
	}
}
