package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// The counts of a report. All of them go by the transactions created in a span, found by the range of their ids.
const (
	reportTransactionsText = `SELECT configuration, channel, state, count(*) FROM transactions t WHERE t.id >= $1 AND t.id < $2%s
		GROUP BY configuration, channel, state`
	reportAttemptsText = `SELECT t.configuration, a.channel, a.disposition, a.cause, a.sip_status, count(*), CAST(sum(a.counted) AS BIGINT), CAST(sum(a.contact) AS BIGINT),
			CAST(sum(CASE WHEN a.answered_at > 0 AND a.counted = 1 THEN 1 ELSE 0 END) AS BIGINT),
			CAST(sum(CASE WHEN a.answered_at > a.started_at AND a.started_at > 0 AND a.counted = 1 THEN a.answered_at - a.started_at ELSE 0 END) AS BIGINT)
		FROM transactions t JOIN attempts a ON a.transaction_id = t.id WHERE t.id >= $1 AND t.id < $2%s
		GROUP BY t.configuration, a.channel, a.disposition, a.cause, a.sip_status`
	reportAnswersText = `SELECT t.configuration, r.channel, r.action, count(*), CAST(sum(CASE WHEN r.at > t.due_at THEN r.at - t.due_at ELSE 0 END) AS BIGINT)
		FROM transactions t JOIN responses r ON r.transaction_id = t.id WHERE t.id >= $1 AND t.id < $2 AND t.responses > 0 AND r.late = 0 AND r.revision = t.revisions%s
		GROUP BY t.configuration, r.channel, r.action`
)

// Report counts the transactions created in [from, to), of one configuration unless it is "", with their attempts and
// current answers. Ask for a day at a time: each is a short read of its own.
func (s *Store) Report(ctx context.Context, from, to time.Time, configuration string) (out outreach.ReportCounts, err error) {
	span, only := args{idFloor(from), idFloor(to)}, ""
	if configuration != "" {
		span, only = append(span, configuration), " AND t.configuration = $3"
	}
	err = s.view(ctx, longSilence, func(q *session) error {
		err := q.each(fmt.Sprintf(reportTransactionsText, only), span, func(r row) error {
			var n outreach.ReportTransactions
			err := r.Scan(&n.Configuration, (*string)(&n.Channel), (*string)(&n.State), &n.Count)
			out.Transactions = append(out.Transactions, n)
			return err
		})
		if err != nil {
			return err
		}
		err = q.each(fmt.Sprintf(reportAttemptsText, only), span, func(r row) error {
			var n outreach.ReportAttempts
			var rang int64
			err := r.Scan(&n.Configuration, (*string)(&n.Channel), (*string)(&n.Disposition), &n.Cause, &n.SIPStatus, &n.Count, &n.Counted, &n.Contacts, &n.Answered, &rang)
			n.Rang = time.Duration(rang) * time.Millisecond
			out.Attempts = append(out.Attempts, n)
			return err
		})
		if err != nil {
			return err
		}
		return q.each(fmt.Sprintf(reportAnswersText, only), span, func(r row) error {
			var n outreach.ReportAnswers
			var waited int64
			err := r.Scan(&n.Configuration, (*string)(&n.Channel), (*string)(&n.Action), &n.Count, &waited)
			n.Waited = time.Duration(waited) * time.Millisecond
			out.Answers = append(out.Answers, n)
			return err
		})
	})
	if err != nil {
		return out, fmt.Errorf("report: %w", err)
	}
	return out, nil
}
