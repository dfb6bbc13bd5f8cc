package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"curlew/clock"
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

// orphan settles or marks an attempt whose owner died; one that has ended meanwhile is no error.
func (s *Scheduler) orphan(ctx context.Context, a outreach.Attempt) error {
	err := s.disown(ctx, a)
	if late(err) {
		return nil
	}
	return err
}

func (s *Scheduler) disown(ctx context.Context, a outreach.Attempt) error {
	if a.State == outreach.AttemptClaimed {
		now := s.Clock.Now()
		_, err := s.Store.DecideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
			return outreach.OnRelease(s.current(), c, a.ID, outreach.ReasonDue, now), nil
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
	_, err := s.decideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
		return outreach.OnLost(s.current(), c, a.ID, s.Node, now), nil
	})
	if err != nil {
		return fmt.Errorf("mark %s unknown: %w", a.ID, err)
	}
	return nil
}

// renewLeases keeps this node's attempts its own.
func (s *Scheduler) renewLeases(ctx context.Context) error {
	if err := s.Store.RenewLeases(ctx, s.Node, s.Clock.Now(), s.Lease); err != nil {
		return fmt.Errorf("renew leases: %w", err)
	}
	return nil
}

// jobTime is how long an originate that has left may take to become a channel: before that, an absent
// channel proves nothing.
const jobTime = 2 * time.Second

// reapOnLink asks about unknown attempts as soon as a PBX can be asked: a leg that survived us proves its
// outcome by its end, but only to whoever watches it by then. What was too young is asked about again.
func (s *Scheduler) reapOnLink(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ask:
		}
		for range 2 {
			if err := s.Reap(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error("settle after a link came up: the next round does it", "err", err)
			}
			if clock.Wait(ctx, s.Clock, jobTime) != nil {
				return
			}
		}
	}
}

// Reap marks attempts whose lease ran out and settles what is unknown.
func (s *Scheduler) Reap(ctx context.Context) error {
	s.reaping.Lock()
	defer s.reaping.Unlock()
	now := s.Clock.Now()
	if err := s.Store.EndOldTests(ctx, now); err != nil {
		return err
	}
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
	s.settleRecorded(ctx)
	live, err := s.Store.LiveAttempts(ctx)
	if err != nil {
		return fmt.Errorf("read live attempts: %w", err)
	}
	var adopting sync.WaitGroup // making a survivor's script takes time that the next one may not have
	defer adopting.Wait()
	var gone []outreach.Attempt
	for _, a := range live {
		switch {
		case s.tracked(a.ID) || s.Dialer.Watching(a.ID):
		case a.State == outreach.AttemptUnknown && a.Owner != s.Node && now.Before(a.LeaseUntil): // another node watches it
		case a.State == outreach.AttemptUnknown:
			switch s.settleUnknown(ctx, a, now) {
			case isGone:
				gone = append(gone, a)
			case survives:
				if taken, ok := s.takeOver(ctx, a); ok {
					s.track(taken)
					adopting.Go(func() { s.adopt(ctx, taken) })
				}
			}
		case a.Owner == s.Node && now.After(a.ClaimedAt.Add(s.Lease)): // ours, and nobody carries it on: its end could not be written
			if err := s.orphan(ctx, a); err != nil {
				s.Log.Error("attempt that nobody carries on", "attempt_id", a.ID, "err", err)
			}
		}
	}
	return s.settleGone(ctx, gone)
}

// toldTime is how long after its channel is gone a leg's hangup event may still be on its way to us.
const toldTime = 250 * time.Millisecond

// settleGone ends the attempts whose legs are not there any more: by what their PBX tells of it, else by policy.
func (s *Scheduler) settleGone(ctx context.Context, gone []outreach.Attempt) error {
	if len(gone) == 0 {
		return nil
	}
	if err := clock.Wait(ctx, clock.System{}, toldTime); err != nil {
		return err
	}
	for _, a := range gone {
		if r, ok := s.Dialer.Ended(a.ID); ok {
			s.settleProved(ctx, a, r)
			continue
		}
		s.settleByPolicy(ctx, a, s.Clock.Now())
	}
	return nil
}

func (s *Scheduler) tracked(id outreach.AttemptID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.inflight[id]
	return ok
}

// whereabouts is what came of the question about an unknown attempt.
type whereabouts int

const (
	leftAlone whereabouts = iota // it is settled, or to be asked about again
	survives                     // its leg is still there and is to be watched to its end
	isGone                       // its leg is not there any more
)

