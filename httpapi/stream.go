package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// heartbeat keeps proxies from closing a quiet stream.
const heartbeat = 15 * time.Second

type streamInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"100" doc:"Where the client's last stream ended"`
}

func (s *Server) mountStream() {
	route(s, operation{id: "stream", method: http.MethodGet, path: "/stream", tag: "Activities", summary: "Server-sent events: changes of transactions, PBXs, settings and pauses",
		text: "Each event is named by its kind and carries `{id, state, reason, channel, kind}`. `resync` says that some were missed: read the lists anew."},
		func(_ context.Context, in *streamInput) (*huma.StreamResponse, error) {
			after, err := strconv.ParseInt(in.LastEventID, 10, 64)
			if err != nil || after < 0 {
				after = 0 // an id of another server's: start from now
			}
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				r, w := unwrap(ctx)
				s.stream(w, r, after)
			}}, nil
		})
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request, after int64) {
	ear, missed, whole, stop := s.Feed.listen(after)
	defer stop()
	out := newEventWriter(w)
	if !whole {
		out.event(0, "resync", outreach.Notice{Kind: "resync"})
	}
	for _, v := range missed {
		out.event(v.id, v.notice.Kind, v.notice)
	}
	for out.flush() == nil {
		beat, done := s.Clock.After(heartbeat)
		select {
		case <-r.Context().Done():
			done()
			return
		case <-s.down:
			done()
			return
		case v, ok := <-ear:
			done()
			if !ok {
				return // too slow: the client comes back
			}
			out.event(v.id, v.notice.Kind, v.notice)
		case <-beat:
			out.comment("still here")
		}
	}
}

// eventWriter writes server-sent events. Every flush must be taken within writeTimeout.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

func newEventWriter(w http.ResponseWriter) *eventWriter {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	e := &eventWriter{w: w, control: http.NewResponseController(w)}
	e.comment("hello")
	return e
}

// event writes one event; id 0 leaves the client's last id alone.
func (e *eventWriter) event(id int64, name string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		e.err = fmt.Errorf("encode %s event: %w", name, err)
		return
	}
	if id > 0 {
		e.printf("id: %d\n", id)
	}
	e.printf("event: %s\ndata: %s\n\n", name, text)
}

func (e *eventWriter) comment(text string) { e.printf(": %s\n\n", text) }

func (e *eventWriter) printf(format string, a ...any) {
	if e.err == nil {
		_ = e.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // best effort: a recorder has no deadline
		_, e.err = fmt.Fprintf(e.w, format, a...)
	}
}

func (e *eventWriter) flush() error {
	if e.err == nil {
		e.err = e.control.Flush()
	}
	return e.err
}
