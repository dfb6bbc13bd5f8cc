package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// Problem is an RFC 9457 problem. It never repeats what was submitted.
type Problem struct {
	Type   string             `json:"type" doc:"about:blank: the title is the status's own"`
	Title  string             `json:"title" doc:"The status in words" example:"Unprocessable Entity"`
	Status int                `json:"status" doc:"HTTP status" example:"422"`
	Detail string             `json:"detail,omitempty" doc:"What is wrong and what to do"`
	Errors []outreach.Problem `json:"errors,omitempty" doc:"Each thing that is wrong, with its JSON pointer"`

	cause   error
	headers http.Header
}

// Error is the detail, and the cause for the log.
func (p *Problem) Error() string {
	if p.cause != nil {
		return p.Detail + ": " + p.cause.Error()
	}
	return p.Detail
}

// Unwrap returns the cause, which is logged and never sent.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus is huma's name for the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders is huma's name for headers that go with an error.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType makes huma send application/problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problem(status int, detail string, errs ...outreach.Problem) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Errors: errs}
}

// InUseError refuses to delete something that others use.
type InUseError struct {
	What  string   // "prompt greeting"
	Users []string // "configuration Appointment reminder"
	Hint  string
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("%s is used by %d others", e.What, len(e.Users))
}

// ErrUnsigned means that a webhook's signature is missing or wrong, or its time is off.
var ErrUnsigned = errors.New("the signature is missing or wrong")

// ErrReplayed means that a signed callback came again long after its provider would repeat it.
var ErrReplayed = errors.New("a replayed callback")

// ErrUnavailable means that a part that the request needs is not set up or not reachable now.
var ErrUnavailable = outreach.ErrUnavailable

// statusClientGone is nginx's word for a client that hung up; nobody reads it but the access log.
const statusClientGone = 499

// problemOf is the one place that maps errors to statuses.
func problemOf(err error) *Problem {
	var (
		p          *Problem
		problems   outreach.Problems
		inUse      *InUseError
		transition *outreach.TransitionError
	)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &problems):
		return problem(http.StatusUnprocessableEntity, "Some of what was sent cannot be used; each error points at it.", problems...)
	case errors.As(err, &inUse):
		return inUse.problem()
	case errors.As(err, &transition):
		return problem(http.StatusConflict, "A transaction that is "+transition.From+" cannot become "+transition.To+".")
	case errors.Is(err, outreach.ErrNotFound):
		return problem(http.StatusNotFound, "There is nothing of that name or id.")
	case errors.Is(err, outreach.ErrConflict):
		return problem(http.StatusConflict, "The same event id came before with another body. Send a changed event under a new id.")
	case errors.Is(err, outreach.ErrRevision):
		return problem(http.StatusPreconditionFailed, "The settings changed since they were read. Read them again and repeat the change.")
	case errors.Is(err, ErrRehearsals):
		p := problem(http.StatusTooManyRequests, "As many rehearsals run as may run at once. End one, or try again in a moment.")
		p.headers = http.Header{"Retry-After": {"10"}}
		return p
	case errors.Is(err, ErrCursor):
		return problem(http.StatusUnprocessableEntity, "The cursor was not given by this server. Leave it out to begin anew.",
			outreach.Problem{Pointer: "query:cursor", Detail: "not a cursor of this list"})
	case errors.Is(err, ErrUnsigned):
		return problem(http.StatusUnauthorized, "The signature is missing or wrong, or the message is older than five minutes.")
	case errors.Is(err, ErrReplayed):
		return problem(http.StatusForbidden, "This callback came before, too long ago to be a repetition. Nothing was changed.")
	case errors.Is(err, context.Canceled):
		return withCause(problem(statusClientGone, "The client went away."), err)
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		p := problem(http.StatusServiceUnavailable, "This cannot be answered right now. Try again in a moment.")
		p.headers = http.Header{"Retry-After": {"5"}}
		return withCause(p, err)
	}
	return withCause(problem(http.StatusInternalServerError, "Something went wrong on our side; the log says what."), err)
}

func withCause(p *Problem, err error) *Problem {
	p.cause = err
	return p
}

func (e *InUseError) problem() *Problem {
	p := problem(http.StatusConflict, e.What+" is in use. "+e.Hint)
	for _, u := range e.Users {
		p.Errors = append(p.Errors, outreach.Problem{Detail: "used by " + u})
	}
	return p
}

// writeProblem answers outside of huma's operations.
func writeProblem(w http.ResponseWriter, p *Problem) {
	h := w.Header()
	for name, values := range p.headers {
		h[name] = values
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that went away is no error of ours
}

// strip turns huma's own errors into Problems: what it echoes of the request is dropped.
func strip(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problem(m.Status, humaDetail(m.Status))
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, outreach.Problem{Pointer: pointerOf(e.Location), Detail: safeMessage(e)})
	}
	return p, nil
}

func humaDetail(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The request cannot be read."
	case http.StatusRequestEntityTooLarge:
		return "The body is too large."
	case http.StatusUnsupportedMediaType:
		return "Send the body as application/json."
	case http.StatusUnprocessableEntity:
		return "Some of what was sent cannot be used; each error points at it."
	}
	return http.StatusText(status)
}
