package ingestbench

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"curlew/bench/rig"
	"curlew/bench/sheet"
	"curlew/outreach"
)

// Options of Run. Program, Bare and Same are needed.
type Options struct {
	Program []string // how to run curlew
	Env     []string
	Events  int // default 40,000
	// Bare is the rate of a bare group commit of n rows by so many workers, in a new file at path.
	Bare func(ctx context.Context, path string, workers, n int) (float64, error)
	// Same is the rate of a group commit of the rows that n events leave, and nothing else, in a new database at path.
	Same func(ctx context.Context, path string, workers, n int) (float64, error)
}

// Run posts events of appointments that nobody is called for yet.
// A row's ratio is ours over the peer's.
func Run(ctx context.Context, o Options) (rows []sheet.Row, err error) {
	if o.Events == 0 {
		o.Events = 40_000
	}
	dir, err := os.MkdirTemp("", "curlew-bench-ingest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	doc := rig.Document(10)
	doc.Configurations[0].When = outreach.When{Type: outreach.Before, Offset: outreach.Exactly(24 * time.Hour)}
	r, err := rig.New(ctx, rig.Options{Program: o.Program, Env: o.Env, Dir: dir, Document: doc})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	node := r.Nodes[0]
	if err := node.Start(ctx); err != nil {
		return nil, err
	}
	if err := node.Ready(ctx); err != nil {
		return nil, err
	}
	address := strings.TrimPrefix(node.URL, "http://")
	warm := o.Events / 10
	if _, err := load(ctx, address, r.Key, 0, warm); err != nil {
		return nil, err
	}
	m, err := measure(node, func() (float64, error) { return load(ctx, address, r.Key, warm, warm+o.Events) })
	if err != nil {
		return nil, err
	}
	if m.bare, err = o.Bare(ctx, filepath.Join(dir, "bare.db"), clients, o.Events); err != nil {
		return nil, err
	}
	if m.same, err = o.Same(ctx, filepath.Join(dir, "same.db"), clients, o.Events); err != nil {
		return nil, err
	}
	if m.http, err = served(ctx, o.Events, http.HandlerFunc(decodeAndAnswer)); err != nil {
		return nil, err
	}
	if m.own, err = withoutStore(ctx, o.Events, doc); err != nil {
		return nil, err
	}
	return m.rows(), nil
}

type measured struct{ rate, ours, loads, bare, same, http, own float64 }

// measure also notes the cores that the node and this process used meanwhile.
func measure(node *rig.Node, run func() (float64, error)) (m measured, err error) {
	use := func() (ours, load rig.Usage, err error) {
		if ours, err = node.Usage(); err != nil {
			return ours, load, err
		}
		load, err = rig.ProcessUsage(os.Getpid())
		return ours, load, err
	}
	ours, loads, err := use()
	if err != nil {
		return m, err
	}
	began := time.Now()
	if m.rate, err = run(); err != nil {
		return m, err
	}
	took := time.Since(began).Seconds()
	ours2, loads2, err := use()
	m.ours, m.loads = (ours2.CPU-ours.CPU).Seconds()/took, (loads2.CPU-loads.CPU).Seconds()/took
	return m, err
}

func (m measured) rows() []sheet.Row {
	row := func(peer string, figure float64) sheet.Row {
		return sheet.Row{Name: "events accepted over HTTP, durable, 32 clients", Figure: m.rate, Unit: "events/s", Peer: peer, PeerFigure: figure, Ratio: m.rate / figure}
	}
	return []sheet.Row{
		row("target", 8000),
		row("bare group commit, one small row per event", m.bare),
		row("bare group commit of the four rows of an event, with their indexes", m.same),
		row("HTTP and JSON with nothing stored, the same load", m.http),
		row("Curlew's own HTTP, keys and checks with nothing stored, the same load", m.own),
		{Name: "events accepted over HTTP: Curlew's CPU", Figure: m.ours, Unit: "cores", Peer: "the load's own", PeerFigure: m.loads, Ratio: m.ours / max(m.loads, 1e-9)},
		{Name: "events accepted over HTTP: Curlew's CPU for each", Figure: m.ours / m.rate * 1e6, Unit: "µs", Peer: "the load's own", PeerFigure: m.loads / m.rate * 1e6, Ratio: m.ours / max(m.loads, 1e-9)},
	}
}
