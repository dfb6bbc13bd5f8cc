package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"curlew/config"
	"curlew/examples"
	simhims "curlew/sim/hims"
)

type demoCommand struct {
	Headless bool    `help:"Play a day with every simulated patient, print one row each; exit 1 unless all agree."`
	JSON     bool    `help:"With --headless: one JSON object a line."`
	Expect   string  `help:"With --headless: a JSON file with other expectations." type:"existingfile"`
	Listen   string  `help:"Address of the page." default:"127.0.0.1:8080"`
	Config   string  `help:"Another config file instead of the demo's; its PBXs, providers and secrets are simulated, too." type:"existingfile"`
	Language string  `help:"Every patient speaks this language, e.g. ar; default is a mixed town."`
	Speed    float64 `help:"How fast the demo's clock runs; default 1, with --headless 20."`
	Verbose  bool    `help:"Log to standard error."`

	Patients      []string `help:"With --headless: only these, by the last two digits of their numbers, e.g. 01,11."`
	Configuration string   `help:"Which of the file's configurations is played; with --headless the first active one by default."`
}

// Run is curlew demo.
func (d *demoCommand) Run(c *console) error {
	if !d.Headless && (d.JSON || d.Expect != "" || len(d.Patients) > 0) {
		return errors.New("--json, --expect and --patients go with --headless")
	}
	dir, err := os.MkdirTemp("", "curlew-demo-")
	if err != nil {
		return fmt.Errorf("directory for the demo: %w", err)
	}
	ctx, stop := context.WithCancel(c.ctx)
	run, err := d.start(ctx, c, dir)
	if err == nil {
		if d.Headless {
			err = d.headless(ctx, c, run)
		} else {
			err = d.page(ctx, c, run)
		}
	}
	stop()
	return errors.Join(err, run.wait(), os.RemoveAll(dir))
}

// start brings up the simulators and Curlew on one clock.
func (d *demoCommand) start(ctx context.Context, c *console, dir string) (*running, error) {
	o, err := d.options(c, dir)
	if err != nil {
		return nil, err
	}
	listen := d.Listen
	if d.Headless {
		listen = "127.0.0.1:0"
	}
	if o.web, err = net.Listen("tcp", listen); err != nil {
		return nil, fmt.Errorf("listen for the page: %w; choose another address with --listen", err)
	}
	return stage(ctx, o)
}

func (d *demoCommand) options(c *console, dir string) (o stageOptions, err error) {
	o = stageOptions{dir: dir, start: demoStart, speed: d.Speed, language: d.Language, page: !d.Headless, base: demoBase, rehearsable: !d.Headless,
		log: logger(io.Discard, slog.LevelError), getenv: c.getenv}
	if d.Verbose {
		o.log = logger(c.err, slog.LevelInfo)
	}
	switch {
	case o.speed == 0 && d.Headless:
		o.speed = 20
	case o.speed == 0:
		o.speed = 1
	}
	file := examples.Demo
	if d.Config != "" {
		o.recordings = filepath.Dir(d.Config)
		if file, err = os.ReadFile(d.Config); err != nil {
			return o, fmt.Errorf("read the config: %w", err)
		}
		if err := reportProblems(c, d.Config, file); err != nil {
			return o, err
		}
	}
	doc, problems := config.Parse(file)
	if len(problems) > 0 {
		return o, fmt.Errorf("demo configuration: %w", problems)
	}
	if d.Language != "" && !slices.Contains(doc.Facility.Languages, d.Language) {
		return o, fmt.Errorf("--language %s: the hospital speaks %s", d.Language, strings.Join(doc.Facility.Languages, ", "))
	}
	o.doc = doc
	if d.Headless || d.Configuration != "" {
		o.doc, err = only(doc, d.Configuration)
	}
	return o, err
}

func (d *demoCommand) headless(ctx context.Context, c *console, r *running) error {
	expected, err := d.expectations()
	if err != nil {
		return err
	}
	h := headless{language: d.Language, app: r.app, world: r.world, hims: simhims.NewClient(simhims.ClientOptions{BaseURL: r.url, Key: r.key, Clock: r.world.clock})}
	bounded, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	rows, err := h.play(bounded, expected)
	if err != nil {
		return err
	}
	if err := printRows(c, rows, d.JSON); err != nil {
		return err
	}
	for _, row := range rows {
		if !row.OK {
			return errWanting
		}
	}
	return nil
}

// page serves the demo until it is interrupted.
func (d *demoCommand) page(ctx context.Context, c *console, r *running) error {
	fmt.Fprintf(c.out, "Open %s and press Fire: the patient's phone rings on the page; answer it, press any key, then 1 to confirm. Ctrl-C ends the demo.\n", r.url)
	<-ctx.Done()
	return nil
}
