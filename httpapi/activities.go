package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// Transactions are read here; only Dispatch changes them.
type Transactions interface {
	// Activities returns a page, newest first. ErrCursor if the cursor is none of its own.
	Activities(ctx context.Context, f outreach.ActivityFilter) (outreach.ActivityPage, error)
	// Case returns everything about one, or outreach.ErrNotFound.
	Case(ctx context.Context, id outreach.TransactionID) (outreach.Case, error)
	Logs(ctx context.Context, f outreach.LogFilter) (outreach.LogPage, error)
	Stats(ctx context.Context, from, to time.Time) (outreach.Stats, error)
	// Report counts the transactions created in [from, to), of one configuration unless it is "".
	Report(ctx context.Context, from, to time.Time, configuration string) (outreach.ReportCounts, error)
	TestCallPages
}

// ErrCursor means that a cursor was not given by this server.
var ErrCursor = errors.New("no cursor of a page")

// ActivitySelection chooses transactions. (Exported, as the other embedded inputs, because huma passes over what is not.)
type ActivitySelection struct {
	State         outreach.State   `query:"state" enum:"scheduled,queued,in_progress,awaiting_response,completed,failed,cancelled,expired,suppressed"`
	Configuration string           `query:"configuration" maxLength:"200"`
	Channel       outreach.Channel `query:"channel" enum:"ivr,whatsapp,sms,email"`
	Reason        outreach.Reason  `query:"reason" maxLength:"100"`
	From          time.Time        `query:"from" doc:"Created at or after (RFC 3339)"`
	To            time.Time        `query:"to" doc:"Created before (RFC 3339)"`
	Q             string           `query:"q" maxLength:"200" doc:"Found in ids of transaction, event, subject and recipient, and in the number"`
}

func (a ActivitySelection) filter() outreach.ActivityFilter {
	return outreach.ActivityFilter{State: a.State, Configuration: a.Configuration, Channel: a.Channel, Reason: a.Reason, From: a.From, To: a.To, Q: a.Q}
}

type activitiesInput struct {
	ActivitySelection
	PageInput
}

type activitiesOutput struct {
	Body struct {
		Items []activity `json:"items"`
		Next  string     `json:"next,omitempty" doc:"Cursor of the next page, absent on the last; a page of what is rare may be short, even empty, and have one"`
	}
}

type idInput struct {
	ID string `path:"id" maxLength:"64" doc:"The transaction's id"`
}

type activityOutput struct{ Body activity }

type whyOutput struct{ Body outreach.Hold }

func (s *Server) mountActivities() {
	const tag = "Activities"
	route(s, operation{id: "list-activities", method: http.MethodGet, path: "/activities", tag: tag, summary: "IVR Activities: transactions, newest first"}, s.listActivities)
	route(s, operation{id: "get-activity", method: http.MethodGet, path: "/activities/{id}", tag: tag, summary: "One transaction with all its attempts"},
		func(ctx context.Context, in *idInput) (*activityOutput, error) { return s.showActivity(ctx, in.ID) })
	route(s, operation{id: "why-activity", method: http.MethodGet, path: "/activities/{id}/why", tag: tag,
		summary: "Why not yet?", text: "The rule that holds it and when it is next eligible."},
		func(ctx context.Context, in *idInput) (*whyOutput, error) {
			v, c, err := s.viewCase(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &whyOutput{v.hold(c)}, nil
		})
	route(s, operation{id: "get-activity-recording", scope: scopeAdmin, method: http.MethodGet, path: "/activities/{id}/recording", tag: tag,
		summary: "What the patient recorded", text: "The newest call's WAV. It is deleted with the transaction, by the retention of the settings."}, s.showRecording)
	route(s, operation{id: "cancel-activity", scope: scopeOperator, method: http.MethodPost, path: "/activities/{id}/cancel", tag: tag,
		summary: "Cancel", text: "A live call is hung up. 409 if it has ended."},
		func(ctx context.Context, in *idInput) (*activityOutput, error) {
			return s.steer(ctx, in.ID, s.Dispatch.Cancel)
		})
	route(s, operation{id: "retry-activity", scope: scopeOperator, method: http.MethodPost, path: "/activities/{id}/retry", tag: tag,
		summary: "Make it due now", text: "Windows, caps and deadlines still hold. 409 if it is under way or has ended."},
		func(ctx context.Context, in *idInput) (*activityOutput, error) {
			return s.steer(ctx, in.ID, s.Dispatch.RetryNow)
		})
}

func (s *Server) showRecording(ctx context.Context, in *idInput) (*huma.StreamResponse, error) {
	c, err := s.Transactions.Case(ctx, outreach.TransactionID(in.ID))
	if err != nil {
		return nil, err
	}
	for _, a := range slices.Backward(c.Attempts) {
		f, err := s.Audio.Answer(a.ID)
		if errors.Is(err, outreach.ErrNotFound) {
			if err := s.elsewhere(ctx, a.ID); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("recording of %s: %w", a.ID, err)
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := unwrap(ctx)
			w.Header().Set("Cache-Control", "no-store")
			serveWAV(w, r, f)
		}}, nil
	}
	return nil, outreach.ErrNotFound
}

