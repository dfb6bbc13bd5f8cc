package scheduler_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"curlew/outreach"
)

// A test call leaves through the named gateway, tells its transcript, answers nobody's transaction and gives its line back.
func TestATestCallIsPlacedAndTellsWhatHappens(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	defer stop()
	tc, err := r.sched.TestCall(t.Context(), outreach.TestOrder{PBX: "main", Gateway: "trunk2", Number: "+12025550101", Configuration: r.snap.Document.Configurations[0].Name, Actor: "amina"})
	if err != nil {
		t.Fatal(err)
	}
	o := r.ordered()
	if o.Attempt != tc.ID || o.Gateway != "trunk2" || o.Transaction != "" {
		t.Fatalf("ordered %+v", o)
	}
	must(t, r.sched.Answered(t.Context(), o.Attempt, o.Token, noon))
	must(t, r.sched.Note(t.Context(), o.Attempt, o.Token, "key", map[string]any{"key": "1"}))
	if stored, err := r.sched.Respond(t.Context(), o.Attempt, o.Token, outreach.Confirm, "1", "", noon); stored != outreach.Confirm || err != nil {
		t.Fatalf("the answer was not taken: %v", err)
	}
	must(t, r.sched.End(t.Context(), outreach.CallResult{Attempt: o.Attempt, Sent: true, Accepted: true, Created: true, Answered: true, Cause: "NORMAL_CLEARING", EndedAt: noon}))
	got, err := r.store.TestCalls(t.Context(), "main", tc.ID, 1)
	if err != nil || len(got) != 1 || got[0].EndedAt == nil || got[0].Disposition != outreach.Answered {
		t.Fatalf("%+v %v", got, err)
	}
	var kinds []string
	for _, l := range got[0].Lines {
		kinds = append(kinds, l.Kind)
	}
	if want := "[dialing answered key ended]"; want != fmt.Sprint(kinds) {
		t.Errorf("transcript %v, want %s", kinds, want)
	}
	if page, err := r.store.Activities(t.Context(), outreach.ActivityFilter{Limit: 10}); err != nil || len(page.Items) != 0 {
		t.Errorf("a test call became somebody's transaction: %+v %v", page.Items, err)
	}
}

// What keeps patients from being dialled keeps test calls, too.
func TestATestCallIsHeldByEveryRuleThatProtectsTheLine(t *testing.T) {
	r := newRig(t, nil)
	place := func(o outreach.TestOrder) error {
		o.PBX = "main"
		_, err := r.sched.TestCall(t.Context(), o)
		return err
	}
	var problems outreach.Problems
	for name, o := range map[string]outreach.TestOrder{
		"a foreign number": {Number: "+441632960001"}, "no number": {Number: "12"}, "an unknown gateway": {Number: "+12025550101", Gateway: "trunk9"},
		"an unknown configuration": {Number: "+12025550101", Configuration: "nothing"}, "a language nobody speaks": {Number: "+12025550101", Language: "xx"},
	} {
		if err := place(o); !errors.As(err, &problems) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var held *outreach.HeldError
	r.sched.SetPauses([]outreach.PauseScope{{Kind: "all"}})
	if err := place(outreach.TestOrder{Number: "+12025550101"}); !errors.As(err, &held) || held.Reason != outreach.ReasonPaused {
		t.Errorf("paused: %v", err)
	}
	r.sched.SetPauses(nil)
	r.mu.Lock()
	r.up = false
	r.mu.Unlock()
	if err := place(outreach.TestOrder{Number: "+12025550101"}); !errors.As(err, &held) || held.Reason != outreach.ReasonUnableConnect {
		t.Errorf("link down: %v", err)
	}
	if n := len(r.orders); n != 0 {
		t.Errorf("%d calls left all the same", n)
	}
}

// A call that never left gives its line back at once; one whose end nobody hears of, once the switch must have ended it.
func TestATestCallThatDoesNotLeaveGivesItsLineBack(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	defer stop()
	r.mu.Lock()
	r.dialErr = errNotSent
	r.mu.Unlock()
	tc, err := r.sched.TestCall(t.Context(), outreach.TestOrder{PBX: "main", Number: "+12025550101"})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		got, err := r.store.TestCalls(t.Context(), "main", tc.ID, 1)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%+v %v", got, err)
		}
		if got[0].EndedAt != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}
