package dialplan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"curlew/clock"
	"curlew/outreach"
	"curlew/sim/freeswitch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is an in-memory network, so that whole calls run on the fake clock of a synctest bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return loopback{c}, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return local }

var local = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8021}

// loopback is a pipe that has an address to be let in by.
type loopback struct{ net.Conn }

func (loopback) RemoteAddr() net.Addr { return local }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return loopback{near}, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// journal is a Reporter that remembers, and can be made to fail or wait.
type journal struct {
	mu          sync.Mutex
	lines       []string
	results     map[outreach.AttemptID][]outreach.CallResult
	links       []string
	ended       chan outreach.AttemptID
	failEnd     int
	failRespond int
	slow        time.Duration
}

func newJournal() *journal {
	return &journal{results: map[outreach.AttemptID][]outreach.CallResult{}, ended: make(chan outreach.AttemptID, 1000)}
}

func (j *journal) add(id outreach.AttemptID, format string, args ...any) {
	time.Sleep(j.slow) // a database, on the bubble's clock
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, string(id)+" "+fmt.Sprintf(format, args...))
}

func (j *journal) Ringing(_ context.Context, id outreach.AttemptID, _ int64, _ time.Time) error {
	j.add(id, "ringing")
	return nil
}

func (j *journal) Answered(_ context.Context, id outreach.AttemptID, _ int64, _ time.Time) error {
	j.add(id, "answered")
	return nil
}

func (j *journal) Respond(_ context.Context, id outreach.AttemptID, _ int64, a outreach.Action, digits, value string, _ time.Time) (outreach.Action, error) {
	if j.fails() {
		j.add(id, "failed")
		return "", errors.New("database is locked")
	}
	j.add(id, "respond %s %s %s", a, digits, value)
	return a, nil
}

func (j *journal) fails() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failRespond--
	return j.failRespond >= 0
}

func (j *journal) Note(_ context.Context, id outreach.AttemptID, _ int64, kind string, data map[string]any) error {
	if kind == "prompt" || kind == "prompt_missing" {
		kind += " " + fmt.Sprint(data["category"])
	}
	j.add(id, "note %s", kind)
	return nil
}

func (j *journal) End(_ context.Context, r outreach.CallResult) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failEnd > 0 {
		j.failEnd--
		return errors.New("database is locked")
	}
	j.results[r.Attempt] = append(j.results[r.Attempt], r)
	j.ended <- r.Attempt
	return nil
}

func (j *journal) LinkChanged(pbx string, up, restarted bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.links = append(j.links, fmt.Sprintf("%s up=%v restarted=%v", pbx, up, restarted))
}

// of returns what was reported of one attempt, without its notes unless they are wanted.
func (j *journal) of(id outreach.AttemptID, notes bool) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []string
	for _, l := range j.lines {
		if what, ok := strings.CutPrefix(l, string(id)+" "); ok && (notes || !strings.HasPrefix(what, "note ")) {
			all = append(all, strings.TrimSpace(what))
		}
	}
	return all
}

// result is the one result of an attempt; more or none fail the test.
func (j *journal) result(t *testing.T, id outreach.AttemptID) outreach.CallResult {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := len(j.results[id]); n != 1 {
		t.Fatalf("%s was reported %d times", id, n)
	}
	return j.results[id][0]
}

// town is a dialer and a switch with its patients on one fake clock.
type town struct {
	t       *testing.T
	sw      *freeswitch.Switch
	d       *Dialer
	j       *journal
	pbx     outreach.PBX
	sockets *pipes
	listens bool
}

type townOptions struct {
	sim     freeswitch.Options
	dialer  func(*Options)
	journal func(*journal)
}