// elsewhere is the error of a recording that another node took.
func (s *Server) elsewhere(ctx context.Context, id outreach.AttemptID) error {
	node, err := s.Audio.RecordedAt(ctx, id)
	if err != nil {
		return fmt.Errorf("recording of %s: %w", id, err)
	}
	if node == "" {
		return nil
	}
	return problem(http.StatusNotFound, "The recording came to node "+node+" and is not in this node's data directory. Ask there.")
}

func (s *Server) viewer(ctx context.Context) (viewer, error) {
	line, err := s.Dispatch.Line(ctx)
	if err != nil {
		return viewer{}, fmt.Errorf("state of the lines: %w", err)
	}
	return viewer{snap: s.snapshot(), now: s.now(), line: line, paused: s.Dispatch.Paused}, nil
}

func (s *Server) viewCase(ctx context.Context, id string) (viewer, outreach.Case, error) {
	c, err := s.Transactions.Case(ctx, outreach.TransactionID(id))
	if err != nil {
		return viewer{}, c, err
	}
	v, err := s.viewer(ctx)
	return v, c, err
}

func (s *Server) showActivity(ctx context.Context, id string) (*activityOutput, error) {
	v, c, err := s.viewCase(ctx, id)
	if err != nil {
		return nil, err
	}
	return &activityOutput{v.activity(c)}, nil
}

func (s *Server) steer(ctx context.Context, id string, act func(context.Context, outreach.TransactionID) error) (*activityOutput, error) {
	if err := act(ctx, outreach.TransactionID(id)); err != nil {
		return nil, err
	}
	return s.showActivity(ctx, id)
}

func (s *Server) listActivities(ctx context.Context, in *activitiesInput) (*activitiesOutput, error) {
	f := in.filter()
	f.Cursor, f.Limit, f.Scan = in.Cursor, in.Limit, scannedRows
	items, next, err := s.activities(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &activitiesOutput{}
	out.Body.Items, out.Body.Next = emptyNotNull(items), next
	return out, nil
}

// derivedReason reports whether a reason of queued transactions is worked out when read, so that the
// database cannot select by it.
func derivedReason(r outreach.Reason) bool {
	switch r {
	case outreach.ReasonDue, outreach.ReasonLine, outreach.ReasonPBXLimit, outreach.ReasonUnableConnect, outreach.ReasonPaused:
		return true
	}
	return false
}

// scanned bounds how many pages one request reads to find transactions by a derived reason; the cursor
// goes on from there.
const scanned = 20

// scannedRows is how many rows one request for a page looks at, where no index serves its filter: a few tenths of a second.
const scannedRows = 100_000

// activities reads a page and shows it. With a derived reason a page may be short and still have a next.
func (s *Server) activities(ctx context.Context, f outreach.ActivityFilter) ([]activity, string, error) {
	v, err := s.viewer(ctx)
	if err != nil {
		return nil, "", err
	}
	want := f.Reason
	if !derivedReason(want) || (f.State != "" && f.State != outreach.Queued) {
		page, err := s.Transactions.Activities(ctx, f)
		return v.all(page.Items), page.Next, err
	}
	f.Reason, f.State, f.Scan = "", outreach.Queued, f.Scan/scanned
	if want == outreach.ReasonDue {
		f.State = "" // scheduled ones are due too
	}
	var found []activity
	for range scanned {
		page, err := s.Transactions.Activities(ctx, f)
		if err != nil {
			return nil, "", err
		}
		for _, a := range v.all(page.Items) {
			if a.Reason == want {
				found = append(found, a)
			}
		}
		f.Cursor = page.Next
		if len(found) > 0 || page.Next == "" {
			break
		}
	}
	return found, f.Cursor, nil
}

func (v viewer) all(cases []outreach.Case) []activity {
	out := make([]activity, len(cases))
	for i, c := range cases {
		out[i] = v.activity(c)
	}
	return out
}
