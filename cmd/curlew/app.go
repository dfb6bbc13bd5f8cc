package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"curlew/channels"
	"curlew/channels/links"
	"curlew/clock"
	"curlew/config"
	"curlew/dialplan"
	"curlew/hims"
	"curlew/httpapi"
	"curlew/outreach"
	"curlew/prompts"
	"curlew/scheduler"
	"curlew/store"
)

// appOptions are what serve, demo and call differ in.
type appOptions struct {
	db          string // file or postgres://
	data        string // directory of audio
	recordings  string // where the config's audio file names are found
	node        string
	paused      bool
	lease       time.Duration // of attempts, 0 for the default
	clock       clock.Clock
	log         *slog.Logger
	getenv      func(string) (string, bool)
	http        net.Listener
	esl         net.Listener // outbound sockets of calls
	advertise   string       // host:port of esl as FreeSWITCH sees it; default each PBX's callback
	audioAt     string       // URL of http as PBXs with audio_url see it; default their audio_url
	file        []byte       // config file applied at start
	actor       string
	allowSilent bool
	speech      speechFlags
	heard       func(outreach.Script) // told of every script; may be nil
	proxies     []netip.Prefix        // reverse proxies whose X-Forwarded-For is believed
	rehearsable bool                  // configurations can be rehearsed
	lazy        bool                  // prompts are spoken when a call needs them, not before
	demo        httpapi.Demo
	demoKey     string
}

// staged reports whether the clock is the demo's: then no other clock has a say.
func (o *appOptions) staged() bool {
	_, demo := o.clock.(*clock.Demo)
	return demo
}

// machine is the clock of this machine, also in the demo.
func (o *appOptions) machine() clock.Clock {
	if o.staged() {
		return clock.System{}
	}
	return o.clock
}

// app is one running Curlew: the adapters and what wires them.
type app struct {
	appOptions
	store    *store.Store
	keeper   *config.Keeper
	resolver config.Resolver
	library  *prompts.Library
	router   *channels.Router
	dialer   *dialplan.Dialer
	sched    *scheduler.Scheduler
	member   *scheduler.Member
	intake   *hims.Intake
	outbox   *hims.Outbox
	feed     *httpapi.Feed
	server   *httpapi.Server
	rehearse *rehearsals
	wired    atomic.Bool
	started  atomic.Bool
	newer    chan struct{} // holds word of newer settings
	parts    sync.WaitGroup
	planned  atomic.Pointer[outreach.Snapshot] // the settings that open transactions were placed by
}

// newApp opens the database, brings the configuration into force and wires everything; nothing runs yet.
func newApp(ctx context.Context, o appOptions) (*app, error) {
	a := &app{appOptions: o, resolver: config.NewResolver(o.getenv), feed: httpapi.NewFeed(), newer: make(chan struct{}, 1)}
	var err error
	a.store, err = store.Open(ctx, store.Options{URL: o.db, Node: o.node, Log: o.log, Notify: a.notice, Trouble: a.troubled, DatabaseTime: !o.staged()})
	if err != nil {
		return nil, cannotOpen(o.db, err)
	}
	if err := a.wire(ctx); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	a.wired.Store(true)
	return a, nil
}

func (a *app) wire(ctx context.Context) error {
	var err error
	if a.keeper, err = config.NewKeeper(ctx, a.store, a.clock, a.log); err != nil {
		return a.unusable("load the configuration", err)
	}
	if err := a.applyAtStart(ctx); err != nil {
		return a.unusable("apply the configuration", err)
	}
	if a.keeper.Current() == nil {
		return errors.New("the database holds no configuration yet: start with --config FILE")
	}
	if a.library, err = a.newLibrary(ctx); err != nil {
		return err
	}
	options, err := a.channelOptions(a.keeper.Current())
	if err != nil {
		return err
	}
	if a.router, err = channels.New(options); err != nil {
		return fmt.Errorf("channels: %w", err)
	}
	if err := a.wireCalls(ctx); err != nil {
		return err
	}
	a.intake = hims.NewIntake(hims.IntakeOptions{Store: a.store, Catalogue: a.keeper, Clock: a.clock, Secrets: a.webhookSecrets,
		HangUp: a.sched.HangUp, Texts: a.texts})
	a.outbox = hims.NewOutbox(hims.OutboxOptions{Store: a.store, Clock: a.clock, Log: a.log, Destinations: a.destinations})
	a.planned.Store(a.keeper.Current())
	a.keeper.Subscribe(func(s *outreach.Snapshot) { a.reconfigure(ctx, s) })
	if err := a.wireHTTP(); err != nil {
		return err
	}
	if err := a.tellPaused(ctx); err != nil {
		return a.unusable("ask what is paused", err)
	}
	if err := a.member.Join(ctx); err != nil {
		return a.unusable("join the nodes", err)
	}
	return nil
}

