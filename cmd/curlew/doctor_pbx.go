package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/clock"
	"curlew/dialplan"
	"curlew/esl"
	"curlew/outreach"
)

const vanillaPassword = "ClueCon"

// switches asks every active PBX.
func (d *doctor) switches(ctx context.Context) {
	for _, p := range d.snap.PBXs() {
		if !p.Active {
			d.say("pbx "+p.Name, warn, "is inactive")
			continue
		}
		resolved, err := d.resolver.PBX(p)
		if err != nil {
			continue // said under its secret
		}
		d.pbx(ctx, resolved)
	}
}

// pbxAsk is one link to one PBX, for as long as the doctor asks.
type pbxAsk struct {
	*doctor
	pbx   outreach.PBX
	about string
	link  *esl.Client
}

const pbxPatience = 8 * time.Second

func (d *doctor) pbx(ctx context.Context, p outreach.PBX) {
	a := pbxAsk{doctor: d, pbx: p, about: "pbx " + p.Name}
	if p.ESL.Password == vanillaPassword {
		d.say(a.about, red, "has the password that FreeSWITCH ships with: whoever reaches %s:%d commands it; change it in event_socket.conf.xml", p.ESL.Host, p.ESL.Port)
	}
	up := make(chan esl.Up, 1)
	a.link = esl.NewClient(esl.ClientOptions{Addr: net.JoinHostPort(p.ESL.Host, strconv.Itoa(p.ESL.Port)), Password: p.ESL.Password,
		Log: slog.New(slog.DiscardHandler), ConnectTimeout: 3 * time.Second, BackoffMin: time.Second, BackoffMax: time.Second,
		OnUp: func(u esl.Up) {
			select {
			case up <- u:
			default:
			}
		}})
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.link.Run(ctx) }()
	defer func() { stop(); <-ended }()
	select {
	case u := <-up:
		d.say(a.about, ok, "answers at %s:%d, password accepted", p.ESL.Host, p.ESL.Port)
		a.version(u.Version)
		a.all(ctx)
	case err := <-ended:
		ended <- nil
		d.say(a.about, red, "%v", err)
	case <-a.failed(ctx):
		d.say(a.about, red, "no link to %s:%d: %v", p.ESL.Host, p.ESL.Port, a.link.Down())
	}
}

// failed tells when the first try to reach the switch has come to nothing.
func (a pbxAsk) failed(ctx context.Context) <-chan struct{} {
	ctx, cancel := context.WithTimeout(ctx, pbxPatience)
	go func() {
		defer cancel()
		for a.link.Down() == nil && clock.Wait(ctx, clock.System{}, 20*time.Millisecond) == nil {
			continue
		}
	}()
	return ctx.Done()
}

func (a pbxAsk) all(ctx context.Context) {
	a.modules(ctx)
	a.limits(ctx)
	a.clock(ctx)
	a.audio(ctx)
	a.callback(ctx)
	a.ringBack(ctx)
	a.cdr(ctx)
	for _, g := range a.pbx.Gateways {
		if g.Active {
			a.gateway(ctx, g)
		}
	}
}

// ask runs a command; a failure is a finding.
func (a pbxAsk) ask(ctx context.Context, command string) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, pbxPatience)
	defer cancel()
	body, err := a.link.Job(ctx, command)
	if err != nil {
		a.say(a.about, red, "%v", err)
		return "", false
	}
	return strings.TrimSpace(body), true
}

// patched are the releases of each branch with the security fixes that matter to an event socket.
var patched = map[[2]int]int{{1, 10}: 12, {1, 11}: 2}

var versionNumber = regexp.MustCompile(`(\d+)\.(\d+)\.(\d+)`)

func (a pbxAsk) version(v string) {
	m := versionNumber.FindStringSubmatch(v)
	if m == nil {
		a.say(a.about, warn, "says no version that can be compared: %q", v)
		return
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // digits, and few
	}
	least, known := patched[[2]int{n[0], n[1]}]
	switch older := n[0] < 1 || n[0] == 1 && n[1] < 10; {
	case older || known && n[2] < least:
		a.say(a.about, warn, "runs %s, below the patched releases 1.10.12 and 1.11.2: upgrade", m[0])
	default:
		a.say(a.about, ok, "runs %s", m[0])
	}
}

// modules looks for what calls need, and for what this configuration needs besides.
func (a pbxAsk) modules(ctx context.Context) {
	needed := []string{"mod_commands", "mod_dptools", "mod_sofia", "mod_sndfile", "mod_tone_stream"}
	if a.pbx.AudioURL != "" && !a.fetches(ctx) {
		needed = append(needed, "mod_httapi")
	}
	for module, needs := range map[string]bool{"mod_loopback": a.pbx.ExtensionContext != "", "mod_dialplan_xml": len(a.pbx.CallbackDIDs) > 0, "mod_json_cdr": a.pbx.CDRHook} {
		if needs {
			needed = append(needed, module)
		}
	}
	if a.listensForBeeps() {
		needed = append(needed, "mod_avmd")
	}
	var missing []string
	for _, m := range needed {
		body, answered := a.ask(ctx, "module_exists "+m)
		if !answered {
			return
		}
		if body != "true" {
			missing = append(missing, m)
		}
	}
	if len(missing) > 0 {
		a.say(a.about, red, "lacks %s: load them in modules.conf.xml", strings.Join(missing, ", "))
		return
	}
	a.say(a.about, ok, "has the modules that calls need")
}

