package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"curlew/outreach"
)

// Promote makes at most limit waiting transactions whose time has come ready to be claimed, the
// earliest first, and returns how many. A row keeps its place in the queue if it has one.
func (s *Store) Promote(ctx context.Context, now time.Time, limit int) (n int, err error) {
	err = s.writeHot(ctx, wants{}, func(t *tx) error {
		changed, err := t.count(promoteText(t.d), toMillis(now), int64(limit))
		if n = int(changed); n > 0 {
			t.notify(outreach.Notice{Kind: "transaction", State: outreach.Queued, Reason: outreach.ReasonDue, Ready: true})
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("promote: %w", err)
	}
	return n, nil
}

func promoteText(d *dialect) string {
	return `UPDATE transactions SET state = 'queued', reason = 'due', ready = 1, updated_at = $1,
			ready_at = CASE WHEN ready_at = 0 THEN CASE WHEN next_at = 0 THEN $1 ELSE next_at END ELSE ready_at END
		WHERE seq IN (SELECT seq FROM transactions
			WHERE ready = 0 AND state IN ('scheduled', 'queued') AND next_at <= $1
			ORDER BY next_at, seq LIMIT $2` + d.skipLocks + `)`
}

const (
	overdueAnswers = `SELECT id FROM transactions WHERE state = 'awaiting_response' AND next_at > 0 AND next_at <= $1
		ORDER BY next_at, seq LIMIT $2`
	overdueOpen = `SELECT id FROM transactions WHERE open = 1 AND expires_at > 0 AND expires_at <= $1 AND ` + noLiveAttempt + `
		ORDER BY expires_at, seq LIMIT $2`
	noLiveAttempt = `NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.transaction_id = transactions.id AND attempts.live = 1)`
)

// Timers returns at most limit transactions whose wait for an answer is over, or that are past their
// deadline without a live attempt.
func (s *Store) Timers(ctx context.Context, now time.Time, limit int) (ids []outreach.TransactionID, err error) {
	seen := map[outreach.TransactionID]bool{}
	for _, text := range []string{overdueAnswers, overdueOpen} {
		err := s.glance(ctx).each(text, args{toMillis(now), int64(limit)}, func(r row) error {
			var id outreach.TransactionID
			err := r.Scan((*string)(&id))
			if !seen[id] && len(ids) < limit {
				seen[id], ids = true, append(ids, id)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("timers: %w", err)
		}
	}
	return ids, nil
}

// wakes are the earliest times of everything that waits for one, in the order of outreach.Agenda; 0 where nothing
// does, but for the first: a transaction whose time is 0 waits for the next look.
var wakes = []string{
	`SELECT coalesce(min(next_at), -1) FROM transactions WHERE ready = 0 AND state IN ('scheduled', 'queued')`,
	`SELECT coalesce(min(next_at), 0) FROM transactions WHERE state = 'awaiting_response' AND next_at > 0`,
	`SELECT coalesce((SELECT expires_at FROM transactions WHERE open = 1 AND expires_at > 0 AND ` + noLiveAttempt + ` ORDER BY expires_at LIMIT 1), 0)`,
	`SELECT coalesce(min(settle_at), 0) FROM attempts WHERE live = 1 AND state = 'unknown' AND settle_at > 0`,
	`SELECT coalesce(min(next_at), 0) FROM outbox WHERE pending = 1`,
	`SELECT coalesce(min(next_at), 0) FROM letters WHERE pending = 1`,
}

var agendaText = `SELECT (` + strings.Join(wakes, `), (`) + `)`

// Agenda returns when the first of each kind is due: a waiting transaction, an answer's wait, a deadline, an
// unknown attempt to settle, a result to deliver, a letter.
func (s *Store) Agenda(ctx context.Context) (a outreach.Agenda, err error) {
	var waiting int64
	if _, err := s.glance(ctx).one(agendaText, nil, &waiting, (*millis)(&a.Answers), (*millis)(&a.Deadlines), (*millis)(&a.Unknown),
		(*millis)(&a.Results), (*millis)(&a.Letters)); err != nil {
		return a, fmt.Errorf("agenda: %w", err)
	}
	if waiting >= 0 {
		a.Waiting = time.UnixMilli(waiting)
	}
	return a, nil
}

// NextWake returns when something is due next. A time that has passed is returned as now; false means that
// nothing waits.
func (s *Store) NextWake(ctx context.Context, now time.Time) (at time.Time, ok bool, err error) {
	a, err := s.Agenda(ctx)
	if err != nil {
		return at, false, err
	}
	at, ok = a.Next(now)
	return at, ok, nil
}

// lanesText hops from lane to lane instead of reading every ready row.
const lanesText = `WITH RECURSIVE lanes(lane) AS (
		SELECT min(lane) FROM transactions WHERE ready = 1
		UNION ALL
		SELECT (SELECT min(t.lane) FROM transactions t WHERE t.ready = 1 AND t.lane > lanes.lane) FROM lanes WHERE lanes.lane IS NOT NULL)
	SELECT lane, (SELECT t.channel FROM transactions t WHERE t.ready = 1 AND t.lane = lanes.lane LIMIT 1)
	FROM lanes WHERE lane IS NOT NULL`

// Lanes lists the queues in which rows are ready to be claimed.
func (s *Store) Lanes(ctx context.Context) (out []outreach.LaneState, err error) {
	err = s.glance(ctx).each(lanesText, nil, func(r row) error {
		var l outreach.LaneState
		err := r.Scan(&l.Lane, (*string)(&l.Channel))
		out = append(out, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lanes: %w", err)
	}
	return out, nil
}

const headText = `SELECT ` + transactionColumns + ` FROM transactions WHERE lane = $1 AND ready = 1
	ORDER BY priority, ready_at, id LIMIT $2 OFFSET $3`

// Head returns the first rows of a lane after skip, in the order in which they are to be claimed.
func (s *Store) Head(ctx context.Context, lane string, skip, limit int) (out []outreach.Case, err error) {
	err = s.read(ctx, func(q *session) error {
		out, err = q.cases(headText, args{lane, int64(limit), int64(skip)}, true)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("head of lane %s: %w", lane, err)
	}
	return out, nil
}

// cases completes every transaction that text selects, with a handful of queries for all of them.
func (s *session) cases(text string, a args, events bool) ([]outreach.Case, error) {
	var rows []transactionRow
	err := s.each(text, a, func(r row) error {
		rows = append(rows, transactionRow{})
		return rows[len(rows)-1].scan(r)
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]outreach.Case, len(rows))
	at := map[outreach.TransactionID]int{}
	var ids []any
	for i := range rows {
		out[i].Transaction = rows[i].Transaction
		at[rows[i].ID] = i
		ids = append(ids, string(rows[i].ID))
	}
	for part := range chunks(ids) {
		found, err := s.attempts(`transaction_id IN `+placeholders(1, len(part))+` ORDER BY seq`, args(part))
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			c := &out[at[a.Transaction]]
			c.Attempts = append(c.Attempts, a)
		}
	}
	for i := range rows {
		if err := s.rest(&rows[i], &out[i]); err != nil {
			return nil, err
		}
		if !events {
			continue
		}
		if out[i].Event, err = s.event(eventKey{rows[i].Source, rows[i].EventID}); err != nil {
			return nil, err
		}
	}
	if !events {
		return out, nil
	}
	if err := s.addOptOuts(out); err != nil {
		return nil, fmt.Errorf("opt-outs: %w", err)
	}
	return out, nil
}

// rest reads what is mostly in memory or absent.
func (s *session) rest(t *transactionRow, c *outreach.Case) (err error) {
	if c.Configuration, err = s.configuration(t.Configuration, t.Version); err != nil {
		return err
	}
	c.Configuration = outreach.InOrder(c.Configuration, t.Channels)
	if c.Configuration.SendsFreeText() {
		if c.HeardAt, err = s.heardAt(t.Phone); err != nil {
			return fmt.Errorf("last message to us: %w", err)
		}
	}
	if t.responses > 0 {
		c.Response, err = s.response(t.ID)
	}
	return err
}

// chunks yields values in few lengths (short ones repeat their last value), so that an IN list has few
// texts to prepare.
func chunks(values []any) func(yield func([]any) bool) {
	const large, small = 64, 8
	return func(yield func([]any) bool) {
		for len(values) > 0 {
			n := small
			if len(values) > small {
				n = large
			}
			part := make([]any, n)
			m := copy(part, values)
			for i := m; i < n; i++ {
				part[i] = values[m-1]
			}
			values = values[m:]
			if !yield(part) {
				return
			}
		}
	}
}
