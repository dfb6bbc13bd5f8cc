package store

import (
	"context"
	"fmt"
	"time"
)

// Purge removes at most limit transactions that ended before the given time, with all that belongs to
// them, and returns how many. Each call is one short transaction: call it until it returns 0.
// Events, subjects and callbacks go with the last transaction that needs them, or by age.
func (s *Store) Purge(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err = t.purge(before, limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge: %w", err)
	}
	return n, nil
}

// purged lists what belongs to a transaction, children first.
var purged = []string{
	`DELETE FROM outbox WHERE transaction_id = $1`,
	`DELETE FROM links WHERE transaction_id = $1`,
	`DELETE FROM logs WHERE transaction_id = $1`,
	`DELETE FROM responses WHERE transaction_id = $1`,
	`DELETE FROM attempts WHERE transaction_id = $1`,
	`DELETE FROM transactions WHERE id = $1`,
}

func (t *tx) purge(before time.Time, limit int) (int, error) {
	type victim struct {
		id, source, component, subject string
		event                          eventKey
	}
	var victims []victim
	// Ids rise with creation, and nothing ends before it was created.
	err := t.each(`SELECT id, source, component, subject_id, event_id FROM transactions
		WHERE open = 0 AND id < $1 AND ended_at < $2 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.transaction_id = transactions.id AND outbox.pending = 1)
		ORDER BY id LIMIT $3`+t.d.skipLocks, args{idFloor(before), toMillis(before), int64(limit)}, func(r row) error {
		var v victim
		err := r.Scan(&v.id, &v.source, &v.component, &v.subject, &v.event.id)
		v.event.source = v.source
		victims = append(victims, v)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, v := range victims {
		for _, text := range purged {
			if err := t.exec(text, v.id); err != nil {
				return 0, fmt.Errorf("transaction %s: %w", v.id, err)
			}
		}
		err := t.exec(`DELETE FROM subjects WHERE source = $1 AND component = $2 AND subject_id = $3 AND seen_at < $4
			AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.source = $1 AND t.component = $2 AND t.subject_id = $3)`,
			v.source, v.component, v.subject, toMillis(before))
		if err != nil {
			return 0, fmt.Errorf("subject of %s: %w", v.id, err)
		}
	}
	return len(victims), t.purgeEvents(before, limit)
}

// purgeEvents removes events that are old enough and that no transaction names.
func (t *tx) purgeEvents(before time.Time, limit int) error {
	var keys []eventKey
	err := t.each(`SELECT source, id FROM events WHERE seq IN (SELECT seq FROM events ORDER BY seq LIMIT $1) AND received_at < $2
		AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.source = events.source AND t.subject_id = events.subject_id
			AND t.component = events.component AND t.event_id = events.id)`,
		args{int64(limit) * 2, toMillis(before)}, func(r row) error {
			var k eventKey
			err := r.Scan(&k.source, &k.id)
			keys = append(keys, k)
			return err
		})
	if err != nil {
		return fmt.Errorf("old events: %w", err)
	}
	for _, k := range keys {
		if err := t.exec(`DELETE FROM events WHERE source = $1 AND id = $2`, k.source, k.id); err != nil {
			return fmt.Errorf("event %s: %w", k.id, err)
		}
		t.whenKept(func() { t.s.events.forget(k) })
	}
	return t.exec(`DELETE FROM callbacks WHERE at < $1`, toMillis(before))
}
