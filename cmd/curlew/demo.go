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
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/examples"
	simhims "curlew/sim/hims"
)

type demoCommand struct {
	Headless bool    `help:"Play a day with every simulated patient, print one row each; exit 1 unless all agree."`
	JSON     bool    `help:"With --headless: one JSON object a line."`
	Expect   string  `help:"With --headless: a JSON file with other expectations." type:"existingfile"`
	Listen   string  `help:"Address of the page." default:"127.0.0.1:8080"`
	Config   string  `help:"Another config file instead of the demo's." type:"existingfile"`
	Speed    float64 `help:"How fast the demo's clock runs; default 1, with --headless 20."`
	Verbose  bool    `help:"Log to standard error."`
}

// Run is curlew demo.
func (d *demoCommand) Run(c *console) error {
	if !d.Headless && (d.JSON || d.Expect != "") {
		return errors.New("--json and --expect go with --headless")
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

// running is a demo that is up.
type running struct {
	app   *app
	world *world
	key   string
	url   string
	done  chan error
	parts int
}

func (r *running) wait() error {
	if r == nil {
		return nil
	}
	var errs []error
	for range r.parts {
		errs = append(errs, <-r.done)
	}
	return errors.Join(append(errs, r.app.store.Close())...)
}

// start brings up the simulators and Curlew on one clock.
func (d *demoCommand) start(ctx context.Context, c *console, dir string) (*running, error) {
	log := logger(io.Discard, slog.LevelError)
	if d.Verbose {
		log = logger(c.err, slog.LevelInfo)
	}
	listen := d.Listen
	if d.Headless {
		listen = "127.0.0.1:0"
	}
	web, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listen for the page: %w; choose another address with --listen", err)
	}
	calls, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for calls: %w", err), web.Close())
	}
	file := examples.Demo
	if d.Config != "" {
		if file, err = os.ReadFile(d.Config); err != nil {
			return nil, fmt.Errorf("read the config: %w", err)
		}
	}
	r := &running{done: make(chan error, 2), url: "http://" + web.Addr().String()}
	if err := d.build(ctx, c, r, file, dir, web, calls, log); err != nil {
		return nil, errors.Join(err, web.Close(), calls.Close())
	}
	r.parts = 2
	go func() { r.done <- r.world.run(ctx) }()
	go func() { r.done <- r.app.run(ctx, 2*time.Second) }()
	return r, nil
}

func (d *demoCommand) build(ctx context.Context, c *console, r *running, file []byte, dir string, web, calls net.Listener, log *slog.Logger) error {
	doc, problems := config.Parse(file)
	if len(problems) > 0 {
		return fmt.Errorf("demo configuration: %w", problems)
	}
	if len(doc.PBXs) == 0 || len(doc.Webhooks.Out) == 0 {
		return errors.New("the demo needs a configuration with a PBX and an outgoing webhook")
	}
	speed := d.Speed
	switch {
	case speed == 0 && d.Headless:
		speed = 20
	case speed == 0:
		speed = 1
	}
	demo := clock.NewDemo(demoStart, speed)
	page := newDemoPage(func() *app { return r.app })
	var err error
	if r.world, err = newWorld(demo, doc, r.url, calls.Addr().(*net.TCPAddr), page.text, log); err != nil {
		return err
	}
	page.world = r.world
	applied, err := r.world.file()
	if err != nil {
		return err
	}
	key, hash := newKey()
	r.key = key
	o := appOptions{db: filepath.Join(dir, "demo.db"), data: dir, recordings: dir, node: "demo", clock: demo, log: log, getenv: c.getenv,
		http: web, esl: calls, file: applied, actor: "demo", allowSilent: true}
	if !d.Headless {
		o.demo, o.demoKey, o.heard = page, key, page.learn
		page.byHand()
		go page.listen(ctx)
	}
	if r.app, err = newApp(ctx, o); err != nil {
		return errors.Join(err, r.world.close())
	}
	_, err = r.app.store.CreateKey(ctx, "demo", hash, demo.Now(), "admin")
	if err != nil {
		return fmt.Errorf("demo key: %w", err)
	}
	return nil
}

func (d *demoCommand) headless(ctx context.Context, c *console, r *running) error {
	expected, err := readExpectations(d.Expect)
	if err != nil {
		return err
	}
	h := headless{app: r.app, world: r.world, hims: simhims.NewClient(simhims.ClientOptions{BaseURL: r.url, Key: r.key, Clock: r.world.clock})}
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
