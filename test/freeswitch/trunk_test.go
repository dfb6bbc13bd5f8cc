package freeswitch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/dialplan"
	"curlew/outreach"
)

func TestTrunksThatAreNotThere(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	h.await("knew that the pinged gateway is down", func(s outreach.PBXStatus) bool {
		gw, ok := s.Gateway("down")
		return ok && !gw.Up
	})
	s := h.d.Status("main")
	for name, up := range map[string]bool{"trunk1": true, "trunk2": true, "dead": true, "down": false, "nosuch": false} {
		if gw, ok := s.Gateway(name); !ok || gw.Up != up {
			t.Errorf("%s: %+v, want up=%v", name, gw, up)
		}
	}
	for name, want := range map[string]outreach.CallResult{
		"dead":   {Created: true, Cause: "NORMAL_TEMPORARY_FAILURE", SIPStatus: 503},
		"down":   {Cause: "GATEWAY_DOWN"},
		"nosuch": {Cause: "INVALID_GATEWAY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := h.order("12025550101")
			o.Gateway = name
			r := h.place(t, o)
			if r.Created != want.Created || r.Cause != want.Cause || r.SIPStatus != want.SIPStatus || r.Progress || r.Answered || r.Indeterminate || !r.Accepted {
				t.Errorf("got %+v, want %+v", r, want)
			}
			if v := outreach.Conclude(nil, r); v.Verdict != outreach.VerdictNextGateway || v.Counted {
				t.Errorf("concludes %+v", v)
			}
		})
	}
}

func TestAWrongPasswordIsSaid(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{noLink: true, pbx: func(p *outreach.PBX) { p.ESL.Password = "wrong" }})
	h.await("said so", func(s outreach.PBXStatus) bool { return !s.LinkUp && strings.Contains(s.Error, "password") })
	if err := h.d.Dial(t.Context(), h.order("12025550101")); !errors.Is(err, dialplan.ErrNotSent) {
		t.Errorf("dialled without a link: %v", err)
	}
}

func TestAnAddressThatTheACLRefusesIsSaid(t *testing.T) {
	t.Parallel()
	other := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	h := open(t, shared.get(t), hospitalOptions{noLink: true, dialer: func(o *dialplan.Options) { o.Connect = other.DialContext }})
	h.await("said so", func(s outreach.PBXStatus) bool { return !s.LinkUp && strings.Contains(s.Error, "access list") })
}

func TestAnAnsweredCallWithoutASocketIsEnded(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	deaf, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // the kernel takes connections, nobody reads them
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	t.Run("the watchdog ends it", func(t *testing.T) {
		h := open(t, sw, hospitalOptions{dialer: func(o *dialplan.Options) { o.Advertise = deaf.Addr().String() }})
		o := h.order("12025550101")
		r := h.place(t, o)
		if !r.Answered || r.Cause != "NORMAL_CLEARING" || !slices.Contains(h.j.of(o.Attempt, true), "note no_socket") {
			t.Errorf("%+v\n%v", r, h.j.of(o.Attempt, true))
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		h := open(t, sw, hospitalOptions{dialer: func(o *dialplan.Options) { o.Advertise = fmt.Sprintf("127.0.0.1:%d", sw.Ports.Dead) }})
		if r := h.place(t, h.order("12025550101")); !r.Answered || r.Heard != 0 || r.Indeterminate {
			t.Errorf("%+v", r)
		}
	})
}

// wire lets a test cut the dialer's event socket.
type wire struct{ conns chan net.Conn }

func (w wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		w.conns <- c
	}
	return c, err
}

