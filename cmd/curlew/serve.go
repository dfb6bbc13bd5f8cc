package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"curlew/config"
	"curlew/outreach"
)

type serveCommand struct {
	Config       string        `help:"JSON config file; without it the configuration in the database stays." type:"existingfile"`
	DB           string        `help:"SQLite file or postgres:// URL." default:"curlew.db"`
	Data         string        `help:"Directory for audio; default beside the database file." `
	Listen       string        `help:"Address of REST, webhooks and pages." default:"127.0.0.1:8080"`
	ESLListen    string        `name:"esl-listen" help:"Address that FreeSWITCH's outbound sockets connect to." default:"127.0.0.1:8084"`
	ESLAdvertise string        `name:"esl-advertise" help:"Address of this node as FreeSWITCH sees it, instead of the PBX's callback."`
	AudioAt      string        `name:"audio-advertise" help:"URL at which PBXs with audio_url fetch from this node, instead of it."`
	Node         string        `help:"Name of this node; default the host name."`
	TrustedProxy []string      `name:"trusted-proxy" help:"Networks (CIDR) of reverse proxies whose X-Forwarded-For is believed."`
	Drain        time.Duration `help:"How long a stop waits for calls to finish." default:"4m"`
	Paused       bool          `help:"Start with everything paused, after a restore: nobody is called until POST /api/v1/resume."`
	Lease        time.Duration `help:"How long the calls of a node that falls silent stay its own; then the others settle them." default:"30s"`
	Verbose      bool          `help:"Log every call's steps."`
	speechFlags
	Profile string `help:"Loopback address at which this process's profiles are to be had (go tool pprof)."`
}

// Run is curlew serve: until SIGTERM or an interrupt.
func (s *serveCommand) Run(c *console) (err error) {
	level := slog.LevelInfo
	if s.Verbose {
		level = slog.LevelDebug
	}
	log := logger(c.err, level)
	if s.Profile != "" {
		stop, err := profiled(c.ctx, s.Profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	o, err := s.options(c, log)
	if err != nil {
		return err
	}
	a, err := newApp(c.ctx, o)
	if err != nil {
		return errors.Join(err, o.http.Close(), o.esl.Close())
	}
	if _, set := c.getenv("GOGC"); !set {
		go tuneMemory(c.ctx)
	}
	log.Info("curlew serves", "version", version, "http", o.http.Addr().String(), "esl", o.esl.Addr().String(), "node", o.node)
	if s.Config != "" {
		go watchConfig(c, a, s.Config)
	}
	return errors.Join(a.run(c.ctx, s.Drain), a.store.Close())
}

// minLease leaves room for the renewals of a busy node.
const minLease = 3 * time.Second

func (s *serveCommand) options(c *console, log *slog.Logger) (o appOptions, err error) {
	if s.Lease < minLease {
		return o, fmt.Errorf("--lease %s is too short: at least %s", s.Lease, minLease)
	}
	o = appOptions{lease: s.Lease, paused: s.Paused, db: s.DB, data: s.Data, node: s.Node, clock: c.clock, log: log, getenv: c.getenv,
		actor: "file", rehearsable: true, speech: s.speechFlags}
	if o.data == "" {
		o.data = filepath.Dir(s.DB)
	}
	if o.node == "" {
		if o.node, err = os.Hostname(); err != nil {
			return o, fmt.Errorf("name of this node: %w; name it with --node", err)
		}
	}
	if s.Config != "" {
		o.recordings = filepath.Dir(s.Config)
		if o.file, err = os.ReadFile(s.Config); err != nil {
			return o, fmt.Errorf("read the config: %w", err)
		}
		if err := reportProblems(c, s.Config, o.file); err != nil {
			return o, err
		}
	}
	for _, cidr := range s.TrustedProxy {
		network, err := netip.ParsePrefix(cidr)
		if err != nil {
			return o, fmt.Errorf("--trusted-proxy: %w; write a network such as 10.0.0.0/8", err)
		}
		o.proxies = append(o.proxies, network)
	}
	if o.advertise = s.ESLAdvertise; o.advertise != "" {
		if _, _, err := net.SplitHostPort(o.advertise); err != nil {
			return o, fmt.Errorf("--esl-advertise: %w; write host:port", err)
		}
	}
	if o.audioAt = s.AudioAt; o.audioAt != "" {
		if u, err := url.Parse(o.audioAt); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return o, fmt.Errorf("--audio-advertise: %q is no URL; write http://host:port", o.audioAt)
		}
	}
	if o.http, err = net.Listen("tcp", s.Listen); err != nil {
		return o, fmt.Errorf("listen for HTTP: %w; choose another with --listen", err)
	}
	if o.esl, err = net.Listen("tcp", s.ESLListen); err != nil {
		return o, errors.Join(fmt.Errorf("listen for FreeSWITCH: %w; choose another with --esl-listen", err), o.http.Close())
	}
	return o, nil
}

// watchConfig applies the file again when it changes or on SIGHUP, without dropping a call.
func watchConfig(c *console, a *app, path string) {
	go func() {
		for {
			select {
			case <-c.ctx.Done():
				return
			case <-c.hup:
				if _, err := a.keeper.ApplyFile(c.ctx, path); err != nil {
					a.log.Error("SIGHUP: the configuration stays as it was", "err", err)
				}
			}
		}
	}()
	if err := a.keeper.Watch(c.ctx, path, 3*time.Second); c.ctx.Err() == nil {
		a.log.Error("the config file is no longer watched", "err", err)
	}
}

// reportProblems prints everything that is wrong with a config file, each with its line, and finds it wanting.
func reportProblems(c *console, path string, file []byte) error {
	_, problems, warnings := config.ParseWithWarnings(file)
	for _, p := range warnings {
		printProblem(c, path, "warning: ", p)
	}
	for _, p := range problems {
		printProblem(c, path, "", p)
	}
	if len(problems) > 0 {
		fmt.Fprintf(c.err, "curlew: %s has %d mistakes; nothing was changed\n", path, len(problems))
		return errWanting
	}
	return nil
}

func printProblem(c *console, path, kind string, p outreach.Problem) {
	fmt.Fprintf(c.err, "%s:%d: %s%s: %s", path, p.Line, kind, p.Pointer, p.Detail)
	if p.Hint != "" {
		fmt.Fprintf(c.err, " (%s)", p.Hint)
	}
	fmt.Fprintln(c.err)
}

// newKey returns an API key and the hash that is stored of it.
func newKey() (key, hash string) {
	var b [24]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("no random numbers: " + err.Error()) // crypto/rand never fails on Linux
	}
	key = "ck_" + base64.RawURLEncoding.EncodeToString(b[:])
	sum := sha256.Sum256([]byte(key))
	return key, hex.EncodeToString(sum[:])
}

// withStore runs fn on the database at url.
func withStore(ctx context.Context, url string, log *slog.Logger, fn func(*storeHandle) error) error {
	s, err := openStore(ctx, url, log)
	if err != nil {
		return err
	}
	return errors.Join(fn(s), s.Close())
}
