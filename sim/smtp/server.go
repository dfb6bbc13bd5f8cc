package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"curlew/clock"
	"curlew/sim/patient"
)

// Options of a Server. Clock is needed.
type Options struct {
	Clock       clock.Clock
	Log         *slog.Logger
	Domain      string            // in the greeting; mail.example.org if empty
	TLS         *tls.Config       // offers STARTTLS if set
	Username    string            // asks for a login if set
	Password    string            //
	Interactive []string          // addresses that do nothing by themselves
	Transport   http.RoundTripper // of the readers' browsers
	Greylist    bool              // the first mail of each sender to each address gets 451
}

// answerAfter is how long a reader takes, on the server's clock.
const answerAfter = time.Second

// Server is the simulated mail server. Its methods may be called at any time, also before Serve.
type Server struct {
	o       Options
	log     *slog.Logger
	browser *patient.Browser

	mu          sync.Mutex
	mails       []Mail
	faults      []Fault
	greeted     map[string]bool // sender and address that came before
	interactive map[string]bool
	watchers    map[chan Mail]string
	connections int
	pending     int
}

// New returns a server that has not begun to serve.
func New(o Options) *Server {
	s := &Server{o: o, log: o.Log, browser: patient.NewBrowser(o.Transport), greeted: map[string]bool{},
		interactive: map[string]bool{}, watchers: map[chan Mail]string{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.o.Domain == "" {
		s.o.Domain = "mail.example.org"
	}
	for _, a := range o.Interactive {
		s.interactive[a] = true
	}
	return s
}

// Serve takes mail on l until ctx ends, then waits for the readers. It returns nil after ctx ended.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	lives := &patient.Lives{}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return s.session(ctx, lives, c) }))
	server.Domain = s.o.Domain
	server.TLSConfig = s.o.TLS
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.EnableDSN = true
	server.MaxMessageBytes = 10 << 20
	server.ReadTimeout, server.WriteTimeout = 5*time.Minute, time.Minute
	server.ErrorLog = log.New(io.Discard, "", 0)
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	err := server.Serve(&counting{Listener: l, server: s})
	lives.End()
	if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("simulated smtp: %w", err)
}

// counting counts connections.
type counting struct {
	net.Listener
	server *Server
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.server.mu.Lock()
	l.server.connections++
	l.server.mu.Unlock()
	return c, nil
}

// Connections returns how many connections have been opened.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// Pending returns how many mails still have a reaction to come.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending
}

// SetInteractive makes the address answer only by Press, or by its digits again.
func (s *Server) SetInteractive(address string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interactive[address] = on
}
