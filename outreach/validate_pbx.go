package outreach

import (
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// vanillaPassword is what FreeSWITCH ships with: whoever knows it runs commands on the switch.
const vanillaPassword = "ClueCon"

func (v *validator) pbxList() {
	names, sockets := map[string]string{}, map[string]string{}
	for i, p := range v.doc.PBXs {
		base := at("/pbxs", i)
		v.name(at(base, "name"), p.Name, resourceName, names)
		v.eventSocket(at(base, "esl"), p.ESL)
		socket := fmt.Sprintf("%s:%d", p.ESL.Host, p.ESL.Port)
		if first, twice := sockets[socket]; twice {
			v.bad(at(base, "esl"), "is the event socket of another PBX", "one FreeSWITCH is one PBX, or its caps do not hold; see "+first)
		}
		sockets[socket] = base
		if p.Callback != (HostPort{}) {
			v.host(at(base, "callback", "host"), p.Callback.Host)
			v.port(at(base, "callback", "port"), p.Callback.Port)
		}
		v.between(at(base, "max_concurrent_calls"), float64(p.MaxConcurrentCalls), 0, 100_000, "")
		v.between(at(base, "calls_per_second"), p.CallsPerSecond, 0, 1000, "")
		if p.ReserveInbound != nil {
			v.between(at(base, "reserve_inbound"), float64(*p.ReserveInbound), 0, 95, "percent, 0 to 95")
		}
		v.gateways(base, p)
		v.pbxExtras(base, p)
	}
}

func (v *validator) eventSocket(base string, a ESLAddress) {
	v.host(at(base, "host"), a.Host)
	v.port(at(base, "port"), a.Port)
	switch {
	case a.Password == "":
		v.bad(at(base, "password"), "the event socket's password is missing", "refer to it: ${env:PBX_PASSWORD}")
	case a.Password == vanillaPassword:
		v.bad(at(base, "password"), "is the password that FreeSWITCH ships with: anyone could command this PBX", "change it in event_socket.conf.xml and refer to it: ${env:PBX_PASSWORD}")
	default:
		v.secret(at(base, "password"), a.Password, isLoopback(a.Host))
	}
}

var (
	stripPattern   = regexp.MustCompile(`^\+?[0-9]{0,15}$`)
	prependPattern = regexp.MustCompile(`^[0-9+*#]{0,20}$`)
)

func (v *validator) gateways(base string, p PBX) {
	names := map[string]string{}
	if p.Active && len(p.Gateways) == 0 {
		v.warn(at(base, "gateways"), "an active PBX without a gateway dials nothing", "")
	}
	for i, g := range p.Gateways {
		here := at(base, "gateways", i)
		v.name(at(here, "name"), g.Name, resourceName, names)
		if g.CallerID != "" && !e164Number.MatchString(g.CallerID) {
			v.bad(at(here, "caller_id"), "is no E.164 number", "with + and country code, such as +12025550199")
		}
		v.prefixes(at(here, "allowed_prefixes"), g.AllowedPrefixes)
		if !stripPattern.MatchString(g.Strip) {
			v.bad(at(here, "strip"), "can only cut a + and digits off the front", "")
		}
		if !prependPattern.MatchString(g.Prepend) {
			v.bad(at(here, "prepend"), "can only put digits, +, * and # in front", "")
		}
		if g.Codec != "" {
			v.oneOf(at(here, "codec"), "codec", g.Codec, []string{"PCMA", "PCMU"})
		}
		if g.DTMF != "" {
			v.oneOf(at(here, "dtmf"), "way of keys", g.DTMF, []string{DTMFEvents, DTMFInband})
		}
		v.between(at(here, "max_concurrent_calls"), float64(g.MaxConcurrentCalls), 0, 100_000, "")
		v.between(at(here, "calls_per_second"), g.CallsPerSecond, 0, 1000, "")
		v.breaker(at(here, "breaker"), g)
		v.secret(at(here, "password"), g.Password, isLoopback(strings.Split(g.Proxy, ":")[0]))
		v.token(at(here, "proxy"), g.Proxy)
		v.token(at(here, "username"), g.Username)
	}
}

func (v *validator) prefixes(base string, prefixes []string) {
	for i, p := range prefixes {
		if !e164Prefix.MatchString(p) {
			v.bad(at(base, i), fmt.Sprintf("%q is no E.164 prefix", clip(p, 20)), "with + and country code, such as +1202555 or +966")
		} else if slices.Index(prefixes, p) < i {
			v.bad(at(base, i), p+" is there twice", "")
		}
	}
}

var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9._:;=@+\[\]-]{0,128}$`)

// token refuses what could end a line or a quotation in a rendered FreeSWITCH file.
func (v *validator) token(pointer, s string) {
	if !tokenPattern.MatchString(s) {
		v.bad(pointer, "has a character that has no place here", "letters, digits and . _ : ; = @ + - [ ]")
	}
}

var contextPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{0,64}$`)

