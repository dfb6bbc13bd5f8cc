package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// LiveAttempts returns every attempt in our hands, claimed to unknown, the oldest first.
func (s *Store) LiveAttempts(ctx context.Context) ([]outreach.Attempt, error) {
	out, err := s.glance(ctx).attempts(`live = 1 ORDER BY seq`, nil)
	if err != nil {
		return nil, fmt.Errorf("live attempts: %w", err)
	}
	return out, nil
}

// RenewLeases extends the leases of node's live attempts until lease after now. One that has no lease is
// anybody's to settle and stays so.
func (s *Store) RenewLeases(ctx context.Context, node string, now time.Time, lease time.Duration) error {
	err := s.write(ctx, func(t *tx) error {
		now, err := t.now(now)
		if err != nil {
			return err
		}
		return t.exec(`UPDATE attempts SET lease_until = $1 WHERE live = 1 AND owner = $2 AND lease_until > 0 AND lease_until < $1`,
			toMillis(now.Add(lease)), node)
	})
	if err != nil {
		return fmt.Errorf("renew leases of %s: %w", node, err)
	}
	return nil
}

// ExpiredLeases returns live attempts whose owner has not renewed their lease: it may be dead. An
// attempt without a lease and an unknown one, which policy settles, are not among them.
func (s *Store) ExpiredLeases(ctx context.Context, now time.Time) ([]outreach.Attempt, error) {
	q := s.glance(ctx)
	now, err := q.now(now)
	if err != nil {
		return nil, fmt.Errorf("expired leases: %w", err)
	}
	out, err := q.attempts(`live = 1 AND lease_until > 0 AND lease_until <= $1 AND state <> 'unknown' ORDER BY seq`,
		args{toMillis(now)})
	if err != nil {
		return nil, fmt.Errorf("expired leases: %w", err)
	}
	return out, nil
}

// AttemptByID returns one attempt, or ErrNotFound.
func (s *Store) AttemptByID(ctx context.Context, id outreach.AttemptID) (outreach.Attempt, error) {
	return s.glance(ctx).attempt(`id = $1`, args{string(id)})
}

// AttemptByProvider returns the message that the provider knows by that id, or ErrNotFound.
func (s *Store) AttemptByProvider(ctx context.Context, providerID string) (outreach.Attempt, error) {
	return s.glance(ctx).attempt(`provider_id = $1 AND provider_id <> '' ORDER BY seq DESC`, args{providerID})
}

// AttemptByStatusToken returns the message whose callback URL holds the token of that hash, or ErrNotFound.
func (s *Store) AttemptByStatusToken(ctx context.Context, hash string) (outreach.Attempt, error) {
	return s.glance(ctx).attempt(`status_token = $1 AND status_token <> ''`, args{hash})
}

// NewestOpenMessage returns the newest message to address on the channel, one of an open transaction
// before any other: what a reply most likely answers. ErrNotFound if none was sent.
func (s *Store) NewestOpenMessage(ctx context.Context, channel outreach.Channel, address string) (outreach.Attempt, error) {
	q := s.glance(ctx)
	where := `address = $1 AND channel = $2 AND channel <> 'ivr'`
	a := args{address, string(channel)}
	found, err := q.attempts(where+` AND EXISTS (SELECT 1 FROM transactions WHERE transactions.id = attempts.transaction_id AND open = 1)
		ORDER BY claimed_at DESC LIMIT 1`, a)
	if err == nil && len(found) == 0 {
		return q.attempt(where+` ORDER BY claimed_at DESC LIMIT 1`, a)
	}
	if err != nil {
		return outreach.Attempt{}, fmt.Errorf("newest message: %w", err)
	}
	return found[0], nil
}

// CallbackFirst keeps when a report of that kind on a message came for the first time, and returns it: at, if this
// is the first. Providers repeat themselves for minutes; what comes again much later is a replay.
func (s *Store) CallbackFirst(ctx context.Context, messageSID, status string, at time.Time) (first time.Time, err error) {
	err = s.write(ctx, func(t *tx) error {
		err := t.exec(`INSERT INTO callbacks (message_sid, status, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, messageSID, status, toMillis(at))
		if err != nil {
			return err
		}
		_, err = t.one(`SELECT at FROM callbacks WHERE message_sid = $1 AND status = $2`, args{messageSID, status}, (*millis)(&first))
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("callback of message %s: %w", messageSID, err)
	}
	return first, nil
}
