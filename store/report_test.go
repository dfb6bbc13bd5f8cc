package store_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

// The counts of a report go by when a transaction was created: its attempts and its current answer belong to that day,
// a late or revised answer to none.
func TestAReportCountsADaysTransactionsWithTheirAttemptsAndAnswers(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		a := f.claim1(id, t0)
		f.end(a, t0.Add(time.Minute), true, requeue(t0))
		_, err := f.Decide(t.Context(), id, t0, func(c outreach.Case) (outreach.Change, error) {
			tr := c.Transaction
			tr.State, tr.Ready = outreach.Completed, false
			return outreach.Change{Response: &outreach.Response{Action: outreach.Confirm, Channel: outreach.IVR, At: tr.DueAt.Add(time.Minute)}, Transaction: &tr}, nil
		})
		must(t, err)
		name := f.get(id).Transaction.Configuration
		for _, only := range []string{"", name} {
			got, err := f.Report(t.Context(), t0.Add(-time.Hour), t0.Add(time.Hour), only)
			must(t, err)
			if len(got.Transactions) != 1 || got.Transactions[0] != (outreach.ReportTransactions{Configuration: name, Channel: outreach.IVR, State: outreach.Completed, Count: 1}) {
				t.Errorf("%q: transactions %+v", only, got.Transactions)
			}
			if len(got.Attempts) != 1 || got.Attempts[0].Count != 1 || got.Attempts[0].Counted != 1 || got.Attempts[0].Channel != outreach.IVR {
				t.Errorf("%q: attempts %+v", only, got.Attempts)
			}
			if len(got.Answers) != 1 || got.Answers[0].Action != outreach.Confirm || got.Answers[0].Count != 1 || got.Answers[0].Waited != time.Minute {
				t.Errorf("%q: answers %+v", only, got.Answers)
			}
		}
		for _, none := range []outreach.ReportCounts{
			must1(f.Report(t.Context(), t0.Add(time.Hour), t0.Add(2*time.Hour), "")),
			must1(f.Report(t.Context(), t0.Add(-time.Hour), t0.Add(time.Hour), "another")),
		} {
			if len(none.Transactions)+len(none.Attempts)+len(none.Answers) != 0 {
				t.Errorf("another span, or another configuration: %+v", none)
			}
		}
	})
}

// must1 is for calls whose error is a failure of the harness.
func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
