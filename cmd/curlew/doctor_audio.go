package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/clock"
	"curlew/outreach"
	"curlew/prompts"
)

// audio puts a file into our audio directory and asks the switch whether it is there.
func (a pbxAsk) audio(ctx context.Context) {
	if a.pbx.AudioURL != "" {
		a.fetched(ctx)
		return
	}
	dir, err := filepath.Abs(filepath.Join(a.Data, "audio"))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	probe := filepath.Join(dir, "doctor-"+strconv.Itoa(os.Getpid()))
	if err == nil {
		err = os.WriteFile(probe, nil, 0o644)
	}
	if err != nil {
		a.say(a.about, red, "audio directory: %v", err)
		return
	}
	defer os.Remove(probe)
	seen := probe
	if a.pbx.AudioDir != "" {
		seen = path.Join(a.pbx.AudioDir, filepath.Base(probe))
	}
	if strings.ContainsAny(seen, " \t\r\n$") {
		a.say(a.about, red, "the audio directory's path %q cannot be named to FreeSWITCH", path.Dir(seen))
		return
	}
	body, answered := a.ask(ctx, "file_exists "+seen)
	switch {
	case !answered:
	case body == "true":
		a.say(a.about, ok, "sees the prompts in %s", path.Dir(seen))
		a.recorded(ctx, path.Dir(seen))
	case strings.HasPrefix(body, "-ERR"):
		a.say(a.about, warn, "cannot say whether it sees the prompts in %s", path.Dir(seen))
	case a.pbx.AudioDir != "":
		a.audioDir(ctx, dir)
	default:
		a.say(a.about, red, "does not see %s: share our audio directory %s with it, or set audio_dir or audio_url", path.Dir(seen), dir)
	}
}

// audioDir says what is wrong with an audio_dir in which the switch does not find our file.
func (a pbxAsk) audioDir(ctx context.Context, ours string) {
	if body, answered := a.ask(ctx, "file_exists "+a.pbx.AudioDir); answered && body == "true" {
		a.say(a.about, red, "does not see our prompts in audio_dir %s: that is another directory than our %s; share ours there", a.pbx.AudioDir, ours)
		return
	}
	a.say(a.about, red, "does not see audio_dir %s: there is no such directory on the switch, or its user may not enter it; share our %s there", a.pbx.AudioDir, ours)
}

// records reports whether patients may leave a message in some call.
func (d *doctor) records() bool {
	asks := func(k outreach.KeyAction) bool { return k.Action == outreach.Record }
	return slices.ContainsFunc(d.snap.Document.Configurations, func(c outreach.Configuration) bool {
		return c.Active && slices.ContainsFunc(c.Steps, func(s outreach.Step) bool { return s.Channel == outreach.IVR && slices.ContainsFunc(s.Actions, asks) })
	})
}

// onALeg has an application run on a leg that is no phone. false: the switch cannot make such a leg.
func (a pbxAsk) onALeg(ctx context.Context, application string) (end func(), made bool) {
	if body, answered := a.ask(ctx, "module_exists mod_loopback"); !answered || body != "true" {
		return nil, false
	}
	body, answered := a.ask(ctx, "originate {origination_caller_id_number=0,originate_timeout=3,execute_on_answer=sched_hangup:+4}null/curlew &"+application)
	leg, made := strings.CutPrefix(body, "+OK ")
	return func() { a.ask(context.WithoutCancel(ctx), "uuid_kill "+leg) }, answered && made
}

// recorded has the switch record a second of nothing where patients' messages go, seen by it as below dir.
func (a pbxAsk) recorded(ctx context.Context, dir string) {
	if !a.records() {
		return
	}
	ours, err := prompts.New(prompts.Options{Dir: filepath.Join(a.Data, "audio")}).Answers()
	if err != nil {
		a.say(a.about, red, "%v", err)
		return
	}
	name := "doctor-" + strconv.Itoa(os.Getpid()) + ".wav"
	theirs := path.Join(dir, "answers", name)
	end, made := a.onALeg(ctx, "record("+theirs+" 1)")
	if !made {
		a.say(a.about, warn, "recordings into %s were not tried: that takes mod_loopback, which makes a leg without a phone", path.Dir(theirs))
		return
	}
	defer end()
	defer os.Remove(filepath.Join(ours, name))
	written := a.soon(ctx, func() bool {
		info, err := os.Stat(filepath.Join(ours, name))
		return err == nil && info.Size() > 44
	})
	if !written {
		a.say(a.about, red, "does not record into %s: what patients say would be lost; its user must be allowed to add files there", path.Dir(theirs))
		return
	}
	a.say(a.about, ok, "records into %s", path.Dir(theirs))
}

