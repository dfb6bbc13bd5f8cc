package freeswitch

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"curlew/clock"
)

// step is how often FreeSWITCH looks at a channel: events and queued messages move in steps of 20 ms.
const step = 20 * time.Millisecond

// Options configures a Switch. The zero value of each field means what its comment says.
type Options struct {
	Clock             clock.Clock    // the machine's clock
	Password          string         // "ClueCon"
	Gateways          []Gateway      // one gateway named "sim"
	Hostname          string         // "sim"
	MaxSessions       int            // 1000
	SessionsPerSecond int            // 30; as in the real one, N admits N-1
	AllowFrom         []netip.Prefix // every peer may connect; else others get a rude rejection
	Behaviour         Behaviour      // of the patients
	LogPath           string         // no file; else every Record is appended as one JSON line
	InboundSocket     string         // "host:port" that CallIn connects to; none
	InboundPlan       []string       // the dialplan of CallIn instead: one "application data" a line, in order
	Recordings        string         // folder below which record may write its (silent) files; none are written
	// Text names what a media path says, for whoever watches a phone; nil leaves it empty.
	Text func(media string) string
	// Dial opens outbound sockets; a net.Dialer with 5 s.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Log  *slog.Logger
}

// Switch is one simulated FreeSWITCH. Its methods may be called from any goroutine.
type Switch struct {
	opt   Options
	clock clock.Clock
	log   *slog.Logger

	mu        sync.Mutex
	timers    timerHeap
	timerSeq  int64
	wake      chan struct{}
	ctx       context.Context // of Serve; ends outbound dials
	wg        sync.WaitGroup
	listener  net.Listener
	conns     map[*conn]struct{}
	wide      map[*conn]struct{}            // listeners that see every channel
	narrow    map[string]map[*conn]struct{} // listeners that only see one Unique-ID
	channels  map[string]*channel
	order     []*channel // as created, for show channels
	gateways  []*Gateway
	globals   map[string]string
	core      string // Core-UUID
	sequence  int64
	started   time.Time
	limits    limits
	faults    Faults
	answers   int // answered calls, for Faults.SkipSocket
	memory    map[string]*memory
	phones    map[string]*phone
	watchers  map[chan PhoneEvent]struct{}
	records   []Record
	recording *recorder
	stats     Stats
	kept      map[string]time.Duration // sounds that were fetched, by URL
}

// New returns a switch that is not yet listening.
func New(opt Options) (*Switch, error) {
	opt = opt.withDefaults()
	s := &Switch{
		opt: opt, clock: opt.Clock, log: opt.Log, wake: make(chan struct{}, 1),
		conns: map[*conn]struct{}{}, wide: map[*conn]struct{}{}, narrow: map[string]map[*conn]struct{}{},
		channels: map[string]*channel{}, core: newUUID(), started: opt.Clock.Now(),
		kept: map[string]time.Duration{}, memory: map[string]*memory{}, phones: map[string]*phone{}, watchers: map[chan PhoneEvent]struct{}{},
	}
	s.globals = map[string]string{"hostname": opt.Hostname, "switchname": opt.Hostname, "domain": "127.0.0.1", "sound_prefix": "/usr/share/freeswitch/sounds",
		"recordings_dir": cmp.Or(opt.Recordings, "/var/lib/freeswitch/recordings")}
	s.limits = newLimits(opt.SessionsPerSecond, opt.MaxSessions, s.started)
	for i := range opt.Gateways {
		g := opt.Gateways[i].withDefaults(s.started)
		s.gateways = append(s.gateways, &g)
	}
	recording, err := openRecorder(opt.LogPath)
	if err != nil {
		return nil, fmt.Errorf("open call log: %w", err)
	}
	s.recording = recording
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Password == "" {
		o.Password = "ClueCon"
	}
	if o.Gateways == nil {
		o.Gateways = []Gateway{{Name: "sim"}}
	}
	if o.Hostname == "" {
		o.Hostname = "sim"
	}
	if o.MaxSessions == 0 {
		o.MaxSessions = 1000
	}
	if o.SessionsPerSecond == 0 {
		o.SessionsPerSecond = 30
	}
	if o.Text == nil {
		o.Text = func(string) string { return "" }
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: 5 * time.Second}).DialContext
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Behaviour = o.Behaviour.withDefaults()
	return o
}

// errServing is returned by a second Serve while the first one runs.
var errServing = errors.New("freeswitch simulator: already serving")

// Serve accepts event-socket connections on ln until ctx ends, then closes every connection, waits for
// what it started and returns nil; a listener that fails earlier is an error. One Serve runs at a time.
func (s *Switch) Serve(ctx context.Context, ln net.Listener) error {
	s.mu.Lock()
	if s.listener != nil {
		s.mu.Unlock()
		return errServing
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.listener, s.ctx = ln, ctx
	s.scheduleHeartbeat()
	s.mu.Unlock()

	s.wg.Go(func() { s.runTimers(ctx) })
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	err := s.accept(ln)
	if ctx.Err() != nil {
		err = nil
	}
	cancel()
	s.closeAll()
	s.wg.Wait()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener, s.ctx = nil, nil
	return errors.Join(err, s.recording.close())
}

func (s *Switch) accept(ln net.Listener) error {
	for {
		nc, err := ln.Accept()
		if err != nil {
			return fmt.Errorf("accept event socket: %w", err)
		}
		s.admit(nc)
	}
}

// closeAll ends every connection without a word, as a process that exits does.
func (s *Switch) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.shut()
	}
	for w := range s.watchers {
		close(w)
		delete(s.watchers, w)
	}
}

// Addr is where Serve listens, nil before.
func (s *Switch) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// CoreUUID changes with every Restart.
func (s *Switch) CoreUUID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.core
}

// newUUID returns a random UUID of version 4.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
