package scheduler_test

import (
	"fmt"
	"testing"
	"time"

	"curlew/outreach"
)

// TestACauseTakesACallToTheNextGatewayOrNowhere is the cause matrix as the queue carries it out.
func TestACauseTakesACallToTheNextGatewayOrNowhere(t *testing.T) {
	for name, c := range map[string]struct {
		cause string
		sip   int
		next  bool
	}{
		"503": {"NORMAL_TEMPORARY_FAILURE", 503, true}, "408": {"RECOVERY_ON_TIMER_EXPIRE", 408, true}, "403": {"CALL_REJECTED", 403, true}, "488": {"INCOMPATIBLE_DESTINATION", 488, true},
		"gateway down": {"GATEWAY_DOWN", 0, true},
		"486":          {"USER_BUSY", 486, false}, "603": {"CALL_REJECTED", 603, false}, "404": {"UNALLOCATED_NUMBER", 404, false}, "480": {"NO_USER_RESPONSE", 480, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			stop := r.run()
			defer stop()
			id := r.fire("01")
			one := r.ordered()
			r.ended(one, c.cause, c.sip)
			if c.next {
				if two := r.ordered(); two.Gateway == one.Gateway {
					t.Errorf("again through %s", two.Gateway)
				}
				return
			}
			got := r.until(id, "ended", func(c outreach.Case) bool { return c.Transaction.State != outreach.InProgress })
			if len(got.Attempts) != 1 || !got.Attempts[0].Counted || got.Transaction.Ready && got.Transaction.Channel == outreach.IVR {
				t.Errorf("%+v", got)
			}
		})
	}
}

// faulty makes trunk1 fail until its breaker opens; the calls go out through trunk2.
func (r *rig) faulty(n int) {
	r.t.Helper()
	for i := range n {
		r.fire(fmt.Sprint(10 + i))
		one := r.ordered()
		if one.Gateway != "trunk1" {
			r.t.Fatalf("call %d left through %s", i, one.Gateway)
		}
		r.ended(one, "NORMAL_TEMPORARY_FAILURE", 503)
		r.ended(r.ordered(), "USER_BUSY", 486)
	}
}

func (r *rig) breaker(gateway string) outreach.GatewayHealth {
	r.t.Helper()
	g, ok := r.sched.Status("main").Gateway(gateway)
	if !ok || g.Breaker == nil {
		r.t.Fatalf("no state of %s", gateway)
	}
	return *g.Breaker
}

func TestAnOpenBreakerSendsCallsElsewhereAlsoAfterARestartAndThenLetsOneTry(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	r.faulty(3)
	if h := r.breaker("trunk1"); h.State != outreach.BreakerOpen || h.Why == "" {
		t.Fatalf("%+v", h)
	}
	stop()
	again := newScheduler(r)
	stop = again.run(t)
	defer stop()
	r.fire("20")
	if o := r.ordered(); o.Gateway != "trunk2" {
		t.Errorf("the restarted node dialled through %s", o.Gateway)
	}
	if h := r.breaker("trunk1"); h.State != outreach.BreakerOpen {
		t.Errorf("after the restart %+v", h)
	}
	r.clock.Jump(r.clock.Now().Add(61 * time.Second))
	r.fire("21")
	trial := r.ordered()
	if trial.Gateway != "trunk1" {
		t.Fatalf("the trial left through %s", trial.Gateway)
	}
	r.ended(trial, "NORMAL_TEMPORARY_FAILURE", 503)
	second := r.ordered()
	got, err := r.store.Case(t.Context(), second.Transaction)
	must(t, err)
	if second.Transaction != trial.Transaction || second.Gateway != "trunk2" || got.Transaction.Tries != 0 || got.Attempts[0].Counted {
		t.Errorf("the trial cost the patient something: %+v", got)
	}
	if h := r.breaker("trunk1"); h.State != outreach.BreakerOpen || h.Until.Sub(h.Since) < 2*time.Minute {
		t.Errorf("after the trial %+v", h)
	}
}

