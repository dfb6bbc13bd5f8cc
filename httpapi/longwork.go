package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// progressType is asked for by whoever wants to see long work go on: a line of JSON for each step, {"done","total"}, and at
// last {"result"} or {"problem"}. Closing the connection cancels the work.
const progressType = "application/x-ndjson"

// LongInput is of an operation that may take a while.
type LongInput struct {
	Accept string `header:"Accept" hidden:"true"`
}

func (in LongInput) watched() bool { return strings.Contains(in.Accept, progressType) }

type progressLine struct {
	Done    int      `json:"done,omitempty"`
	Total   int      `json:"total,omitempty"`
	Result  any      `json:"result,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}

// long runs the work and answers with its result, or, where somebody watches, with its steps. It is audited once it is over.
func (s *Server) long(op string, in any, watched bool, work func(ctx context.Context, step func(done, total int)) (any, error)) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := unwrap(hc)
		step := func(int, int) {}
		out := json.NewEncoder(w)
		control := http.NewResponseController(w)
		say := func(line progressLine) {
			_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // best effort: a recorder has no deadline
			_ = out.Encode(line)                                       // whoever went away cancels by r.Context
			_ = control.Flush()
		}
		if watched {
			w.Header().Set("Content-Type", progressType)
			w.Header().Set("X-Accel-Buffering", "no")
			step = func(done, total int) { say(progressLine{Done: done, Total: total}) }
		}
		result, err := work(r.Context(), step)
		p := s.failed(r.Context(), op, err)
		s.audited(r.Context(), op, in, p)
		switch {
		case watched:
			say(progressLine{Result: result, Problem: p})
		case p != nil:
			writeProblem(w, p)
		default:
			_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
			writeJSON(w, http.StatusOK, result)
		}
	}}
}

// longResponse describes both answers.
func (s *Server) longResponse(result reflect.Type, name string) *huma.Response {
	return &huma.Response{Description: "What came of it", Content: map[string]*huma.MediaType{
		"application/json": {Schema: s.api.OpenAPI().Components.Schemas.Schema(result, true, name)},
		progressType:       {Schema: &huma.Schema{Type: huma.TypeString, Description: "Lines of {done, total}; the last is {result} or {problem}"}},
	}}
}
