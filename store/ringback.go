package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"curlew/outreach"
)

const calledText = `SELECT ` + transactionColumns + ` FROM transactions WHERE open = 1 AND id IN
	(SELECT transaction_id FROM attempts WHERE channel = 'ivr' AND address = $1 AND claimed_at > $2) ORDER BY expires_at, seq LIMIT 50`

// CalledAt returns the open transactions that called the number since then.
func (s *Store) CalledAt(ctx context.Context, number string, since time.Time) (out []outreach.Case, err error) {
	err = s.read(ctx, func(q *session) error {
		out, err = q.cases(calledText, args{number, toMillis(since)}, true)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("what called a number: %w", err)
	}
	return out, nil
}

// ClaimInbound takes a transaction out of its queue for a call that the patient made: in the same write
// transaction the attempt is written, so no node can dial it meanwhile. It is refused with number_in_use
// while another leg to or from the number lives, and stale once the row has moved.
func (s *Store) ClaimInbound(ctx context.Context, now time.Time, in outreach.Claim) (out outreach.ClaimOutcome, err error) {
	err = s.writeHot(ctx, wants{}, func(t *tx) error {
		out, err = t.claimInbound(now, in)
		return err
	})
	if err != nil {
		return outreach.ClaimOutcome{}, fmt.Errorf("claim a ring-back: %w", err)
	}
	return out, nil
}

func (t *tx) claimInbound(now time.Time, in outreach.Claim) (outreach.ClaimOutcome, error) {
	c := claiming{tx: t, now: fromMillis(toMillis(now)), lines: map[string]*outreach.Lines{}, rows: map[outreach.TransactionID]*held{}}
	if err := c.lock([]outreach.Claim{in}); err != nil {
		return outreach.ClaimOutcome{}, err
	}
	h := c.rows[in.Transaction]
	if h == nil {
		return outreach.ClaimOutcome{Stale: true}, nil
	}
	was, err := t.caseOf(h)
	if err != nil {
		return outreach.ClaimOutcome{}, err
	}
	moved, ok := outreach.OnRungBack(was, c.now)
	if !ok {
		if was.Transaction.State == outreach.InProgress {
			return outreach.ClaimOutcome{Refusal: outreach.ReasonPhoneBusy}, nil
		}
		return outreach.ClaimOutcome{Stale: true}, nil
	}
	a := in.Attempt
	a.Transaction, a.Token, a.Step, a.LeaseUntil = h.row.ID, h.row.Token+1, h.row.Step, fromMillis(toMillis(a.LeaseUntil))
	stored, err := t.insertAttempt(&a, "")
	if err != nil || !stored {
		return outreach.ClaimOutcome{Refusal: outreach.ReasonPhoneBusy}, err
	}
	h.attempts = append(h.attempts, a)
	moved.Token = a.Token
	if moved.Version == 0 {
		if moved.Version, err = t.versionInForce(moved.Configuration); err != nil {
			return outreach.ClaimOutcome{}, err
		}
	}
	if err := t.updateTransaction(&h.row, &moved, false); err != nil {
		return outreach.ClaimOutcome{}, err
	}
	if l := c.lines[a.PBX]; l != nil {
		l.Use(a.Gateway, 1)
	}
	t.release(h)
	t.notify(noticeOf(&moved))
	entry := outreach.LogEntry{Attempt: a.ID, Kind: "rang_back", Data: map[string]any{"pbx": a.PBX, "direction": a.Direction}}
	return outreach.ClaimOutcome{Claimed: true, Token: a.Token}, t.insertLogs(h.row.ID, []outreach.LogEntry{entry}, c.now)
}

// OpenAttempt returns the attempt while it has not ended, or ErrNotFound.
func (s *Store) OpenAttempt(ctx context.Context, id outreach.AttemptID) (outreach.Attempt, error) {
	a, err := s.AttemptByID(ctx, id)
	if err == nil && a.State == outreach.AttemptEnded {
		err = ErrNotFound
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return a, fmt.Errorf("attempt %s: %w", id, err)
	}
	return a, err
}
