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

func TestNodesThatClaimLettersAtOnceGetEachOnce(t *testing.T) {
	const letters, claimers = 24, 12
	everywhere(t, func(t *testing.T, f *fixture) {
		nodes := []*store.Store{f.Store, f.another()}
		for n := range letters {
			f.letter(n + 1)
		}
		var mu sync.Mutex
		got := map[string]int{}
		var wg sync.WaitGroup
		start := f.gate(claimers)
		for n := range claimers {
			wg.Go(func() {
				list, err := nodes[n%2].ClaimLetters(t.Context(), 1, t0, letters)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, l := range list {
					got[l.ID]++
				}
			})
		}
		start()
		wg.Wait()
		if len(got) != letters {
			t.Errorf("%d letters were claimed, want %d", len(got), letters)
		}
		for id, n := range got {
			if n > 1 {
				t.Errorf("letter %s would be written %d times", id, n)
			}
		}
	})
}

// letter makes the nth patient one who was written to, and is to be told that the visit is off.
func (f *fixture) letter(n int) {
	f.t.Helper()
	ev := event(n)
	id := f.accept(ev, opens(ready(ev, t0))).Transactions[0]
	in := claimOf(f.get(id), t0)
	in.Attempt.Channel, in.Attempt.PBX, in.Attempt.Gateway, in.Attempt.Address = outreach.Email, "", "", ev.Recipient.Email
	f.claim(t0, in)
	for _, state := range []outreach.AttemptState{outreach.AttemptSending, outreach.AttemptEnded} {
		_, err := f.Decide(f.t.Context(), id, t0, func(c outreach.Case) (outreach.Change, error) {
			a := c.Attempts[0]
			a.State, a.Contact = state, true
			return outreach.Change{Attempts: []outreach.Attempt{a}}, nil
		})
		must(f.t, err)
	}
	off := ev
	off.ID, off.Type = ev.ID+"-off", "Cancelled"
	f.accept(off, func(outreach.SubjectHistory) (outreach.EventPlan, error) {
		return outreach.EventPlan{Cancelled: true, Letters: []outreach.Letter{{Kind: outreach.LetterCancelled, UID: ev.Subject.ID, Sequence: 1,
			Start: t0.Add(24 * time.Hour), Events: []string{ev.Type}}}}, nil
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
	url := onPostgres(t)
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
