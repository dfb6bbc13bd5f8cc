package main

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"curlew/httpapi"
	simfs "curlew/sim/freeswitch"
)

// demoBase is where the demo's own endpoints are.
const demoBase = "/demo"

// heardCall is what was said in one call, and what was pressed.
type heardCall struct {
	leg     string // the attempt
	number  string
	at      time.Time
	from    string // the number that rang; "" for a call that the patient made
	media   string // what plays now
	prompts []httpapi.DemoHeard
	pressed string
}

// hear takes a change of a phone. Every change is a whole state: what plays on is heard once.
func (d *demoPage) hear(e simfs.PhoneEvent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	number := "+" + strings.TrimPrefix(e.Number, "+")
	call := d.calls[number]
	if e.Leg != "" && (call == nil || call.leg != e.Leg) {
		call = &heardCall{leg: e.Leg, number: number, at: e.Since}
		if e.CallerID != "" {
			call.from = "+" + strings.TrimPrefix(e.CallerID, "+")
		}
		d.calls[number] = call
		d.log = append(d.log, call)
	}
	if call == nil || e.Leg == "" {
		return
	}
	call.pressed = e.Pressed
	if e.Media != call.media && e.Text != "" {
		call.prompts = append(call.prompts, httpapi.DemoHeard{Text: e.Text, Audio: d.audio(e.Media), At: d.world.clock.Now()})
	}
	call.media = e.Media
}

// audio is the address of what plays, "" for what is no file of ours.
func (d *demoPage) audio(media string) string {
	if !strings.HasSuffix(media, ".wav") {
		return ""
	}
	name, dir := filepath.Base(media), filepath.Dir(media)
	if filepath.Base(filepath.Dir(dir)) == "personal" {
		name = filepath.Base(dir) + "-" + name
	}
	return d.base + "/audio/" + name
}

// heard is what the newest call of a number has said so far.
func (d *demoPage) heard(number string) []httpapi.DemoHeard {
	d.mu.Lock()
	defer d.mu.Unlock()
	if call := d.calls[number]; call != nil {
		return slices.Clone(call.prompts)
	}
	return nil
}

// calledFrom is the number that called this one last, "" for none.
func (d *demoPage) calledFrom(number string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, call := range slices.Backward(d.log) {
		if call.number == number && call.from != "" {
			return call.from
		}
	}
	return ""
}

// allCalls are the calls that rang, the oldest first.
func (d *demoPage) allCalls() []heardCall {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]heardCall, 0, len(d.log))
	for _, call := range d.log {
		c := *call
		c.prompts = slices.Clone(call.prompts)
		out = append(out, c)
	}
	return out
}
