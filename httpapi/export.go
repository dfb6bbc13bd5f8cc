package httpapi

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

type activitiesCSVInput struct{ ActivitySelection }

type logsCSVInput struct{ LogSelection }

var activityColumns = []string{"id", "configuration", "configuration_version", "component", "event", "event_id", "subject_id", "recipient_id", "phone_masked", "language",
	"state", "reason", "channel", "step", "attempts", "due_at", "next_at", "expires_at", "created_at", "ended_at", "action", "answered_by", "via", "answered_at", "late"}

var logColumns = []string{"at", "kind", "transaction", "attempt", "data"}

func (s *Server) mountExports() {
	route(s, operation{id: "export-activities", method: http.MethodGet, path: "/activities.csv", tag: "Activities",
		summary: "IVR Activities as CSV", text: "Streamed. A cell that a spreadsheet would take for a formula begins with an apostrophe."},
		func(ctx context.Context, in *activitiesCSVInput) (*huma.StreamResponse, error) {
			f := in.filter()
			f.Limit = exportPage
			return s.export(ctx, "activities", activityColumns, func(ctx context.Context) ([][]string, bool, error) {
				items, next, err := s.activities(ctx, f)
				f.Cursor = next
				return rows(items, activityRow), next != "", err
			})
		})
	route(s, operation{id: "export-logs", method: http.MethodGet, path: "/logs.csv", tag: "Activities",
		summary: "IVR Logs as CSV", text: "Streamed, formula-safe."},
		func(ctx context.Context, in *logsCSVInput) (*huma.StreamResponse, error) {
			f := in.filter()
			f.Limit = exportPage
			return s.export(ctx, "logs", logColumns, func(ctx context.Context) ([][]string, bool, error) {
				page, err := s.Transactions.Logs(ctx, f)
				f.Cursor = page.Next
				return rows(page.Items, logRow), page.Next != "", err
			})
		})
}

// exportPage rows are read and written at a time, so an export holds no more than that in memory.
const exportPage = 500

// export reads the first page before it answers, so that an error can still be a problem; a later error
// breaks the connection off, and the client sees that the file is not whole.
func (s *Server) export(ctx context.Context, name string, columns []string, next func(context.Context) ([][]string, bool, error)) (*huma.StreamResponse, error) {
	first, more, err := next(ctx)
	if err != nil {
		return nil, err
	}
	s.record(ctx, "export-"+name, name, nil)
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := unwrap(hc)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		control := http.NewResponseController(w)
		out := csv.NewWriter(w)
		rows := append([][]string{columns}, first...)
		for {
			_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // best effort: a recorder has no deadline
			if err := writeRows(out, rows); err != nil || !more {
				return
			}
			if rows, more, err = next(r.Context()); err != nil {
				s.Log.ErrorContext(ctx, "export broke off", "operation", name, "err", err)
				panic(http.ErrAbortHandler)
			}
		}
	}}, nil
}

func writeRows(out *csv.Writer, rows [][]string) error {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = formulaSafe(cell)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formulaSafe puts an apostrophe before what a spreadsheet would run. Source: OWASP, CSV Injection.
func formulaSafe(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func rows[T, R any](items []T, row func(T) R) []R {
	out := make([]R, len(items))
	for i, v := range items {
		out[i] = row(v)
	}
	return out
}

func activityRow(a activity) []string {
	row := []string{string(a.ID), a.Configuration, strconv.FormatInt(a.Version, 10), a.Component, a.Event, a.EventID, a.SubjectID, a.Recipient.ID, a.Recipient.PhoneMasked, a.Recipient.Language,
		string(a.State), string(a.Reason), string(a.Channel), strconv.Itoa(a.Step), strconv.Itoa(len(a.Attempts)),
		stamp(a.DueAt), stamp(a.NextAt), stamp(a.ExpiresAt), stamp(a.CreatedAt), stamp(a.EndedAt)}
	if r := a.Response; r != nil {
		return append(row, string(r.Action), string(r.Channel), r.Via, stamp(r.At), strconv.FormatBool(r.Late))
	}
	return append(row, "", "", "", "", "")
}

func logRow(e outreach.LogEntry) []string {
	data := ""
	if len(e.Data) > 0 {
		text, err := json.Marshal(e.Data)
		if err != nil {
			text = []byte(`"unreadable"`)
		}
		data = string(text)
	}
	return []string{stamp(e.At), e.Kind, string(e.Transaction), string(e.Attempt), data}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
