package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"curlew/outreach"
)

// plan is what a claimed attempt needs to leave.
type plan struct {
	candidate   outreach.Candidate // of a call
	link        string             // response link of a message
	unsubscribe string
	statusToken string
}

// errHeld stops an attempt at the last gate, before anything was written to the wire.
var errHeld = errors.New("the transaction moved on before anything left")

func (s *Scheduler) callWish(snap *outreach.Snapshot, c outreach.Case, step outreach.Step, to outreach.Candidate, now time.Time) wish {
	a := s.attempt(c, now)
	a.PBX, a.Gateway, a.Address = to.PBX.Name, to.Gateway.Name, c.Transaction.Phone
	return wish{c: c, until: s.leased(), send: plan{candidate: to}, claim: outreach.Claim{
		Transaction: c.Transaction.ID, Token: c.Transaction.Token, Revision: snap.Revision, Attempt: a, Caps: snap.CapsFor(to),
	}}
}

// leased is until when a claim that is made now is surely still ours. It is the machine's clock, also in the
// demo: what it guards against is this process having been stopped. A tenth is left for what lies between
// this look at the clock and the database's.
func (s *Scheduler) leased() time.Time { return time.Now().Add(s.Lease - s.Lease/10) }

func (s *Scheduler) attempt(c outreach.Case, now time.Time) outreach.Attempt {
	t := c.Transaction
	return outreach.Attempt{
		ID: outreach.AttemptID(s.NewID()), Transaction: t.ID, Step: t.Step, Try: t.Tries + 1, Channel: t.Channel,
		RecipientKey: t.RecipientID, State: outreach.AttemptClaimed, Owner: s.Node, LeaseUntil: now.Add(s.Lease), ClaimedAt: now,
	}
}

// start sets a claimed attempt going. It outlives the claim loop: a graceful stop lets it finish.
func (s *Scheduler) start(ctx context.Context, w wish) {
	s.track(w.claim.Attempt)
	run := context.WithoutCancel(ctx)
	if w.claim.Attempt.Channel == outreach.IVR {
		go s.call(run, w)
		return
	}
	go s.message(run, w)
}

func (s *Scheduler) track(a outreach.Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := s.inflight[a.ID]; !twice {
		s.calls.Add(1)
	}
	s.inflight[a.ID] = a
}

func (s *Scheduler) untrack(id outreach.AttemptID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.inflight[id]; ok {
		delete(s.inflight, id)
		s.calls.Done()
	}
}

// call makes the script, commits dialing and hands the order to the dialer.
func (s *Scheduler) call(ctx context.Context, w wish) {
	a := w.claim.Attempt
	snap := s.current()
	step, _ := w.c.CurrentStep()
	script, err := s.Scripts.Script(ctx, snap, w.c, step)
	if err != nil {
		s.Log.Error("script", "attempt_id", a.ID, "configuration", w.c.Configuration.Name, "err", err)
		s.unplayable(ctx, a, err)
		return
	}
	o := order(snap, w, step, s.Scripts.At(script, w.send.candidate.PBX))
	if err := s.Dialer.Playable(ctx, o); err != nil {
		s.unplayable(ctx, a, err)
		return
	}
	if err := s.turn(ctx, w.send.candidate); err != nil {
		s.notSent(ctx, a, err)
		return
	}
	if err := s.commitDialing(ctx, a, s.Dialer.Status(a.PBX).CoreUUID); err != nil {
		s.notSent(ctx, a, err)
		return
	}
	o.NotAfter = w.until
	if err := s.Dialer.Dial(ctx, o); err != nil {
		if s.Dialer.NotSent(err) {
			s.notSent(ctx, a, err)
			return
		}
		s.Log.Warn("originate", "attempt_id", a.ID, "pbx", a.PBX, "err", err)
	}
}

