package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// Decide reads the case, runs fn and writes its change, all in one write transaction; the change is
// durable when Decide returns. A move that the state tables do not allow is an error and writes
// nothing; so does an error of fn. fn may be run more than once and must be pure.
func (s *Store) Decide(ctx context.Context, id outreach.TransactionID, at time.Time, fn func(outreach.Case) (outreach.Change, error)) (ch outreach.Change, err error) {
	err = s.writeHot(ctx, wants{kind: wantsCase, cases: []string{string(id)}}, func(t *tx) error {
		ch, err = t.decide(id, at, fn, nil)
		return err
	})
	if err != nil {
		return outreach.Change{}, fmt.Errorf("decide on %s: %w", id, err)
	}
	return ch, nil
}

// DecideAttempt is Decide for what happened to one attempt. It returns ErrFenced, and does not run
// fn, when the attempt's token differs or it has ended, and ErrNotFound when there is none.
func (s *Store) DecideAttempt(ctx context.Context, id outreach.AttemptID, token int64, at time.Time, fn func(outreach.Case) (outreach.Change, error)) (ch outreach.Change, err error) {
	err = s.writeHot(ctx, wants{kind: wantsCase, attempt: string(id)}, func(t *tx) error {
		ch, err = t.decideAttempt(id, token, at, fn)
		return err
	})
	if err != nil {
		return outreach.Change{}, fmt.Errorf("decide on attempt %s: %w", id, err)
	}
	return ch, nil
}

func (t *tx) decideAttempt(id outreach.AttemptID, token int64, at time.Time, fn func(outreach.Case) (outreach.Change, error)) (outreach.Change, error) {
	owner, err := t.ownerOf(id)
	if err != nil {
		return outreach.Change{}, err
	}
	return t.decide(owner, at, fn, func(c *outreach.Case) error {
		a, ok := c.Attempt(id)
		if !ok || a.Token != token || a.State == outreach.AttemptEnded {
			return ErrFenced
		}
		return nil
	})
}

// decide locks the transaction first and reads everything else under that lock.
func (t *tx) decide(id outreach.TransactionID, at time.Time, fn func(outreach.Case) (outreach.Change, error), fence func(*outreach.Case) error) (outreach.Change, error) {
	h, err := t.hold(id)
	if err != nil {
		return outreach.Change{}, err
	}
	c, err := t.caseOf(h)
	if err != nil {
		return outreach.Change{}, err
	}
	if fence != nil {
		if err := fence(&c); err != nil {
			return outreach.Change{}, err
		}
	}
	ch, err := fn(c)
	if err != nil {
		return outreach.Change{}, err
	}
	if err := t.apply(h, &ch, at); err != nil {
		return outreach.Change{}, err
	}
	t.release(h)
	return ch, nil
}

// apply writes the change of one transaction and makes h what is stored now.
func (t *tx) apply(h *held, ch *outreach.Change, at time.Time) error {
	id := h.row.ID
	for i := range ch.Attempts {
		if err := t.applyAttempt(h, &ch.Attempts[i]); err != nil {
			return err
		}
	}
	if ch.Response != nil {
		if err := t.insertResponse(id, ch.Response, at); err != nil {
			return fmt.Errorf("response of %s: %w", id, err)
		}
	}
	phone := h.row.Phone
	if err := t.applyTransaction(&h.row, ch.Transaction, ch.Response != nil); err != nil {
		return err
	}
	if h.row.Phone != phone { // another number, other opt-outs
		h.optOuts = nil
	}
	if len(ch.OptOuts) > 0 && t.hot != nil { // they may match any case at hand
		t.hot.clear()
		h.optOuts = nil
	}
	for _, o := range ch.OptOuts {
		if err := t.addOptOut(o); err != nil {
			return fmt.Errorf("opt-out of %s: %w", id, err)
		}
	}
	if err := t.insertLogs(id, ch.Logs, at); err != nil {
		return fmt.Errorf("logs of %s: %w", id, err)
	}
	for i := range ch.Results {
		if err := t.insertResult(id, &ch.Results[i], at); err != nil {
			return fmt.Errorf("result of %s: %w", id, err)
		}
	}
	return nil
}

func (t *tx) applyAttempt(h *held, n *outreach.Attempt) error {
	for i := range h.attempts {
		o := &h.attempts[i]
		if o.ID != n.ID {
			continue
		}
		was, had, before := o.State, live(o.State), o.Lines()
		if err := t.updateAttempt(o, n); err != nil {
			return err
		}
		t.hot.use(o, n.Lines()-before)
		tell := outreach.Notice{Transaction: h.row.ID, Channel: n.Channel, Kind: "attempt", Ready: had && !live(n.State)}
		if n.State == outreach.AttemptUnknown && was != n.State {
			tell.Reason = outreach.ReasonUnknown
		}
		t.notify(tell)
		return nil
	}
	return fmt.Errorf("attempt %s of %s: %w", n.ID, h.row.ID, ErrNotFound)
}

// applyTransaction writes the row. A change of a row that may be claimed moves its token, so that a
// claim made from the old row is refused.
func (t *tx) applyTransaction(old *transactionRow, n *outreach.Transaction, answered bool) error {
	if n == nil {
		if !answered {
			return nil
		}
		n = &old.Transaction
	}
	if n.ID != old.ID {
		return fmt.Errorf("the change of %s names transaction %s", old.ID, n.ID)
	}
	if err := outreach.CheckTransition(old.State, n.State); err != nil {
		return fmt.Errorf("transaction %s: %w", old.ID, err)
	}
	now := *n
	if old.Ready && now.Ready {
		now.Token = old.Token + 1
	}
	if err := t.updateTransaction(old, &now, answered); err != nil {
		return fmt.Errorf("transaction %s: %w", old.ID, err)
	}
	t.notify(noticeOf(&now))
	return nil
}

func noticeOf(n *outreach.Transaction) outreach.Notice {
	return outreach.Notice{Transaction: n.ID, State: n.State, Reason: n.Reason, Channel: n.Channel, Kind: "transaction", Ready: n.Ready}
}

var insertResponseText = insertText("responses", "transaction_id, attempt_id, action, channel, via, digits, value, at, late, revision")

func (t *tx) insertResponse(owner outreach.TransactionID, r *outreach.Response, at time.Time) error {
	if r.At.IsZero() {
		r.At = at
	}
	return t.exec(insertResponseText, string(owner), string(r.Attempt), string(r.Action), string(r.Channel), r.Via, r.Digits, r.Value, toMillis(r.At), flag(r.Late), int64(r.Revision))
}
