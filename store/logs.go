package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"curlew/outreach"
)

var insertLogText = insertText("logs", "transaction_id, attempt_id, at, kind, data")

// insertLogs appends log lines. A line without a transaction is owner's, one without a time is of at.
func (t *tx) insertLogs(owner outreach.TransactionID, logs []outreach.LogEntry, at time.Time) error {
	for i := range logs {
		l := &logs[i]
		id, when := l.Transaction, l.At
		if id == "" {
			id = owner
		}
		if when.IsZero() {
			when = at
		}
		data, err := dataText(l.Data)
		if err != nil {
			return fmt.Errorf("log %s: %w", l.Kind, err)
		}
		err = t.exec(insertLogText, string(id), string(l.Attempt), toMillis(when), l.Kind, data)
		if err != nil {
			return fmt.Errorf("log %s: %w", l.Kind, err)
		}
	}
	return nil
}

func dataText(data map[string]any) (string, error) {
	if len(data) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(data)
	return string(b), err
}

// Logs returns a page of log lines, newest first.
func (s *Store) Logs(ctx context.Context, f outreach.LogFilter) (page outreach.LogPage, err error) {
	var q filter
	if f.Cursor != "" {
		before, err := cursorInt(f.Cursor, 0)
		if err != nil {
			return page, err
		}
		q.add("seq < %s", before)
	}
	if f.Transaction != "" {
		q.add("transaction_id = %s", string(f.Transaction))
	}
	if f.Attempt != "" {
		// By the attempt's transaction: logs have no index on attempts.
		q.add("transaction_id = (SELECT transaction_id FROM attempts WHERE id = %s)", string(f.Attempt))
		q.add("attempt_id = %s", string(f.Attempt))
	}
	if f.Kind != "" {
		q.add("kind = %s", f.Kind)
	}
	if !f.From.IsZero() {
		q.add("at >= %s", toMillis(f.From))
	}
	if !f.To.IsZero() {
		q.add("at < %s", toMillis(f.To))
	}
	floor, err := s.logFloor(ctx, f)
	if err != nil {
		return page, fmt.Errorf("logs: %w", err)
	}
	if floor > 0 {
		q.add("seq >= %s", floor)
		page.Next = strconv.FormatInt(floor, 10)
	}
	limit := pageSize(f.Limit)
	text := `SELECT seq, transaction_id, attempt_id, at, kind, data FROM logs` + q.where() + ` ORDER BY seq DESC` + q.limit(limit)
	var last int64
	err = s.browse(ctx).each(text, q.args, func(r row) error {
		var l outreach.LogEntry
		var data []byte
		if err := r.Scan(&last, (*string)(&l.Transaction), (*string)(&l.Attempt), (*millis)(&l.At), &l.Kind, &data); err != nil {
			return err
		}
		page.Items = append(page.Items, l)
		return json.Unmarshal(data, &page.Items[len(page.Items)-1].Data)
	})
	if err != nil {
		return page, fmt.Errorf("logs: %w", err)
	}
	if len(page.Items) == limit {
		page.Next = strconv.FormatInt(last, 10)
	}
	return page, nil
}

// logFloor is the least line that is looked at for the page, 0 if all may be; by a transaction few are.
func (s *Store) logFloor(ctx context.Context, f outreach.LogFilter) (int64, error) {
	served := f.Transaction != "" || f.Attempt != "" || f.Kind == "" && f.From.IsZero() && f.To.IsZero()
	if f.Scan <= 0 || served {
		return 0, nil
	}
	var first, last int64
	if _, err := s.glance(ctx).one(`SELECT coalesce((SELECT min(seq) FROM logs), 0), coalesce((SELECT max(seq) FROM logs), 0)`, nil, &first, &last); err != nil {
		return 0, err
	}
	top, err := cursorInt(f.Cursor, last+1)
	if err != nil {
		return 0, err
	}
	if floor := top - int64(f.Scan); floor > first {
		return floor, nil
	}
	return 0, nil
}
