package latencybench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"curlew/bench/rig"
	"curlew/bench/sheet"
	"curlew/clock"
	"curlew/outreach"
	simhims "curlew/sim/hims"
)

// Options of Run.
type Options struct {
	Program []string // how to run curlew
	Env     []string
	Events  int     // default 400
	Switch  *Switch // default: a simulated one
}

// Switch is a PBX elsewhere. What is written to it passes through the benchmark, which stamps it.
type Switch struct {
	Address  *net.TCPAddr
	Document outreach.Document                            // its PBX has the switch's password
	Calls    func(ctx context.Context) (n int, err error) // on the switch now
}

const (
	warmUp = 40                    // events before the clock counts
	rest   = 30 * time.Millisecond // between a call's end and the next event: the system is idle
	peer   = "three fsyncs of 4 KiB, one after the other"
)

// sample is one event: how long from posting it, and from its answer, to the originate.
type sample struct{ posted, accepted, disk time.Duration }

// Run fires events one at a time at a system that has nothing else to do.
// A row's ratio is the peer's over ours: how many times less we take.
func Run(ctx context.Context, o Options) (rows []sheet.Row, err error) {
	if o.Events == 0 {
		o.Events = 400
	}
	dir, err := os.MkdirTemp("", "curlew-bench-latency-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	t := newTap()
	setup := rig.Options{Program: o.Program, Env: o.Env, Dir: dir, Document: rig.Document(100), Listener: t.on}
	if o.Switch != nil {
		between, err := t.before(ctx, o.Switch.Address)
		if err != nil {
			return nil, err
		}
		defer between.Close()
		setup.Document, setup.Switch = o.Switch.Document, between.Addr().(*net.TCPAddr)
	}
	r, err := rig.New(ctx, setup)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	calls := func(context.Context) (int, error) { return r.FreeSWITCH.Calls(), nil }
	if o.Switch != nil {
		calls = o.Switch.Calls
	}
	if err := r.Nodes[0].Start(ctx); err != nil {
		return nil, err
	}
	if err := r.Nodes[0].Ready(ctx); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, "disk"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m := measurement{calls: calls, tap: t, client: r.Nodes[0].Client(nil), disk: f}
	samples, err := m.samples(ctx, o.Events)
	if err != nil {
		return nil, err
	}
	return summary(samples), nil
}

type measurement struct {
	calls  func(context.Context) (int, error)
	tap    *tap
	client *simhims.Client
	disk   *os.File
}

func (m *measurement) samples(ctx context.Context, n int) ([]sample, error) {
	var out []sample
	for i, phone := range rig.Numbers(n+warmUp, []int{11, 13, 14, 18}) { // refused at once: the system is idle again
		s, err := m.one(ctx, fmt.Sprintf("latency-%d", i), phone)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
		if i >= warmUp {
			out = append(out, s)
		}
	}
	return out, nil
}

var errNever = errors.New("no originate within 10 s")

func (m *measurement) one(ctx context.Context, id, phone string) (s sample, err error) {
	originated := m.tap.expect(phone[1:])
	posted := time.Now()
	answer, err := m.client.Post(ctx, rig.Event(id, phone))
	accepted := time.Now()
	if err != nil {
		return s, err
	}
	if answer.Status != http.StatusAccepted {
		return s, fmt.Errorf("status %d: %s", answer.Status, answer.Body)
	}
	select {
	case at := <-originated:
		s.posted, s.accepted = at.Sub(posted), max(at.Sub(accepted), 0)
	case <-time.After(10 * time.Second):
		return s, errNever
	case <-ctx.Done():
		return s, ctx.Err()
	}
	if err := m.quiet(ctx); err != nil {
		return s, err
	}
	s.disk, err = m.fsyncs(3)
	return s, err
}

// quiet waits until the call is over and a little longer.
func (m *measurement) quiet(ctx context.Context) error {
	for {
		n, err := m.calls(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return clock.Wait(ctx, clock.System{}, rest)
		}
		if err := clock.Wait(ctx, clock.System{}, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// fsyncs is the least that accepting, claiming and dialing cost, if each is to survive a loss of power.
func (m *measurement) fsyncs(n int) (time.Duration, error) {
	began := time.Now()
	for range n {
		if _, err := m.disk.Write(make([]byte, 4096)); err != nil {
			return 0, err
		}
		if err := m.disk.Sync(); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

func summary(samples []sample) []sheet.Row {
	at := func(q float64, of func(sample) time.Duration) float64 {
		all := make([]time.Duration, len(samples))
		for i, s := range samples {
			all[i] = of(s)
		}
		slices.Sort(all)
		return float64(all[min(int(q*float64(len(all))), len(all)-1)].Microseconds()) / 1e3
	}
	disk := func(s sample) time.Duration { return s.disk }
	var rows []sheet.Row
	for _, what := range []struct {
		name string
		of   func(sample) time.Duration
	}{
		{"event accepted (its answer read) → originate on the wire", func(s sample) time.Duration { return s.accepted }},
		{"event posted → originate on the wire", func(s sample) time.Duration { return s.posted }},
	} {
		for _, q := range []struct {
			name string
			q    float64
		}{{"p50", 0.5}, {"p99", 0.99}} {
			figure, peerFigure := at(q.q, what.of), at(q.q, disk)
			rows = append(rows, sheet.Row{Name: what.name + ", " + q.name, Figure: figure, Unit: "ms", Peer: peer, PeerFigure: peerFigure, Ratio: peerFigure / max(figure, 1e-3)})
		}
	}
	return rows
}
