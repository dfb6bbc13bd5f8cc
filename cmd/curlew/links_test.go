package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// badLink is the way between Curlew and the switch's event socket.
type badLink struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

// lay puts the proxy where the switch listened, and lets the switch listen behind it.
func (b *badLink) lay(l net.Listener) net.Listener {
	front := l.Addr().String()
	must(b.t, l.Close())
	behind, err := net.Listen("tcp", "127.0.0.1:0")
	must(b.t, err)
	b.proxy = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "event socket", front, behind.Addr().String())
	must(b.t, b.proxy.Start())
	b.t.Cleanup(b.proxy.Stop)
	return behind
}

// with makes the link so both ways until the returned function is called.
func (b *badLink) with(kind, attributes string) (undo func()) {
	for _, stream := range []string{"upstream", "downstream"} {
		_, err := b.proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":%s}`, kind, stream, attributes)))
		must(b.t, err)
	}
	return func() { b.proxy.Toxics.ResetToxics(b.t.Context()) }
}

func TestOnABadLinkToTheSwitch(t *testing.T) {
	t.Parallel()
	link := &badLink{t: t}
	f := startFleet(t, rig.Options{Document: quietTown(60), Listener: link.lay})
	node := f.rig.Nodes[0]
	ringing := func(t *testing.T, n int) []outreach.TransactionID {
		f.t = t
		ids := f.fire(node, n)
		f.until("ringing", func() bool { return f.rig.FreeSWITCH.Calls() == n })
		return ids
	}
	// settled expects that each patient was dialled once, whatever is known of it, and that calls go on.
	settled := func(ids []outreach.TransactionID) {
		f.over(ids)
		f.originates()
		for _, a := range f.over(ringing(f.t, 1)) {
			if a.Disposition != outreach.NoAnswer {
				f.t.Errorf("afterwards: %s %s", a.State, a.Disposition)
			}
		}
	}
	t.Run("a slow link loses no call", func(t *testing.T) {
		mend := link.with("latency", `{"latency": 150, "jitter": 50}`)
		for _, a := range f.over(ringing(t, 4)) {
			if a.Disposition != outreach.NoAnswer {
				t.Errorf("%s %s", a.State, a.Disposition)
			}
		}
		mend()
	})
	t.Run("a FreeSWITCH that restarts in the middle of calls has them settled and nobody dialled twice", func(t *testing.T) {
		ids := ringing(t, 3)
		f.rig.FreeSWITCH.Restart()
		settled(ids)
	})
	t.Run("a half-open link is noticed, and nobody is dialled twice", func(t *testing.T) {
		ids := ringing(t, 3)
		mend := link.with("timeout", `{"timeout": 0}`) // what is sent vanishes, and neither end is told
		ids = append(ids, f.fire(node, 2)...)          // their originates vanish
		f.until("noticed", func() bool { return !f.linkUp(node) })
		must(t, clock.Wait(t.Context(), clock.System{}, 100*time.Millisecond))
		mend()
		settled(ids)
	})
}

// linkUp asks the node for its PBX.
func (f *fleet) linkUp(node *rig.Node) bool {
	f.t.Helper()
	var status struct {
		LinkUp bool `json:"link_up"`
	}
	f.call(node, "GET", "/pbxs/"+rig.PBX+"/status", &status)
	return status.LinkUp
}
