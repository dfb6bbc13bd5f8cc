package store

import (
	"context"
	"fmt"
	"time"
)

// Purge removes what ended before the given time: transactions with all that belongs to them, events that no
// transaction names, and what patients and providers said, until so many rows are gone (the last transaction goes
// whole). Each call is one short transaction, so that claims wait for no more than that; it returns how many rows
// it removed: call it until that is 0. A transaction whose result has not been delivered yet stays.
func (s *Store) Purge(ctx context.Context, before time.Time, rows int) (n int, err error) {
	err = s.writeHot(ctx, wants{}, func(t *tx) error { // nothing of it is in progress
		n, err = t.purge(before, rows)
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
	`DELETE FROM letters WHERE transaction_id = $1`,
	`DELETE FROM logs WHERE transaction_id = $1`,
	`DELETE FROM responses WHERE transaction_id = $1`,
	`DELETE FROM attempts WHERE transaction_id = $1`,
	`DELETE FROM transactions WHERE id = $1`,
}

func (t *tx) purge(before time.Time, rows int) (gone int, err error) {
	for _, part := range []func(time.Time, int) (int, error){t.purgeTransactions, t.purgeEvents, t.purgeHeard, t.purgeCallbacks, t.purgeTests} {
		n, err := part(before, rows-gone)
		if err != nil {
			return 0, err
		}
		if gone += n; gone >= rows {
			break
		}
	}
	return gone, nil
}

// remove adds how many rows a statement took to gone.
func (t *tx) remove(gone *int, text string, a ...any) error {
	n, err := t.count(text, a...)
	*gone += int(n)
	return err
}

func (t *tx) purgeTransactions(before time.Time, rows int) (gone int, err error) {
	var victims []string
	// Ids rise with creation, and nothing ends before it was created.
	err = t.each(`SELECT id FROM transactions WHERE open = 0 AND id < $1 AND ended_at < $2
			AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.transaction_id = transactions.id AND outbox.pending = 1)
		ORDER BY id LIMIT $3`+t.d.skipLocks, args{idFloor(before), toMillis(before), int64(rows)}, func(r row) error {
		var id string
		err := r.Scan(&id)
		victims = append(victims, id)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range victims {
		if gone >= rows {
			break
		}
		for _, text := range purged {
			if err := t.remove(&gone, text, id); err != nil {
				return 0, fmt.Errorf("transaction %s: %w", id, err)
			}
		}
	}
	return gone, nil
}

// purgeEvents removes events that are old enough and that no transaction names, and what was known
// of their subject if that is as old.
func (t *tx) purgeEvents(before time.Time, rows int) (gone int, err error) {
	type victim struct {
		eventKey
		component, subject string
	}
	var victims []victim
	err = t.each(`SELECT source, id, component, subject_id FROM events WHERE received_at < $1
			AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.source = events.source AND t.subject_id = events.subject_id
				AND t.component = events.component AND t.event_id = events.id)
		ORDER BY received_at LIMIT $2`, args{toMillis(before), int64(rows)}, func(r row) error {
		var v victim
		err := r.Scan(&v.source, &v.id, &v.component, &v.subject)
		victims = append(victims, v)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("old events: %w", err)
	}
	for _, v := range victims {
		if gone >= rows {
			break
		}
		if err := t.remove(&gone, `DELETE FROM events WHERE source = $1 AND id = $2`, v.source, v.id); err != nil {
			return 0, fmt.Errorf("event %s: %w", v.id, err)
		}
		err := t.remove(&gone, `DELETE FROM subjects WHERE source = $1 AND component = $2 AND subject_id = $3 AND seen_at < $4
			AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.source = $1 AND t.component = $2 AND t.subject_id = $3)`,
			v.source, v.component, v.subject, toMillis(before))
		if err != nil {
			return 0, fmt.Errorf("subject of event %s: %w", v.id, err)
		}
		t.whenKept(func() { t.s.events.forget(v.eventKey) })
	}
	return gone, nil
}

func (t *tx) purgeHeard(before time.Time, rows int) (gone int, err error) {
	err = t.remove(&gone, `DELETE FROM heard WHERE (address, channel, kind) IN
		(SELECT address, channel, kind FROM heard WHERE at < $1 ORDER BY at LIMIT $2)`, toMillis(before), int64(rows))
	if err != nil {
		return 0, fmt.Errorf("old messages of patients: %w", err)
	}
	return gone, nil
}

func (t *tx) purgeCallbacks(before time.Time, rows int) (gone int, err error) {
	err = t.remove(&gone, `DELETE FROM callbacks WHERE (message_sid, status) IN
		(SELECT message_sid, status FROM callbacks WHERE at < $1 ORDER BY at LIMIT $2)`, toMillis(before), int64(rows))
	if err != nil {
		return 0, fmt.Errorf("old callbacks: %w", err)
	}
	return gone, nil
}

func (t *tx) purgeTests(before time.Time, rows int) (gone int, err error) {
	err = t.remove(&gone, `DELETE FROM test_calls WHERE id IN
		(SELECT id FROM test_calls WHERE placed_at < $1 AND ended_at > 0 ORDER BY placed_at LIMIT $2)`, toMillis(before), int64(rows))
	if err != nil {
		return 0, fmt.Errorf("old test calls: %w", err)
	}
	return gone, nil
}
