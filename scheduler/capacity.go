package scheduler

import (
	"context"
	"fmt"
	"slices"

	"curlew/outreach"
)

// capacityRows is how far down each queue of calls a look at the capacity goes.
const capacityRows = 5000

// AdvanceEarly moves calls that are ready and that no line can take before their deadline on to the next
// channel, where their configuration says so.
func (s *Scheduler) AdvanceEarly(ctx context.Context) error {
	snap := s.current()
	if !slices.ContainsFunc(snap.Document.Configurations, func(c outreach.Configuration) bool { return c.EarlyAdvance }) {
		return nil
	}
	waiting, err := s.readyCalls(ctx)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	for _, id := range outreach.Forecast(snap, waiting, now).LateIDs {
		ch, err := s.leading().Decide(ctx, id, now, func(c outreach.Case) (outreach.Change, error) {
			return outreach.OnCapacity(snap, c, now), nil
		})
		if err != nil {
			return fmt.Errorf("advance %s early: %w", id, err)
		}
		s.forgetEnded(ch)
	}
	return nil
}

func (s *Scheduler) readyCalls(ctx context.Context) (all []outreach.Case, err error) {
	lanes, err := s.Store.Lanes(ctx)
	if err != nil {
		return nil, fmt.Errorf("lanes: %w", err)
	}
	for _, lane := range lanes {
		if lane.Channel != outreach.IVR {
			continue
		}
		for skip := 0; skip < capacityRows; skip += batch {
			cases, err := s.Store.Head(ctx, lane.Lane, skip, batch)
			if err != nil {
				return nil, fmt.Errorf("head: %w", err)
			}
			all = append(all, cases...)
			if len(cases) < batch {
				break
			}
		}
	}
	return all, nil
}
