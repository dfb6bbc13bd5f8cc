package scheduler

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// recover looks at what this node had under way when it stopped: what was only claimed never left and
// is released free; everything else is unknown until it is proved.
func (s *Scheduler) recover(ctx context.Context) error {
	live, err := s.Store.LiveAttempts(ctx)
	if err != nil {
		return fmt.Errorf("read live attempts: %w", err)
	}
	for _, a := range live {
		if a.Owner == s.Node && a.State != outreach.AttemptUnknown {
			if err := s.orphan(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphan settles or marks an attempt whose owner died.
func (s *Scheduler) orphan(ctx context.Context, a outreach.Attempt) error {
	if a.State == outreach.AttemptClaimed {
		now := s.Clock.Now()
		_, err := s.Store.DecideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
			return outreach.OnRelease(s.Catalogue.Current(), c, a.ID, outreach.ReasonDue, now), nil
		})
		if err != nil {
			return fmt.Errorf("release %s: %w", a.ID, err)
		}
		return nil
	}
	return s.markUnknown(ctx, a)
}

func (s *Scheduler) markUnknown(ctx context.Context, a outreach.Attempt) error {
	now := s.Clock.Now()
	_, err := s.Store.DecideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
		return outreach.OnLost(s.Catalogue.Current(), c, a.ID, now), nil
	})
	if err != nil {
		return fmt.Errorf("mark %s unknown: %w", a.ID, err)
	}
	return nil
}

// renewLeases keeps this node's attempts its own.
func (s *Scheduler) renewLeases(ctx context.Context) error {
	if err := s.Store.RenewLeases(ctx, s.Node, s.Clock.Now().Add(s.Lease)); err != nil {
		return fmt.Errorf("renew leases: %w", err)
	}
	return nil
}

// Reap marks attempts whose lease ran out and settles what is unknown.
func (s *Scheduler) Reap(ctx context.Context) error {
	now := s.Clock.Now()
	expired, err := s.Store.ExpiredLeases(ctx, now)
	if err != nil {
		return fmt.Errorf("read expired leases: %w", err)
	}
	for _, a := range expired {
		if s.tracked(a.ID) {
			continue
		}
		if err := s.orphan(ctx, a); err != nil {
			s.Log.Error("expired lease", "attempt_id", a.ID, "err", err)
		}
	}
	live, err := s.Store.LiveAttempts(ctx)
	if err != nil {
		return fmt.Errorf("read live attempts: %w", err)
	}
	for _, a := range live {
		if a.State == outreach.AttemptUnknown && !s.tracked(a.ID) && !s.Dialer.Watching(a.ID) {
			s.settleUnknown(ctx, a, now)
		}
	}
	return nil
}

func (s *Scheduler) tracked(id outreach.AttemptID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.inflight[id]
	return ok
}

// settleUnknown asks the PBX or the provider. A leg that is still there is watched to its end; one that
// is gone is over, though nothing proves that it did not ring: policy ends it. Without an answer policy
// waits out the longest call.
func (s *Scheduler) settleUnknown(ctx context.Context, a outreach.Attempt, now time.Time) {
	if a.Channel.IsMessage() {
		s.settleMessage(ctx, a, now)
		return
	}
	exists, err := s.Dialer.Exists(ctx, a.PBX, a.ID)
	switch {
	case err == nil && exists && now.Before(a.SettleAt):
		s.track(a)
		s.Dialer.Adopt(outreach.CallOrder{Attempt: a.ID, Transaction: a.Transaction, Token: a.Token, PBX: a.PBX, Gateway: a.Gateway})
		return
	case err == nil && exists:
		if err := s.Dialer.Hangup(ctx, a.PBX, a.ID); err != nil {
			s.Log.Error("end a leg past its time", "attempt_id", a.ID, "pbx", a.PBX, "err", err)
			return
		}
	case err != nil && now.Before(a.SettleAt):
		return
	}
	s.settleByPolicy(ctx, a, now)
}

func (s *Scheduler) settleByPolicy(ctx context.Context, a outreach.Attempt, now time.Time) {
	_, err := s.Store.DecideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
		return outreach.OnSettled(s.Catalogue.Current(), c, a.ID, nil, now), nil
	})
	if err != nil {
		s.Log.Error("settle unknown attempt", "attempt_id", a.ID, "err", err)
		return
	}
	s.Log.Warn("unknown attempt settled without proof", "attempt_id", a.ID, "transaction_id", a.Transaction, "channel", a.Channel)
	s.Wake()
}

func (s *Scheduler) settleMessage(ctx context.Context, a outreach.Attempt, now time.Time) {
	r, proved, err := s.Sender.Settle(ctx, a)
	if err != nil {
		s.Log.Warn("ask the provider about a lost answer", "attempt_id", a.ID, "channel", a.Channel, "err", err)
	}
	if proved {
		if err := s.provedMessage(ctx, a, r); err != nil {
			s.Log.Error("settle message", "attempt_id", a.ID, "err", err)
		}
		return
	}
	if !now.Before(a.SettleAt) {
		s.settleByPolicy(ctx, a, now)
	}
}

// provedMessage applies what the provider said: it has the message, or it never took it.
func (s *Scheduler) provedMessage(ctx context.Context, a outreach.Attempt, r outreach.Receipt) error {
	if r.Disposition != outreach.Throttled {
		return s.Delivery(ctx, a, r.Disposition, r.Code, r.ProviderID)
	}
	now := s.Clock.Now()
	_, err := s.Store.DecideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
		return outreach.OnRelease(s.Catalogue.Current(), c, a.ID, outreach.ReasonDue, now), nil
	})
	if err != nil {
		return fmt.Errorf("release %s: %w", a.ID, err)
	}
	s.Wake()
	return nil
}
