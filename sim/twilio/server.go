package twilio

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"curlew/clock"
	"curlew/sim/patient"
)

// Options of a Server. AccountSID, AuthToken and Clock are needed.
type Options struct {
	AccountSID  string
	AuthToken   string
	Clock       clock.Clock
	Log         *slog.Logger
	InboundURL  string              // where inbound messages are posted, the number's webhook; none if empty
	Senders     []string            // numbers that may be used as From; none means all
	Templates   map[string]Template // approved WhatsApp templates by ContentSid
	Interactive []string            // E.164 numbers that do nothing by themselves
	Transport   http.RoundTripper   // of callbacks and of the patients' browsers
}

// Template is an approved content template: a text with {{1}} variables, and quick-reply buttons.
type Template struct {
	Text    string
	Buttons []Button
}

// Button is a quick reply; its payload may hold {{1}} variables too.
type Button struct{ Text, Payload string }

// Delays of a message's life after it was accepted, on the server's clock.
const (
	sentAfter      = 200 * time.Millisecond
	deliveredAfter = 300 * time.Millisecond
	answerAfter    = time.Second
)

// Server is the simulated Twilio. Its methods may be called at any time, also before Serve.
type Server struct {
	o       Options
	log     *slog.Logger
	hooks   *http.Client
	browser *patient.Browser

	mu          sync.Mutex
	messages    []*Message // oldest first
	optedOut    map[string]bool
	inboundAt   map[string]time.Time // per WhatsApp number: the patient's last message
	interactive map[string]bool
	templates   map[string]Template
	faults      []Fault
	callbacks   CallbackMode
	watchers    map[chan Message]string
	pending     int
}

// New returns a server that has not begun to serve.
func New(o Options) *Server {
	s := &Server{
		o: o, log: o.Log, optedOut: map[string]bool{}, inboundAt: map[string]time.Time{},
		interactive: map[string]bool{}, templates: map[string]Template{}, watchers: map[chan Message]string{},
		hooks:   &http.Client{Transport: o.Transport, Timeout: 10 * time.Second},
		browser: patient.NewBrowser(o.Transport),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for sid, t := range o.Templates {
		s.templates[sid] = t
	}
	for _, n := range o.Interactive {
		s.interactive[n] = true
	}
	return s
}

// Serve answers on l until ctx ends, then waits for the patients to stop. It returns nil after ctx ended.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	lives := &patient.Lives{}
	web := &http.Server{Handler: s.handler(ctx, lives), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { web.Close() })
	defer stop()
	err := web.Serve(l)
	lives.End()
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("simulated twilio: %w", err)
}

func (s *Server) handler(ctx context.Context, lives *patient.Lives) http.Handler {
	mux := http.NewServeMux()
	const account = "/2010-04-01/Accounts/{account}"
	mux.Handle("POST "+account+"/Messages.json", s.authorized(func(w http.ResponseWriter, r *http.Request) { s.create(ctx, lives, w, r) }))
	mux.Handle("GET "+account+"/Messages.json", s.authorized(s.list))
	mux.Handle("GET "+account+"/Messages/{sid}", s.authorized(s.fetch))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, apiError{Status: http.StatusNotFound, Code: 20404, Message: "The requested resource was not found"})
	})
	return mux
}

func (s *Server) authorized(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, pass, ok := r.BasicAuth()
		if !ok || !equal(user, s.o.AccountSID) || !equal(pass, s.o.AuthToken) {
			w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
			refuse(w, apiError{Status: http.StatusUnauthorized, Code: 20003, Message: "Authenticate"})
			return
		}
		if r.PathValue("account") != s.o.AccountSID {
			refuse(w, apiError{Status: http.StatusNotFound, Code: 20404, Message: "The requested resource was not found"})
			return
		}
		next(w, r)
	})
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// SetTemplate approves a template, or replaces it.
func (s *Server) SetTemplate(contentSID string, t Template) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.templates[contentSID] = t
}

// SetInteractive makes the number answer only by Press and Text, or by its digits again.
func (s *Server) SetInteractive(number string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interactive[number] = on
}

// SetInbound changes where inbound messages are posted.
func (s *Server) SetInbound(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.InboundURL = url
}

// Pending returns how many accepted messages still have a callback, a tap or a reply to come.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending
}

func (s *Server) mayUse(from string) bool {
	return len(s.o.Senders) == 0 || slices.Contains(s.o.Senders, from)
}
