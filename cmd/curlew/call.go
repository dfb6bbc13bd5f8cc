package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/outreach"
)

type callCommand struct {
	Config        string `required:"" help:"JSON config file." type:"existingfile"`
	To            string `required:"" help:"Number to call, E.164. A gateway must allow it."`
	Configuration string `required:"" help:"Name of the outbound configuration whose call is placed."`
	Language      string `help:"Language of the call; default the facility's first."`
	ESLListen     string `name:"esl-listen" help:"Address that FreeSWITCH connects to instead of the PBX's callback."`
	Data          string `help:"Directory of audio, as given to serve, where the PBX reads its prompts by audio_dir or audio_url."`
	speechFlags
}

// Run is curlew call: one call, now, once, with its transcript. Prefixes, caps and opt-outs hold; the
// call window does not, since it is the operator's own phone.
func (k *callCommand) Run(c *console) error {
	file, err := os.ReadFile(k.Config)
	if err != nil {
		return fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, k.Config, file); err != nil {
		return err
	}
	doc, _ := config.Parse(file)
	cfg, err := k.only(&doc)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "curlew-call-")
	if err != nil {
		return fmt.Errorf("directory for the call: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // FreeSWITCH reads the audio
		return fmt.Errorf("directory for the call: %w", err)
	}
	return errors.Join(k.place(c, doc, cfg, dir), os.RemoveAll(dir))
}

// only leaves the one configuration, as a single call without retry.
func (k *callCommand) only(doc *outreach.Document) (outreach.Configuration, error) {
	for _, cfg := range doc.Configurations {
		if cfg.Name != k.Configuration {
			continue
		}
		i := slices.IndexFunc(cfg.Steps, func(s outreach.Step) bool { return s.Channel == outreach.IVR })
		if i < 0 {
			return cfg, fmt.Errorf("configuration %s has no call step", cfg.Name)
		}
		cfg.Steps = []outreach.Step{cfg.Steps[i]}
		cfg.Steps[0].Retry = &outreach.Retry{MaxAttempts: 1}
		cfg.When, cfg.Release, cfg.Active = outreach.When{Type: outreach.Immediate}, "", true
		cfg.CallWindow = &outreach.Window{From: "00:00", To: "24:00"}
		cfg.Occurrence = outreach.Occurrence{}
		doc.Configurations = []outreach.Configuration{cfg}
		doc.Facility.Holidays, doc.Webhooks.Out = nil, nil
		return cfg, nil
	}
	return outreach.Configuration{}, fmt.Errorf("%s has no configuration %q", k.Config, k.Configuration)
}

func (k *callCommand) place(c *console, doc outreach.Document, cfg outreach.Configuration, dir string) error {
	file, err := config.Export(doc)
	if err != nil {
		return fmt.Errorf("configuration of the call: %w", err)
	}
	o := appOptions{db: filepath.Join(dir, "call.db"), data: cmp.Or(k.Data, dir), advertise: k.ESLListen, recordings: filepath.Dir(k.Config), node: "call", clock: clock.System{},
		log: logger(io.Discard, slog.LevelError), getenv: c.getenv, file: file, actor: "call", speech: k.speechFlags}
	if o.http, err = k.web(doc); err != nil {
		return err
	}
	listen := k.ESLListen
	if listen == "" && len(doc.PBXs) > 0 {
		listen = net.JoinHostPort(doc.PBXs[0].Callback.Host, fmt.Sprint(doc.PBXs[0].Callback.Port))
	}
	if o.esl, err = net.Listen("tcp", listen); err != nil {
		return errors.Join(fmt.Errorf("listen for FreeSWITCH: %w; choose another address with --esl-listen", err), o.http.Close())
	}
	a, err := newApp(c.ctx, o)
	if err != nil {
		return errors.Join(err, o.http.Close(), o.esl.Close())
	}
	ctx, stop := context.WithCancel(c.ctx)
	ran := make(chan error, 1)
	go func() { ran <- a.run(ctx, time.Second) }()
	err = k.transcript(ctx, c, a, cfg)
	stop()
	return errors.Join(err, <-ran, a.store.Close())
}

