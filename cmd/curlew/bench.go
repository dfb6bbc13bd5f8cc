package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	callsbench "curlew/bench/calls"
	channelsbench "curlew/bench/channels"
	eslbench "curlew/bench/esl"
	ingestbench "curlew/bench/ingest"
	latencybench "curlew/bench/latency"
	pbxbench "curlew/bench/pbx"
	queuebench "curlew/bench/queue"
	"curlew/bench/sheet"
)

type benchCommand struct {
	Name string `arg:"" optional:"" default:"all" help:"esl, latency, ingest, queue, pbx, simulate, calls, channels, soak, crash or all."`
	JSON bool   `help:"One JSON object a line."`
	Rows []int  `help:"Numbers of waiting rows at which claims are timed." default:"10000,100000,1000000"`

	For time.Duration `help:"soak: how long." default:"10m"`

	PerSecond float64 `name:"per-second" help:"soak: events, and so calls, a second." default:"10"`

	Events      int     `help:"simulate: events of the day." default:"1000000"`
	PBXs        int     `name:"pbxs" help:"simulate: PBXs." default:"100"`
	LinesPerPBX int     `help:"simulate: calls that each PBX may carry at once." default:"60"`
	Rate        float64 `help:"simulate: calls a second that each PBX may start." default:"4"`

	Kills int    `help:"crash: how often a node is killed." default:"20"`
	DB    string `help:"crash: postgres:// URL of an empty database, default a SQLite file; queue: of a server to measure alone."`
	River string `help:"queue: folder of the module that runs River." default:"bench/river"`

	Nodes int    `help:"crash: nodes on the same database, default 1, on PostgreSQL 3; simulate: nodes, default 50."`
	Lines int    `help:"crash: calls that the PBX may carry at once." default:"60"`
	Seed  uint64 `help:"crash: of the random moments, default random; simulate: of the day."`
	Keep  string `help:"crash: directory in which database and logs stay; soak: the profiles." type:"existingdir"`
}

// benchmark measures and prints as it goes.
type benchmark struct {
	name string
	run  func(ctx context.Context) ([]sheet.Row, error)
}

// benchmarks are in the order of all. program is how to run this program as a child.
func (b *benchCommand) benchmarks(c *console, program []string) []benchmark {
	return []benchmark{
		{"esl", eslbench.Run},
		{"latency", func(ctx context.Context) ([]sheet.Row, error) {
			return latencybench.Run(ctx, latencybench.Options{Program: program})
		}},
		{"ingest", func(ctx context.Context) ([]sheet.Row, error) {
			return ingestbench.Run(ctx, ingestbench.Options{Program: program, Bare: queuebench.BareRate, Same: queuebench.SameRowsRate})
		}},
		{"queue", func(ctx context.Context) ([]sheet.Row, error) {
			return b.queue(ctx, c)
		}},
		{"pbx", func(ctx context.Context) ([]sheet.Row, error) {
			return pbxbench.Run(ctx, pbxbench.Options{Program: program})
		}},
		{"simulate", func(ctx context.Context) ([]sheet.Row, error) {
			return b.simulate(ctx, c)
		}},
		{"calls", func(ctx context.Context) ([]sheet.Row, error) {
			return callsbench.Run(ctx, callsbench.Options{Program: program})
		}},
		{"channels", func(ctx context.Context) ([]sheet.Row, error) {
			return channelsbench.Run(ctx, channelsbench.Options{Program: program})
		}},
	}
}

// Run is curlew bench.
func (b *benchCommand) Run(c *console) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	switch b.Name {
	case "crash":
		return b.crash(c, []string{program})
	case "soak":
		return b.soak(c, []string{program})
	}
	all := b.benchmarks(c, []string{program})
	chosen := slices.DeleteFunc(slices.Clone(all), func(m benchmark) bool { return b.Name != "all" && b.Name != m.name })
	if len(chosen) == 0 {
		var names []string
		for _, m := range all {
			names = append(names, m.name)
		}
		return fmt.Errorf("there is no benchmark %q; there are %s, crash and all", b.Name, strings.Join(names, ", "))
	}
	if !b.JSON {
		fmt.Fprintln(c.out, "Each figure beside its peer, measured in this run. A ratio over 1 is better than the peer, unless the name says otherwise.")
	}
	for _, m := range chosen {
		rows, err := m.run(c.ctx)
		if errors.Is(err, callsbench.ErrNoFreeSWITCH) {
			fmt.Fprintf(c.err, "benchmark %s left out: %v\n", m.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("benchmark %s: %w", m.name, err)
		}
		if err := b.print(c, rows); err != nil {
			return err
		}
	}
	return nil
}

func (b *benchCommand) print(c *console, rows []sheet.Row) error {
	if b.JSON {
		enc := json.NewEncoder(c.out)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tFIGURE\tUNIT\tPEER\tPEER FIGURE\tRATIO\tTARGET")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.4g\t%s\t%s\t%.4g\t%.2f\t%s\n", r.Name, r.Figure, r.Unit, r.Peer, r.PeerFigure, r.Ratio, reached(r))
	}
	return w.Flush()
}
