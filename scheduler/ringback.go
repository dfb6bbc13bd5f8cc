package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// RingBacks is what the scheduler needs of the database when a patient rings back.
type RingBacks interface {
	CalledAt(ctx context.Context, number string, since time.Time) ([]outreach.Case, error)
	OpenAttempt(ctx context.Context, id outreach.AttemptID) (outreach.Attempt, error)
	ClaimInbound(ctx context.Context, now time.Time, in outreach.Claim) (outreach.ClaimOutcome, error)
}

const (
	ringBackSince  = 14 * 24 * time.Hour    // older calls are not what somebody rings back for
	ringBackDigits = 4                      // of a year
	legPatience    = 5 * time.Second        // for our own leg to the caller to end
	legAgain       = 100 * time.Millisecond // between looks at it
	guessWindow    = time.Hour
	guessesAllowed = 2 * outreach.RingBackTries // wrong years per number and window: then nobody is asked
)

// guesses are the wrong years that a number has keyed in.
type guesses struct {
	n     int
	since time.Time
}

// RungBack tells what a caller is asked; an empty answer means that the call goes on to its previous
// destination: nothing is pending, no birth year is known to ask for, or it was guessed at too often.
func (s *Scheduler) RungBack(ctx context.Context, pbx, number string) (outreach.RingBack, error) {
	pending, err := s.pendingFor(ctx, number)
	known := slices.DeleteFunc(pending, func(c outreach.Case) bool { return outreach.BirthYear(c) == 0 })
	if err != nil || len(known) == 0 || s.guessedOut(number) {
		return outreach.RingBack{}, err
	}
	snap := s.Catalogue.Current()
	lang := known[0].Transaction.Language
	for _, c := range known {
		if c.Transaction.Language != lang {
			lang = snap.Document.Facility.Languages[0]
		}
	}
	script, err := s.Scripts.RingBack(ctx, snap, lang)
	if err != nil {
		return outreach.RingBack{}, fmt.Errorf("prompts of a ring-back: %w", err)
	}
	p, _ := snap.PBX(pbx)
	flow := s.Scripts.At(script, p).Flows[script.Language]
	return outreach.RingBack{Ask: flow.HumanTest, Wrong: flow.Invalid, Sorry: flow.Goodbye, Tries: outreach.RingBackTries,
		Digits: ringBackDigits, Wait: snap.CallLimits().KeyWait}, nil
}

func (s *Scheduler) pendingFor(ctx context.Context, number string) ([]outreach.Case, error) {
	now := s.Clock.Now()
	called, err := s.Store.CalledAt(ctx, number, now.Add(-ringBackSince))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(called, func(c outreach.Case) bool {
		_, pending := outreach.PendingFor(c, number, now)
		return !pending
	}), nil
}

// Recognise claims the message of the patient born in that year for the caller's own leg and returns it as
// an order that is under way. false: no such patient, or somebody else is being served.
func (s *Scheduler) Recognise(ctx context.Context, pbx, number string, leg outreach.AttemptID, year int) (outreach.CallOrder, bool, error) {
	pending, err := s.pendingFor(ctx, number)
	if err != nil {
		return outreach.CallOrder{}, false, err
	}
	c, ok := outreach.Recognised(pending, year)
	if !ok {
		s.guessed(number)
		return outreach.CallOrder{}, false, nil
	}
	snap := s.Catalogue.Current()
	step, _ := outreach.PendingStep(c)
	script, err := s.Scripts.Script(ctx, snap, c, step)
	if err != nil {
		return outreach.CallOrder{}, false, fmt.Errorf("script of a ring-back to %s: %w", c.Transaction.ID, err)
	}
	a := s.attempt(c, s.Clock.Now())
	a.ID, a.Channel, a.Direction, a.PBX, a.Address = leg, outreach.IVR, outreach.Inbound, pbx, number
	a.State, a.StartedAt, a.AnsweredAt, a.Contact = outreach.AttemptAnswered, a.ClaimedAt, a.ClaimedAt, true
	if a.Token, ok, err = s.claimRingBack(ctx, c, a); err != nil || !ok {
		return outreach.CallOrder{}, false, err
	}
	s.track(a)
	p, _ := snap.PBX(pbx)
	limits := snap.CallLimits()
	script.HumanTest = false // the year told a human
	o := outreach.CallOrder{Attempt: a.ID, Transaction: c.Transaction.ID, Token: a.Token, PBX: pbx, RingTimeout: limits.RingTimeout,
		MaxDuration: limits.MaxDuration, Script: s.Scripts.At(script, p)}
	if i := slices.IndexFunc(p.Gateways, func(g outreach.Gateway) bool { return g.Active }); i >= 0 { // for a transfer
		o.Gateway, o.CallerID = p.Gateways[i].Name, p.Gateways[i].CallerID
	}
	return o, true, nil
}

// claimRingBack takes the transaction out of its queue. A leg of ours that still rings at the caller's
// phone is ended first: the patient is on the line.
func (s *Scheduler) claimRingBack(ctx context.Context, c outreach.Case, a outreach.Attempt) (token int64, ok bool, err error) {
	for waited := time.Duration(0); ; waited += legAgain {
		out, err := s.Store.ClaimInbound(ctx, s.Clock.Now(), outreach.Claim{Transaction: c.Transaction.ID, Attempt: a})
		if err != nil || out.Claimed {
			return out.Token, out.Claimed, err
		}
		if out.Stale || waited >= legPatience || !s.ringingElsewhere(ctx, c.Transaction.ID, waited == 0) {
			return 0, false, nil
		}
		if err := clock.Wait(ctx, clock.System{}, legAgain); err != nil {
			return 0, false, err
		}
	}
}

// ringingElsewhere reports whether every live leg of the transaction only rings, and ends them.
func (s *Scheduler) ringingElsewhere(ctx context.Context, id outreach.TransactionID, end bool) bool {
	c, err := s.Store.Case(ctx, id)
	if err != nil {
		s.Log.Error("look at a transaction that is rung back", "transaction_id", id, "err", err)
		return false
	}
	var ringing []outreach.AttemptID
	for _, a := range c.Attempts {
		switch {
		case a.Channel != outreach.IVR || !a.State.HoldsLine():
		case a.State == outreach.AttemptAnswered:
			return false
		default:
			ringing = append(ringing, a.ID)
		}
	}
	if end {
		s.HangUp(ctx, ringing)
	}
	return true
}

// guessed counts a year that matched nobody.
func (s *Scheduler) guessed(number string) {
	now := s.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, g := range s.guesses {
		if now.Sub(g.since) >= guessWindow {
			delete(s.guesses, n)
		}
	}
	g := s.guesses[number]
	if g.n == 0 {
		g.since = now
	}
	g.n++
	s.guesses[number] = g
}

func (s *Scheduler) guessedOut(number string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guesses[number]
	return g.n >= guessesAllowed && s.Clock.Now().Sub(g.since) < guessWindow
}
