package freeswitch_test

import (
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

// TestFreeSWITCHKilledInTheMiddleOfCallsIsSettledOnceAndNobodyIsDialledAgain, by the program as a whole: while it is
// gone the calls are shown as unknown and new ones wait for the link; the restarted one has none of the old, so each
// ends once, the patient who listened as answered; then the one who waited is called.
func TestFreeSWITCHKilledInTheMiddleOfCallsIsSettledOnceAndNobodyIsDialledAgain(t *testing.T) {
	t.Parallel()
	program, sw := curlew(t), alone(t)
	w := whole(t, program, sw, wholeOptions{change: func(d *outreach.Document) {
		ringsFor(d, 40*time.Second)
		step := &d.Configurations[0].Steps[0]
		step.Retry, step.Machine = &outreach.Retry{MaxAttempts: 3}, &outreach.MachinePolicy{Policy: "hang_up", Detect: []string{outreach.DetectBeep}}
	}})
	const listens, rings, waits = "+12025550100", "+12025550112", "+12025550111"
	seen := register(t, sw)
	w.fire(t, listens)
	w.fire(t, rings)
	w.until(t, listens, func(a activity) bool { return len(a.Attempts) == 1 && a.Attempts[0].State == "answered" })
	waitFor(t, "both calls", func() bool { return len(seen.dialled("trunk1")) == 2 })
	sw.Kill()
	waitFor(t, "the link is lost", func() bool { return !w.pbx(t).LinkUp })
	w.fire(t, waits)
	if a := w.until(t, waits, func(a activity) bool { return a.Reason == "unable_to_connect" }); len(a.Attempts) != 0 {
		t.Errorf("%+v", a)
	}
	if a := look(t, w.Rig, w.ids[rings]); len(a.Attempts) != 1 || a.Attempts[0].State == "ended" {
		t.Errorf("a phone that may be ringing: %+v", a)
	}
	if err := sw.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := register(t, sw)
	waited := w.until(t, waits, func(a activity) bool { return isOver(a) })
	if strings.Join(through(waited), " ") != "trunk1 counted" {
		t.Errorf("who waited: %+v", waited)
	}
	heard := w.until(t, listens, isOver)
	if len(heard.Attempts) != 1 || heard.Attempts[0].Disposition != "answered" || !heard.Attempts[0].Counted {
		t.Errorf("who listened: %+v", heard)
	}
	rang := w.until(t, rings, func(a activity) bool { s := a.Attempts[0].State; return s == "unknown" || s == "ended" })
	if len(rang.Attempts) != 1 || rang.Attempts[0].Disposition != "unknown" {
		t.Errorf("whose phone rang: %+v", rang)
	}
	if n := len(again.dialled("")); n > 1 {
		t.Errorf("the restarted switch dialled %d times", n)
	}
}