// web listens where the PBX fetches its prompts, else anywhere. Where another Curlew does so already it has the prompts, too, if
// they are in its directory. A PBX that does not read our own path has to be told whose directory it reads.
func (k *callCommand) web(doc outreach.Document) (net.Listener, error) {
	for _, p := range doc.PBXs {
		u, err := url.Parse(p.AudioURL)
		switch {
		case !p.Active || p.AudioURL == "" && p.AudioDir == "":
			continue
		case p.AudioURL != "" && err == nil && u.Scheme == "http":
			if l, err := net.Listen("tcp", net.JoinHostPort("", cmp.Or(u.Port(), "80"))); err == nil {
				return l, nil
			}
		}
		if k.Data == "" {
			return nil, fmt.Errorf("PBX %s reads its prompts from %s: name the directory behind it with --data, as serve does", p.Name, p.AudioDir+p.AudioURL)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
}

// transcript fires the event and prints every log line of the call until it is over.
func (k *callCommand) transcript(ctx context.Context, c *console, a *app, cfg outreach.Configuration) error {
	event, err := json.Marshal(testEvent(a.keeper.Current(), cfg, k.To, k.Language))
	if err != nil {
		return fmt.Errorf("event of the call: %w", err)
	}
	receipt, err := a.intake.Accept(ctx, "call", event)
	if err != nil {
		return fmt.Errorf("the call was not taken: %w", err)
	}
	if len(receipt.Transactions) == 0 {
		return errors.New("no configuration took the event")
	}
	id := receipt.Transactions[0]
	printed, began := 0, time.Now()
	for {
		tc, err := a.store.Case(ctx, id)
		if err != nil {
			return fmt.Errorf("read the call: %w", err)
		}
		page, err := a.store.Logs(ctx, outreach.LogFilter{Transaction: id, Limit: 500})
		if err != nil {
			return fmt.Errorf("read the transcript: %w", err)
		}
		for _, l := range slices.Backward(page.Items[:len(page.Items)-printed]) {
			printLog(c, l)
		}
		printed = len(page.Items)
		if ended := tc.Transaction.State != outreach.Scheduled && tc.Transaction.State != outreach.Queued && tc.Transaction.State != outreach.InProgress; ended && a.sched.InFlight() == 0 {
			return verdict(c, tc)
		}
		if len(tc.Attempts) == 0 && time.Since(began) > holdPatience {
			return k.held(ctx, c, a, tc)
		}
		if err := clock.Wait(ctx, clock.System{}, 100*time.Millisecond); err != nil {
			return fmt.Errorf("the call was left: %w", err)
		}
	}
}

// holdPatience is how long a test call may wait for a link and a line.
const holdPatience = 8 * time.Second

// held says which rule keeps the call from going out, and what the PBXs say of themselves.
func (k *callCommand) held(ctx context.Context, c *console, a *app, tc outreach.Case) error {
	line, err := a.sched.Line(ctx)
	if err != nil {
		return err
	}
	snap := a.keeper.Current()
	hold := outreach.Why(snap, tc, time.Now(), line, a.sched.Paused(outreach.IVR, tc.Transaction.Configuration))
	fmt.Fprintf(c.out, "not dialled: %s. %s\n", hold.Reason, hold.Rule)
	down := false
	for _, p := range snap.PBXs() {
		if st := a.dialer.Status(p.Name); !st.LinkUp {
			down = true
			fmt.Fprintf(c.out, "PBX %s at %s:%d: %s\n", p.Name, p.ESL.Host, p.ESL.Port, st.Error)
		}
	}
	if down {
		return errWanting
	}
	for _, g := range hold.Gateways {
		fmt.Fprintf(c.out, "gateway %s: %s\n", g.Gateway, g.Why)
	}
	if len(hold.Gateways) == 0 {
		fmt.Fprintln(c.out, "no active gateway allows this number: see allowed_prefixes")
	}
	return errWanting
}

func printLog(c *console, l outreach.LogEntry) {
	fmt.Fprintf(c.out, "%s  %-18s", l.At.Local().Format("15:04:05.000"), l.Kind)
	for _, key := range slices.Sorted(maps.Keys(l.Data)) {
		fmt.Fprintf(c.out, " %s=%v", key, l.Data[key])
	}
	fmt.Fprintln(c.out)
}

func verdict(c *console, tc outreach.Case) error {
	answer := "no answer"
	if tc.Response != nil {
		answer = "answer: " + string(tc.Response.Action)
	}
	fmt.Fprintf(c.out, "%s (%s), %s\n", tc.Transaction.State, tc.Transaction.Reason, answer)
	for _, a := range tc.Attempts {
		if a.Disposition == outreach.Answered || a.Disposition == outreach.Machine {
			return nil
		}
	}
	return errWanting
}

// testEvent is an event that carries every field that its component knows.
func testEvent(snap *outreach.Snapshot, cfg outreach.Configuration, to, language string) outreach.Event {
	comp, _ := snap.Component(cfg.Component)
	at := time.Now().Add(24 * time.Hour).Truncate(time.Minute)
	ev := outreach.Event{ID: "test-call", Component: cfg.Component, Type: cfg.Event, OccurredAt: time.Now(),
		Subject:   outreach.Subject{ID: "test-call", Time: at},
		Recipient: outreach.Recipient{ID: "test-call", Name: "Test Call", Phone: to, Language: language}, Data: map[string]any{}}
	for _, f := range comp.Fields {
		ev.Data[f.Name] = sample(f, at)
	}
	return ev
}

func sample(f outreach.Field, at time.Time) any {
	if f.Example != "" {
		return f.Example
	}
	switch f.Type {
	case outreach.FieldTime:
		return at.Format(time.RFC3339)
	case outreach.FieldDate:
		return at.Format(time.DateOnly)
	case outreach.FieldNumber:
		return 3
	case outreach.FieldAmount:
		return "120.50"
	case outreach.FieldDigits:
		return "1234"
	case outreach.FieldBoolean:
		return true
	}
	return "Sample"
}
