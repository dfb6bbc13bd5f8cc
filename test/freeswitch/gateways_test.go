package freeswitch_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

// busy is a patient of whom the network says so at once: what it takes to get there is what is looked at.
func busy(n int) string { return fmt.Sprintf("+1202555%02d11", n) }

// through is the gateways of a transaction's attempts, with the causes of those that failed by their trunk.
func through(a activity) (all []string) {
	for _, try := range a.Attempts {
		g := try.Gateway
		if try.Disposition == "trunk_fault" {
			g += " " + try.Cause
		}
		if try.Counted {
			g += " counted"
		}
		all = append(all, g)
	}
	return all
}

// goes fires the event of a patient who is busy and checks the ways that the call took.
func (w *ringers) goes(t *testing.T, phone string, want ...string) {
	t.Helper()
	w.fire(t, phone)
	a := w.until(t, phone, func(a activity) bool { return a.State == "failed" })
	if got := through(a); strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("%s went %q, want %q: %+v", phone, got, want, a)
	}
}

// mortal is a hospital with a trunk that ends where nobody may be, and trunk2.
func mortal(t *testing.T, program, name string, breaker *outreach.BreakerRule, others bool) *ringers {
	t.Helper()
	return whole(t, program, shared.get(t), wholeOptions{change: func(d *outreach.Document) {
		p := &d.PBXs[0]
		p.Gateways[0].Name = name
		if breaker != nil {
			p.Gateways[0].Breaker = breaker
		}
		if !others {
			p.Gateways = p.Gateways[:1]
		}
	}})
}

const mortalFault = " NORMAL_TEMPORARY_FAILURE"

// TestATrunkThatDiesIsLeftAloneAndTakenBackAndNoPatientPaysForIt: a trunk whose far end is gone and comes back. Faults
// in a row open its breaker; its probe number, or where there is none the next patient, shows whether it works
// again; one that FreeSWITCH pings is not even tried. No patient's try is used up by any of it.
func TestATrunkThatDiesIsLeftAloneAndTakenBackAndNoPatientPaysForIt(t *testing.T) {
	t.Parallel()
	program, network := curlew(t), alone(t)
	trunks(t, shared.get(t), trunk{name: "probed", port: network.Ports.Callee1}, trunk{name: "tried", port: network.Ports.Callee1},
		trunk{name: "pinged", port: network.Ports.Callee2, pinged: true})
	open := outreach.Exactly(5 * time.Second)
	rule := outreach.BreakerRule{ConsecutiveFaults: 2, OpenFor: &open, ASRBelow: new(int)}
	probing := rule
	probing.ProbeNumber = "+12025550111"
	probed, tried := mortal(t, program, "probed", &probing, true), mortal(t, program, "tried", &rule, true)
	pinged := mortal(t, program, "pinged", nil, false)
	waitFor(t, "FreeSWITCH knows that the pinged trunk is there", func() bool { return pinged.pbx(t).up("pinged") })
	network.Kill()
	waitFor(t, "FreeSWITCH knows that it is gone", func() bool { return !pinged.pbx(t).up("pinged") })

	t.Run("gone", func(t *testing.T) {
		t.Run("probed", func(t *testing.T) {
			t.Parallel()
			probed.goes(t, busy(1), "probed"+mortalFault, "trunk2 counted")
			probed.goes(t, busy(2), "probed"+mortalFault, "trunk2 counted")
			probed.goes(t, busy(3), "trunk2 counted")
			waitFor(t, "a probe that failed", func() bool { return strings.Contains(probed.pbx(t).breaker("probed").Why, "trial failed") })
			probed.goes(t, busy(4), "trunk2 counted")
		})
		t.Run("tried", func(t *testing.T) {
			t.Parallel()
			tried.goes(t, busy(5), "tried"+mortalFault, "trunk2 counted")
			tried.goes(t, busy(6), "tried"+mortalFault, "trunk2 counted")
			waitFor(t, "time for a trial", func() bool { return tried.pbx(t).breaker("tried").State == outreach.BreakerHalfOpen })
			tried.goes(t, busy(7), "tried"+mortalFault, "trunk2 counted")
			if h := tried.pbx(t).breaker("tried"); h.State != outreach.BreakerOpen {
				t.Errorf("after a trial that failed: %+v", h)
			}
		})
		t.Run("pinged", func(t *testing.T) {
			t.Parallel()
			pinged.fire(t, busy(8))
			if a := pinged.until(t, busy(8), func(a activity) bool { return a.Reason == "line_not_available" }); len(a.Attempts) != 0 {
				t.Errorf("dialled through a trunk that is known to be gone: %+v", a)
			}
		})
	})
	if err := network.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("back", func(t *testing.T) {
		t.Run("probed", func(t *testing.T) {
			t.Parallel()
			waitFor(t, "a probe that went through", func() bool { return probed.pbx(t).breaker("probed").State == outreach.BreakerClosed })
			probed.goes(t, busy(9), "probed counted")
		})
		t.Run("tried", func(t *testing.T) {
			t.Parallel()
			waitFor(t, "time for a trial", func() bool { return tried.pbx(t).breaker("tried").State == outreach.BreakerHalfOpen })
			tried.goes(t, busy(10), "tried counted")
			if h := tried.pbx(t).breaker("tried"); h.State != outreach.BreakerClosed {
				t.Errorf("after a trial that went through: %+v", h)
			}
		})
		t.Run("pinged", func(t *testing.T) {
			t.Parallel()
			a := pinged.until(t, busy(8), func(a activity) bool { return a.State == "failed" })
			got := slices.DeleteFunc(through(a), func(s string) bool { return s == "pinged"+mortalFault }) // it answers pings before it takes calls
			if len(got) != 1 || got[0] != "pinged counted" {
				t.Errorf("%+v", a)
			}
		})
	})
}