func (a *app) newLibrary(ctx context.Context) (*prompts.Library, error) {
	dir, err := filepath.Abs(filepath.Join(a.data, "audio"))
	if err != nil {
		return nil, fmt.Errorf("audio directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("audio directory: %w", err)
	}
	o := prompts.Options{Dir: dir, Recordings: a.recordings, AllowSilent: a.allowSilent, Log: a.log}
	speaker, err := a.speech.speaker(ctx, a.getenv)
	switch {
	case err == nil:
		o.Speaker, o.AllowSilent = speaker, false
	case errors.Is(err, exec.ErrNotFound):
		a.log.Warn("no speech: only recorded prompts can be played; install espeak-ng", "err", err)
	default:
		return nil, fmt.Errorf("speech: %w", err)
	}
	return prompts.New(o), nil
}

func (a *app) channelOptions(s *outreach.Snapshot) (channels.Options, error) {
	settings, err := a.resolver.Channels(s.Document.Channels)
	if err != nil {
		return channels.Options{}, fmt.Errorf("channel secrets: %w", err)
	}
	return channels.Options{Settings: settings, PublicBaseURL: s.Document.Facility.PublicBaseURL, Clock: a.clock, Log: a.log,
		Known: func(ctx context.Context, id string) bool {
			_, err := a.store.AttemptByProvider(ctx, id)
			return err == nil
		}}, nil
}

// wireCalls ties scheduler and dialer to each other: orders one way, reports the other.
func (a *app) wireCalls(ctx context.Context) error {
	a.sched = scheduler.New(scheduler.Options{
		Node: a.node, Store: a.store, Scripts: listened{a.library, a.heard, a.nearest}, Sender: a.router, Composer: channels.Composer{}, Catalogue: a.keeper,
		Clock: a.clock, Log: a.log, NewID: func() string { return store.NewID(a.clock.Now()) }, NewToken: links.Token, Retire: a.retire,
		Lease: a.lease, Shared: store.Shared(a.db),
	})
	a.member = a.newMember()
	a.sched.Member = a.member
	answers, err := a.library.Answers()
	if err != nil {
		return err
	}
	if strings.ContainsAny(answers, " \t$'\"") { // FreeSWITCH would take it apart
		answers = ""
	}
	a.dialer = dialplan.NewDialer(dialplan.Options{Log: a.log, RecordDir: answers, Clock: a.clock, Reporter: a.sched, Callers: a.sched,
		Normalize: hims.CallerE164, Listener: a.esl, Advertise: a.advertise, Arrived: a.arrived,
		Location: a.keeper.Current().Location, Holidays: a.keeper.Current().Document.Facility.Holidays})
	a.sched.Dialer = a.dialer
	return a.connectPBXs(ctx, a.keeper.Current())
}

// connectPBXs hands the dialer every active PBX with its password.
func (a *app) connectPBXs(ctx context.Context, s *outreach.Snapshot) error {
	var resolved []outreach.PBX
	for _, p := range s.PBXs() {
		if !p.Active {
			continue
		}
		p, err := a.resolver.PBX(p)
		if err != nil {
			return fmt.Errorf("secrets of PBX %s: %w", p.Name, err)
		}
		resolved = append(resolved, a.nearest(p))
	}
	a.dialer.SetPBXs(ctx, resolved)
	return nil
}

// webhookSecrets are the resolved secrets of /webhooks/hims.
func (a *app) webhookSecrets() ([]string, error) {
	w, err := a.resolver.Webhooks(a.keeper.Current().Document.Webhooks)
	return w.In.Secrets, err
}

// destinations are the active receivers of results; one whose secret cannot be read gets nothing.
func (a *app) destinations() []outreach.WebhookOut {
	w, err := a.resolver.Webhooks(a.keeper.Current().Document.Webhooks)
	if err != nil {
		a.log.Error("secrets of the webhooks: results wait in the outbox", "err", err)
		return nil
	}
	return slices.DeleteFunc(slices.Clone(w.Out), func(o outreach.WebhookOut) bool { return !o.Active })
}

// reconfigure follows a change of the settings without dropping a call.
func (a *app) reconfigure(ctx context.Context, s *outreach.Snapshot) {
	if err := a.connectPBXs(ctx, s); err != nil {
		a.log.Error("new settings: the PBXs stay as they were", "err", err)
	}
	o, err := a.channelOptions(s)
	if err == nil {
		err = a.router.Configure(o)
	}
	if err != nil {
		a.log.Error("new settings: the channels stay as they were", "err", err)
	}
	a.feed.Publish(outreach.Notice{Kind: "settings"})
	before := a.planned.Swap(s)
	a.parts.Go(func() { a.prefetch(ctx, s) })
	a.parts.Go(func() { a.replan(ctx, before, s) })
	a.sched.Wake()
}

// replan places transactions that have not started by what changed in their configurations. A node that dies meanwhile
// leaves some where they were: those of another queue are found there, the rest keep the times that they had.
func (a *app) replan(ctx context.Context, before, now *outreach.Snapshot) {
	for _, cfg := range now.Document.Configurations {
		old, known := before.Configuration(cfg.Name)
		if !known || reflect.DeepEqual(old, cfg) {
			continue
		}
		if err := a.sched.Replan(ctx, cfg.Name); err != nil && ctx.Err() == nil {
			a.log.Error("place what has not started anew", "configuration", cfg.Name, "err", err)
		}
	}
	a.sched.Wake()
}

// prefetch speaks what every call says, so that the first call need not wait for it.
func (a *app) prefetch(ctx context.Context, s *outreach.Snapshot) {
	if a.lazy {
		return
	}
	if n, err := a.library.Prefetch(ctx, s); err != nil && ctx.Err() == nil {
		a.log.Warn("prepare prompts", "prepared", n, "err", err)
	}
}

// notice is the store's commit hook. Other nodes' commits come before everything is wired: whoever is woken by
// them looks at everything when it starts.
func (a *app) notice(n outreach.Notice) {
	result := n.Kind == outreach.NoticeResult
	if !result {
		a.feed.Publish(n)
	}
	switch {
	case !a.wired.Load():
	case result:
		a.outbox.Wake()
	default:
		a.sched.Notice(n)
		a.member.Notice(n)
	}
}

// texts renders a step for dry runs.
func (a *app) texts(c outreach.Case, step outreach.Step) map[string][]string {
	return stepTexts(a.keeper.Current(), a.library, c, step)
}

// run carries everything until ctx ends, then stops claiming, lets calls finish for up to drain and
// writes the rest down as unknown.
func (a *app) run(ctx context.Context, drain time.Duration) error {
	base := context.WithoutCancel(ctx)
	ctx, stop := context.WithCancel(ctx)
	links, stopLinks := context.WithCancel(base)
	defer func() {
		stop()
		stopLinks()
		a.parts.Wait()
		a.library.Wait()
	}()
	failed := make(chan error, 4)
	carry := func(name string, fn func() error) {
		a.parts.Go(func() {
			if err := fn(); err != nil && !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	web := a.server.HTTPServer()
	carry("dialer", func() error { return a.dialer.Run(links) })
	carry("outbox", func() error { return a.outbox.Run(links) })
	carry("http", func() error { return web.Serve(a.http) })
	left := make(chan struct{})
	go func() { a.member.Run(links); close(left) }()
	claimed := make(chan error, 1)
	go func() { claimed <- a.sched.Run(ctx) }()
	a.parts.Go(func() { a.follow(ctx) })
	a.parts.Go(func() { a.keep(ctx) })
	a.parts.Go(func() { a.prefetch(ctx, a.keeper.Current()) })
	a.started.Store(true)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	case err = <-claimed:
		claimed <- nil
	}
	a.started.Store(false)
	a.member.Stopping()
	err = errors.Join(err, a.stop(base, web, claimed, drain))
	stopLinks()
	<-left
	return errors.Join(err, a.leave(base))
}

func (a *app) stop(base context.Context, web *http.Server, claimed <-chan error, drain time.Duration) error {
	select {
	case <-claimed:
	case <-time.After(5 * time.Second):
	}
	bounded, cancel := context.WithTimeout(base, drain)
	defer cancel()
	errs := []error{a.sched.Drain(bounded)}
	closing, cancel := context.WithTimeout(base, 3*time.Second)
	defer cancel()
	if err := web.Shutdown(closing); err != nil {
		errs = append(errs, web.Close())
	}
	a.router.Close()
	if a.rehearse != nil {
		a.rehearse.close()
	}
	return errors.Join(errs...)
}

// follow takes over what other nodes changed.
func (a *app) follow(ctx context.Context) {
	look := time.NewTicker(2 * time.Second)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.newer:
		case <-look.C:
		}
		if err := a.keeper.Refresh(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("look for changed settings", "err", err)
		}
	}
}
