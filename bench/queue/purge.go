package queuebench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"curlew/clock"
	"curlew/outreach"
	"curlew/store"
)

const (
	age        = 400 * 24 * time.Hour
	purgeBatch = 200 // rows, as the scheduler's nightly job takes them
)

// purgeP99 times claims with waiting rows while old transactions, that ended long ago, are purged batch after batch;
// purged counts rows of every table.
func purgeP99(ctx context.Context, path string, waiting, old int) (p99 float64, purged int, err error) {
	s, err := openStore(ctx, path)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	const each = 50
	if _, err := rate(ctx, callers, old/each, func(ctx context.Context, i int) error { return acceptOld(ctx, s, i, each) }); err != nil {
		return 0, 0, fmt.Errorf("fill with old rows: %w", err)
	}
	if _, err := rate(ctx, callers, waiting/each, func(ctx context.Context, i int) error {
		_, err := accept(ctx, s, i, each)
		return err
	}); err != nil {
		return 0, 0, fmt.Errorf("fill: %w", err)
	}
	ended := make(chan error, 1)
	go func() {
		for {
			began := time.Now()
			n, err := s.Purge(ctx, start.Add(-age/2), purgeBatch)
			purged += n
			if err == nil && n > 0 {
				err = clock.Wait(ctx, clock.System{}, time.Since(began))
			}
			if err != nil || n == 0 {
				ended <- err
				return
			}
		}
	}()
	var took []time.Duration
	for range waiting {
		d, err := oneClaim(ctx, s)
		if err != nil {
			return 0, purged, errors.Join(err, <-ended)
		}
		took = append(took, d)
		select {
		case err := <-ended:
			return nines(took), purged, err
		default:
		}
	}
	return 0, purged, errors.Join(errors.New("all rows were claimed before the purge ended"), <-ended)
}

// acceptOld stores an event of long ago with transactions that ended then.
func acceptOld(ctx context.Context, s *store.Store, n, transactions int) error {
	ev := event(n)
	ev.ID, ev.Subject.ID = "old-"+ev.ID, "old-"+ev.Subject.ID
	_, err := s.AcceptEvent(ctx, outreach.Acceptance{Event: ev, Hash: sha256.Sum256([]byte(ev.ID)), At: start.Add(-age)},
		func(outreach.SubjectHistory) (outreach.EventPlan, error) {
			var plan outreach.EventPlan
			for i := range transactions {
				t := transaction(ev, n*transactions+i)
				t.State, t.Ready, t.EndedAt, t.CreatedAt = outreach.Completed, false, start.Add(-age), start.Add(-age)
				plan.Open = append(plan.Open, t)
			}
			return plan, nil
		})
	return err
}