// settleUnknown asks the PBX or the provider. A leg that is gone is over, though nothing proves that it did not ring.
// Without an answer policy waits out the longest call.
func (s *Scheduler) settleUnknown(ctx context.Context, a outreach.Attempt, now time.Time) whereabouts {
	if a.Channel.IsMessage() {
		s.settleMessage(ctx, a, now)
		return leftAlone
	}
	if r, ok := s.recorded(a.ID); ok {
		s.settleProved(ctx, a, r)
		return leftAlone
	}
	if r, ok := s.Dialer.Ended(a.ID); ok {
		s.settleProved(ctx, a, r)
		return leftAlone
	}
	if a.Direction == outreach.Inbound { // the patient's own call: it may go on with somebody else, and nothing of ours rings
		s.settleByPolicy(ctx, a, now)
		return leftAlone
	}
	if a.Owner != s.Node && s.awaitsWitness(a, now) { // a leg that is up connects to its own node, which has just come back
		return leftAlone
	}
	exists, err := s.Dialer.Exists(ctx, a.PBX, a.ID)
	switch {
	case err == nil && exists && now.Before(a.SettleAt):
		return survives
	case err == nil && exists:
		if err := s.Dialer.Hangup(ctx, a.PBX, a.ID); err != nil {
			s.Log.Error("end a leg past its time", "attempt_id", a.ID, "pbx", a.PBX, "err", err)
			return leftAlone
		}
	case err != nil && now.Before(a.SettleAt):
		return leftAlone
	case err == nil && now.Before(a.StartedAt.Add(jobTime)):
		return leftAlone
	case err == nil && s.awaitsWitness(a, now):
		return leftAlone
	case err == nil && s.awaitsRecord(a, now):
		return leftAlone
	}
	return isGone
}

// awaitsWitness reports whether another node may still tell how the call ended: each looks at the unknown
// attempts once in a third of a lease, and sooner where a notice tells of them.
func (s *Scheduler) awaitsWitness(a outreach.Attempt, now time.Time) bool {
	if !s.Shared {
		return false
	}
	snap := s.current()
	p, _ := snap.PBX(a.PBX)
	lost := a.SettleAt.Add(-snap.SettleAfter(p))
	return now.Before(lost.Add(s.Lease/3 + jobTime))
}

func (s *Scheduler) settleProved(ctx context.Context, a outreach.Attempt, r outreach.CallResult) {
	r.Token = a.Token
	if err := s.proved(ctx, r); err != nil {
		s.Log.Error("settle by what its PBX told of the end", "attempt_id", a.ID, "err", err)
	}
}

// takeOver makes this node the leg's owner, so that no two nodes watch it; false if another was faster.
func (s *Scheduler) takeOver(ctx context.Context, a outreach.Attempt) (outreach.Attempt, bool) {
	now := s.Clock.Now()
	ch, err := s.Store.DecideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
		return outreach.OnAdopt(c, a.ID, s.Node, now.Add(s.Lease)), nil
	})
	if err != nil && !late(err) {
		s.Log.Error("take over a leg that survived", "attempt_id", a.ID, "err", err)
	}
	if err != nil || len(ch.Attempts) == 0 {
		return a, false
	}
	return ch.Attempts[0], true
}

// late reports whether err says that somebody else has settled or taken the attempt meanwhile.
func late(err error) bool {
	return errors.Is(err, outreach.ErrFenced) || errors.Is(err, outreach.ErrNotFound)
}

// adopt has the leg watched. Where the dialer cannot (its PBX has left the settings, we stop), the attempt
// is asked about again in the next round.
func (s *Scheduler) adopt(ctx context.Context, a outreach.Attempt) {
	s.Dialer.Adopt(s.survivor(ctx, a))
	if !s.Dialer.Watching(a.ID) {
		s.untrack(a.ID)
	}
}

// survivor is the order of a leg that outlived its owner. One that still rings gets its script again, so
// that the patient hears the message; one that was answered has lost its conversation.
func (s *Scheduler) survivor(ctx context.Context, a outreach.Attempt) outreach.CallOrder {
	bare := outreach.CallOrder{Attempt: a.ID, Transaction: a.Transaction, Token: a.Token, PBX: a.PBX, Gateway: a.Gateway}
	c, err := s.Store.Case(ctx, a.Transaction)
	step, known := c.CurrentStep()
	if err != nil || !known || c.Transaction.State != outreach.InProgress || c.Transaction.Step != a.Step || !a.AnsweredAt.IsZero() {
		return bare
	}
	snap := s.current()
	script, err := s.Scripts.Script(ctx, snap, c, step)
	if err != nil {
		s.Log.Error("script of a leg that survived", "attempt_id", a.ID, "err", err)
		return bare
	}
	p, _ := snap.PBX(a.PBX)
	w := wish{c: c, claim: outreach.Claim{Attempt: a}, send: plan{candidate: outreach.Candidate{PBX: p}}}
	for _, g := range p.Gateways {
		if g.Name == a.Gateway {
			w.send.candidate.Gateway = g
		}
	}
	return order(snap, w, step, s.Scripts.At(script, p))
}

func (s *Scheduler) settleByPolicy(ctx context.Context, a outreach.Attempt, now time.Time) {
	_, err := s.Store.DecideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
		return outreach.OnSettled(s.current(), c, a.ID, nil, now), nil
	})
	if late(err) {
		return
	}
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
		if err := s.provedMessage(ctx, a, r); err != nil && !late(err) {
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
		return outreach.OnRelease(s.current(), c, a.ID, outreach.ReasonDue, now), nil
	})
	if err != nil {
		return fmt.Errorf("release %s: %w", a.ID, err)
	}
	s.Wake()
	return nil
}
