package scheduler

import (
	"context"
	"fmt"

	"curlew/outreach"
)

// replanPage rows are looked up at a time.
const replanPage = 1000

// Replan places the transactions of a configuration that have not started by its version in force. Any node may
// do so, and do so again: what stands where it belongs is left alone.
func (s *Scheduler) Replan(ctx context.Context, configuration string) error {
	after := outreach.TransactionID("")
	for {
		ids, err := s.Store.OpenOf(ctx, configuration, 0, after, replanPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if _, err := s.replan(ctx, id); err != nil {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}

// replan returns what changed: nothing of a transaction that has started, or whose configuration this node does not know yet.
func (s *Scheduler) replan(ctx context.Context, id outreach.TransactionID) (outreach.Change, error) {
	snap, now := s.Catalogue.Current(), s.Clock.Now()
	ch, err := s.Store.Decide(ctx, id, now, func(c outreach.Case) (outreach.Change, error) { return outreach.Replan(snap, c, now) })
	if err != nil {
		return outreach.Change{}, fmt.Errorf("place %s anew: %w", id, err)
	}
	return ch, nil
}
