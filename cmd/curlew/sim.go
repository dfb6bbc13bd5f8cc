package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"curlew/clock"
	simfs "curlew/sim/freeswitch"
	simhims "curlew/sim/hims"
	simsmtp "curlew/sim/smtp"
	simtwilio "curlew/sim/twilio"
)

type simCommand struct {
	FreeSWITCH simFreeSWITCH `cmd:"" name:"freeswitch" help:"A simulated FreeSWITCH: event socket, gateways, patients by the last two digits."`
	Twilio     simTwilio     `cmd:"" help:"A simulated Twilio for messages."`
	SMTP       simSMTP       `cmd:"" name:"smtp" help:"A simulated mail server."`
	HIMS       simHIMS       `cmd:"" name:"hims" help:"A receiver of signed results."`
}

// serveSim listens and serves until the context ends.
func serveSim(c *console, listen, what string, serve func(context.Context, net.Listener) error) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen for the simulated %s: %w; choose another address with --listen", what, err)
	}
	fmt.Fprintf(c.out, "simulated %s on %s\n", what, l.Addr())
	return serve(c.ctx, l)
}

type simFreeSWITCH struct {
	Listen   string   `help:"Address of the event socket." default:"127.0.0.1:8021"`
	Password string   `help:"Password of the event socket." default:"ClueCon"`
	Gateways []string `help:"Names of its gateways." default:"trunk1,trunk2"`
	Log      string   `help:"File to which every originate is appended as a line of JSON."`

	MaxSessions       int           `name:"max-sessions" help:"Calls at once." default:"1000"`
	SessionsPerSecond int           `name:"sessions-per-second" help:"New calls a second." default:"30"`
	RingTime          time.Duration `name:"ring-time" help:"Before patients answer." default:"1s"`
	KeyDelay          time.Duration `name:"key-delay" help:"From a question to the patient's key." default:"1s"`
}

// Run is curlew sim freeswitch.
func (s *simFreeSWITCH) Run(c *console) error {
	var gateways []simfs.Gateway
	for _, name := range s.Gateways {
		gateways = append(gateways, simfs.Gateway{Name: strings.TrimSpace(name)})
	}
	sw, err := simfs.New(simfs.Options{Clock: clock.System{}, Password: s.Password, Gateways: gateways, LogPath: s.Log, Log: logger(c.err, slog.LevelWarn),
		MaxSessions: s.MaxSessions, SessionsPerSecond: s.SessionsPerSecond, Behaviour: simfs.Behaviour{RingTime: s.RingTime, KeyDelay: s.KeyDelay}})
	if err != nil {
		return fmt.Errorf("simulated FreeSWITCH: %w", err)
	}
	return serveSim(c, s.Listen, "FreeSWITCH", sw.Serve)
}

type simTwilio struct {
	Listen     string `help:"Address of its API." default:"127.0.0.1:8030"`
	AccountSID string `name:"account-sid" help:"Account." default:"ACdemo00000000000000000000000000ff"`
	AuthToken  string `name:"auth-token" help:"Token, also of its signatures." default:"demotoken0000000000000000000000ff"`
	Inbound    string `help:"Where messages of patients are posted, e.g. http://127.0.0.1:8080/webhooks/twilio/inbound."`
}

// Run is curlew sim twilio.
func (s *simTwilio) Run(c *console) error {
	tw := simtwilio.New(simtwilio.Options{AccountSID: s.AccountSID, AuthToken: s.AuthToken, Clock: clock.System{}, InboundURL: s.Inbound,
		Log: logger(c.err, slog.LevelWarn)})
	return serveSim(c, s.Listen, "Twilio", tw.Serve)
}

type simSMTP struct {
	Listen string `help:"Address of SMTP." default:"127.0.0.1:8025"`
}

// Run is curlew sim smtp.
func (s *simSMTP) Run(c *console) error {
	return serveSim(c, s.Listen, "mail server", simsmtp.New(simsmtp.Options{Clock: clock.System{}, Log: logger(c.err, slog.LevelWarn)}).Serve)
}

type simHIMS struct {
	Listen string `help:"Address of the receiver." default:"127.0.0.1:8040"`
	Secret string `help:"Secret of the results, whsec_…" required:""`
}

// Run is curlew sim hims. It prints each result that came with a good signature.
func (s *simHIMS) Run(c *console) error {
	h := simhims.New(simhims.Options{Clock: clock.System{}, Secret: s.Secret})
	results, stop := h.Subscribe()
	defer stop()
	go func() {
		for {
			select {
			case <-c.ctx.Done():
				return
			case r := <-results:
				fmt.Fprintf(c.out, "%s %s\n", r.ID, r.Body)
			}
		}
	}()
	return serveSim(c, s.Listen, "HIMS", h.Serve)
}
