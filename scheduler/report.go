package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"curlew/outreach"
)

// The methods of this file are what the dialer reports to. Every write carries the attempt's token.

// Ringing records the first ringing or early media.
func (s *Scheduler) Ringing(ctx context.Context, id outreach.AttemptID, token int64, at time.Time) error {
	if s.aside(ctx, id, "ringing", nil) {
		return nil
	}
	return s.record(ctx, id, token, func(c outreach.Case) outreach.Change { return outreach.OnProgress(c, id, at) })
}

// Answered records the answer.
func (s *Scheduler) Answered(ctx context.Context, id outreach.AttemptID, token int64, at time.Time) error {
	if s.aside(ctx, id, "answered", nil) {
		return nil
	}
	return s.record(ctx, id, token, func(c outreach.Case) outreach.Change { return outreach.OnAnswered(c, id, at) })
}

// Note appends one line to the logs; keepHeard says which may wait.
func (s *Scheduler) Note(ctx context.Context, id outreach.AttemptID, token int64, kind string, data map[string]any) error {
	if s.aside(ctx, id, kind, data) {
		return nil
	}
	line := outreach.LogEntry{Attempt: id, At: s.Clock.Now(), Kind: kind, Data: data}
	if s.keepHeard(line, token) {
		return nil
	}
	return s.record(ctx, id, token, func(outreach.Case) outreach.Change { return outreach.Change{Logs: []outreach.LogEntry{line}} })
}

