package outreach_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

// breakerRule is that of a gateway without one of its own.
func breakerRule(t *testing.T, change func(*outreach.BreakerRule)) outreach.BreakerRule {
	t.Helper()
	rule := &outreach.BreakerRule{}
	if change != nil {
		change(rule)
	}
	snap := hospital(t, func(d *outreach.Document) { d.PBXs[0].Gateways[0].Breaker = rule })
	p, _ := snap.PBX(snap.Document.PBXs[0].Name)
	return *p.Gateways[0].Breaker
}

// calls feeds one call a second: f a trunk fault, a answered, n rang in vain.
func calls(b *outreach.Breaker, r outreach.BreakerRule, from time.Time, outcomes string) (last time.Time) {
	for i, c := range outcomes {
		at := from.Add(time.Duration(i) * time.Second)
		b.Add(r, outreach.GatewayOutcome{Attempt: outreach.AttemptID(fmt.Sprint(at.UnixNano())), Started: at, Ended: at, Fault: c == 'f', Answered: c == 'a'})
		last = at
	}
	return last
}

func TestABreakerOpensByFaultsInARowOrByFewAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		calls string
		rule  func(*outreach.BreakerRule)
		want  outreach.BreakerState
	}{
		"two faults":                      {"ff", nil, outreach.BreakerClosed},
		"three faults":                    {"fff", nil, outreach.BreakerOpen},
		"faults with a call between them": {"ffnff", nil, outreach.BreakerClosed},
		"nineteen in vain":                {strings.Repeat("n", 19), nil, outreach.BreakerClosed},
		"twenty in vain":                  {strings.Repeat("n", 20), nil, outreach.BreakerOpen},
		"one in ten answered":             {strings.Repeat("annnnnnnnn", 6), nil, outreach.BreakerClosed},
		"one in twenty answered":          {"a" + strings.Repeat("n", 19), nil, outreach.BreakerOpen},
		"answers are not counted":         {strings.Repeat("n", 60), func(r *outreach.BreakerRule) { r.ASRBelow = new(int) }, outreach.BreakerClosed},
		"its own numbers":                 {"nnnff", func(r *outreach.BreakerRule) { r.ConsecutiveFaults, r.MinCalls = 2, 6 }, outreach.BreakerOpen},
	} {
		t.Run(name, func(t *testing.T) {
			var b outreach.Breaker
			rule := breakerRule(t, c.rule)
			last := calls(&b, rule, noon, c.calls)
			if h := b.At(rule, last); h.State != c.want || (h.Why == "") != (c.want == outreach.BreakerClosed) {
				t.Errorf("%+v", h)
			}
		})
	}
}

// TestOnlyACallOfTheTrialTellsWhetherAGatewayWorksAgain: what ends while the breaker is open began before it.
func TestOnlyACallOfTheTrialTellsWhetherAGatewayWorksAgain(t *testing.T) {
	rule := breakerRule(t, nil)
	var b outreach.Breaker
	opened := calls(&b, rule, noon, "fff")
	state := func(at time.Time) outreach.BreakerState { return b.At(rule, at).State }
	if b.Add(rule, outreach.GatewayOutcome{Attempt: "long call", Started: noon.Add(-time.Minute), Ended: opened.Add(30 * time.Second), Answered: true}) || state(opened.Add(59*time.Second)) != outreach.BreakerOpen {
		t.Error("a call from before closed it")
	}
	trial := opened.Add(time.Minute)
	if state(trial) != outreach.BreakerHalfOpen {
		t.Fatalf("after a minute %s", state(trial))
	}
	for _, wait := range []time.Duration{2, 4, 8, 15, 15} { // minutes, doubling
		calls(&b, rule, trial, "f")
		h := b.At(rule, trial)
		if h.State != outreach.BreakerOpen || h.Until.Sub(trial) != wait*time.Minute {
			t.Fatalf("after a failed trial open until %s later, want %d min", h.Until.Sub(trial), wait)
		}
		trial = h.Until
	}
	calls(&b, rule, trial, "n")
	if h := b.At(rule, trial); h.State != outreach.BreakerClosed || h.Faults != 0 || h.Calls != 1 {
		t.Errorf("a trial that rang: %+v", h)
	}
}

// TestABreakerIsTheSameAfterARestart: fed with the same calls, once or twice, it stands where it stood.
func TestABreakerIsTheSameAfterARestart(t *testing.T) {
	rule := breakerRule(t, nil)
	for _, outcomes := range []string{"fff", "annnffaff", "ff", strings.Repeat("n", 25)} {
		var before, after outreach.Breaker
		last := calls(&before, rule, noon, outcomes)
		calls(&after, rule, noon, outcomes)
		calls(&after, rule, noon, outcomes)
		for _, at := range []time.Time{last, last.Add(2 * time.Minute)} {
			if a, b := fmt.Sprintf("%+v", plain(before.At(rule, at))), fmt.Sprintf("%+v", plain(after.At(rule, at))); a != b {
				t.Errorf("%s: %s, then %s", outcomes, a, b)
			}
		}
	}
}

func plain(h outreach.GatewayHealth) outreach.GatewayHealth {
	h.ASR = nil
	return h
}

