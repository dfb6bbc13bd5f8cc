package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
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

// worldOptions say what is simulated. public is where patients and providers reach Curlew, callback where
// FreeSWITCH does.
type worldOptions struct {
	clock    *clock.Demo
	doc      outreach.Document
	public   string
	callback *net.TCPAddr
	language string              // of WhatsApp's templates; the facility's first
	keys     map[string][]string // by number as dialled: pressed instead of what the patient would press
	text     func(media string) string
	log      *slog.Logger
}

// newWorld makes the simulators for o.doc and points what may enter of it at them.
func newWorld(o worldOptions) (w *world, err error) {
	w = &world{clock: o.clock, doc: simulated(o.doc)}
	for range 4 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen for a simulator: %w", err), w.close())
		}
		w.listeners = append(w.listeners, l)
	}
	at := func(i int) *net.TCPAddr { return w.listeners[i].Addr().(*net.TCPAddr) }
	w.doc.Facility.PublicBaseURL = o.public
	p := &w.doc.PBXs[0]
	p.ESL.Host, p.ESL.Port = "127.0.0.1", at(0).Port
	p.Callback = outreach.HostPort{Host: "127.0.0.1", Port: o.callback.Port}
	w.doc.Channels.Twilio.BaseURL = "http://" + at(1).String()
	w.doc.Channels.SMTP.Host, w.doc.Channels.SMTP.Port = "127.0.0.1", at(2).Port
	w.doc.Webhooks.Out[0].URL = "http://" + at(3).String() + "/results"
	return w, w.make(o)
}

func (w *world) make(o worldOptions) (err error) {
	p := w.doc.PBXs[0]
	var gateways []simfs.Gateway
	for _, g := range p.Gateways {
		gateways = append(gateways, simfs.Gateway{Name: g.Name})
	}
	w.freeswitch, err = simfs.New(simfs.Options{Clock: w.clock, Password: p.ESL.Password, Gateways: gateways, SessionsPerSecond: 60,
		Behaviour: simfs.Behaviour{Keys: o.keys, BirthYear: strconv.Itoa(outreach.SampleBirthYear)}, InboundPlan: inboundPlan(p), Text: o.text, Log: o.log})
	if err != nil {
		return errors.Join(fmt.Errorf("simulated FreeSWITCH: %w", err), w.close())
	}
	language := cmp.Or(o.language, w.doc.Facility.Languages[0])
	w.twilio = simtwilio.New(simtwilio.Options{AccountSID: simAccount, AuthToken: simToken, Clock: w.clock, Log: o.log,
		InboundURL: o.public + "/webhooks/twilio/inbound", Templates: templates(w.doc, language)})
	w.smtp = simsmtp.New(simsmtp.Options{Clock: w.clock, Log: o.log})
	w.hims = simhims.New(simhims.Options{Clock: w.clock, Secret: simOutSecret})
	return nil
}

// inboundPlan is the simulated PBX's dialplan: what freeswitch-conf's does for a patient who rings back, and then the
// number's previous destination, a switchboard that says nothing.
func inboundPlan(p outreach.PBX) []string {
	return []string{"set curlew_callback_did=+${destination_number}", "set curlew_callback_secret=" + p.CallbackSecret, "set socket_resume=true",
		"socket " + net.JoinHostPort(p.Callback.Host, strconv.Itoa(p.Callback.Port)) + " async full", "unset curlew_callback_secret",
		"answer", "sleep 2000", "hangup NORMAL_CLEARING"}
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
