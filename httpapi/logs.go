package httpapi

import (
	"context"
	"net/http"
	"time"

	"curlew/outreach"
)

// LogSelection chooses log lines.
type LogSelection struct {
	Transaction string    `query:"transaction" maxLength:"64"`
	Attempt     string    `query:"attempt" maxLength:"64"`
	Kind        string    `query:"kind" maxLength:"100" doc:"event_accepted, claimed, dialing, ringing, answered, …"`
	From        time.Time `query:"from" doc:"At or after (RFC 3339)"`
	To          time.Time `query:"to" doc:"Before (RFC 3339)"`
}

func (l LogSelection) filter() outreach.LogFilter {
	return outreach.LogFilter{Transaction: outreach.TransactionID(l.Transaction), Attempt: outreach.AttemptID(l.Attempt), Kind: l.Kind, From: l.From, To: l.To}
}

type logsInput struct {
	LogSelection
	PageInput
}

type logLine struct {
	At          time.Time              `json:"at"`
	Kind        string                 `json:"kind"`
	Transaction outreach.TransactionID `json:"transaction,omitempty"`
	Attempt     outreach.AttemptID     `json:"attempt,omitempty"`
	Data        map[string]any         `json:"data,omitempty" doc:"Facts of the line, never personal"`
}

type logsOutput struct {
	Body struct {
		Items []logLine `json:"items"`
		Next  string    `json:"next,omitempty" doc:"Cursor of the next page, absent on the last; a page of what is rare may be short, even empty, and have one"`
	}
}

func (s *Server) mountLogs() {
	route(s, operation{id: "list-logs", method: http.MethodGet, path: "/logs", tag: "Activities", summary: "IVR Logs, append-only, newest first"},
		func(ctx context.Context, in *logsInput) (*logsOutput, error) {
			f := in.filter()
			f.Cursor, f.Limit, f.Scan = in.Cursor, in.Limit, scannedRows
			page, err := s.Transactions.Logs(ctx, f)
			if err != nil {
				return nil, err
			}
			out := &logsOutput{}
			out.Body.Items, out.Body.Next = make([]logLine, len(page.Items)), page.Next
			for i, e := range page.Items {
				out.Body.Items[i] = logLine{At: e.At, Kind: e.Kind, Transaction: e.Transaction, Attempt: e.Attempt, Data: e.Data}
			}
			return out, nil
		})
}

type statsInput struct {
	From time.Time `query:"from" doc:"Created at or after; default 24 hours before to"`
	To   time.Time `query:"to" doc:"Created before; default now"`
}

type statsOutput struct {
	Body struct {
		From time.Time `json:"from"`
		To   time.Time `json:"to"`
		outreach.Stats
	}
}

func (s *Server) mountStats() {
	route(s, operation{id: "get-stats", method: http.MethodGet, path: "/stats", tag: "Activities", summary: "Counts of a span of time"},
		func(ctx context.Context, in *statsInput) (*statsOutput, error) {
			if in.To.IsZero() {
				in.To = s.now()
			}
			if in.From.IsZero() {
				in.From = in.To.Add(-24 * time.Hour)
			}
			if !in.From.Before(in.To) {
				return nil, outreach.Problems{{Pointer: "query:from", Detail: "not before the end"}}
			}
			stats, err := s.Transactions.Stats(ctx, in.From, in.To)
			if err != nil {
				return nil, err
			}
			out := &statsOutput{}
			out.Body.From, out.Body.To, out.Body.Stats = in.From, in.To, stats
			return out, nil
		})
}