func TestWhereThereIsAProbeNumberNoPatientIsTheTrial(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) {
		d.PBXs[0].Gateways[0].Breaker = &outreach.BreakerRule{ProbeNumber: "+12025550100"}
		d.PBXs[0].MaxConcurrentCalls = 10
	})
	stop := r.run()
	defer stop()
	r.faulty(3)
	r.clock.Jump(r.clock.Now().Add(61 * time.Second))
	id := r.fire("20")
	seen := map[string]outreach.CallOrder{}
	for range 2 {
		o := r.ordered()
		seen[o.Gateway] = o
	}
	probe, call := seen["trunk1"], seen["trunk2"]
	if call.Transaction != id || probe.Transaction != "" || probe.Destination != "+12025550100" {
		t.Fatalf("%+v", seen)
	}
	if h := r.breaker("trunk1"); h.State != outreach.BreakerHalfOpen {
		t.Errorf("while it is probed %+v", h)
	}
	must(t, r.sched.Ringing(t.Context(), probe.Attempt, probe.Token, r.clock.Now()))
	r.ended(probe, "USER_BUSY", 486)
	if h := r.breaker("trunk1"); h.State != outreach.BreakerClosed {
		t.Errorf("after the probe %+v", h)
	}
}

func TestADrainedGatewayTakesNoNewCallAndWhySaysSo(t *testing.T) {
	r := newRig(t, nil)
	drain := func(gateway string) outreach.PauseScope {
		return outreach.PauseScope{Kind: outreach.PauseDrain, Name: "main/" + gateway, At: noon}
	}
	must(t, r.store.Pause(t.Context(), drain("trunk1")))
	stop := r.run()
	defer stop()
	r.fire("01")
	if o := r.ordered(); o.Gateway != "trunk2" {
		t.Errorf("dialled through %s", o.Gateway)
	}
	must(t, r.store.Pause(t.Context(), drain("trunk2")))
	id := r.fire("02")
	c := r.until(id, "ready", func(c outreach.Case) bool { return c.Transaction.Ready })
	paused, err := r.store.Pauses(t.Context())
	must(t, err)
	r.sched.SetPauses(paused)
	line, err := r.sched.Line(t.Context())
	must(t, err)
	hold := outreach.Why(r.snap, c, r.clock.Now(), line, false)
	if hold.Reason != outreach.ReasonLine || len(hold.Gateways) != 2 || hold.Gateways[0].Why != "is being drained" {
		t.Errorf("%+v", hold)
	}
	must(t, r.store.Resume(t.Context(), drain("trunk1")))
	if o := r.ordered(); o.Transaction != id || o.Gateway != "trunk1" {
		t.Errorf("%+v", o)
	}
}

// TestCallsLeaveNoFasterThanTheGatewayTakesThem though they are claimed in bursts. Each is held against the moment at
// which the first could leave: a machine that is busy makes calls later, which is no fault, and never sooner.
func TestCallsLeaveNoFasterThanTheGatewayTakesThem(t *testing.T) {
	const rate = 10
	r := newRig(t, func(d *outreach.Document) {
		p := &d.PBXs[0]
		p.MaxConcurrentCalls, p.Gateways = 64, p.Gateways[:1]
		p.Gateways[0].CallsPerSecond, p.Gateways[0].MaxConcurrentCalls = rate, 64
		p.Gateways[0].Breaker = &outreach.BreakerRule{ASRBelow: new(int)}
	})
	for i := range 3 * rate {
		r.fire(fmt.Sprint(10 + i))
	}
	began := r.clock.Now()
	stop := r.run()
	for i := range 3 * rate {
		o := r.ordered()
		if span, least := r.clock.Now().Sub(began), time.Duration(i)*time.Second/rate; span < least {
			t.Errorf("call %d left after %s, not before %s", i, span, least)
		}
		r.ended(o, "USER_BUSY", 486)
	}
	stop()
}
