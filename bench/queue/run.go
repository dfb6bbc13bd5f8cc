package queuebench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"curlew/bench/sheet"
	"curlew/outreach"
	"curlew/store"
)

const (
	callers    = 32  // clients that post events at once
	calls      = 128 // in flight at once
	barePeer   = "bare group commit, one small row per operation"
	samePeer   = "bare group commit of the same four rows, with their indexes"
	lifecycle  = "lifecycles (claim, dialing, answered, end with an answer), 128 calls in flight"
	events     = 30000
	lifecycles = 20000
	claims     = 3000
)

// Run measures SQLite in a new directory under the system's temporary one and removes it. rowCounts are
// the numbers of waiting rows at which claims are timed; the first is what the others are compared with.
// A row's ratio is ours over the peer's.
func Run(ctx context.Context, rowCounts []int) (rows []sheet.Row, err error) {
	dir, err := os.MkdirTemp("", "curlew-bench-queue-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if rows, err = rates(ctx, dir); err != nil {
		return nil, err
	}
	depths, err := claimDepths(ctx, "SQLite", rowCounts, func(n int) (string, error) {
		return filepath.Join(dir, fmt.Sprintf("claim-%d.db", n)), nil
	}, liteCommitter)
	if rows = append(rows, depths...); err != nil || len(depths) == 0 {
		return rows, err
	}
	old := slices.Max(rowCounts)
	p99, purged, err := purgeP99(ctx, filepath.Join(dir, "purge.db"), 2*old, old)
	if err != nil {
		return rows, fmt.Errorf("claims during a purge: %w", err)
	}
	return append(rows, row(fmt.Sprintf("SQLite: claim with rows waiting while %d rows of old ones are purged, p99", purged), p99, "ms", depths[0].Name, depths[0].Figure)), nil
}

// claimDepths times claims with ever more rows waiting, each in a database of its own, beside a bare commit to the
// same disk after each claim: what is slow for both is the machine's.
func claimDepths(ctx context.Context, name string, rowCounts []int, database func(n int) (string, error), open openCommitter) (rows []sheet.Row, err error) {
	var first float64
	for i, n := range rowCounts {
		url, err := database(n)
		if err != nil {
			return rows, err
		}
		took, err := claimP99(ctx, url, n, open)
		if err != nil {
			return rows, fmt.Errorf("claims with %d rows waiting: %w", n, err)
		}
		if i == 0 {
			first = took.claim
		}
		figure := fmt.Sprintf("%s: claim with %d rows waiting, p99", name, n)
		rows = append(rows, row(figure, took.claim, "ms", fmt.Sprintf("the same with %d rows waiting", rowCounts[0]), first),
			row(figure, took.claim, "ms", "a bare commit of one row after each claim, p99", took.commit))
	}
	return rows, nil
}

func row(name string, figure float64, unit, peer string, peerFigure float64) sheet.Row {
	return sheet.Row{Name: name, Figure: figure, Unit: unit, Peer: peer, PeerFigure: peerFigure, Ratio: figure / peerFigure}
}

// rate runs op n times by so many workers and returns operations a second.
func rate(ctx context.Context, workers, n int, op func(context.Context, int) error) (float64, error) {
	var next atomic.Int64
	errs := make([]error, workers)
	var wg sync.WaitGroup
	began := time.Now()
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n && errs[w] == nil; i = int(next.Add(1)) {
				errs[w] = op(ctx, i)
			}
		})
	}
	wg.Wait()
	return float64(n) / time.Since(began).Seconds(), errors.Join(errs...)
}

