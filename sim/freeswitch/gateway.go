package freeswitch

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// Gateway is a SIP trunk of the switch.
type Gateway struct {
	Name  string
	Proxy string // 127.0.0.1:5060
	Down  bool   // pinged and found dead: originates end with GATEWAY_DOWN
	// NoProgress trunks never say that the phone rings; EarlyMedia trunks say it with sound (183).
	NoProgress, EarlyMedia bool
	// Reply is the final SIP status with which the trunk refuses every call: 403, 404, 408, 410, 480, 484,
	// 486, 488, 500, 503, 600 or 603; 0 for none.
	Reply int

	since       time.Time
	out, failed int
}

func (g Gateway) withDefaults(now time.Time) Gateway {
	if g.Proxy == "" {
		g.Proxy = "127.0.0.1:5060"
	}
	g.since = now
	return g
}

func (s *Switch) gateway(name string) *Gateway {
	for _, g := range s.gateways {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// UpdateGateway replaces what a gateway does with calls from now on; its Name says which, Down stays. An
// unknown name does nothing.
func (s *Switch) UpdateGateway(g Gateway) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.gateway(g.Name); have != nil {
		have.NoProgress, have.EarlyMedia, have.Reply = g.NoProgress, g.EarlyMedia, g.Reply
	}
}

// SetGateway takes a gateway up or down and tells the listeners, as the ping would. An unknown name does nothing.
func (s *Switch) SetGateway(name string, up bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gateway(name)
	if g == nil || g.Down == !up {
		return
	}
	g.Down, g.since = !up, s.clock.Now()
	e := s.newEvent("CUSTOM", "sofia::gateway_state", source{"sofia_reg.c", "sofia_reg_fire_custom_gateway_state_event", 171})
	e.add("Gateway", g.Name)
	e.add("State", "NOREG")
	e.add("Ping-Status", g.status())
	s.fire(e)
}

func (g *Gateway) status() string {
	if g.Down {
		return "DOWN"
	}
	return "UP"
}

// fields is a gateway's status: the name in the text report, the one in the XML, the value.
func (s *Switch) gatewayFields(g *Gateway) [][3]string {
	up := s.clock.Now().Sub(g.since)
	if g.Down {
		up = 0
	}
	ping, count := "0.51", "1"
	if g.Down {
		ping, count = "0.00", "0"
	}
	now := fmt.Sprint(s.clock.Now().Unix())
	return [][3]string{
		{"Name", "name", g.Name}, {"Profile", "profile", "external"}, {"Scheme", "scheme", "Digest"}, {"Realm", "realm", g.Proxy},
		{"Username", "username", "curlew"}, {"Password", "password", "yes"}, {"From", "from", "<sip:curlew@" + g.Proxy + ">"},
		{"Contact", "contact", "<sip:gw+" + g.Name + "@127.0.0.1:5080;transport=udp;gw=" + g.Name + ">"}, {"Exten", "exten", "curlew"},
		{"To", "to", "sip:curlew@" + g.Proxy}, {"Proxy", "proxy", "sip:" + g.Proxy}, {"Context", "context", "public"},
		{"Expires", "expires", "3600"}, {"Freq", "freq", "3600"}, {"Ping", "ping", now}, {"PingFreq", "pingfreq", "30"},
		{"", "pingmin", "1"}, {"", "pingcount", count}, {"", "pingmax", "1"}, {"PingTime", "pingtime", ping},
		{"PingState", "", "1/" + count + "/1"}, {"", "pinging", "0"}, {"State", "state", "NOREG"}, {"Status", "status", g.status()},
		{"Uptime", "", fmt.Sprintf("%ds", int(up/time.Second))}, {"", "uptime-usec", fmt.Sprint(up.Microseconds())},
		{"CallsIN", "calls-in", "0"}, {"CallsOUT", "calls-out", fmt.Sprint(g.out)},
		{"FailedCallsIN", "failed-calls-in", "0"}, {"FailedCallsOUT", "failed-calls-out", fmt.Sprint(g.failed)},
	}
}

const ruler = "=================================================================================================\n"

// sofia is the sofia API.
func (s *Switch) sofia(arg string) string {
	w := strings.Fields(arg)
	if len(w) == 0 {
		return "-USAGE: sofia <help|status|xmlstatus|profile|loglevel|tracelevel|global> …\n"
	}
	asXML := w[0] == "xmlstatus"
	switch {
	case w[0] == "status" || asXML:
		if len(w) == 1 {
			return s.sofiaSummary(asXML)
		}
		if w[1] == "gateway" && len(w) > 2 {
			return s.gatewayStatus(strings.TrimPrefix(w[2], "external::"), asXML)
		}
		if w[1] == "profile" && len(w) > 2 && w[2] != "external" {
			return "Invalid Profile!\n"
		}
		return s.sofiaSummary(asXML)
	case w[0] == "profile" && len(w) > 2:
		return s.sofiaProfile(w[1], w[2], w[3:])
	}
	return "Unknown Command [" + w[0] + "]\n"
}

func (s *Switch) gatewayStatus(name string, asXML bool) string {
	g := s.gateway(name)
	if g == nil {
		return "Invalid Gateway!\n"
	}
	var b strings.Builder
	if !asXML {
		b.WriteString(ruler)
		for _, f := range s.gatewayFields(g) {
			if f[0] != "" {
				fmt.Fprintf(&b, "%-8s\t%s\n", f[0], f[2])
			}
		}
		return b.String() + ruler
	}
	b.WriteString("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n  <gateway>\n")
	for _, f := range s.gatewayFields(g) {
		if f[1] != "" {
			fmt.Fprintf(&b, "    <%s>%s</%s>\n", f[1], xmlText(f[2]), f[1])
		}
	}
	return b.String() + "  </gateway>\n"
}

func xmlText(v string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(v)); err != nil { // a Builder never fails
		return ""
	}
	return b.String()
}