func inTown(t *testing.T, o townOptions, visit func(*testing.T, *town)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		events, sockets := newPipes(), newPipes()
		w := &town{t: t, j: newJournal(), sockets: sockets, listens: true}
		if o.journal != nil {
			o.journal(w.j)
		}
		if o.sim.Gateways == nil {
			o.sim.Gateways = []freeswitch.Gateway{{Name: "trunk1"}, {Name: "trunk2"}}
		}
		o.sim.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if !w.listens {
				return nil, errors.New("connection refused")
			}
			return sockets.dial(ctx, network, addr)
		}
		sw, err := freeswitch.New(o.sim)
		if err != nil {
			t.Fatal(err)
		}
		w.sw = sw
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		served := make(chan error, 2)
		go func() { served <- sw.Serve(ctx, events) }()
		opts := Options{
			Log: slog.New(slog.DiscardHandler), Clock: clock.System{}, Reporter: w.j, Listener: sockets,
			Connect: events.dial, Backoff: [2]time.Duration{100 * time.Millisecond, time.Second},
		}
		if o.dialer != nil {
			o.dialer(&opts)
		}
		w.d = NewDialer(opts)
		w.pbx = outreach.PBX{
			Name: "main", Active: true, ESL: outreach.ESLAddress{Host: "127.0.0.1", Port: 8021, Password: "ClueCon"},
			Callback: outreach.HostPort{Host: "127.0.0.1", Port: 8084},
			Gateways: []outreach.Gateway{{Name: "trunk1"}, {Name: "trunk2"}, {Name: "nosuch"}},
		}
		w.d.SetPBXs(ctx, []outreach.PBX{w.pbx})
		go func() { served <- w.d.Run(ctx) }()
		w.wait(500 * time.Millisecond)
		visit(t, w)
		cancel()
		for range 2 {
			if err := <-served; err != nil {
				t.Errorf("stopped with %v", err)
			}
		}
		if n := w.d.Live(); n != 0 {
			t.Errorf("%d legs left", n)
		}
	})
}

// wait lets d pass on the bubble's clock and everything that is due happen.
func (w *town) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// sounds gives every segment a second of tone that the switch can play.
func sounds(s outreach.Script) outreach.Script {
	tone := func(all []outreach.Segment) {
		for i := range all {
			all[i].Media, all[i].Duration = "tone_stream://%(1000,0,440)", time.Second
		}
	}
	for _, f := range s.Flows {
		for _, all := range [][]outreach.Segment{f.HumanTest, f.Sequence, f.Invalid, f.NoInput, f.Goodbye, f.Voicemail, f.Transferring, f.RecordAsk} {
			tone(all)
		}
		for _, all := range f.Confirmation {
			tone(all)
		}
		for _, all := range f.AskOnceMore {
			tone(all)
		}
	}
	return s
}

func townScript() outreach.Script {
	s := sounds(testScript())
	s.Menu = slices.DeleteFunc(s.Menu, func(a outreach.KeyAction) bool { return a.Key == "*" })
	return s
}

func (w *town) order(n int, number string) outreach.CallOrder {
	return outreach.CallOrder{
		Attempt: attempt(n), Transaction: "t", Token: int64(n), PBX: "main", Gateway: "trunk1",
		Destination: number, CallerID: "+12025550199", Codec: "PCMU",
		RingTimeout: 35 * time.Second, MaxDuration: 3 * time.Minute, Script: townScript(),
	}
}

func attempt(n int) outreach.AttemptID {
	return outreach.AttemptID(fmt.Sprintf("0193a000-0000-7000-8000-%012d", n))
}

// place dials and waits for the end.
func (w *town) place(o outreach.CallOrder) outreach.CallResult {
	w.t.Helper()
	if err := w.d.Dial(w.t.Context(), o); err != nil {
		w.t.Fatalf("dial %s: %v", o.Destination, err)
	}
	return w.ended(o.Attempt)
}

func (w *town) ended(id outreach.AttemptID) outreach.CallResult {
	w.t.Helper()
	for !w.j.has(id) {
		select {
		case <-w.j.ended:
		case <-time.After(2 * time.Hour):
			w.t.Fatalf("%s never ended; %v", id, w.j.of(id, true))
		}
	}
	synctest.Wait()
	return w.j.result(w.t, id)
}

func (j *journal) has(id outreach.AttemptID) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.results[id]) > 0
}
