package httpapi

import (
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"curlew/clock"
)

func TestALimiterForgetsTheQuietestAddressFirst(t *testing.T) {
	c := clock.NewDemo(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), 1e-9) // as good as standing still
	l := newLimiter[netip.Prefix](0.001, 1, 3, c)
	at := func(s string) netip.Prefix { return network(netip.MustParseAddr(s)) }
	for _, a := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
		if !l.allow(at(a)) {
			t.Fatalf("%s: its first was refused", a)
		}
	}
	if l.allow(at("192.0.2.1")) {
		t.Error("a second at once was allowed")
	}
	if !l.allow(at("192.0.2.4")) || l.order.Len() != 3 || len(l.byKey) != 3 {
		t.Errorf("%d addresses are remembered, want 3", l.order.Len())
	}
	if l.allow(at("192.0.2.1")) {
		t.Error("the address that asked last was forgotten")
	}
	if !l.allow(at("192.0.2.2")) {
		t.Error("the quietest address was not forgotten")
	}
}

func TestAnIPv6NetworkSharesItsLimit(t *testing.T) {
	l := newLimiter[netip.Prefix](0.001, 1, 3, clock.NewDemo(time.Now(), 1e-9))
	if !l.allow(network(netip.MustParseAddr("2001:db8::1"))) || l.allow(network(netip.MustParseAddr("2001:db8::2"))) || !l.allow(network(netip.MustParseAddr("2001:db8:0:1::1"))) {
		t.Error("addresses of one /64 have limits of their own, or those of two share one")
	}
	if !l.allow(network(netip.Addr{})) || l.allow(network(netip.Addr{})) {
		t.Error("an unreadable address is not limited")
	}
}

func TestOnlyTrustedProxiesNameTheClient(t *testing.T) {
	s := &Server{Options: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	for name, c := range map[string]struct{ peer, forwarded, want string }{
		"no proxy":              {"192.0.2.1:9", "198.51.100.1", "192.0.2.1"},
		"a proxy":               {"10.0.0.1:9", "198.51.100.1", "198.51.100.1"},
		"a client that forges":  {"10.0.0.1:9", "203.0.113.9, 198.51.100.1", "198.51.100.1"},
		"two proxies":           {"10.0.0.1:9", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
		"nonsense":              {"10.0.0.1:9", "localhost", "10.0.0.1"},
		"IPv4 in IPv6":          {"[::ffff:192.0.2.1]:9", "", "192.0.2.1"},
		"a proxy without words": {"10.0.0.1:9", "", "10.0.0.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := s.clientAddress(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestHumasWordsAreMadeSafe(t *testing.T) {
	for location, want := range map[string]string{
		"body": "", "body.steps[2].channel": "/steps/2/channel", "body[0].name": "/0/name", "query.limit": "query:limit", "header.If-Match": "header:If-Match",
		"body.recipient.Amina Yusuf.x": "/recipient", "body.data.+12025550101": "/data", "body.a@b": "",
	} {
		if got := pointerOf(location); got != want {
			t.Errorf("%s became %q, want %q", location, got, want)
		}
	}
}
