package freeswitch_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"curlew/config"
	"curlew/dialplan"
	"curlew/hims"
	"curlew/outreach"
	sim "curlew/sim/freeswitch"
	"curlew/test/freeswitch"
)

// desk is who is asked about callers: everybody was born in 1980 and has a message, unless it says otherwise.
type desk struct {
	h    *hospital
	none bool // nothing is pending for anybody
	born int
}

func (d *desk) RungBack(context.Context, string, string) (outreach.RingBack, error) {
	flow := d.h.script().Flows["en"]
	ask := outreach.RingBack{Ask: flow.HumanTest, Wrong: flow.Invalid, Sorry: flow.Goodbye, Tries: 2, Digits: 4, Wait: patience}
	if d.none {
		ask.Ask = nil
	}
	return ask, nil
}

func (d *desk) Recognise(_ context.Context, _, number string, leg outreach.AttemptID, year int) (outreach.CallOrder, bool, error) {
	o := d.h.order(number)
	o.Attempt = leg
	return o, year == d.born, nil
}

// caller is a hospital whose patients ring back on one of its numbers.
type caller struct {
	*hospital
	w    *witness
	ring func() error // a phone that keys in 1980 when it is asked, and presses 1 at the menu
}

const ringBackDID, ringBackFrom = "12025550192", "12025550101"

func reception(t *testing.T, d *desk, sw *freeswitch.Switch, password string, l net.Listener) *hospital {
	d.h = open(t, sw, hospitalOptions{dialer: func(o *dialplan.Options) { o.Callers, o.Normalize, o.Listener = d, hims.CallerE164, l },
		pbx: func(p *outreach.PBX) {
			p.ESL.Password, p.CallbackDIDs, p.CallbackSecret = password, []string{"+" + ringBackDID}, ringBackSecret
			p.Callback.Port = l.Addr().(*net.TCPAddr).Port
		}})
	return d.h
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// realCaller has the shipped dialplan in the switch, before the number's previous destination.
func realCaller(t *testing.T, d *desk, asked []int) caller {
	t.Helper()
	sw := alone(t)
	h := reception(t, d, sw, sw.Password(), listen(t))
	files, err := config.SwitchFiles(h.pbx, nil)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(files, func(f config.SwitchFile) bool { return strings.HasPrefix(f.Path, "dialplan/") })
	if err := os.WriteFile(filepath.Join(sw.Path("conf"), "dialplan", "callback.xml"), files[i].Body, 0o600); err != nil {
		t.Fatal(err)
	}
	order(t, sw, net.IPv4(127, 0, 0, 1), "global_setvar curlew_callback_secret="+ringBackSecret, "reloadxml")
	phone := "0193b000-0000-7000-8000-000000000001"
	c := caller{hospital: h, w: watch(t, sw.Addr, sw.Password())}
	c.ring = func() error {
		order(t, sw, net.IPv4(127, 0, 0, 1), fmt.Sprintf("bgapi originate {origination_uuid=%s,origination_caller_id_number=+%s,sip_from_user=+%s}sofia/callee1/%s@127.0.0.1:%d '&park()'",
			phone, ringBackFrom, ringBackFrom, ringBackDID, sw.Ports.Caller))
		if len(asked) > 0 {
			c.w.await(t, outreach.AttemptID(phone), "PARK", 1) // it has a line to press keys into
		}
		for i, n := range asked { // a key comes when its question does
			waitFor(t, fmt.Sprintf("prompt %d", n), func() bool { return c.w.some(func(l []string) bool { return playing(l) >= n }) })
			keys := "1980"
			if i > 0 && d.born == 1980 {
				keys = "1"
			}
			order(t, sw, net.IPv4(127, 0, 0, 1), "uuid_send_dtmf "+phone+" "+keys)
		}
		return nil
	}
	return c
}

func playing(life []string) (n int) {
	for _, l := range life {
		if l == "execute playback" {
			n++
		}
	}
	return n
}

// simulatedCaller has the same dialplan, as the simulator takes it.
func simulatedCaller(t *testing.T, d *desk) caller {
	t.Helper()
	l := listen(t)
	sw, addr := simulatedWith(t, []string{"set curlew_callback_did=+" + ringBackDID, "set curlew_callback_secret=" + ringBackSecret, "set socket_resume=true",
		"socket " + l.Addr().String() + " async full", "unset curlew_callback_secret",
		"set reached=switchboard", "answer", "sleep 2000", "hangup NORMAL_CLEARING"}, t.TempDir())
	h := reception(t, d, &freeswitch.Switch{Ports: freeswitch.Ports{EventSocket: addr.Port}}, "test-only", l)
	return caller{hospital: h, w: watch(t, addr.String(), "test-only"), ring: func() error { return callIn(sw) }}
}

func callIn(sw *sim.Switch) error {
	_, err := sw.CallIn(ringBackFrom, ringBackDID)
	return err
}

// call rings and returns what was told of the hospital's leg.
func (c caller) call(t *testing.T) (k told) {
	t.Helper()
	if err := c.ring(); err != nil {
		t.Fatal(err)
	}
	var leg string
	waitFor(t, "the caller's leg ended", func() bool {
		c.w.mu.Lock()
		defer c.w.mu.Unlock()
		for id, life := range c.w.legs {
			if slices.Contains(life, "execute socket") && slices.Contains(life, "DESTROY") {
				leg, k.life, k.apps = id, slices.Clone(life), slices.Clone(c.w.apps[id])
				return true
			}
		}
		return false
	})
	for _, l := range c.j.of(outreach.AttemptID(leg), true) {
		if !strings.HasPrefix(l, "note key") {
			k.lines = append(k.lines, l)
		}
	}
	if len(k.lines) > 0 {
		k.result = c.j.result(t, outreach.AttemptID(leg))
	}
	return k
}

// TestTheSimulatedSwitchTellsOfPatientsWhoRingBackAsTheRealOneDoes: the same dialplan, the same question, the
// same answer on both; order of events, applications, and what is reported.
func TestTheSimulatedSwitchTellsOfPatientsWhoRingBackAsTheRealOneDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		desk
		asked   []int // the prompts during which a key is pressed
		answers bool
	}{
		"recognised, and answers":                  {desk{born: 1980}, []int{1, 3}, true},
		"not recognised, and goes on":              {desk{born: 1971}, []int{1, 3}, false},
		"nothing is pending, and the call goes on": {desk{none: true}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, other := c.desk, c.desk
			real, imitation := realCaller(t, &one, c.asked).call(t), simulatedCaller(t, &other).call(t)
			if d := differences(real, imitation); d != "" {
				t.Error(d)
			}
			if confirmed := slices.Contains(real.lines, "respond confirm 1"); confirmed != c.answers {
				t.Errorf("%q", real.lines)
			}
		})
	}
}