// TestATrunkThatReachesNobodyIsLeftAloneAndOneThatIsDrainedKeepsItsCalls: its share of answers opens the breaker of
// the first, an admin drains the second; then the patient waits, and is called when the drain ends.
func TestATrunkThatReachesNobodyIsLeftAloneAndOneThatIsDrainedKeepsItsCalls(t *testing.T) {
	t.Parallel()
	half := 50
	w := whole(t, curlew(t), shared.get(t), wholeOptions{change: func(d *outreach.Document) {
		d.PBXs[0].Gateways[0].Breaker = &outreach.BreakerRule{ASRBelow: &half, MinCalls: 3}
		ringsFor(d, 5*time.Second)
	}})
	for n := range 3 {
		w.goes(t, busy(20+n), "trunk1 counted")
	}
	if h := w.pbx(t).breaker("trunk1"); h.State != outreach.BreakerOpen || !strings.Contains(h.Why, "0 of 3 calls were answered") {
		t.Errorf("%+v", h)
	}
	const rings = "+12025552412"
	w.fire(t, rings)
	w.until(t, rings, func(a activity) bool { return len(a.Attempts) == 1 && a.Attempts[0].Gateway == "trunk2" })
	w.rest(t, http.MethodPost, "/pbxs/main/gateways/trunk2/drain", nil, nil)
	w.fire(t, busy(25))
	w.until(t, busy(25), func(a activity) bool { return a.Reason == "line_not_available" })
	a := w.until(t, rings, func(a activity) bool { return a.State == "failed" })
	if got := a.Attempts[0]; len(a.Attempts) != 1 || got.Disposition != "no_answer" {
		t.Errorf("the call that rang through the drained trunk: %+v", a)
	}
	if a := look(t, w.Rig, w.ids[busy(25)]); len(a.Attempts) != 0 {
		t.Errorf("dialled while the trunk is drained: %+v", a)
	}
	w.rest(t, http.MethodPost, "/pbxs/main/gateways/trunk2/resume", nil, nil)
	w.until(t, busy(25), func(a activity) bool { return a.State == "failed" && used(a) == 1 && a.Attempts[0].Gateway == "trunk2" })
}

// TestAFaultOfTheTrunkGoesOnToTheNextGatewayAndAWordOfTheCalleeDoesNot through three trunks, two of them broken.
func TestAFaultOfTheTrunkGoesOnToTheNextGatewayAndAWordOfTheCalleeDoesNot(t *testing.T) {
	t.Parallel()
	w := whole(t, curlew(t), shared.get(t), wholeOptions{change: func(d *outreach.Document) {
		p := &d.PBXs[0]
		broken := p.Gateways[0]
		broken.Name = "dead"
		unknown := p.Gateways[0]
		unknown.Name = "nosuch"
		p.Gateways = []outreach.Gateway{unknown, broken, p.Gateways[0], p.Gateways[1]}
		for i := range p.Gateways {
			p.Gateways[i].Breaker = &outreach.BreakerRule{ConsecutiveFaults: 100, ASRBelow: new(int)}
		}
	}})
	waitFor(t, "what the switch says of the gateways", func() bool { return len(w.pbx(t).Gateways) == 4 })
	ways := map[string]string{
		"11": "dead" + mortalFault + ", trunk1 counted", // 486
		"13": "dead" + mortalFault + ", trunk1 counted", // 603
		"14": "dead" + mortalFault + ", trunk1 counted", // 404
		"17": "dead" + mortalFault + ", trunk1" + mortalFault + ", trunk2 counted",
	}
	for digits := range ways {
		w.fire(t, "+121255507"+digits)
	}
	for digits, want := range ways {
		a := w.until(t, "+121255507"+digits, func(a activity) bool {
			return (a.State == "failed" || a.State == "completed") && a.Attempts[len(a.Attempts)-1].State == "ended" // it confirms before it ends
		})
		if got := strings.Join(through(a), ", "); got != want {
			t.Errorf("%s went %s, want %s: %+v", digits, got, want, a)
		}
	}
}

func (n pbxNow) up(gateway string) bool {
	for _, g := range n.Gateways {
		if g.Name == gateway {
			return g.Up
		}
	}
	return false
}
