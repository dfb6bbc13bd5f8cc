package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// HeardMessage is the kind of Heard that every message of a patient's is.
const HeardMessage = "message"

// Heard stores that address sent something of kind at that time, and reports whether the last of its kind was
// at least every ago. Of several nodes that ask at once one is told so.
func (s *Store) Heard(ctx context.Context, channel outreach.Channel, address, kind string, at time.Time, every time.Duration) (long bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err := t.count(`INSERT INTO heard (address, channel, kind, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (address, channel, kind) DO UPDATE SET at = excluded.at WHERE heard.at <= $5`,
			address, string(channel), kind, toMillis(at), toMillis(at.Add(-every)))
		long = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("heard %s by %s: %w", kind, channel, err)
	}
	return long, nil
}

// heardAt is when the number last wrote by WhatsApp, zero if it never did.
func (s *session) heardAt(phone string) (at time.Time, err error) {
	_, err = s.one(`SELECT at FROM heard WHERE address = $1 AND channel = $2 AND kind = $3`,
		args{phone, string(outreach.WhatsApp), HeardMessage}, (*millis)(&at))
	return at, err
}

// CallbackSeen returns when CallbackFirst was first told of it, zero if never.
func (s *Store) CallbackSeen(ctx context.Context, messageSID, status string) (at time.Time, err error) {
	_, err = s.glance(ctx).one(`SELECT at FROM callbacks WHERE message_sid = $1 AND status = $2`, args{messageSID, status}, (*millis)(&at))
	if err != nil {
		return time.Time{}, fmt.Errorf("callback of message %s: %w", messageSID, err)
	}
	return at, nil
}
