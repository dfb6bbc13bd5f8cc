package main

import (
	"net"
	"sync"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"
)

// cable is the way between Curlew and the switch's event socket: it can be slow, and it can swallow everything
// without either end being told.
type cable struct {
	net.Listener

	mu      sync.Mutex
	plugged []net.Conn
	delay   time.Duration
	dead    bool
}

func (c *cable) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plugged = append(c.plugged, conn)
	return &strand{Conn: conn, cable: c}, nil
}

// cut makes everything that is sent vanish, both ways, on links that stay open.
func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
}

// mend lets new links through; the old ones have lost what was sent meanwhile and are reset.
func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = false
	for _, conn := range c.plugged {
		conn.Close()
	}
	c.plugged = nil
}

func (c *cable) slow(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delay = by
}

func (c *cable) state() (delay time.Duration, dead bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.delay, c.dead
}

// strand is one link over the cable, at the switch's end.
type strand struct {
	net.Conn
	cable *cable
}

func (s *strand) Read(b []byte) (int, error) {
	for {
		n, err := s.Conn.Read(b)
		delay, dead := s.cable.state()
		if err != nil || !dead {
			<-time.After(delay)
			return n, err
		}
	}
}

func (s *strand) Write(b []byte) (int, error) {
	delay, dead := s.cable.state()
	if dead {
		return len(b), nil
	}
	<-time.After(delay)
	return s.Conn.Write(b)
}

func TestOnABadLinkToTheSwitch(t *testing.T) {
	t.Parallel()
	c := &cable{}
	f := startFleet(t, rig.Options{Document: quietTown(60), Listener: func(l net.Listener) net.Listener { c.Listener = l; return c }})
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
		c.slow(150 * time.Millisecond)
		for _, a := range f.over(ringing(t, 4)) {
			if a.Disposition != outreach.NoAnswer {
				t.Errorf("%s %s", a.State, a.Disposition)
			}
		}
		c.slow(0)
	})
	t.Run("a FreeSWITCH that restarts in the middle of calls has them settled and nobody dialled twice", func(t *testing.T) {
		ids := ringing(t, 3)
		f.rig.FreeSWITCH.Restart()
		settled(ids)
	})
	t.Run("a half-open link is noticed, and nobody is dialled twice", func(t *testing.T) {
		ids := ringing(t, 3)
		c.cut()
		ids = append(ids, f.fire(node, 2)...) // their originates vanish
		f.until("noticed", func() bool { return !f.linkUp(node) })
		must(t, clock.Wait(t.Context(), clock.System{}, 100*time.Millisecond))
		c.mend()
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