func (v *validator) pbxExtras(base string, p PBX) {
	for i, c := range p.AllowFrom {
		if _, err := netip.ParsePrefix(c); err != nil {
			v.bad(at(base, "allow_from", i), fmt.Sprintf("%q is no network", clip(c, 40)), "in CIDR form, such as 10.0.0.5/32")
		}
	}
	if p.AudioDir != "" && (!path.IsAbs(p.AudioDir) || strings.Contains(p.AudioDir, "..")) {
		v.bad(at(base, "audio_dir"), "is no absolute path", "as the PBX sees it, such as /var/lib/curlew/audio")
	}
	if p.AudioURL != "" {
		v.url(at(base, "audio_url"), p.AudioURL)
		if p.AudioDir != "" {
			v.bad(at(base, "audio_url"), "audio is read from a directory or fetched, not both", "take out audio_dir or audio_url")
		}
	}
	if !contextPattern.MatchString(p.ExtensionContext) {
		v.bad(at(base, "extension_context"), "is no dialplan context", "its name in FreeSWITCH, such as default")
	}
	for i, did := range p.CallbackDIDs {
		if !e164Number.MatchString(did) {
			v.bad(at(base, "callback_dids", i), "is no E.164 number", "with + and country code")
		}
	}
	v.secret(at(base, "callback_secret"), p.CallbackSecret, isLoopback(p.ESL.Host))
	if (len(p.CallbackDIDs) > 0 || p.CDRHook) && p.CallbackSecret == "" {
		v.bad(at(base, "callback_secret"), "is missing: without it nobody can tell the PBX's own words from anybody else's", "refer to it: ${env:CURLEW_CALLBACK_SECRET}")
	}
	longest := v.snap.CallLimits().RingTimeout + v.snap.CallLimits().MaxDuration
	if u := p.Unknown; u != nil && u.SettleAfter.Approx() < longest {
		v.bad(at(base, "unknown", "settle_after"), "is shorter than the longest call: the patient may still be on the line",
			"at least ring_timeout plus max_duration, "+Exactly(longest).String())
	}
}

func (v *validator) callSettings() {
	c := v.doc.Call
	v.lasts("/call/ring_timeout", c.RingTimeout, time.Second, 2*time.Minute)
	v.lasts("/call/max_duration", c.MaxDuration, 5*time.Second, time.Hour)
	v.lasts("/call/socket_watchdog", c.SocketWatchdog, time.Second, 30*time.Second)
	v.lasts("/call/key_wait", c.KeyWait, time.Second, time.Minute)
	v.lasts("/call/inter_digit", c.InterDigit, 500*time.Millisecond, 30*time.Second)
	v.lasts("/call/first_prompt", c.FirstPrompt, 0, 10*time.Second)
	v.lasts("/call/debounce", c.Debounce, 0, 2*time.Second)
	v.count("/call/no_input", c.NoInput, 0, 10)
	v.count("/call/invalid", c.Invalid, 0, 10)
	v.count("/call/repeat", c.Repeat, 0, 20)
}

func (v *validator) count(pointer string, n *int, low, high float64) {
	if n != nil {
		v.between(pointer, float64(*n), low, high, "")
	}
}

func (v *validator) limits() {
	l := v.doc.Limits
	v.lasts("/limits/between_calls", l.BetweenCalls, 0, 7*24*time.Hour)
	v.count("/limits/rings_per_day", l.RingsPerDay, 1, 50)
	v.count("/limits/rings_per_week", l.RingsPerWeek, 1, 200)
	v.count("/limits/contacts_per_day", l.ContactsPerDay, 1, 50)
	v.count("/limits/contacts_per_week", l.ContactsPerWeek, 1, 200)
	r := v.snap.ResolvedLimits()
	v.reachable("rings", r.RingsPerDay, r.RingsPerWeek)
	v.reachable("contacts", r.ContactsPerDay, r.ContactsPerWeek)
}

// reachable refuses a limit per day that the one per week makes void.
func (v *validator) reachable(what string, perDay, perWeek int) {
	if perDay > perWeek {
		v.bad("/limits/"+what+"_per_day", fmt.Sprintf("%d a day can never be reached with %d a week", perDay, perWeek),
			fmt.Sprintf("raise %s_per_week or lower %s_per_day", what, what))
	}
}

var causeName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,63}$`)

func (v *validator) causeMatrix() {
	for i, r := range v.doc.CauseMatrix {
		base := at("/cause_matrix", i)
		if r.Cause == "" && len(r.SIP) == 0 && r.Progress == nil {
			v.bad(base, "matches every call", "name a cause or SIP statuses")
		}
		if r.Cause != "" && !causeName.MatchString(r.Cause) {
			v.bad(at(base, "cause"), "is no Q.850 name", "as FreeSWITCH writes it, such as NO_ANSWER")
		}
		for j, status := range r.SIP {
			v.between(at(base, "sip", j), float64(status), 300, 699, "")
		}
		v.oneOf(at(base, "verdict"), "verdict", string(r.Verdict), callVerdicts)
		v.oneOf(at(base, "disposition"), "disposition", string(r.Disposition), callDispositions)
	}
}

var callVerdicts = words(VerdictNextGateway, VerdictBackPressure, VerdictRetryLater, VerdictNextChannel, VerdictSuppress)

var callDispositions = words(Busy, NoAnswer, Rejected, Unreachable, InvalidNumber, TrunkFault, BackPressure, Unwanted, Unknown)

func words[S ~string](all ...S) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return out
}

func (v *validator) breaker(base string, g Gateway) {
	r := g.Breaker
	if r == nil {
		return
	}
	v.between(at(base, "consecutive_faults"), float64(r.ConsecutiveFaults), 0, 1000, "")
	v.count(at(base, "asr_below"), r.ASRBelow, 0, 100)
	v.lasts(at(base, "asr_window"), r.ASRWindow, time.Minute, 24*time.Hour)
	v.between(at(base, "min_calls"), float64(r.MinCalls), 0, 10_000, "")
	v.lasts(at(base, "open_for"), r.OpenFor, 5*time.Second, 24*time.Hour)
	if r.ProbeNumber == "" {
		return
	}
	if !e164Number.MatchString(r.ProbeNumber) {
		v.bad(at(base, "probe_number"), "is no E.164 number", "a number of the hospital's own, with + and country code")
	} else if !g.Allows(r.ProbeNumber) {
		v.bad(at(base, "probe_number"), "begins with none of the gateway's allowed_prefixes", "")
	}
}