// soon waits for what a leg brings about.
func (a pbxAsk) soon(ctx context.Context, done func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, callbackPatience)
	defer cancel()
	for !done() {
		if clock.Wait(ctx, clock.System{}, 50*time.Millisecond) != nil {
			return false
		}
	}
	return true
}

// fetched has the switch fetch a file from audio_url: from the Curlew that runs there, or from us in its place.
func (a pbxAsk) fetched(ctx context.Context) {
	probe, err := newProbe(filepath.Join(a.Data, "audio", "recorded"))
	if err != nil {
		a.say(a.about, red, "audio directory: %v", err)
		return
	}
	defer os.Remove(probe.file)
	stop, came := probe.stand(ctx, a.pbx.AudioURL)
	defer stop()
	at := strings.TrimSuffix(strings.TrimSuffix(a.pbx.AudioURL, "/"), "/audio") + "/audio/" + filepath.Base(probe.file)
	got, tried := a.fetch(ctx, at, came)
	switch {
	case !tried:
		a.say(a.about, warn, "fetches prompts from %s, which only a call can try while Curlew runs there", a.pbx.AudioURL)
	case got:
		a.say(a.about, ok, "fetches prompts from %s", a.pbx.AudioURL)
	case came == nil:
		a.say(a.about, red, "does not get a prompt from %s: it must reach the Curlew that runs there, from an address of this PBX, "+
			"and --data must be that one's", a.pbx.AudioURL)
	default:
		a.say(a.about, red, "does not reach %s: open that port for it, or correct audio_url", a.pbx.AudioURL)
	}
}

// fetch asks mod_http_cache for the file; mod_httapi can only play it, which shows if we are the server.
func (a pbxAsk) fetch(ctx context.Context, at string, came <-chan struct{}) (got, tried bool) {
	if cache, answered := a.ask(ctx, "module_exists mod_http_cache"); answered && cache == "true" {
		ctx, cancel := context.WithTimeout(ctx, pbxPatience)
		defer cancel()
		body, err := a.link.Job(ctx, "http_get "+at) // an error: it waits longer than we do
		got = err == nil && !strings.HasPrefix(body, "-ERR")
		if got {
			a.ask(ctx, "http_remove_cache "+at)
		}
		return got, true
	}
	if came == nil {
		return false, false
	}
	end, made := a.onALeg(ctx, "playback("+at+")")
	if !made {
		return false, false
	}
	defer end()
	got = a.soon(ctx, func() bool {
		select {
		case <-came:
			return true
		default:
			return false
		}
	})
	return got, true
}

// probe is a file that no switch has fetched before.
type probe struct{ file string }

func newProbe(dir string) (probe, error) {
	header := "RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"
	wav := append([]byte(header), rand.Text()...)
	sum := sha256.Sum256(wav)
	p := probe{filepath.Join(dir, hex.EncodeToString(sum[:])+".wav")}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return p, err
	}
	return p, os.WriteFile(p.file, wav, 0o644)
}

// stand serves the file at the port of the address until stop, if nobody else does and it is plain HTTP; came then tells
// of a peer that asked for it.
func (p probe) stand(ctx context.Context, address string) (stop func(), came chan struct{}) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return func() {}, nil
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("", port))
	if err != nil {
		return func() {}, nil
	}
	came = make(chan struct{}, 1)
	server := &http.Server{ReadHeaderTimeout: callbackPatience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Base(r.URL.Path) != filepath.Base(p.file) {
			http.NotFound(w, r)
			return
		}
		select {
		case came <- struct{}{}:
		default:
		}
		w.Header().Set("Cache-Control", "no-store")
		http.ServeFile(w, r, p.file)
	})}
	go server.Serve(l) //nolint:errcheck // it ends with stop
	return func() { server.Close() }, came
}
