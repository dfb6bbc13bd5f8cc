package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"curlew/outreach"
)

// Activities returns a page of transactions, newest first, with their attempts and current answer.
func (s *Store) Activities(ctx context.Context, f outreach.ActivityFilter) (page outreach.ActivityPage, err error) {
	q := activitySpan(f)
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
	if f.Q != "" {
		p := like(f.Q)
		q.add(`(lower(subject_id) LIKE %s ESCAPE '\' OR lower(recipient_id) LIKE %s ESCAPE '\' OR lower(event_id) LIKE %s ESCAPE '\'
			OR phone LIKE %s ESCAPE '\' OR id = %s)`, p, p, p, p, f.Q)
	}
	limit, floor := pageSize(f.Limit), ""
	err = s.view(ctx, longSilence, func(r *session) error {
		if floor, err = r.activityFloor(f); err != nil {
			return err
		}
		p := filter{slices.Clone(q.conditions), slices.Clone(q.args)} // what is read may be read again
		if floor != "" {
			p.add("id >= %s", floor)
		}
		page.Items, err = r.cases(`SELECT `+transactionColumns+` FROM transactions`+p.where()+` ORDER BY id DESC`+p.limit(limit), p.args, false)
		return err
	})
	if err != nil {
		return page, fmt.Errorf("activities: %w", err)
	}
	page.Next = floor
	if len(page.Items) == limit {
		page.Next = string(page.Items[limit-1].Transaction.ID)
	}
	return page, nil
}

// activitySpan is which ids may be on the page.
func activitySpan(f outreach.ActivityFilter) (q filter) {
	if f.Cursor != "" {
		q.add("id < %s", f.Cursor)
	}
	if !f.From.IsZero() {
		q.add("id >= %s", idFloor(f.From))
	}
	if !f.To.IsZero() {
		q.add("id < %s", idFloor(f.To))
	}
	return q
}

// activityFloor is the least id that is looked at for the page: a filter that no index serves would otherwise read a
// million rows to find none. "" if all may be.
func (s *session) activityFloor(f outreach.ActivityFilter) (floor string, err error) {
	served := f.Q == "" && f.Configuration == "" && f.Channel == "" && f.Reason == "" && !f.State.Open()
	if f.Scan <= 0 || served {
		return "", nil
	}
	q := activitySpan(f)
	q.args = append(q.args, int64(f.Scan))
	_, err = s.one(fmt.Sprintf(`SELECT id FROM transactions%s ORDER BY id DESC LIMIT 1 OFFSET $%d`, q.where(), len(q.args)), q.args, &floor)
	return floor, err
}

// Stats counts the transactions created in [from, to), and their attempts and answers.
func (s *Store) Stats(ctx context.Context, from, to time.Time) (outreach.Stats, error) {
	out := outreach.Stats{
		States: map[outreach.State]int{}, Reasons: map[outreach.Reason]int{}, Configurations: map[string]int{},
		Actions: map[outreach.Action]int{}, AnsweredBy: map[outreach.Channel]int{}, Attempts: map[outreach.Channel]int{},
		Dispositions: map[outreach.Disposition]int{}, ByChannel: map[outreach.Channel]outreach.OutcomeSum{},
	}
	span := args{idFloor(from), idFloor(to)}
	err := s.view(ctx, longSilence, func(q *session) error {
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
