package soakbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"curlew/bench/rig"
	"curlew/bench/sheet"
	"curlew/clock"
	simhims "curlew/sim/hims"
)

// Options of Run. Program and For are needed.
type Options struct {
	Program  []string // how to run curlew
	Env      []string
	For      time.Duration
	Rate     float64   // events, and so calls, a second; default 10
	Keep     string    // directory in which the heap and goroutine profiles stay; default none
	Progress io.Writer // a line for each sample
}

// sample is what the node held at a time.
type sample struct {
	at             time.Duration
	rss, heap, wal float64 // MiB
	outside        float64 // MiB of the RSS that are not Go's: SQLite's pages, C's heap, the program itself
	goroutines     float64
}

// mark is what is in use once everything that is not has been collected.
type mark struct{ live, goroutines float64 }

const lines = 200

// Run posts events at a steady rate, each of another patient who answers and presses 1.
// A row's ratio is the figure over what it began with.
func Run(ctx context.Context, o Options) (rows []sheet.Row, err error) {
	if o.Rate == 0 {
		o.Rate = 10
	}
	dir, err := os.MkdirTemp("", "curlew-bench-soak-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r, err := rig.New(ctx, rig.Options{Program: o.Program, Env: o.Env, Dir: dir, Document: rig.Document(lines), Profiles: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	node := r.Nodes[0]
	if err := errors.Join(node.Start(ctx), node.Ready(ctx)); err != nil {
		return nil, err
	}
	s := soak{o: o, r: r, node: node, client: node.Client(nil)}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	return s.rows(), nil
}

type soak struct {
	o       Options
	r       *rig.Rig
	node    *rig.Node
	client  *simhims.Client
	posted  int
	samples []sample
	marks   []mark // after a third, two thirds, and at the end
}

// run keeps its own pace: an event that was slow is followed at once by the next.
func (s *soak) run(ctx context.Context) error {
	began := time.Now()
	every := max(s.o.For/120, time.Second)
	for next := every; ; {
		passed := time.Since(began)
		if passed >= next {
			if err := s.look(ctx, passed); err != nil {
				return err
			}
			next += every
		}
		if passed >= s.o.For*time.Duration(len(s.marks)+1)/thirds {
			if err := s.collect(ctx); err != nil {
				return err
			}
		}
		if passed >= s.o.For {
			return nil
		}
		if due := time.Duration(float64(s.posted) / s.o.Rate * float64(time.Second)); passed < due {
			if err := clock.Wait(ctx, clock.System{}, due-passed); err != nil {
				return err
			}
			continue
		}
		if err := s.post(ctx); err != nil {
			return err
		}
	}
}

func (s *soak) post(ctx context.Context) error {
	s.posted++
	answer, err := s.client.Post(ctx, rig.Event(fmt.Sprintf("soak-%d", s.posted), fmt.Sprintf("+1202%05d01", 20000+s.posted%79000)))
	if err == nil && answer.Status != http.StatusAccepted {
		err = fmt.Errorf("status %d: %s", answer.Status, answer.Body)
	}
	if err != nil {
		return fmt.Errorf("event %d: %w", s.posted, err)
	}
	return nil
}

const (
	mebi   = 1 << 20
	thirds = 3
)

// collect has the node collect its garbage, and keeps the profiles of what is left.
func (s *soak) collect(ctx context.Context) error {
	heap, err := s.node.Profile(ctx, "heap", "?gc=1&debug=1")
	if err != nil {
		return err
	}
	m := mark{}
	if m.live, err = inUse(heap); err != nil {
		return err
	}
	if err := s.metrics(ctx, map[string]*float64{"go_goroutines": &m.goroutines}); err != nil {
		return err
	}
	s.marks = append(s.marks, m)
	if s.o.Progress != nil {
		fmt.Fprintf(s.o.Progress, "after a collection: %.1f MiB in use, %.0f goroutines\n", m.live, m.goroutines)
	}
	if s.o.Keep == "" {
		return nil
	}
	goroutines, err := s.node.Profile(ctx, "goroutine", "?debug=1")
	if err != nil {
		return err
	}
	name := func(what string) string { return filepath.Join(s.o.Keep, fmt.Sprintf("%s-%d", what, len(s.marks))) }
	return errors.Join(os.WriteFile(name("heap"), heap, 0o600), os.WriteFile(name("goroutines"), goroutines, 0o600))
}

// inUse reads a heap profile's own account of the heap, in MiB.
func inUse(profile []byte) (float64, error) {
	for line := range strings.Lines(string(profile)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "# HeapAlloc = "); ok {
			n, err := strconv.ParseFloat(value, 64)
			return n / mebi, err
		}
	}
	return 0, errors.New("the heap profile does not say how much is in use")
}