// fetches reports whether the switch can fetch prompts by HTTP, and says what one module of two cannot do.
func (a pbxAsk) fetches(ctx context.Context) bool {
	cache, answered := a.ask(ctx, "module_exists mod_http_cache")
	if !answered {
		return true // said already
	}
	httapi, answered := a.ask(ctx, "module_exists mod_httapi")
	switch {
	case !answered:
	case httapi == "true" && cache != "true":
		a.say(a.about, warn, "has no mod_http_cache: prompts are fetched when first played, not before the answer")
	case httapi != "true" && cache == "true":
		a.say(a.about, warn, "has no mod_httapi: audio about patients and their recordings stay in mod_http_cache's directory until it needs the place")
	}
	return !answered || httapi == "true" || cache == "true"
}

func (a pbxAsk) listensForBeeps() bool {
	for _, cfg := range a.snap.Document.Configurations {
		for _, s := range cfg.Steps {
			if s.Channel == outreach.IVR && s.Machine != nil && s.Machine.Detects(outreach.DetectBeep) {
				return true
			}
		}
	}
	return false
}

// limits compares what the switch admits, less what is left to its other callers, with what is asked of it.
func (a pbxAsk) limits(ctx context.Context) {
	body, answered := a.ask(ctx, "status")
	if !answered {
		return
	}
	s := dialplan.ReadStatus(body)
	if s.MaxSessions == 0 || s.SessionRateLimit == 0 {
		a.say(a.about, warn, "does not say its limits")
		return
	}
	reserve := 30 // percent
	if a.pbx.ReserveInbound != nil {
		reserve = *a.pbx.ReserveInbound
	}
	sessions := s.MaxSessions * (100 - reserve) / 100
	rate := float64((s.SessionRateLimit-1)*(100-reserve)) / 100 // at N the switch admits N-1
	if sessions < a.pbx.MaxConcurrentCalls || rate < a.pbx.CallsPerSecond {
		a.say(a.about, warn, "admits %d calls and %.0f a second to Curlew (max-sessions %d, sessions-per-second %d, %d %% left to others); the config asks for %d and %g: raise them in switch.conf.xml",
			sessions, rate, s.MaxSessions, s.SessionRateLimit, reserve, a.pbx.MaxConcurrentCalls, a.pbx.CallsPerSecond)
		return
	}
	a.say(a.about, ok, "admits %d calls and %.0f a second to Curlew, which asks for %d and %g", sessions, rate, a.pbx.MaxConcurrentCalls, a.pbx.CallsPerSecond)
}

// clock compares the switch's with ours: keys are told apart and answers dated by it.
func (a pbxAsk) clock(ctx context.Context) {
	body, answered := a.ask(ctx, "strepoch")
	if answered && strings.HasPrefix(body, "-ERR") {
		body, answered = a.ask(ctx, "strftime %s")
	}
	if !answered {
		return
	}
	seconds, err := strconv.ParseInt(body, 10, 64)
	if err != nil {
		a.say(a.about, warn, "does not say its time")
		return
	}
	switch off := time.Since(time.Unix(seconds, 0)).Abs(); {
	case off > 30*time.Second:
		a.say(a.about, red, "its clock is %s off ours: set both by NTP", off.Round(time.Second))
	case off > 3*time.Second:
		a.say(a.about, warn, "its clock is %s off ours: set both by NTP", off.Round(time.Second))
	default:
		a.say(a.about, ok, "its clock agrees with ours")
	}
}

var errCodec = errors.New("has no such codec")

func (a pbxAsk) gateway(ctx context.Context, g outreach.Gateway) {
	about := "gateway " + a.pbx.Name + "/" + g.Name
	body, answered := a.ask(ctx, "sofia xmlstatus gateway "+g.Name)
	if !answered {
		return
	}
	switch s := dialplan.ReadGateway(g.Name, body); {
	case s.State == outreach.GatewayUnknown:
		a.say(about, red, "FreeSWITCH does not know it: add it to a SIP profile (curlew config freeswitch renders it), then rescan")
	case !s.Up:
		a.say(about, red, "is %s (%s)", s.Ping, s.State)
	case s.State != "NOREG" && s.State != "REGED":
		a.say(about, red, "is not registered: %s", s.State)
	case strings.Contains(body, "<pingfreq>0</pingfreq>"):
		a.say(about, warn, "counts as up for ever, since FreeSWITCH does not ping it: set ping")
	default:
		a.say(about, ok, "is %s", s.Ping)
	}
	if len(g.AllowedPrefixes) == 0 {
		a.say(about, warn, "may dial nothing: allowed_prefixes is empty")
	}
	if err := a.codec(ctx, g.Codec); err != nil {
		a.say(about, red, "codec %s: %v", g.Codec, err)
	}
}

// codecNames are what show codec calls the codecs of the config.
var codecNames = map[string]string{"PCMA": "G.711 alaw", "PCMU": "G.711 ulaw"}

func (a pbxAsk) codec(ctx context.Context, codec string) error {
	name, named := codecNames[codec]
	if !named {
		return nil
	}
	body, answered := a.ask(ctx, "show codec")
	if !answered || strings.HasPrefix(body, "-") {
		return nil
	}
	if !slices.ContainsFunc(strings.Split(body, "\n"), func(l string) bool { return strings.Contains(l, name) }) {
		return fmt.Errorf("the switch %w", errCodec)
	}
	return nil
}
