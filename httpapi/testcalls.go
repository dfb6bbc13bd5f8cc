package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"curlew/outreach"
)

// TestCalls places single calls to phones of the hospital's own.
type TestCalls interface {
	// TestCall places one now. Errors: outreach.ErrNotFound (the PBX), outreach.Problems, *outreach.HeldError.
	TestCall(ctx context.Context, o outreach.TestOrder) (outreach.TestCall, error)
	// HangUpTest ends one, or outreach.ErrNotFound.
	HangUpTest(ctx context.Context, pbx string, id outreach.AttemptID) error
}

// TestCallPages reads what test calls said.
type TestCallPages interface {
	// TestCalls returns the newest of the PBX; id "" is any.
	TestCalls(ctx context.Context, pbx string, id outreach.AttemptID, limit int) ([]outreach.TestCall, error)
}

type testCallInput struct {
	NameInput
	Body struct {
		Number        string `json:"number" maxLength:"20" doc:"Whom to call, E.164: a phone of your own. A gateway must be allowed to dial it"`
		Gateway       string `json:"gateway" maxLength:"200" doc:"Name of the gateway; default the first that may dial the number and is up"`
		Configuration string `json:"configuration" maxLength:"200" doc:"Whose call is played, with sample values; default a tone"`
		Language      string `json:"language" maxLength:"35" doc:"Default the hospital's first"`
	}
}

func (in *testCallInput) target() string { return in.Name }

type testCallOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     outreach.TestCall
}

// TestCallID is the test call in an address.
type TestCallID struct {
	NameInput
	ID string `path:"id" maxLength:"64" doc:"Its id"`
}

func (in *TestCallID) target() string { return in.Name }

type testCallsOutput struct {
	Body struct {
		Items []outreach.TestCall `json:"items"`
	}
}

const shownTestCalls = 20

func (s *Server) mountTestCalls() {
	const tag, path = "PBXs", "/pbxs/{name}/test-calls"
	route(s, operation{id: "place-test-call", method: http.MethodPost, path: path, tag: tag, scope: scopeOperator, status: http.StatusAccepted, summary: "Call a phone of your own through a PBX",
		text: "One call, now. Prefixes, caps, rates, pauses and opt-outs hold; calling hours do not. It belongs to no patient, uses up no try and tells the HIMS nothing. " +
			"409 says what keeps it from going out."}, s.placeTestCall)
	route(s, operation{id: "list-test-calls", method: http.MethodGet, path: path, tag: tag, summary: "The newest test calls of a PBX"},
		func(ctx context.Context, in *NameInput) (*testCallsOutput, error) {
			all, err := s.Transactions.TestCalls(ctx, in.Name, "", shownTestCalls)
			out := &testCallsOutput{}
			out.Body.Items = emptyNotNull(all)
			return out, err
		})
	route(s, operation{id: "get-test-call", method: http.MethodGet, path: path + "/{id}", tag: tag, summary: "A test call with its transcript so far"}, s.showTestCall)
	route(s, operation{id: "end-test-call", method: http.MethodDelete, path: path + "/{id}", tag: tag, scope: scopeOperator, status: http.StatusNoContent, summary: "Hang up a test call"},
		func(ctx context.Context, in *TestCallID) (*struct{}, error) {
			return nil, s.Dispatch.HangUpTest(ctx, in.Name, outreach.AttemptID(in.ID))
		})
}

func (s *Server) placeTestCall(ctx context.Context, in *testCallInput) (*testCallOutput, error) {
	b := in.Body
	tc, err := s.Dispatch.TestCall(ctx, outreach.TestOrder{PBX: in.Name, Gateway: b.Gateway, Number: b.Number, Configuration: b.Configuration, Language: b.Language, Actor: actor(ctx)})
	var held *outreach.HeldError
	if errors.As(err, &held) {
		return nil, problem(http.StatusConflict, held.Detail)
	}
	if err != nil {
		return nil, err
	}
	return &testCallOutput{http.StatusAccepted, prefix + "/pbxs/" + url.PathEscape(in.Name) + "/test-calls/" + string(tc.ID), tc}, nil
}

func (s *Server) showTestCall(ctx context.Context, in *TestCallID) (*testCallOutput, error) {
	if in.ID == "" {
		return nil, outreach.ErrNotFound
	}
	found, err := s.Transactions.TestCalls(ctx, in.Name, outreach.AttemptID(in.ID), 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, outreach.ErrNotFound
	}
	return &testCallOutput{Status: http.StatusOK, Body: found[0]}, nil
}