func (s *soak) look(ctx context.Context, at time.Duration) error {
	u, err := s.node.Usage()
	if err != nil {
		return err
	}
	v := sample{at: at, rss: float64(u.RSS) / mebi}
	var sys, released float64
	if err := s.metrics(ctx, map[string]*float64{"go_memstats_heap_alloc_bytes": &v.heap, "go_goroutines": &v.goroutines,
		"go_memstats_sys_bytes": &sys, "go_memstats_heap_released_bytes": &released}); err != nil {
		return err
	}
	v.heap /= mebi
	v.outside = v.rss - (sys-released)/mebi
	if info, err := os.Stat(s.r.DB + "-wal"); err == nil {
		v.wal = float64(info.Size()) / mebi
	}
	s.samples = append(s.samples, v)
	if s.o.Progress != nil {
		fmt.Fprintf(s.o.Progress, "%s: %d events, RSS %.1f MiB, of which %.1f are not Go's, heap %.1f MiB, WAL %.1f MiB, %.0f goroutines\n",
			at.Round(time.Second), s.posted, v.rss, v.outside, v.heap, v.wal, v.goroutines)
	}
	return nil
}

// metrics reads gauges of the node's /metrics.
func (s *soak) metrics(ctx context.Context, want map[string]*float64) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.node.URL+"/metrics", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if to := want[name]; to != nil {
			if *to, err = strconv.ParseFloat(value, 64); err != nil {
				return fmt.Errorf("metric %s: %w", name, err)
			}
		}
	}
	return nil
}

// settled leaves out the first third, in which pools and caches fill.
func (s *soak) settled() []sample { return s.samples[len(s.samples)/3:] }

// slope is the growth an hour by the least squares of the settled samples.
func slope(samples []sample, of func(sample) float64) float64 {
	var n, x, y, xx, xy float64
	for _, v := range samples {
		h := v.at.Hours()
		n, x, y, xx, xy = n+1, x+h, y+of(v), xx+h*h, xy+h*of(v)
	}
	if d := n*xx - x*x; d > 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

func (s *soak) rows() []sheet.Row {
	settled := s.settled()
	first, last := settled[0], settled[len(settled)-1]
	row := func(what, unit string, of func(sample) float64) sheet.Row {
		return sheet.Row{Name: fmt.Sprintf("soak of %s, %d calls: %s at the end", s.o.For, s.posted, what), Figure: of(last), Unit: unit,
			Peer: "a third of the way", PeerFigure: of(first), Ratio: of(last) / max(of(first), 1e-9)}
	}
	growth := func(what string, of func(sample) float64) sheet.Row {
		g := slope(settled, of)
		return sheet.Row{Name: "soak: " + what + " grows", Figure: g, Unit: "MiB/h", Peer: "KiB for each call", PeerFigure: g * 1024 / (s.o.Rate * 3600), Ratio: g / max(of(first), 1e-9)}
	}
	rss, heap := func(v sample) float64 { return v.rss }, func(v sample) float64 { return v.heap }
	begin, end := s.marks[0], s.marks[len(s.marks)-1]
	live := sheet.Row{Name: fmt.Sprintf("soak of %s, %d calls: Go heap in use after a collection", s.o.For, s.posted), Figure: end.live, Unit: "MiB",
		Peer: "a third of the way", PeerFigure: begin.live, Ratio: end.live / max(begin.live, 1e-9)}
	return []sheet.Row{
		row("RSS", "MiB", rss), row("RSS that is not Go's", "MiB", func(v sample) float64 { return v.outside }), row("Go heap", "MiB", heap), live,
		row("WAL", "MiB", func(v sample) float64 { return v.wal }),
		row("goroutines", "", func(v sample) float64 { return v.goroutines }),
		growth("RSS", rss), growth("Go heap", heap),
	}
}
