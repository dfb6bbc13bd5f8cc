package rig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"curlew/clock"
	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
	simhims "curlew/sim/hims"
	simsmtp "curlew/sim/smtp"
	simtwilio "curlew/sim/twilio"
)

const loopback = "127.0.0.1"

// Options of a Rig. Program and Dir are needed.
type Options struct {
	Program    []string // how the program is run; its own arguments follow
	Env        []string // beside this process's
	Dir        string   // for everything that is written
	DB         string   // default: a SQLite file in Dir
	Nodes      int      // default 1
	Document   outreach.Document
	Greeting   time.Duration // length of the first prompt, default 300 ms
	FreeSWITCH simfs.Options // password and gateways are filled in
	Args       []string      // further ones of curlew serve
	Switch     *net.TCPAddr  // a switch elsewhere, instead of one here
	Twilio     string        // address of a message provider elsewhere, instead of the simulated one
	// Listener may wrap the switch's, to see what comes in.
	Listener func(net.Listener) net.Listener
	Log      *slog.Logger
	Profiles bool // of each node are served
	AudioURL bool // the switch fetches prompts of the node that has the call; audio_url is the first's
}

// Rig is the outside, up and serving, and the nodes to be started in it.
type Rig struct {
	FreeSWITCH *simfs.Switch // nil with Options.Switch
	Twilio     *simtwilio.Server
	Mail       *simsmtp.Server
	HIMS       *simhims.Server
	Nodes      []*Node
	Key        string // of the HIMS
	DB         string

	o    Options
	stop context.CancelFunc
	wg   sync.WaitGroup
	mu   sync.Mutex
	errs []error
}

// New brings up the simulators, writes the configuration and makes a key; no node runs yet.
func New(ctx context.Context, o Options) (*Rig, error) {
	if o.Nodes == 0 {
		o.Nodes = 1
	}
	if o.Greeting == 0 {
		o.Greeting = 300 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.DB == "" {
		o.DB = filepath.Join(o.Dir, "curlew.db")
	}
	r := &Rig{o: o, DB: o.DB}
	for i := range o.Nodes {
		n, err := r.newNode(i)
		if err != nil {
			return nil, err
		}
		r.Nodes = append(r.Nodes, n)
	}
	ctx, r.stop = context.WithCancel(ctx)
	if err := r.outside(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if o.AudioURL {
		r.o.Document.PBXs[0].AudioURL = r.Nodes[0].URL
	}
	if err := writeFiles(o.Dir, r.o.Document, o.Greeting); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	key, err := r.run(ctx, "keys", "--db", r.DB, "create", "hims")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a key: %w", err), r.Close())
	}
	r.Key = strings.TrimSpace(key)
	return r, nil
}

// Close ends the nodes and the simulators and returns what went wrong with the latter.
func (r *Rig) Close() error {
	for _, n := range r.Nodes {
		n.Kill()
	}
	r.stop()
	r.wg.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.errs...)
}

// outside starts the simulators and points the configuration at them.
func (r *Rig) outside(ctx context.Context) error {
	doc := &r.o.Document
	doc.Facility.PublicBaseURL = r.Nodes[0].URL
	twilio, err := r.listen()
	if err != nil {
		return err
	}
	r.Twilio = simtwilio.New(simtwilio.Options{AccountSID: accountSID, AuthToken: authToken, Clock: clock.System{}, Log: r.o.Log,
		InboundURL: r.Nodes[0].URL + "/webhooks/twilio/inbound"})
	r.serve(ctx, "Twilio", twilio, r.Twilio.Serve)
	doc.Channels.Twilio.BaseURL = cmp.Or(r.o.Twilio, "http://"+twilio.Addr().String())
	mail, err := r.listen()
	if err != nil {
		return err
	}
	r.Mail = simsmtp.New(simsmtp.Options{Clock: clock.System{}, Log: r.o.Log})
	r.serve(ctx, "mail server", mail, r.Mail.Serve)
	doc.Channels.SMTP.Port = port(mail.Addr())
	hims, err := r.listen()
	if err != nil {
		return err
	}
	r.HIMS = simhims.New(simhims.Options{Clock: clock.System{}, Secret: hookSecret})
	r.serve(ctx, "HIMS", hims, r.HIMS.Serve)
	doc.Webhooks.Out[0].URL = "http://" + hims.Addr().String() + "/results"
	return r.pbx(ctx)
}

func (r *Rig) pbx(ctx context.Context) error {
	p := &r.o.Document.PBXs[0]
	_, calls, err := net.SplitHostPort(r.Nodes[0].esl)
	if err != nil {
		return fmt.Errorf("address for calls: %w", err)
	}
	if p.Callback.Port, err = strconv.Atoi(calls); err != nil {
		return fmt.Errorf("address for calls: %w", err)
	}
	if r.o.Switch != nil {
		p.ESL.Port = r.o.Switch.Port
		return nil
	}
	l, err := r.listen()
	if err != nil {
		return err
	}
	p.ESL.Port = port(l.Addr())
	r.FreeSWITCH, err = simfs.New(Switch(r.o.FreeSWITCH))
	if err != nil {
		return fmt.Errorf("simulated FreeSWITCH: %w", err)
	}
	if r.o.Listener != nil {
		l = r.o.Listener(l)
	}
	r.serve(ctx, "FreeSWITCH", l, r.FreeSWITCH.Serve)
	return nil
}

// Switch fills in what a simulated FreeSWITCH has in common with Document.
func Switch(o simfs.Options) simfs.Options {
	o.Password = PBXPassword
	o.Gateways = []simfs.Gateway{{Name: "trunk1"}, {Name: "trunk2"}}
	if o.SessionsPerSecond == 0 {
		o.SessionsPerSecond = 5000
	}
	if o.MaxSessions == 0 {
		o.MaxSessions = 5000
	}
	return o
}

func (r *Rig) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		return nil, fmt.Errorf("listen for a simulator: %w", err)
	}
	return l, nil
}

func (r *Rig) serve(ctx context.Context, what string, l net.Listener, serve func(context.Context, net.Listener) error) {
	r.wg.Go(func() {
		if err := serve(ctx, l); err != nil {
			r.mu.Lock()
			r.errs = append(r.errs, fmt.Errorf("simulated %s: %w", what, err))
			r.mu.Unlock()
		}
	})
}

func port(a net.Addr) int { return a.(*net.TCPAddr).Port }

// run runs a subcommand to its end and returns what it printed.
func (r *Rig) run(ctx context.Context, args ...string) (string, error) {
	out, err := r.command(ctx, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return string(out), err
}

func (r *Rig) command(ctx context.Context, args ...string) *exec.Cmd {
	all := append(append([]string(nil), r.o.Program...), args...)
	cmd := exec.CommandContext(ctx, all[0], all[1:]...)
	cmd.Env = append(os.Environ(), r.o.Env...)
	return cmd
}

// FreeAddress is one that nobody listens on, outside the range from which the system takes the near
// ends of connections: a node that is down for a moment must find it free again.
func FreeAddress() (string, error) {
	var last error
	for range 100 {
		address := net.JoinHostPort(loopback, strconv.Itoa(12000+rand.IntN(18000)))
		l, err := net.Listen("tcp", address)
		if err != nil {
			last = err
			continue
		}
		return address, l.Close()
	}
	return "", fmt.Errorf("no free address: %w", last)
}
