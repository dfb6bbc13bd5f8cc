package dialplan

import (
	"context"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"curlew/esl"
	"curlew/outreach"
)

func (l *link) report() outreach.PBXStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.Gateways = slices.Clone(s.Gateways)
	if why := l.client.Down(); why != nil && !s.LinkUp {
		s.Error = why.Error()
	}
	return s
}

// heartbeat comes every 20 s. Its Session-Per-Sec is what is left this second, so limits come from status.
func (l *link) heartbeat(e *esl.Event) {
	now := l.d.o.Clock.Now()
	own, begun := l.ours.count(now)
	l.mu.Lock()
	defer l.mu.Unlock()
	number(e.Get("Session-Count"), &l.status.Sessions)
	number(e.Get("Max-Sessions"), &l.status.MaxSessions)
	number(e.Get("Session-Per-Sec-Last"), &l.status.SessionsPerSecond)
	l.status.At, l.status.OwnSessions, l.status.OwnPerSecond = now, own, begun
}

func number(text string, into *int) {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		*into = n
	}
}

// look refreshes what is known of the PBX; it asks nothing of one that is down. true: a gateway came or went.
func (l *link) look(ctx context.Context) bool {
	if _, up := l.client.Up(); !up {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, l.d.o.Poll)
	defer cancel()
	before, _ := l.ours.count(l.d.o.Clock.Now())
	body, err := l.client.Job(ctx, "status")
	if err != nil {
		l.d.o.Log.Warn("ask for status", "pbx", l.settings().Name, "error", err)
		return false
	}
	now := l.d.o.Clock.Now()
	own, begun := l.ours.count(now)
	l.mu.Lock()
	parseStatus(body, &l.status)
	l.status.At, l.status.OwnSessions, l.status.OwnPerSecond = now, min(before, own), begun // it counted in between
	l.mu.Unlock()
	l.lookForModules(ctx)
	p := l.settings()
	known := make([]outreach.GatewayStatus, 0, len(p.Gateways))
	for _, gw := range p.Gateways {
		s, ok := l.ask(ctx, gw.Name)
		if !ok {
			return false
		}
		known = append(known, s)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := !slices.Equal(l.status.Gateways, known)
	l.tellLost(p.Name, known)
	l.status.Gateways = known
	return changed
}

// lookForModules asks for those that a call does without where it must.
func (l *link) lookForModules(ctx context.Context) {
	has := func(module, answer string, found func(bool)) {
		if body, err := l.client.Job(ctx, "module_exists "+module); err == nil {
			found(strings.TrimSpace(body) == answer)
		}
	}
	has("mod_avmd", "false", l.noAVMD.Store)
	has("mod_http_cache", "true", l.cached.Store)
	has("mod_httapi", "true", l.httapi.Store)
}

// tellLost logs the gateways that cannot be used any more, or never could. The lock is held.
func (l *link) tellLost(pbx string, now []outreach.GatewayStatus) {
	for _, g := range now {
		i := slices.IndexFunc(l.status.Gateways, func(was outreach.GatewayStatus) bool { return was.Name == g.Name })
		if !g.Up && (i < 0 || l.status.Gateways[i].Up) {
			l.d.o.Log.Warn("gateway cannot be used", "pbx", pbx, "gateway", g.Name, "state", g.State)
		}
	}
}

// lookAt refreshes one gateway, after FreeSWITCH has said that it changed.
func (l *link) lookAt(ctx context.Context, gateway string) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	l.mu.Lock()
	i := slices.IndexFunc(l.status.Gateways, func(g outreach.GatewayStatus) bool { return g.Name == gateway })
	name, was := l.pbx.Name, outreach.GatewayStatus{}
	if i >= 0 {
		was = l.status.Gateways[i]
	}
	l.mu.Unlock()
	if i < 0 {
		return
	}
	now, ok := l.ask(ctx, gateway)
	if !ok {
		return
	}
	l.mu.Lock()
	if i < len(l.status.Gateways) && l.status.Gateways[i].Name == gateway {
		l.status.Gateways[i] = now
	}
	l.mu.Unlock()
	if was.Up != now.Up {
		l.d.o.Log.Warn("gateway changed", "pbx", name, "gateway", gateway, "up", now.Up, "state", now.State)
		l.d.o.Reporter.LinkChanged(name, true, false)
	}
}

func (l *link) ask(ctx context.Context, gateway string) (outreach.GatewayStatus, bool) {
	if !isName(gateway) {
		return outreach.GatewayStatus{Name: gateway, State: outreach.GatewayUnknown}, true
	}
	body, err := l.client.Job(ctx, "sofia xmlstatus gateway "+gateway)
	if err != nil {
		l.d.o.Log.Warn("ask for a gateway", "pbx", l.settings().Name, "gateway", gateway, "error", err)
		return outreach.GatewayStatus{}, false
	}
	return parseGateway(gateway, body), true
}

var (
	sessionsNow  = regexp.MustCompile(`(?m)^(\d+) session\(s\) - peak`)
	sessionsRate = regexp.MustCompile(`(?m)^(\d+) session\(s\) per Sec out of max (\d+)`)
	sessionsMax  = regexp.MustCompile(`(?m)^(\d+) session\(s\) max`)
)

// ReadStatus is what the api command status says of sessions and their limits.
func ReadStatus(body string) (s outreach.PBXStatus) {
	parseStatus(body, &s)
	return s
}

// ReadGateway is what sofia xmlstatus gateway says of the gateway.
func ReadGateway(name, body string) outreach.GatewayStatus { return parseGateway(name, body) }

// parseStatus reads the api command status; what it does not find stays as it was.
func parseStatus(body string, s *outreach.PBXStatus) {
	if m := sessionsNow.FindStringSubmatch(body); m != nil {
		number(m[1], &s.Sessions)
	}
	if m := sessionsRate.FindStringSubmatch(body); m != nil {
		number(m[1], &s.SessionsPerSecond)
		number(m[2], &s.SessionRateLimit)
	}
	if m := sessionsMax.FindStringSubmatch(body); m != nil {
		number(m[1], &s.MaxSessions)
	}
}

// parseGateway reads sofia xmlstatus gateway NAME. A gateway that FreeSWITCH does not know answers in
// plain words.
func parseGateway(name, body string) outreach.GatewayStatus {
	var gw struct {
		Name   string `xml:"name"`
		State  string `xml:"state"`
		Status string `xml:"status"`
	}
	d := xml.NewDecoder(strings.NewReader(body))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // the fields read are ASCII
	if err := d.Decode(&gw); err != nil || gw.State == "" {
		return outreach.GatewayStatus{Name: name, State: outreach.GatewayUnknown}
	}
	return outreach.GatewayStatus{Name: name, State: gw.State, Ping: gw.Status, Up: gw.Status == "UP"}
}
