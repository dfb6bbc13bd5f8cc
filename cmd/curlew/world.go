package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
	simhims "curlew/sim/hims"
	simsmtp "curlew/sim/smtp"
	simtwilio "curlew/sim/twilio"
)

// demoStart is a Tuesday, 10:00 in the demo hospital's zone.
var demoStart = time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)

// world is everything outside Curlew, simulated on loopback, on one clock.
type world struct {
	clock      *clock.Demo
	freeswitch *simfs.Switch
	twilio     *simtwilio.Server
	smtp       *simsmtp.Server
	hims       *simhims.Server
	doc        outreach.Document
	listeners  []net.Listener // freeswitch, twilio, smtp, hims
}

// newWorld makes the simulators for doc and points doc at them; public is where patients and
// providers reach Curlew, callback where FreeSWITCH does.
func newWorld(c *clock.Demo, doc outreach.Document, public string, callback *net.TCPAddr, text func(string) string, log *slog.Logger) (w *world, err error) {
	w = &world{clock: c, doc: doc}
	for range 4 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen for a simulator: %w", err), w.close())
		}
		w.listeners = append(w.listeners, l)
	}
	at := func(i int) *net.TCPAddr { return w.listeners[i].Addr().(*net.TCPAddr) }
	w.doc.Facility.PublicBaseURL = public
	p := &w.doc.PBXs[0]
	p.ESL.Host, p.ESL.Port = "127.0.0.1", at(0).Port
	p.Callback = outreach.HostPort{Host: "127.0.0.1", Port: callback.Port}
	w.doc.Channels.Twilio.BaseURL = "http://" + at(1).String()
	w.doc.Channels.SMTP.Host, w.doc.Channels.SMTP.Port = "127.0.0.1", at(2).Port
	for i := range w.doc.Webhooks.Out {
		w.doc.Webhooks.Out[i].AllowPrivate = true // the simulated HIMS is on loopback
		w.doc.Webhooks.Out[i].URL = "http://" + at(3).String() + "/results"
	}
	return w, w.make(public, text, log)
}

func (w *world) make(public string, text func(string) string, log *slog.Logger) (err error) {
	p, tw := w.doc.PBXs[0], w.doc.Channels.Twilio
	var gateways []simfs.Gateway
	for _, g := range p.Gateways {
		gateways = append(gateways, simfs.Gateway{Name: g.Name})
	}
	w.freeswitch, err = simfs.New(simfs.Options{Clock: w.clock, Password: p.ESL.Password, Gateways: gateways, SessionsPerSecond: 60, Text: text, Log: log})
	if err != nil {
		return fmt.Errorf("simulated FreeSWITCH: %w", err)
	}
	w.twilio = simtwilio.New(simtwilio.Options{AccountSID: tw.AccountSID, AuthToken: tw.AuthToken, Clock: w.clock, Log: log,
		InboundURL: public + "/webhooks/twilio/inbound", Templates: templates(w.doc)})
	w.smtp = simsmtp.New(simsmtp.Options{Clock: w.clock, Log: log})
	w.hims = simhims.New(simhims.Options{Clock: w.clock, Secret: w.doc.Webhooks.Out[0].Secret})
	return nil
}

// templates are those that the configuration uses, as if WhatsApp had approved them.
func templates(doc outreach.Document) map[string]simtwilio.Template {
	out := map[string]simtwilio.Template{}
	for _, cfg := range doc.Configurations {
		for _, step := range cfg.Steps {
			if step.Template != nil {
				for _, sid := range append([]string{step.Template.ContentSID}, values(step.Template.ContentSIDs)...) {
					out[sid] = simtwilio.Template{Text: "{{2}}: {{1}}, {{3}}. {{4}}"}
				}
			}
		}
	}
	return out
}

func values(m map[string]string) []string {
	var out []string
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// run serves the simulators until ctx ends.
func (w *world) run(ctx context.Context) error {
	serve := []func(context.Context, net.Listener) error{w.freeswitch.Serve, w.twilio.Serve, w.smtp.Serve, w.hims.Serve}
	done := make(chan error, len(serve))
	for i, fn := range serve {
		go func() { done <- fn(ctx, w.listeners[i]) }()
	}
	var errs []error
	for range serve {
		errs = append(errs, <-done)
	}
	return errors.Join(errs...)
}

func (w *world) close() error {
	var errs []error
	for _, l := range w.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// file is the document as a config file.
func (w *world) file() ([]byte, error) {
	b, err := config.Export(w.doc)
	if err != nil {
		return nil, fmt.Errorf("demo configuration: %w", err)
	}
	return b, nil
}

// quiet reports whether no simulated patient has anything left to do at this instant.
func (w *world) quiet() bool { return w.twilio.Pending() == 0 && w.smtp.Pending() == 0 }
