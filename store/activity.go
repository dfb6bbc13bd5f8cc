package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// Activities returns a page of transactions, newest first, with their attempts and current answer.
func (s *Store) Activities(ctx context.Context, f outreach.ActivityFilter) (page outreach.ActivityPage, err error) {
	var q filter
	if f.Cursor != "" {
		q.add("id < %s", f.Cursor)
	}
	if f.State != "" {
		q.add("state = %s", string(f.State))
		if f.State.Open() {
			q.add("open = 1")
		} else {
			q.add("open = 0") // lets the index of ended ones serve
		}
	}
	if f.Configuration != "" {
		q.add("configuration = %s", f.Configuration)
	}
	if f.Channel != "" {
		q.add("channel = %s", string(f.Channel))
	}
	if f.Reason != "" {
		q.add("reason = %s", string(f.Reason))
	}
	if !f.From.IsZero() {
		q.add("id >= %s", idFloor(f.From))
	}
	if !f.To.IsZero() {
		q.add("id < %s", idFloor(f.To))
	}
	if f.Q != "" {
		p := like(f.Q)
		q.add(`(lower(subject_id) LIKE %s ESCAPE '\' OR lower(recipient_id) LIKE %s ESCAPE '\' OR lower(event_id) LIKE %s ESCAPE '\'
			OR phone LIKE %s ESCAPE '\' OR id = %s)`, p, p, p, p, f.Q)
	}
	limit := pageSize(f.Limit)
	text := `SELECT ` + transactionColumns + ` FROM transactions` + q.where() + ` ORDER BY id DESC` + q.limit(limit)
	err = s.read(ctx, func(r *session) error {
		page.Items, err = r.cases(text, q.args, false)
		return err
	})
	if err != nil {
		return page, fmt.Errorf("activities: %w", err)
	}
	if len(page.Items) == limit {
		page.Next = string(page.Items[limit-1].Transaction.ID)
	}
	return page, nil
}

// Stats counts the transactions created in [from, to), and their attempts and answers.
func (s *Store) Stats(ctx context.Context, from, to time.Time) (outreach.Stats, error) {
	out := outreach.Stats{
		States: map[outreach.State]int{}, Reasons: map[outreach.Reason]int{}, Configurations: map[string]int{},
		Actions: map[outreach.Action]int{}, AnsweredBy: map[outreach.Channel]int{}, Attempts: map[outreach.Channel]int{},
		Dispositions: map[outreach.Disposition]int{}, ByChannel: map[outreach.Channel]outreach.OutcomeSum{},
	}
	span := args{idFloor(from), idFloor(to)}
	err := s.read(ctx, func(q *session) error {
		for _, part := range []func(*session, args, *outreach.Stats) error{countTransactions, countAttempts, countResponses} {
			if err := part(q, span, &out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("stats: %w", err)
	}
	return out, nil
}

func countTransactions(q *session, span args, out *outreach.Stats) error {
	return q.each(`SELECT state, reason, configuration, count(*) FROM transactions WHERE id >= $1 AND id < $2
		GROUP BY state, reason, configuration`, span, func(r row) error {
		var state outreach.State
		var reason outreach.Reason
		var configuration string
		var n int
		err := r.Scan((*string)(&state), (*string)(&reason), &configuration, &n)
		out.Total += n
		out.States[state] += n
		out.Configurations[configuration] += n
		if !state.Open() {
			out.Reasons[reason] += n
		}
		return err
	})
}

func countAttempts(q *session, span args, out *outreach.Stats) error {
	return q.each(`SELECT channel, disposition, counted, contact, count(*) FROM attempts WHERE id >= $1 AND id < $2
		GROUP BY channel, disposition, counted, contact`, span, func(r row) error {
		var channel outreach.Channel
		var disposition outreach.Disposition
		var counted, contact bool
		var n int
		err := r.Scan((*string)(&channel), (*string)(&disposition), &counted, &contact, &n)
		sum := out.ByChannel[channel]
		sum.Attempts += n
		if counted {
			sum.Counted += n
		}
		if contact {
			sum.Contacts += n
		}
		out.ByChannel[channel] = sum
		out.Attempts[channel] += n
		if disposition != "" {
			out.Dispositions[disposition] += n
		}
		return err
	})
}

func countResponses(q *session, span args, out *outreach.Stats) error {
	return q.each(`SELECT r.action, r.channel, count(*) FROM responses r JOIN transactions t ON t.id = r.transaction_id
		WHERE t.id >= $1 AND t.id < $2 AND t.responses > 0 AND r.late = 0 AND r.revision = t.revisions
		GROUP BY r.action, r.channel`, span, func(r row) error {
		var action outreach.Action
		var channel outreach.Channel
		var n int
		err := r.Scan((*string)(&action), (*string)(&channel), &n)
		out.Actions[action] += n
		out.AnsweredBy[channel] += n
		return err
	})
}
