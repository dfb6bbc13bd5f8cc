package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"
	"curlew/store/pgtest"
)

const (
	webhooks = 32  // clients that post events at once
	calls    = 128 // in flight at once
)

// shared runs op b.N times by so many callers.
func shared(b *testing.B, callers int, op func(n int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	cpu := processCPU(b)
	b.ResetTimer()
	b.StartTimer()
	for range callers {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				if err := op(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64((processCPU(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/op") // steady on a busy machine
}

func processCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// eachDatabase runs the benchmark on SQLite and, where this machine has it, on a durable PostgreSQL.
func eachDatabase(b *testing.B, run func(b *testing.B, s *store.Store)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { run(b, benchStore(b, filepath.Join(b.TempDir(), "curlew.db"))) })
	b.Run("postgres", func(b *testing.B) {
		c, err := pgtest.Start(b.Context(), pgtest.Options{Durable: true})
		if errors.Is(err, pgtest.ErrUnavailable) {
			b.Skip("no PostgreSQL on this machine")
		}
		must(b, err)
		b.Cleanup(func() { must(b, c.Stop(context.Background())) })
		url, err := c.Database(b.Context())
		must(b, err)
		run(b, benchStore(b, url))
	})
}

func benchStore(b *testing.B, url string) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{URL: url, Node: "node-1"})
	must(b, err)
	b.Cleanup(func() { must(b, s.Close()) })
	_, err = s.SaveDocument(b.Context(), document(), -1, "bench", t0)
	must(b, err)
	return s
}

func acceptNth(ctx context.Context, s *store.Store, n int) (outreach.AcceptedEvent, error) {
	ev := event(n)
	return s.AcceptEvent(ctx, outreach.Acceptance{Event: ev, Hash: hash(ev), At: t0}, opens(ready(ev, t0)))
}

// BenchmarkAcceptEvent is durable ingest: one event with one transaction for each operation.
func BenchmarkAcceptEvent(b *testing.B) {
	eachDatabase(b, func(b *testing.B, s *store.Store) {
		shared(b, webhooks, func(n int) error {
			_, err := acceptNth(b.Context(), s, n)
			return err
		})
	})
}

// BenchmarkLifecycle is claim, dialing, answered, end with an answer and its results: four durable
// operations each, with 128 calls in flight.
func BenchmarkLifecycle(b *testing.B) {
	eachDatabase(b, func(b *testing.B, s *store.Store) {
		ids := make([]outreach.TransactionID, b.N)
		shared(b, webhooks, func(n int) error {
			out, err := acceptNth(b.Context(), s, n)
			if err == nil {
				ids[n-1] = out.Transactions[0]
			}
			return err
		})
		claimed := make(chan granted, calls)
		go claimAll(b, s, ids, claimed)
		shared(b, calls, func(int) error { return finish(b.Context(), s, <-claimed) })
	})
}

// BenchmarkHead is what a pass of the scheduler reads: 64 rows of a lane with all that belongs to them.
func BenchmarkHead(b *testing.B) {
	eachDatabase(b, func(b *testing.B, s *store.Store) {
		const pass = 64
		for n := range pass {
			if _, err := acceptNth(b.Context(), s, n); err != nil {
				b.Fatal(err)
			}
		}
		shared(b, 1, func(int) error {
			head, err := s.Head(b.Context(), "ivr:main", 0, pass)
			if err == nil && len(head) != pass {
				err = fmt.Errorf("%d rows at the head", len(head))
			}
			return err
		})
	})
}

// granted is a claimed attempt.
type granted struct {
	id    outreach.AttemptID
	token int64
}

// claimAll claims for every transaction, so many at once as the scheduler does in a pass.
func claimAll(b *testing.B, s *store.Store, ids []outreach.TransactionID, claimed chan<- granted) {
	defer close(claimed)
	const pass = 32
	for from := 0; from < len(ids); from += pass {
		var claims []outreach.Claim
		for n := from; n < min(from+pass, len(ids)); n++ {
			claims = append(claims, outreach.Claim{Transaction: ids[n], Revision: 1, Attempt: outreach.Attempt{
				ID: outreach.AttemptID(store.NewID(t0)), Try: 1, Channel: outreach.IVR, PBX: "main", Gateway: "trunk1",
				Address: phone(n), RecipientKey: event(n).Recipient.ID, LeaseUntil: t0.Add(time.Minute)},
				Caps: outreach.Caps{PBXCalls: 1000, GatewayCalls: 1000, PBXRate: 1e6, GatewayRate: 1e6,
					BetweenCalls: time.Minute, RingsPerDay: 3, RingsPerWeek: 6, ContactsPerDay: 3}})
		}
		out, err := s.Claim(b.Context(), t0, claims)
		for i := range out {
			if err == nil && !out[i].Claimed {
				err = errOr(nil, out[i])
			}
			claimed <- granted{claims[i].Attempt.ID, out[i].Token}
		}
		if err != nil {
			b.Error(err)
			return
		}
	}
}

func finish(ctx context.Context, s *store.Store, g granted) error {
	for _, state := range []outreach.AttemptState{outreach.AttemptDialing, outreach.AttemptAnswered, outreach.AttemptEnded} {
		_, err := s.DecideAttempt(ctx, g.id, g.token, t0, func(c outreach.Case) (outreach.Change, error) {
			return moved(c, g.id, state), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func moved(c outreach.Case, id outreach.AttemptID, state outreach.AttemptState) outreach.Change {
	n, _ := c.Attempt(id)
	n.State = state
	ch := outreach.Change{Attempts: []outreach.Attempt{n}, Logs: []outreach.LogEntry{{Attempt: id, Kind: string(state), Data: map[string]any{"pbx": n.PBX, "gateway": n.Gateway}}}}
	switch state {
	case outreach.AttemptDialing:
		ch.Attempts[0].StartedAt = t0
	case outreach.AttemptAnswered:
		ch.Attempts[0].AnsweredAt, ch.Attempts[0].Contact = t0, true
	default:
		ch.Attempts[0].EndedAt, ch.Attempts[0].Disposition, ch.Attempts[0].Counted = t0, outreach.Answered, true
		tr := c.Transaction
		tr.State, tr.Reason, tr.EndedAt = outreach.Completed, outreach.ReasonAnswered, t0
		ch.Transaction = &tr
		ch.Response = &outreach.Response{Attempt: id, Action: outreach.Confirm, Channel: outreach.IVR, Via: "key", Digits: "1", At: t0}
		ch.Results = []outreach.Result{{Type: "response.received", At: t0, Payload: map[string]any{"transaction_id": string(tr.ID), "action": "confirm",
			"subject_id": tr.SubjectID, "recipient_id": tr.RecipientID, "state": string(tr.State)}}}
	}
	return ch
}