func order(snap *outreach.Snapshot, w wish, step outreach.Step, script outreach.Script) outreach.CallOrder {
	a, gw, limits := w.claim.Attempt, w.send.candidate.Gateway, snap.CallLimits()
	callerID := gw.CallerID
	if step.CallerID != "" {
		callerID = step.CallerID
	}
	return outreach.CallOrder{
		Attempt: a.ID, Transaction: a.Transaction, Token: a.Token, PBX: a.PBX, Gateway: a.Gateway,
		Destination: gw.Destination(a.Address), CallerID: callerID, Codec: gw.CodecFor(a.Address), InbandDTMF: gw.DTMF == outreach.DTMFInband,
		RingTimeout: limits.RingTimeout, MaxDuration: limits.MaxDuration, Script: script,
	}
}

// commitDialing is the last gate: in the database transaction that writes dialing or sending it looks
// once more whether the transaction still wants to go out.
func (s *Scheduler) commitDialing(ctx context.Context, a outreach.Attempt, core string) error {
	_, err := s.Store.DecideAttempt(ctx, a.ID, a.Token, s.Clock.Now(), func(c outreach.Case) (outreach.Change, error) {
		now := s.Clock.Now()
		t := c.Transaction
		if t.State != outreach.InProgress || !now.Before(t.ExpiresAt) || outreach.OptedOutOf(c, a.Channel) ||
			s.paused(a.Channel, a.PBX, a.Gateway, t.Configuration) || s.pausedPBX(a.PBX) {
			return outreach.Change{}, errHeld
		}
		return outreach.OnDialing(c, a.ID, core, now), nil
	})
	if err != nil {
		return fmt.Errorf("commit %s of %s: %w", a.Channel, a.ID, err)
	}
	return nil
}

// notSent frees an attempt that provably never left.
func (s *Scheduler) notSent(ctx context.Context, a outreach.Attempt, cause error) {
	why := outreach.ReasonUnableConnect
	if errors.Is(cause, errHeld) {
		why = outreach.ReasonPaused
	} else {
		s.Log.Warn("nothing left", "attempt_id", a.ID, "pbx", a.PBX, "channel", a.Channel, "err", cause)
	}
	s.settle(ctx, a, func(c outreach.Case, now time.Time) outreach.Change {
		return outreach.OnRelease(s.current(), c, a.ID, why, now)
	})
}

// unplayable ends a step whose prompts or texts cannot be made.
func (s *Scheduler) unplayable(ctx context.Context, a outreach.Attempt, cause error) {
	s.settle(ctx, a, func(c outreach.Case, now time.Time) outreach.Change {
		return outreach.OnUnplayable(s.current(), c, a.ID, cause.Error(), now)
	})
}

// settle writes the end of an attempt and lets go of it.
func (s *Scheduler) settle(ctx context.Context, a outreach.Attempt, end func(outreach.Case, time.Time) outreach.Change) {
	defer s.Wake()
	defer s.untrack(a.ID)
	now := s.Clock.Now()
	ch, err := s.decideAttempt(ctx, a.ID, a.Token, now, func(c outreach.Case) (outreach.Change, error) {
		return end(c, now), nil
	})
	if late(err) {
		s.Log.Warn("an outcome came after its attempt was settled", "attempt_id", a.ID, "channel", a.Channel, "err", err)
		return
	}
	if err != nil {
		s.Log.Error("settle attempt: its lease will end it", "attempt_id", a.ID, "err", err)
		return
	}
	s.hangUp(ctx, ch)
}

// hangUp ends the live legs that a committed change made pointless.
func (s *Scheduler) hangUp(ctx context.Context, ch outreach.Change) {
	s.HangUp(ctx, ch.Hangup)
}

// HangUp ends live legs by id, wherever they are; a leg that is gone already is no error.
func (s *Scheduler) HangUp(ctx context.Context, ids []outreach.AttemptID) {
	for _, id := range ids {
		s.mu.Lock()
		a, ok := s.inflight[id]
		s.mu.Unlock()
		if !ok {
			continue
		}
		if err := s.Dialer.Hangup(ctx, a.PBX, id); err != nil {
			s.Log.Warn("hang up", "attempt_id", id, "pbx", a.PBX, "err", err)
		}
	}
}
