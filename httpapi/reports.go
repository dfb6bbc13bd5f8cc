package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// reportDays bounds what one report reads.
const reportDays = 92

// ReportSelection chooses the transactions of a report.
type ReportSelection struct {
	From          time.Time `query:"from" doc:"Created at or after (RFC 3339); default 30 days before to"`
	To            time.Time `query:"to" doc:"Created before; default now. At most 92 days after from"`
	Configuration string    `query:"configuration" maxLength:"200" doc:"Only of this one"`
}

type reportInput struct{ ReportSelection }

type reportCSVInput struct{ ReportSelection }

type reportOutput struct{ Body outreach.Report }

func (s *Server) mountReports() {
	const tag = "Activities"
	route(s, operation{id: "get-report", method: http.MethodGet, path: "/reports", tag: tag, summary: "What became of the transactions of some days",
		text: "Outcomes by day (in the facility's zone), configuration and channel; attempts, calls picked up, answers, how long they took, and causes."}, s.showReport)
	route(s, operation{id: "export-report", method: http.MethodGet, path: "/reports.csv", tag: tag, summary: "The report as CSV",
		text: "A row for the whole, then for each day, configuration, channel, cause and action. Formula-safe."}, s.exportReport)
}

func (s *Server) showReport(ctx context.Context, in *reportInput) (*reportOutput, error) {
	report, err := s.report(ctx, in.ReportSelection)
	if err != nil {
		return nil, err
	}
	return &reportOutput{report}, nil
}

func (s *Server) report(ctx context.Context, in ReportSelection) (outreach.Report, error) {
	if in.To.IsZero() {
		in.To = s.now()
	}
	if in.From.IsZero() {
		in.From = in.To.AddDate(0, 0, -30)
	}
	switch {
	case !in.From.Before(in.To):
		return outreach.Report{}, outreach.Problems{{Pointer: "query:from", Detail: "not before the end"}}
	case in.To.Sub(in.From) > reportDays*24*time.Hour:
		return outreach.Report{}, outreach.Problems{{Pointer: "query:from", Detail: "more than 92 days before the end", Hint: "Ask for a shorter span."}}
	}
	days := outreach.Days(in.From, in.To, s.snapshot().Location)
	for i := range days {
		to := in.To
		if i+1 < len(days) {
			to = days[i+1].From
		}
		var err error
		if days[i].Counts, err = s.Transactions.Report(ctx, days[i].From, to, in.Configuration); err != nil {
			return outreach.Report{}, err
		}
	}
	return outreach.NewReport(in.From, in.To, days), nil
}

// reportStates are the states that a report has columns for.
var reportStates = []outreach.State{outreach.Completed, outreach.Failed, outreach.Expired, outreach.Cancelled, outreach.Suppressed,
	outreach.Scheduled, outreach.Queued, outreach.InProgress, outreach.AwaitingResponse}

func (s *Server) exportReport(ctx context.Context, in *reportCSVInput) (*huma.StreamResponse, error) {
	report, err := s.report(ctx, in.ReportSelection)
	if err != nil {
		return nil, err
	}
	columns := []string{"of", "name", "transactions"}
	for _, state := range reportStates {
		columns = append(columns, string(state))
	}
	columns = append(columns, "attempts", "contacts", "calls", "answered_calls", "answers", "ring_seconds", "answer_seconds")
	return s.export(ctx, "reports", columns, func(context.Context) ([][]string, bool, error) {
		return reportRows(report, len(columns)), false, nil
	})
}

func reportRows(r outreach.Report, width int) [][]string {
	out := [][]string{reportRow("total", "", r.Total)}
	for _, d := range r.Days {
		out = append(out, reportRow("day", d.Date, d.ReportSum))
	}
	for _, p := range r.Configurations {
		out = append(out, reportRow("configuration", p.Name, p.ReportSum))
	}
	for _, p := range r.Channels {
		out = append(out, reportRow("channel", p.Name, p.ReportSum))
	}
	number := func(of, name string, column, n int) []string {
		row := make([]string, width)
		row[0], row[1], row[column] = of, name, strconv.Itoa(n)
		return row
	}
	for _, c := range r.Causes {
		name := c.Cause
		if c.SIPStatus != 0 {
			name += " " + strconv.Itoa(c.SIPStatus)
		}
		out = append(out, number("cause", name, width-5, c.Calls))
	}
	actions := make([]string, 0, len(r.Actions))
	for a := range r.Actions {
		actions = append(actions, string(a))
	}
	slices.Sort(actions)
	for _, a := range actions {
		out = append(out, number("action", a, width-3, r.Actions[outreach.Action(a)]))
	}
	return out
}

func reportRow(of, name string, s outreach.ReportSum) []string {
	row := []string{of, name, strconv.Itoa(s.Transactions)}
	for _, state := range reportStates {
		row = append(row, strconv.Itoa(s.States[state]))
	}
	for _, n := range []int{s.Attempts, s.Contacts, s.Calls, s.Answered, s.Answers} {
		row = append(row, strconv.Itoa(n))
	}
	return append(row, strconv.FormatFloat(s.RingSeconds, 'f', 1, 64), strconv.FormatFloat(s.WaitSeconds, 'f', 1, 64))
}
