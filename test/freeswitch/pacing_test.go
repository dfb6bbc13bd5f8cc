package freeswitch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/dialplan"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// ringsFor has every call that is not answered ring for that long, once.
func ringsFor(d *outreach.Document, ring time.Duration) {
	exact := outreach.Exactly(ring)
	d.Call.RingTimeout = &exact
}

// callers dial the hospital from the network, and stay until they are hung up.
func callers(t *testing.T, sw, network *freeswitch.Switch, n int) {
	t.Helper()
	const ward = `<extension name="ward"><condition field="destination_number" expression="^12025550188$">
<action application="set" data="ward=yes"/><action application="answer"/><action application="sleep" data="120000"/></condition></extension>`
	if err := os.WriteFile(filepath.Join(sw.Path("conf"), "dialplan", "ward.xml"), []byte(ward), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(t, sw, "reloadxml")
	for range n {
		ask(t, network, fmt.Sprintf("bgapi originate sofia/callee1/12025550188@127.0.0.1:%d &park()", sw.Ports.Caller))
	}
}

// TestInboundCallsKeepTheirShareOfTheSwitch: of 20 sessions 40 % are left to others. While eight callers are on
// the switch Curlew dials four at once; when they have gone, twelve; the switch itself counts.
func TestInboundCallsKeepTheirShareOfTheSwitch(t *testing.T) {
	t.Parallel()
	sw, network := aloneWith(t, freeswitch.Options{MaxSessions: 20, Heartbeat: 1}), shared.get(t)
	trunks(t, sw, trunk{name: "out", port: network.Ports.Callee1})
	seen := register(t, sw)
	callers(t, sw, network, 8)
	waitFor(t, "eight callers on the switch", func() bool { return dialplan.ReadStatus(ask(t, sw, "status")).Sessions == 8 })
	w := whole(t, curlew(t), sw, wholeOptions{change: func(d *outreach.Document) {
		share := 40
		d.PBXs[0].ReserveInbound, d.PBXs[0].Gateways = &share, d.PBXs[0].Gateways[:1]
		d.PBXs[0].Gateways[0].Name = "out"
		ringsFor(d, 3*time.Second)
	}})
	waitFor(t, "what the callers leave", func() bool { return w.pbx(t).Pace.Calls == 4 })
	numbers := rig.Numbers(26, []int{12, 20, 21, 22})
	for _, phone := range numbers[:6] {
		w.fire(t, phone)
	}
	waitFor(t, "a second round of calls", func() bool { return len(seen.dialled("out")) == 6 })
	if most, _ := seen.peak(); most != 4 {
		t.Errorf("beside eight callers %d calls were up at once", most)
	}
	ask(t, sw, "hupall NORMAL_CLEARING ward yes")
	for _, phone := range numbers[6:] {
		w.fire(t, phone)
	}
	top := 0
	waitFor(t, "twelve calls at once", func() bool {
		most, _ := seen.peak()
		top = max(top, most)
		return top >= 12
	})
	waitFor(t, "the next round", func() bool { return len(seen.dialled("out")) >= 20 })
	if most, _ := seen.peak(); max(top, most) != 12 {
		t.Errorf("with nobody else on the switch %d calls were up at once", max(top, most))
	}
}

// TestLinesOfThePBXAndOfATrunkHoldOnTheWire: five calls at once through the PBX, two of them through its first trunk,
// which has no more channels; all that the caps leave is used.
func TestLinesOfThePBXAndOfATrunkHoldOnTheWire(t *testing.T) {
	t.Parallel()
	sw, network := alone(t), shared.get(t)
	trunks(t, sw, trunk{name: "narrow", port: network.Ports.Callee1}, trunk{name: "wide", port: network.Ports.Callee1})
	seen := register(t, sw)
	w := whole(t, curlew(t), sw, wholeOptions{change: func(d *outreach.Document) {
		p := &d.PBXs[0]
		p.MaxConcurrentCalls, p.Gateways[0].MaxConcurrentCalls = 5, 2
		p.Gateways[0].Name, p.Gateways[1].Name = "narrow", "wide"
		ringsFor(d, 3*time.Second)
	}})
	numbers := rig.Numbers(15, []int{12, 20, 21, 22})
	for _, phone := range numbers {
		w.fire(t, phone)
	}
	for _, phone := range numbers {
		if a := w.until(t, phone, func(a activity) bool { return a.State == "failed" }); used(a) != 1 {
			t.Errorf("%+v", a)
		}
	}
	for gateway, most := range map[string]int{"": 5, "narrow": 2} {
		if n := seen.atOnce(gateway); n != most {
			t.Errorf("%d calls at once through %q, the cap is %d", n, gateway, most)
		}
	}
	if n := len(seen.dialled("")); n != len(numbers) {
		t.Errorf("%d phones rang %d times", len(numbers), n)
	}
}

// TestCallsASecondHoldOnTheWire by the switch's own clock: four a second through the PBX, one of them through the
// first trunk, though all twenty patients are due at once.
func TestCallsASecondHoldOnTheWire(t *testing.T) {
	t.Parallel()
	sw := alone(t)
	seen := register(t, sw)
	w := whole(t, curlew(t), sw, wholeOptions{change: func(d *outreach.Document) {
		d.PBXs[0].CallsPerSecond, d.PBXs[0].Gateways[0].CallsPerSecond = 4, 1
	}})
	for _, phone := range rig.Numbers(20, []int{11}) {
		w.fire(t, phone)
	}
	waitFor(t, "twenty calls", func() bool { return len(seen.dialled("")) == 20 })
	for gateway, rate := range map[string]float64{"": 4, "trunk1": 1} {
		at := seen.dialled(gateway)
		if gateway != "" && (len(at) < 3 || len(at) > 10) {
			t.Errorf("%s took %d of 20 calls", gateway, len(at))
		}
		// A call that a busy machine holds up comes nearer to the next one.
		least, took := time.Duration(float64(len(at)-1)/rate*float64(time.Second))-time.Second, at[len(at)-1].Sub(at[0])
		if took < least {
			t.Errorf("%d calls through %q in %s, at %.0f a second", len(at), gateway, took, rate)
		}
	}
}

// TestWhatAThrottledSwitchRefusesWaitsForItAndUsesUpNoTry: its sessions are all taken, it admits none a second, or it is
// paused, which nothing but its refusals tells. Nobody's phone rings for a refused call, the trunk is not blamed, and once there is room
// all are called.
func TestWhatAThrottledSwitchRefusesWaitsForItAndUsesUpNoTry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ tighten, loosen string }{
		"max sessions":   {"fsctl max_sessions 1", "fsctl max_sessions 1000"},
		"paused":         {"fsctl pause", "fsctl resume"},
		"calls a second": {"fsctl sps 1", "fsctl sps 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sw, network := alone(t), shared.get(t)
			trunks(t, sw, trunk{name: "out", port: network.Ports.Callee1})
			seen := register(t, sw)
			w := whole(t, curlew(t), sw, wholeOptions{change: func(d *outreach.Document) {
				d.PBXs[0].Gateways = d.PBXs[0].Gateways[:1]
				d.PBXs[0].Gateways[0].Name = "out"
				ringsFor(d, 3*time.Second)
			}})
			waitFor(t, "what the switch allows", func() bool { return w.pbx(t).Pace.Calls == 20 })
			ask(t, sw, c.tighten)
			waitFor(t, "a switch without room", func() bool { // the first of them may still be let in
				return strings.Contains(ask(t, sw, "originate null/nobody &park()"), "DESTINATION_OUT_OF_ORDER")
			})
			numbers := rig.Numbers(3, []int{12, 20, 21})
			for _, phone := range numbers {
				w.fire(t, phone)
			}
			for _, phone := range numbers {
				a := w.until(t, phone, func(a activity) bool {
					return a.State == "queued" && a.Reason == "pbx_limit_reached" && (name != "paused" || len(a.Attempts) > 0)
				})
				for _, try := range a.Attempts { // none where Curlew had asked in time
					if try.Disposition != "back_pressure" || try.Cause != "DESTINATION_OUT_OF_ORDER" || try.Counted {
						t.Errorf("%+v", a)
					}
				}
			}
			if n := len(seen.dialled("out")); n != 0 {
				t.Errorf("%d channels for calls that were refused", n)
			}
			if h := w.pbx(t).breaker("out"); h.State != outreach.BreakerClosed || h.Faults != 0 {
				t.Errorf("the trunk is blamed: %+v", h)
			}
			ask(t, sw, c.loosen)
			ask(t, sw, "fsctl hupall normal_clearing")
			for _, phone := range numbers {
				if a := w.until(t, phone, func(a activity) bool { return a.State == "failed" }); used(a) != 1 {
					t.Errorf("%+v", a)
				}
			}
			if n := len(seen.dialled("out")); n != len(numbers) {
				t.Errorf("%d phones rang %d times", len(numbers), n)
			}
		})
	}
}