func TestALinkThatBreaksLosesNoCall(t *testing.T) {
	t.Parallel()
	w := wire{make(chan net.Conn, 100)}
	h := open(t, shared.get(t), hospitalOptions{dialer: func(o *dialplan.Options) { o.Connect = w.dial }})
	talks, rings := h.order("1404400000001"), h.order("12025550112")
	talks.Destination = "14044000000"
	for _, o := range []outreach.CallOrder{talks, rings} {
		if err := h.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	h.j.await(t, talks.Attempt, "answered")
	h.j.await(t, rings.Attempt, "ringing")
	(<-w.conns).Close()
	if r := h.j.result(t, talks.Attempt); r.Cause != "NORMAL_CLEARING" || !r.Answered || r.Indeterminate {
		t.Errorf("talking: %+v", r)
	}
	if r := h.j.result(t, rings.Attempt); r.Cause != "NO_ANSWER" || !r.Progress || r.Indeterminate {
		t.Errorf("ringing: %+v", r)
	}
}

func TestWhatAThrottledSwitchRefusesCostsNothing(t *testing.T) {
	t.Parallel()
	sw := alone(t)
	h := open(t, sw, hospitalOptions{})
	holds := h.order("12025550112") // two channels: the network is on the same switch
	holds.RingTimeout = 15 * time.Second
	if err := h.d.Dial(t.Context(), holds); err != nil {
		t.Fatal(err)
	}
	h.j.await(t, holds.Attempt, "ringing")
	if out, err := sw.API(t.Context(), "fsctl max_sessions 2"); err != nil {
		t.Fatal(out, err)
	}
	r := h.place(t, h.order("12025550101"))
	if r.Cause != "DESTINATION_OUT_OF_ORDER" || r.Created || r.Progress || r.Indeterminate {
		t.Errorf("%+v", r)
	}
	if v := outreach.Conclude(nil, r); v.Verdict != outreach.VerdictBackPressure || v.Counted {
		t.Errorf("concludes %+v", v)
	}
	h.j.result(t, holds.Attempt)
}

func TestACrashOfTheSwitchSettlesEveryCallOnce(t *testing.T) {
	t.Parallel()
	sw := alone(t)
	h := open(t, sw, hospitalOptions{})
	core := h.d.Status("main").CoreUUID
	talks, rings := h.order("12025550100"), h.order("12025550112")
	rings.RingTimeout = 30 * time.Second
	for _, o := range []outreach.CallOrder{talks, rings} {
		if err := h.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	h.j.await(t, talks.Attempt, "note prompt greeting")
	h.j.await(t, rings.Attempt, "ringing")
	sw.Kill()
	h.await("lost", func(s outreach.PBXStatus) bool { return !s.LinkUp })
	if err := h.d.Dial(t.Context(), h.order("12025550101")); !errors.Is(err, dialplan.ErrNotSent) {
		t.Errorf("dialled without a link: %v", err)
	}
	if err := sw.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.await("restarted", func(s outreach.PBXStatus) bool { return s.LinkUp && s.CoreUUID != core })
	if r := h.j.result(t, talks.Attempt); !r.Answered || r.Cause != "" || r.Heard <= 0 {
		t.Errorf("talking: %+v", r)
	}
	if r := h.j.result(t, rings.Attempt); !r.Indeterminate || !r.Progress || r.Answered || r.Cause != "" {
		t.Errorf("ringing: %+v", r)
	}
	o := h.order("12025550101")
	answers("respond confirm 1").check(t, h, o, h.place(t, o))
}

func TestASwitchThatFreezesIsAskedWhatBecameOfTheCall(t *testing.T) {
	t.Parallel()
	sw := alone(t)
	h := open(t, sw, hospitalOptions{})
	if err := sw.Freeze(); err != nil {
		t.Fatal(err)
	}
	o := h.order("12025550101")
	err := h.d.Dial(t.Context(), o)
	if !errors.Is(err, dialplan.ErrIndeterminate) {
		t.Errorf("a command that nobody answers: %v", err)
	}
	if err := sw.Thaw(); err != nil {
		t.Fatal(err)
	}
	if r := h.j.result(t, o.Attempt); r.Indeterminate || r.Cause != "NORMAL_CLEARING" || !r.Answered {
		t.Errorf("%+v\n%v", r, h.j.of(o.Attempt, true))
	}
}
