package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"

	"curlew/outreach"
)

// Events is the way in for what the HIMS fires. Bodies belong to the callee once it is called.
//
// Errors: outreach.Problems (422, each with a pointer and without the value), outreach.ErrConflict (409),
// ErrUnsigned (401), ErrUnavailable (503).
type Events interface {
	// Accept takes one event in Curlew's own JSON. It returns after the event is durable.
	Accept(ctx context.Context, source string, body []byte) (outreach.EventReceipt, error)
	// AcceptWebhook takes own JSON, CloudEvents (structured or binary) or a FHIR Bundle, told apart by
	// the header. An empty source means that nobody vouched: the signature in the header must hold.
	// One receipt per event, in order; all are taken or none.
	AcceptWebhook(ctx context.Context, source string, header http.Header, body []byte) ([]outreach.EventReceipt, error)
	// DryRun takes what Accept takes and stores and sends nothing.
	DryRun(ctx context.Context, source string, body []byte) (outreach.DryRunReport, error)
	// Backfill counts the kept events that wait for cfg, and plans them unless preview.
	Backfill(ctx context.Context, cfg outreach.Configuration, preview bool) (outreach.BackfillCount, error)
}

type eventInput struct {
	RawBody []byte `contentType:"application/json"`
}

type eventOutput struct {
	Status int
	Body   outreach.EventReceipt
}

type dryRunOutput struct {
	Body outreach.DryRunReport
}

func (s *Server) mountEvents() {
	body := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[outreach.Event](), true, "Event")
	route(s, operation{id: "post-event", method: http.MethodPost, path: "/events", tag: "Events", scope: scopeHIMS, quiet: true,
		status: http.StatusAccepted, request: body, summary: "The HIMS fires an event",
		text: "202: taken. 200: the same id and body came before. 409: the same id came with another body. 422: an error with a pointer for each thing that is wrong."},
		s.postEvent)
	route(s, operation{id: "dry-run", method: http.MethodPost, path: "/dry-run", tag: "Events", scope: scopeHIMS, quiet: true,
		request: body, summary: "What an event would lead to",
		text: "The dated timeline of every attempt if nobody ever answered. Nothing is stored or sent."},
		func(ctx context.Context, in *eventInput) (*dryRunOutput, error) {
			report, err := s.Events.DryRun(ctx, actor(ctx), bytes.Clone(in.RawBody))
			if err != nil {
				return nil, err
			}
			report.Timeline = emptyNotNull(report.Timeline)
			return &dryRunOutput{report}, nil
		})
	s.router.Post("/webhooks/hims", s.himsWebhook)
}

func (s *Server) postEvent(ctx context.Context, in *eventInput) (*eventOutput, error) {
	receipt, err := s.Events.Accept(ctx, actor(ctx), bytes.Clone(in.RawBody))
	if err != nil {
		return nil, err
	}
	return &eventOutput{acceptedStatus(receipt), withList(receipt)}, nil
}

func acceptedStatus(receipts ...outreach.EventReceipt) int {
	for _, r := range receipts {
		if !r.Duplicate {
			return http.StatusAccepted
		}
	}
	return http.StatusOK
}

func withList(r outreach.EventReceipt) outreach.EventReceipt {
	r.Transactions = emptyNotNull(r.Transactions)
	return r
}

// himsWebhook takes signed events, or those of an API key with the scope hims.
func (s *Server) himsWebhook(w http.ResponseWriter, r *http.Request) {
	source := ""
	if r.Header.Get("Authorization") != "" {
		who, p := s.authenticate(r, scopeHIMS)
		if p != nil {
			writeProblem(w, p)
			return
		}
		source = who.name
	}
	body, p := readBody(w, r, maxEventBody-1)
	if p != nil {
		writeProblem(w, p)
		return
	}
	receipts, err := s.Events.AcceptWebhook(r.Context(), source, r.Header, body)
	if err != nil {
		writeProblem(w, s.failed(r.Context(), "hims-webhook", err))
		return
	}
	for i := range receipts {
		receipts[i] = withList(receipts[i])
	}
	var answer any = map[string]any{"events": emptyNotNull(receipts)}
	if len(receipts) == 1 {
		answer = receipts[0]
	}
	writeJSON(w, acceptedStatus(receipts...), answer)
}

// readBody reads at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *Problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &tooLarge):
		return nil, problem(http.StatusRequestEntityTooLarge, "The body is too large.")
	}
	return nil, problem(http.StatusBadRequest, "The body cannot be read to its end.")
}