func (s *Scheduler) record(ctx context.Context, id outreach.AttemptID, token int64, fn func(outreach.Case) outreach.Change) error {
	_, err := s.decideAttempt(ctx, id, token, s.Clock.Now(), func(c outreach.Case) (outreach.Change, error) {
		return fn(c), nil
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", id, err)
	}
	return nil
}

// Respond commits a key press before its confirmation plays, and returns what counts of it: a call back where no line
// is free for a transfer, nothing where the answer came too late.
func (s *Scheduler) Respond(ctx context.Context, id outreach.AttemptID, token int64, action outreach.Action, digits, value string, at time.Time) (stored outreach.Action, err error) {
	if s.trying(id) { // the dialer notes the answer itself
		return action, nil
	}
	snap := s.current()
	if action == outreach.Transfer {
		bridges, err := s.mayBridge(ctx, id, token, at)
		if err != nil && !late(err) {
			return "", fmt.Errorf("line of a transfer of %s: %w", id, err)
		}
		if !bridges {
			action, value = outreach.CallBack, ""
		}
	}
	var accepted bool
	ch, err := s.decideAttempt(ctx, id, token, at, func(c outreach.Case) (outreach.Change, error) {
		var ch outreach.Change
		ch, accepted = outreach.OnResponse(snap, c, outreach.Response{
			Attempt: id, Action: action, Channel: outreach.IVR, Via: keyOf(c, id), Digits: digits, Value: value,
		}, at)
		if a, ok := c.Attempt(id); ok && ch.Response != nil {
			a.Digits = digits
			if accepted && action == outreach.Transfer {
				a.Detail = outreach.DetailTransferred // until the call ends, or nobody is at the desk
			} else if a.Detail == outreach.DetailTransferred {
				a.Detail = ""
			}
			ch.Attempts = append(ch.Attempts, a)
		}
		return ch, nil
	})
	if late(err) {
		s.Log.Warn("a key came after its attempt was settled", "attempt_id", id, "err", err)
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("commit answer of %s: %w", id, err)
	}
	ch.Hangup = slices.DeleteFunc(ch.Hangup, func(h outreach.AttemptID) bool { return h == id })
	s.hangUp(ctx, ch)
	if !accepted {
		return "", nil
	}
	return action, nil
}

// keyOf tells a key of a call of ours from one of a patient who rang back.
func keyOf(c outreach.Case, id outreach.AttemptID) string {
	if a, ok := c.Attempt(id); ok && a.Direction == outreach.Inbound {
		return "callback"
	}
	return "key"
}

// End applies the end of one originate. A result that proves nothing leaves the attempt unknown.
func (s *Scheduler) End(ctx context.Context, r outreach.CallResult) error {
	if o, probe := s.probing(r.Attempt, false); probe {
		return s.probeEnded(ctx, o, r)
	}
	if s.trying(r.Attempt) {
		return s.trialEnded(ctx, r)
	}
	snap := s.current()
	now := s.Clock.Now()
	defer s.Wake()
	over := false
	var id outreach.TransactionID
	ch, err := s.decideAttempt(ctx, r.Attempt, r.Token, now, func(c outreach.Case) (outreach.Change, error) {
		ch := outreach.OnCallEnd(snap, c, r, now)
		id, over = c.Transaction.ID, !c.Transaction.State.Open() || ch.Transaction != nil && !ch.Transaction.State.Open()
		return ch, nil
	})
	if err != nil && !late(err) {
		return fmt.Errorf("end %s: %w", r.Attempt, err) // reported again
	}
	s.untrack(r.Attempt)
	if err != nil {
		s.Log.Warn("the end of a call came after its attempt was settled", "attempt_id", r.Attempt, "err", err)
		return nil
	}
	s.afterEnd(snap, r, ch, now)
	if over {
		s.forget(id)
	}
	return nil
}

func (s *Scheduler) afterEnd(snap *outreach.Snapshot, r outreach.CallResult, ch outreach.Change, now time.Time) {
	con := outreach.Conclude(snap.Document.CauseMatrix, r)
	for _, a := range ch.Attempts {
		if a.ID != r.Attempt {
			continue
		}
		if o, ok := outreach.OutcomeOf(a); ok {
			s.gatewayOutcome(o)
		}
		s.Log.Info("call ended", "attempt_id", a.ID, "transaction_id", a.Transaction, "pbx", a.PBX, "gateway", a.Gateway,
			"disposition", a.Disposition, "cause", a.Cause, "sip_status", a.SIPStatus, "counted", a.Counted)
		if con.Alert {
			s.Log.Error("the trunk or its configuration refuses calls", "pbx", a.PBX, "gateway", a.Gateway, "cause", a.Cause, "sip_status", a.SIPStatus)
		}
	}
}

// LinkChanged wakes the loop: lines came or went, and unknown attempts may be asked about.
func (s *Scheduler) LinkChanged(pbx string, up, restarted bool) {
	s.Log.Info("pbx link", "pbx", pbx, "up", up, "restarted", restarted)
	if up {
		s.askAgain()
	}
	s.Wake()
}

// askAgain has unknown attempts settled soon. It never blocks.
func (s *Scheduler) askAgain() {
	select {
	case s.ask <- struct{}{}:
	default:
	}
}

// Response applies an answer that came by link, button, word, callback or API.
func (s *Scheduler) Response(ctx context.Context, id outreach.TransactionID, r outreach.Response) (accepted bool, err error) {
	snap := s.current()
	now := s.Clock.Now()
	ch, err := s.Store.Decide(ctx, id, now, func(c outreach.Case) (outreach.Change, error) {
		var ch outreach.Change
		ch, accepted = outreach.OnResponse(snap, c, r, now)
		return ch, nil
	})
	if err != nil {
		return false, fmt.Errorf("answer to %s: %w", id, err)
	}
	s.hangUp(ctx, ch)
	s.forgetEnded(ch)
	s.Wake()
	return accepted, nil
}

// Delivery applies a provider's report on a message; reports that change nothing are fine.
func (s *Scheduler) Delivery(ctx context.Context, a outreach.Attempt, disp outreach.Disposition, code, providerID string) error {
	if disp == outreach.Misconfig {
		s.withhold(a.Channel, code)
	}
	snap := s.current()
	now := s.Clock.Now()
	_, err := s.Store.Decide(ctx, a.Transaction, now, func(c outreach.Case) (outreach.Change, error) {
		return outreach.OnDelivery(snap, c, a.ID, disp, code, providerID, now), nil
	})
	if err != nil {
		return fmt.Errorf("delivery of %s: %w", a.ID, err)
	}
	s.Wake()
	return nil
}

// Cancel ends an open transaction by an admin's hand.
func (s *Scheduler) Cancel(ctx context.Context, id outreach.TransactionID) error {
	return s.byHand(ctx, id, outreach.OnCancel)
}

// RetryNow makes a waiting transaction due now.
func (s *Scheduler) RetryNow(ctx context.Context, id outreach.TransactionID) error {
	return s.byHand(ctx, id, outreach.OnRetryNow)
}

func (s *Scheduler) byHand(ctx context.Context, id outreach.TransactionID, do func(*outreach.Snapshot, outreach.Case, time.Time) (outreach.Change, error)) error {
	snap := s.current()
	now := s.Clock.Now()
	ch, err := s.Store.Decide(ctx, id, now, func(c outreach.Case) (outreach.Change, error) { return do(snap, c, now) })
	var illegal *outreach.TransitionError
	if errors.As(err, &illegal) {
		return illegal
	}
	if err != nil {
		return fmt.Errorf("change %s by hand: %w", id, err)
	}
	s.hangUp(ctx, ch)
	s.forgetEnded(ch)
	s.Wake()
	return nil
}

// forget deletes the audio that names the patient, unless a call of the transaction still plays it.
func (s *Scheduler) forget(id outreach.TransactionID) {
	for _, a := range s.underWay() {
		if a.Transaction == id && a.Channel == outreach.IVR {
			return
		}
	}
	if err := s.Scripts.Forget(id); err != nil {
		s.Log.Error("delete a patient's audio", "transaction_id", id, "err", err)
	}
}

func (s *Scheduler) forgetEnded(ch outreach.Change) {
	if ch.Transaction != nil && !ch.Transaction.State.Open() {
		s.forget(ch.Transaction.ID)
	}
}