// sofiaSummary lists the profile and its gateways.
func (s *Switch) sofiaSummary(asXML bool) string {
	live := fmt.Sprintf("RUNNING (%d)", s.stats.Live)
	var b strings.Builder
	if asXML {
		b.WriteString("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<profiles>\n")
		entry := func(kind, name, data, state string) {
			fmt.Fprintf(&b, "<%s>\n<name>%s</name>\n<type>%s</type>\n<data>%s</data>\n<state>%s</state>\n</%s>\n", kind, xmlText(name), kind, xmlText(data), state, kind)
		}
		entry("profile", "external", "sip:mod_sofia@127.0.0.1:5080", live)
		for _, g := range s.gateways {
			entry("gateway", g.Name, "sip:curlew@"+g.Proxy, "NOREG")
			b.WriteByte('\n')
		}
		return b.String() + "</profiles>\n"
	}
	row := func(name, kind, data, state string) {
		fmt.Fprintf(&b, "%25s\t%7s\t%42s\t%s\n", name, kind, data, state)
	}
	row("Name", "Type", "Data", "State")
	b.WriteString(ruler)
	row("external", "profile", "sip:mod_sofia@127.0.0.1:5080", live)
	for _, g := range s.gateways {
		row("external::"+g.Name, "gateway", "sip:curlew@"+g.Proxy, "NOREG")
	}
	return b.String() + ruler + "1 profile 0 aliases\n"
}

func (s *Switch) sofiaProfile(profile, action string, rest []string) string {
	if profile != "external" {
		return "Invalid Profile [" + profile + "]"
	}
	switch action {
	case "rescan":
		return "Reload XML [Success]\n+OK scan complete\n"
	case "start", "restart", "stop":
		return "Reload XML [Success]\n" + action + "ing: external"
	case "killgw":
		if len(rest) == 0 {
			return "-ERR missing gateway name\n"
		}
		for i, g := range s.gateways {
			if g.Name == rest[0] {
				s.gateways = append(s.gateways[:i], s.gateways[i+1:]...)
				return "+OK gateway marked for deletion.\n"
			}
		}
		return "-ERR gateway '" + rest[0] + "' not found\n"
	}
	return "-ERR Unknown command!\n"
}
