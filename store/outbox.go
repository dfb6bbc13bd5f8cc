package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"curlew/outreach"
)

// insertResult stores one outbox row per webhook that is active now and takes the result's type, so
// that each destination has its own tries. Without a destination there is nothing to be told.
func (t *tx) insertResult(owner outreach.TransactionID, r *outreach.Result, at time.Time) error {
	now, err := t.current()
	if err != nil {
		return err
	}
	payload, err := json.Marshal(r.Payload)
	if err != nil {
		return fmt.Errorf("payload of %s: %w", r.Type, err)
	}
	id, when := r.ID, r.At
	if id == "" {
		id = NewID(at)
	}
	if when.IsZero() {
		when = at
	}
	if r.Transaction != "" {
		owner = r.Transaction
	}
	for i := range now.document.Webhooks.Out {
		w := &now.document.Webhooks.Out[i]
		if !w.Active || len(w.Events) > 0 && !slices.Contains(w.Events, r.Type) {
			continue
		}
		err := t.exec(insertOutboxText, NewID(at), id, w.Name, r.Type, string(owner), toMillis(when), string(payload),
			int64(0), toMillis(at), int64(0), flag(false), "", int64(1))
		if err != nil {
			return err
		}
		t.notify(outreach.Notice{Transaction: owner, Kind: outreach.NoticeResult})
	}
	return nil
}

const outboxColumns = `id, result_id, destination, type, transaction_id, at, payload, tries, next_at, delivered_at, dead, detail`

var insertOutboxText = insertText("outbox", outboxColumns+", pending")

// resultLease is how long a claimed result is left to its sender; then another try may be made.
const resultLease = time.Minute

func scanOutbox(r row, o *outreach.OutboxRow) error {
	return r.Scan(&o.ID, &o.Result, &o.Destination, &o.Type, (*string)(&o.Transaction), (*millis)(&o.At),
		(*[]byte)(&o.Payload), &o.Tries, (*millis)(&o.NextAt), (*millis)(&o.DeliveredAt), &o.Dead, &o.Detail)
}

func dueResultsText(d *dialect) string {
	return `SELECT ` + outboxColumns + ` FROM outbox WHERE pending = 1 AND next_at <= $1 ORDER BY next_at LIMIT $2` + d.skipLocks
}

// ClaimResults takes at most limit results that are due, the earliest first, for one try each: for a
// minute, or until ResultDelivered or ResultFailed, nobody else gets them.
func (s *Store) ClaimResults(ctx context.Context, now time.Time, limit int) (out []outreach.OutboxRow, err error) {
	err = s.writeHot(ctx, wants{}, func(t *tx) error {
		out = nil
		err := t.each(dueResultsText(t.d), args{toMillis(now), int64(limit)}, func(r row) error {
			out = append(out, outreach.OutboxRow{})
			return scanOutbox(r, &out[len(out)-1])
		})
		if err != nil {
			return err
		}
		for i := range out {
			if err := t.exec(`UPDATE outbox SET next_at = $1 WHERE id = $2`, toMillis(now.Add(resultLease)), out[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim results: %w", err)
	}
	return out, nil
}

// ResultDelivered ends an outbox row.
func (s *Store) ResultDelivered(ctx context.Context, id string, at time.Time) error {
	return s.moveResult(ctx, id, `UPDATE outbox SET pending = 0, delivered_at = $1, dead = 0, tries = tries + 1, detail = '' WHERE id = $2`, toMillis(at), id)
}

// ResultFailed counts a failed try and sets the next, or gives up (dead). detail says why, without personal data.
func (s *Store) ResultFailed(ctx context.Context, id string, next time.Time, dead bool, detail string) error {
	return s.moveResult(ctx, id, `UPDATE outbox SET pending = $1, dead = $2, next_at = $3, detail = $4, tries = tries + 1 WHERE id = $5`,
		flag(!dead), flag(dead), toMillis(next), detail, id)
}

// ReplayResult makes a delivered or dead row due again at once, its tries counted anew.
func (s *Store) ReplayResult(ctx context.Context, id string) error {
	return s.moveResult(ctx, id, `UPDATE outbox SET pending = 1, dead = 0, delivered_at = 0, next_at = 0, tries = 0, detail = '' WHERE id = $1`, id)
}

func (s *Store) moveResult(ctx context.Context, id, text string, a ...any) error {
	err := s.writeHot(ctx, wants{}, func(t *tx) error {
		n, err := t.count(text, a...)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("result %s: %w", id, err)
	}
	return nil
}

// Results returns a page of outbox rows, newest first.
func (s *Store) Results(ctx context.Context, f outreach.ResultFilter) (page outreach.ResultPage, err error) {
	var q filter
	if f.Cursor != "" {
		q.add("id < %s", f.Cursor)
	}
	if f.Destination != "" {
		q.add("destination = %s", f.Destination)
	}
	if f.Transaction != "" {
		q.add("transaction_id = %s", string(f.Transaction))
	}
	switch f.State {
	case "pending":
		q.add("pending = 1")
	case "delivered":
		q.add("delivered_at > 0")
	case "dead":
		q.add("dead = 1")
	}
	limit := pageSize(f.Limit)
	text := `SELECT ` + outboxColumns + ` FROM outbox` + q.where() + ` ORDER BY id DESC` + q.limit(limit)
	err = s.browse(ctx).each(text, q.args, func(r row) error {
		page.Items = append(page.Items, outreach.OutboxRow{})
		return scanOutbox(r, &page.Items[len(page.Items)-1])
	})
	if err != nil {
		return page, fmt.Errorf("results: %w", err)
	}
	if len(page.Items) == limit {
		page.Next = page.Items[limit-1].ID
	}
	return page, nil
}