// rates measures ours and the peer one right after the other, for the disk has its moods.
func rates(ctx context.Context, dir string) (rows []sheet.Row, err error) {
	s, err := openStore(ctx, filepath.Join(dir, "rates.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ingest, ids, err := ingestRate(ctx, s, events)
	if err != nil {
		return nil, err
	}
	peer, err := bareRate(ctx, filepath.Join(dir, "bare-32.db"), callers, events)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	same, err := SameRowsRate(ctx, filepath.Join(dir, "same.db"), callers, events)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	const accepted = "SQLite: events accepted by the store, durable, 32 clients"
	rows = append(rows, row(accepted, ingest, "events/s", barePeer, peer), row(accepted, ingest, "events/s", samePeer, same))
	life, err := lifecycleRate(ctx, s, ids[:lifecycles+1])
	if err != nil {
		return rows, fmt.Errorf("lifecycles: %w", err)
	}
	if peer, err = bareRate(ctx, filepath.Join(dir, "bare-128.db"), calls, 4*lifecycles); err != nil {
		return rows, fmt.Errorf("peer: %w", err)
	}
	return append(rows, row("SQLite: "+lifecycle, life, "lifecycles/s", barePeer+", four for each", peer/4)), nil
}

// ingestRate accepts n events of one transaction each, and returns those.
func ingestRate(ctx context.Context, s *store.Store, n int) (float64, []outreach.TransactionID, error) {
	ids := make([]outreach.TransactionID, n+1)
	r, err := rate(ctx, callers, n, func(ctx context.Context, i int) error {
		out, err := accept(ctx, s, i, 1)
		if err == nil {
			ids[i] = out.Transactions[0]
		}
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("ingest: %w", err)
	}
	return r, ids, nil
}

// lifecycleRate is claims by one claimer and the rest of each call by as many callers as are in flight.
func lifecycleRate(ctx context.Context, s *store.Store, ids []outreach.TransactionID) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	to := make(chan claimed, calls)
	failed := make(chan error, 1)
	go func() { failed <- claimAll(ctx, s, ids, to) }()
	life, err := rate(ctx, calls, len(ids)-1, func(ctx context.Context, _ int) error {
		c, ok := <-to
		if !ok {
			return errors.New("a claim was not granted")
		}
		return finish(ctx, s, c.id, c.token)
	})
	if err != nil { // nobody takes what is still being claimed
		cancel()
	}
	return life, errors.Join(err, <-failed)
}

// percentiles are 99th ones, in milliseconds.
type percentiles struct{ claim, commit float64 }

// claimP99 fills a lane with n ready rows and, in the database opened anew so that the filling is not
// timed, reads the lane's head and claims its first row, again and again.
func claimP99(ctx context.Context, path string, n int, open openCommitter) (p99 percentiles, err error) {
	if err := fill(ctx, path, n); err != nil {
		return p99, fmt.Errorf("fill: %w", err)
	}
	s, err := openStore(ctx, path)
	if err != nil {
		return p99, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	peer, err := open(ctx, path)
	if err != nil {
		return p99, fmt.Errorf("peer: %w", err)
	}
	defer func() { err = errors.Join(err, peer.close(context.WithoutCancel(ctx))) }()
	var ours, theirs []time.Duration
	for range min(claims, n) {
		d, err := oneClaim(ctx, s)
		if err != nil {
			return p99, err
		}
		began := time.Now()
		if err := peer.commit(ctx); err != nil {
			return p99, fmt.Errorf("peer: %w", err)
		}
		ours, theirs = append(ours, d), append(theirs, time.Since(began))
	}
	return percentiles{nines(ours), nines(theirs)}, nil
}

// nines is the 99th percentile in milliseconds.
func nines(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)*99/100].Nanoseconds()) / 1e6
}

func fill(ctx context.Context, path string, n int) error {
	s, err := openStore(ctx, path)
	if err != nil {
		return err
	}
	const each = 50 // transactions of one event, to fill a million in seconds
	_, err = rate(ctx, callers, n/each, func(ctx context.Context, i int) error {
		_, err := accept(ctx, s, i, each)
		return err
	})
	return errors.Join(err, s.Close())
}

func oneClaim(ctx context.Context, s *store.Store) (time.Duration, error) {
	began := time.Now()
	head, err := s.Head(ctx, lane, 0, 1)
	if err != nil || len(head) == 0 {
		return 0, errors.Join(err, ctx.Err(), fmt.Errorf("%d rows at the head", len(head)))
	}
	in := claim(head[0].Transaction.ID, head[0].Transaction.Phone, head[0].Transaction.Token)
	out, err := s.Claim(ctx, start, []outreach.Claim{in})
	took := time.Since(began)
	if err != nil || !out[0].Claimed {
		return 0, errors.Join(err, fmt.Errorf("claim: %+v", out))
	}
	return took, finish(ctx, s, in.Attempt.ID, out[0].Token)
}

func openStore(ctx context.Context, path string) (*store.Store, error) {
	s, err := store.Open(ctx, store.Options{URL: path, Node: "bench"})
	if err != nil {
		return nil, err
	}
	if _, err := s.SaveDocument(ctx, document(), -1, "bench", start); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func accept(ctx context.Context, s *store.Store, n, transactions int) (outreach.AcceptedEvent, error) {
	ev := event(n)
	return s.AcceptEvent(ctx, outreach.Acceptance{Event: ev, Hash: sha256.Sum256([]byte(ev.ID)), At: start},
		func(outreach.SubjectHistory) (outreach.EventPlan, error) {
			plan := outreach.EventPlan{}
			for i := range transactions {
				plan.Open = append(plan.Open, transaction(ev, n*transactions+i))
			}
			return plan, nil
		})
}
