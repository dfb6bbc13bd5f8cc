package hims

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"curlew/clock"
)

// Options of a Server. Clock and Secret are needed.
type Options struct {
	Clock  clock.Clock
	Secret string // whsec_…, of the results
}

// Result is one webhook with a good signature. A repetition has the same ID.
type Result struct {
	ID       string
	Type     string // of the body's "type", "" if it has none
	Body     json.RawMessage
	SignedAt time.Time
	At       time.Time
	Repeats  int // how often it came again
}

// Mode is how the receiver fails.
type Mode struct {
	Status     int           // answers this instead of 204, e.g. 500 or 410
	RetryAfter time.Duration // sent along, in whole seconds
	Delay      time.Duration // answers only after this, on the server's clock
	Redirect   string        // 307 to this address
	Reset      bool          // breaks the connection
	Lose       bool          // keeps the result and then fails, as a receiver does that crashes late
	Times      int           // 0: until SetMode again
}

// tolerance is how far a signature's time may be off. Source: Standard Webhooks, "Verifying".
const tolerance = 5 * time.Minute

// Server is the receiver. Its methods may be called at any time, also before Serve.
type Server struct {
	o Options

	mu       sync.Mutex
	results  []*Result
	requests []Request
	mode     Mode
	watchers map[chan Result]struct{}
}

// Request is every webhook that came, good or not.
type Request struct {
	At       time.Time
	ID       string
	Verified bool
	Status   int
	Header   http.Header
}

// New returns a receiver that has not begun to serve.
func New(o Options) *Server { return &Server{o: o, watchers: map[chan Result]struct{}{}} }

// Serve receives on l, at any path, until ctx ends. It returns nil after ctx ended.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	web := &http.Server{Handler: http.HandlerFunc(s.receive), ReadHeaderTimeout: 5 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { web.Close() })
	defer stop()
	err := web.Serve(l)
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("simulated hims: %w", err)
}

// SetMode makes the receiver fail from now on; the zero Mode makes it well again.
func (s *Server) SetMode(m Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

func (s *Server) takeMode() Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mode
	if s.mode.Times > 0 {
		if s.mode.Times--; s.mode.Times == 0 {
			s.mode = Mode{}
		}
	}
	return m
}

func (s *Server) receive(w http.ResponseWriter, r *http.Request) {
	m := s.takeMode()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "body", http.StatusBadRequest)
		return
	}
	signedAt, err := verify(s.o.Secret, r.Header, body, s.o.Clock.Now())
	status := http.StatusNoContent
	switch {
	case r.Method != http.MethodPost:
		status = http.StatusMethodNotAllowed
	case err != nil:
		status = http.StatusUnauthorized
	case m.Status != 0:
		status = m.Status
	case m.Redirect != "":
		status = http.StatusTemporaryRedirect
	}
	good := err == nil && r.Method == http.MethodPost
	if good && (status < 300 && !m.Reset || m.Lose) {
		s.keep(r.Header.Get(headerID), body, signedAt)
	}
	s.note(r, good, status)
	s.reply(w, r, m, status)
}

func (s *Server) reply(w http.ResponseWriter, r *http.Request, m Mode, status int) {
	if m.Delay > 0 && clock.Wait(r.Context(), s.o.Clock, m.Delay) != nil {
		return
	}
	if m.Reset {
		panic(http.ErrAbortHandler)
	}
	if m.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(m.RetryAfter/time.Second)))
	}
	if m.Redirect != "" {
		w.Header().Set("Location", m.Redirect)
	}
	w.WriteHeader(status)
}

func (s *Server) note(r *http.Request, good bool, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{At: s.o.Clock.Now(), ID: r.Header.Get(headerID), Verified: good, Status: status, Header: r.Header.Clone()})
}

func (s *Server) keep(id string, body []byte, signedAt time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.results {
		if r.ID == id {
			r.Repeats++
			return
		}
	}
	var typed struct{ Type string }
	_ = json.Unmarshal(body, &typed) // a body of another shape has no type
	r := &Result{ID: id, Type: typed.Type, Body: body, SignedAt: signedAt, At: s.o.Clock.Now()}
	s.results = append(s.results, r)
	for ch := range s.watchers {
		select {
		case ch <- *r:
		default:
		}
	}
}

// Results returns the webhooks received, oldest first.
func (s *Server) Results() []Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Result, 0, len(s.results))
	for _, r := range s.results {
		out = append(out, *r)
	}
	return out
}

// Requests returns everything that was posted, refused or not, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Subscribe delivers each new result until cancel. A watcher that falls 256 behind misses what comes then.
func (s *Server) Subscribe() (<-chan Result, func()) {
	ch := make(chan Result, 256)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[ch] = struct{}{}
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, ch)
	}
}