func TestWhatSaysNothingOfATrunkIsNoOutcome(t *testing.T) {
	ended := outreach.Attempt{ID: "a", Channel: outreach.IVR, PBX: "main", Gateway: "trunk1", State: outreach.AttemptEnded, StartedAt: noon, EndedAt: noon.Add(time.Second)}
	for name, c := range map[string]struct {
		change    func(*outreach.Attempt)
		ok, fault bool
	}{
		"trunk fault":           {func(a *outreach.Attempt) { a.Disposition = outreach.TrunkFault }, true, true},
		"a fault after ringing": {func(a *outreach.Attempt) { a.Disposition, a.ProgressAt = outreach.TrunkFault, noon }, true, false},
		"busy":                  {func(a *outreach.Attempt) { a.Disposition = outreach.Busy }, true, false},
		"throttled":             {func(a *outreach.Attempt) { a.Disposition = outreach.BackPressure }, false, false},
		"hung up by us":         {func(a *outreach.Attempt) { a.Disposition = outreach.Hangup }, false, false},
		"never left":            {func(a *outreach.Attempt) { a.StartedAt = time.Time{} }, false, false},
		"rang back":             {func(a *outreach.Attempt) { a.Direction = outreach.Inbound }, false, false},
		"a message":             {func(a *outreach.Attempt) { a.Channel = outreach.SMS }, false, false},
	} {
		a := ended
		c.change(&a)
		if o, ok := outreach.OutcomeOf(a); ok != c.ok || ok && o.Fault != c.fault {
			t.Errorf("%s: %+v %v", name, o, ok)
		}
	}
}

func TestWhatTheSwitchsOtherCallersUseIsTakenOffOurShare(t *testing.T) {
	p := outreach.PBX{MaxConcurrentCalls: 100, CallsPerSecond: 20}
	for name, c := range map[string]struct {
		st   outreach.PBXStatus
		want outreach.Pace
	}{
		"nothing told":       {outreach.PBXStatus{}, outreach.Pace{Calls: 100, Rate: 20}},
		"plenty":             {outreach.PBXStatus{MaxSessions: 1000, SessionRateLimit: 101}, outreach.Pace{Calls: 100, Rate: 20}},
		"a small switch":     {outreach.PBXStatus{MaxSessions: 50, SessionRateLimit: 11}, outreach.Pace{Calls: 35, Rate: 7}},
		"ours are no others": {outreach.PBXStatus{MaxSessions: 50, Sessions: 30, OwnSessions: 30, SessionRateLimit: 11, SessionsPerSecond: 5, OwnPerSecond: 5}, outreach.Pace{Calls: 35, Rate: 7}},
		"others":             {outreach.PBXStatus{MaxSessions: 50, Sessions: 30, OwnSessions: 10, SessionRateLimit: 11, SessionsPerSecond: 5, OwnPerSecond: 2}, outreach.Pace{Calls: 15, Rate: 4}},
		"no room":            {outreach.PBXStatus{MaxSessions: 50, Sessions: 45, SessionRateLimit: 11, SessionsPerSecond: 9}, outreach.Pace{}},
	} {
		if got := outreach.PaceOf(p, c.st); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestABusyGatewayIsRememberedByItsLastCallsOnly(t *testing.T) {
	rule := breakerRule(t, nil)
	var b outreach.Breaker
	for i := range 6000 { // within a minute; the first 4000 were answered, then nobody was
		end := noon.Add(time.Duration(i) * 10 * time.Millisecond)
		b.Add(rule, outreach.GatewayOutcome{Attempt: outreach.AttemptID(fmt.Sprint(i)), Started: end, Ended: end, Answered: i < 4000})
	}
	h := b.At(rule, noon.Add(time.Minute))
	if h.Calls != 4096 || h.ASR == nil || *h.ASR < 51 || *h.ASR > 52 {
		t.Errorf("%d calls, %v", h.Calls, *h.ASR)
	}
	for _, again := range []int{5999, 1900} { // another node tells of them, too: one that is remembered, one that no more is
		o := outreach.GatewayOutcome{Attempt: outreach.AttemptID(fmt.Sprint(again)), Ended: noon.Add(time.Duration(again) * 10 * time.Millisecond), Fault: true}
		if b.Add(rule, o); b.At(rule, noon.Add(time.Minute)).Faults != 0 {
			t.Errorf("call %d was counted twice", again)
		}
	}
}

// What is counted along must be what counting anew gives, however late another node's calls come in and wherever the
// window is asked for.
func TestABreakersShareOfAnswersIsThatOfItsWindow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	window := 10 * time.Minute
	rule := breakerRule(t, func(r *outreach.BreakerRule) { r.ASRBelow = new(int) })
	var b outreach.Breaker
	var all []outreach.GatewayOutcome
	now := noon
	for i := range 6000 {
		now = now.Add(time.Duration(rng.IntN(2000)) * time.Millisecond)
		o := outreach.GatewayOutcome{Attempt: outreach.AttemptID(fmt.Sprint(i)), Started: now, Ended: now.Add(-time.Duration(rng.IntN(90)) * time.Second), Answered: rng.IntN(3) == 0}
		b.Add(rule, o)
		b.Add(rule, o)
		all = append(all, o)
		if i%7 > 0 {
			continue
		}
		at := now.Add(time.Duration(rng.IntN(120)-60) * time.Second)
		calls, answered := 0, 0
		for _, o := range all[max(len(all)-2000, 0):] {
			if !o.Ended.Before(at.Add(-window)) {
				calls++
				if o.Answered {
					answered++
				}
			}
		}
		if h := b.At(rule, at); h.Calls != calls || calls > 0 && *h.ASR != float64(answered)*100/float64(calls) {
			t.Fatalf("call %d: %d calls with %v %%, counted anew %d and %d answered", i, h.Calls, h.ASR, calls, answered)
		}
	}
}
