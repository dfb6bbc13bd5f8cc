package httpapi

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"curlew/clock"
	"curlew/outreach"

	"github.com/alexedwards/scs/v2"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
)

// Options are the server's parts. Demo and Rehearsals may be nil; everything else that is an interface is needed.
type Options struct {
	Version      string
	Log          *slog.Logger
	Clock        clock.Clock
	Settings     Settings
	Events       Events
	Transactions Transactions
	Dispatch     Dispatch
	Answers      Answers
	Keys         Keys
	Users        Users
	Versions     Versions
	Audit        AuditLog
	OptOuts      OptOuts
	Pauses       Pauses
	Results      Results
	Nodes        Nodes
	Audio        Audio
	Previews     Previews
	Voice        Voice
	Rehearsals   Rehearsals
	Feed         *Feed

	// TwilioSigned reports whether Twilio signed the path and query (under the configured public base URL,
	// never the Host header) and the body.
	TwilioSigned func(requestURI string, body []byte, signature string) bool
	// Ready says why the node should get no traffic, nil if it should.
	Ready   func(context.Context) error
	Records Records
	// PBXNetworks are the addresses that may fetch audio.
	PBXNetworks func() []netip.Prefix
	// TrustedProxies may tell a client's address by X-Forwarded-For.
	TrustedProxies []netip.Prefix
	Metrics        *prometheus.Registry // own one if nil

	LinkRate  float64 // response pages per second and address, default 5
	LinkBurst int     // default 40

	PasswordCost int // default PasswordCost

	Demo    Demo
	DemoKey string // handed to the console page, only with Demo
	Console fs.FS  // the built console; nil: a plain page in its place
}

// Server answers HTTP.
type Server struct {
	Options
	api      huma.API
	router   chi.Router
	keys     *keyring
	origin   *http.CrossOriginProtection
	sessions *scs.SessionManager
	signIns  *limiter[netip.Prefix]
	links    *limiter[netip.Prefix]
	opens    *limiter[[32]byte] // link_opened lines, by link
	metrics  *metrics
	pages    *pages
	// consoleIndex is index.html of the built console, nil without one.
	consoleIndex []byte
	spec         []byte
	down         chan struct{} // closed by a shutdown: ends the streams, which would outlast it
	goDown       func()
}

// New mounts every door. The error says which one cannot be built.
func New(o Options) (*Server, error) {
	if o.LinkRate == 0 {
		o.LinkRate, o.LinkBurst = 5, 40
	}
	if o.PasswordCost == 0 {
		o.PasswordCost = PasswordCost
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	s := &Server{Options: o, router: chi.NewRouter(), down: make(chan struct{})}
	s.goDown = sync.OnceFunc(func() { close(s.down) })
	s.keys = newKeyring(o.Clock)
	s.origin = http.NewCrossOriginProtection()
	s.sessions = newSessions(o.Users)
	s.signIns = newLimiter[netip.Prefix](signInRate, signInBurst, maxRemembered, o.Clock)
	s.links = newLimiter[netip.Prefix](o.LinkRate, o.LinkBurst, maxRemembered, o.Clock)
	s.opens = newLimiter[[32]byte](openedRate, 1, maxRemembered, o.Clock)
	var err error
	if s.metrics, err = newMetrics(o.Metrics, o.Feed); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	if s.pages, err = loadPages(); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	s.router.Use(s.observe, s.recoverPanic, secure)
	s.router.NotFound(s.nothingHere)
	s.router.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, problem(http.StatusMethodNotAllowed, "This address has no such method. The API is described at /docs."))
	})
	s.api = humachi.New(s.router, apiConfig(o.Version))
	s.api.UseMiddleware(s.authorize, s.admitBody)
	s.mountAPI()
	if err := s.mountOutside(); err != nil {
		return nil, err
	}
	if s.spec, err = s.describe(); err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	return s, nil
}

// Handler returns the whole of it.
func (s *Server) Handler() http.Handler { return s.router }

// OpenAPI returns the description that /openapi.json serves.
func (s *Server) OpenAPI() []byte { return s.spec }

// HTTPServer returns a server with the timeouts that suit the handler; the caller listens and shuts down.
// Its Shutdown ends the event streams.
func (s *Server) HTTPServer() *http.Server {
	srv := &http.Server{
		Handler:           s.router,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	srv.RegisterOnShutdown(s.goDown)
	return srv
}

// writeTimeout ends a response that the client does not read; streams extend it as they go.
const writeTimeout = 30 * time.Second

func (s *Server) mountAPI() {
	s.mountEvents()
	s.mountPBXs()
	s.mountTestCalls()
	s.mountPurge()
	s.mountPrompts()
	s.mountRecordings()
	s.mountConfigurations()
	s.mountPreviews()
	if s.Rehearsals != nil {
		s.mountRehearsals()
	}
	s.mountCatalogue()
	s.mountDrafts()
	s.mountVersions()
	s.mountActivities()
	s.mountLogs()
	s.mountExports()
	s.mountStream()
	s.mountOptOuts()
	s.mountOptOutFiles()
	s.mountForecast()
	s.mountReports()
	s.mountStats()
	s.mountKeys()
	s.mountUsers()
	s.mountSession()
	s.mountAudit()
	s.mountPauses()
	s.mountNodes()
	s.mountConfig()
	s.mountGeneral()
	s.mountSections()
	s.mountResults()
}

func (s *Server) mountOutside() error {
	s.mountHealth()
	s.mountLinks()
	s.mountTwilio()
	s.mountRecords()
	s.mountAudio()
	s.mountSpoken()
	s.mountDocs()
	s.mountPage()
	if s.Demo != nil {
		s.mountDemo()
	}
	if s.Console == nil {
		return nil
	}
	return s.mountConsole()
}

func (s *Server) now() time.Time { return s.Clock.Now() }

func (s *Server) snapshot() *outreach.Snapshot { return s.Settings.Current() }
