package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// stageOptions say what is put on: Curlew with everything outside simulated, on one clock.
type stageOptions struct {
	doc        outreach.Document
	dir        string // of the database and the audio; whoever made it removes it
	recordings string // where doc's audio file names are found, "" for dir
	web        net.Listener
	start      time.Time
	speed      float64
	language   string // of every patient; "" for a mixed town
	keys       map[string][]string
	log        *slog.Logger
	getenv     func(string) (string, bool)

	page        bool // phones that can be answered by hand, and the endpoints for that
	rehearsable bool // as in serve
	lazy        bool // nothing is spoken ahead

	base  string // of the page's addresses, such as /demo
	shown string // what stands in messages instead of the stage's own address; "" for that
}

// running is a stage that is up.
type running struct {
	app   *app
	world *world
	page  *demoPage
	key   string // of an administrator
	url   string
	done  chan error
	parts int
}

// stage brings up the simulators and Curlew; both run until ctx ends. What cannot be brought up is closed, o.web too.
func stage(ctx context.Context, o stageOptions) (*running, error) {
	calls, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for calls: %w", err), o.web.Close())
	}
	r := &running{done: make(chan error, 4), url: "http://" + o.web.Addr().String()}
	if err := r.build(ctx, o, calls); err != nil {
		return nil, errors.Join(err, o.web.Close(), calls.Close())
	}
	r.carry(func() error { r.world.clock.Run(ctx); return nil })
	r.carry(func() error { return r.page.listen(ctx) })
	r.carry(func() error { return r.world.run(ctx) })
	r.carry(func() error { return r.app.run(ctx, 2*time.Second) })
	return r, nil
}

func (r *running) carry(part func() error) {
	r.parts++
	go func() { r.done <- part() }()
}

func (r *running) build(ctx context.Context, o stageOptions, calls net.Listener) (err error) {
	demo := clock.NewDemo(o.start, o.speed)
	r.page = newDemoPage(o)
	r.world, err = newWorld(worldOptions{clock: demo, doc: o.doc, public: r.url, callback: calls.Addr().(*net.TCPAddr), language: o.language,
		keys: o.keys, text: r.page.text, log: o.log})
	if err != nil {
		return err
	}
	file, err := r.world.file()
	if err != nil {
		return errors.Join(err, r.world.close())
	}
	key, hash := newKey()
	r.key = key
	a := appOptions{db: filepath.Join(o.dir, "stage.db"), data: o.dir, recordings: o.recordings, node: "stage", clock: demo, log: o.log,
		getenv: o.getenv, http: o.web, esl: calls, file: file, actor: "demo", allowSilent: true, heard: r.page.learn, lazy: o.lazy}
	if a.recordings == "" {
		a.recordings = o.dir
	}
	if o.page {
		a.demo, a.demoKey, a.rehearsable = r.page, key, o.rehearsable
	}
	if r.app, err = newApp(ctx, a); err != nil {
		return errors.Join(err, r.world.close())
	}
	r.page.open(r.world, r.app, o.page)
	if _, err = r.app.store.CreateKey(ctx, "demo", hash, demo.Now(), "admin"); err != nil {
		return errors.Join(fmt.Errorf("demo key: %w", err), r.world.close(), r.app.store.Close())
	}
	return nil
}

// wait returns when everything that the stage started has ended.
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

// only is doc with the one configuration of that name ("": the first active one), active.
func only(doc outreach.Document, name string) (outreach.Document, error) {
	i := slices.IndexFunc(doc.Configurations, func(c outreach.Configuration) bool {
		return c.Name == name || name == "" && c.Active
	})
	if i < 0 && name == "" {
		return doc, errors.New("no configuration is active; name one with --configuration")
	}
	if i < 0 {
		return doc, fmt.Errorf("there is no configuration %q: %w", name, outreach.ErrNotFound)
	}
	cfg := doc.Configurations[i]
	cfg.Active = true
	doc.Configurations = []outreach.Configuration{cfg}
	return doc, nil
}
