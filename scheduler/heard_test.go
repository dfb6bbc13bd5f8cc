package scheduler_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"curlew/outreach"
)

// notes are the kinds of an attempt's lines that a call tells itself, the oldest first.
func (r *rig) notes(id outreach.AttemptID) (kinds []string) {
	r.t.Helper()
	page, err := r.store.Logs(r.t.Context(), outreach.LogFilter{Attempt: id, Limit: 100})
	must(r.t, err)
	for _, l := range page.Items {
		if l.Kind == "prompt" || l.Kind == "key" || l.Kind == "ended" {
			kinds = append(kinds, l.Kind)
		}
	}
	slices.Reverse(kinds)
	return kinds
}

func tenLines(d *outreach.Document) {
	d.PBXs[0].MaxConcurrentCalls = 10
	for i := range d.PBXs[0].Gateways {
		d.PBXs[0].Gateways[i].MaxConcurrentCalls = 10
	}
}

// With many calls up a line that says what was played waits for the call's next decision; a key waits for nothing,
// no line is lost and none is written twice.
func TestWhatWasPlayedIsWrittenWithTheNextDecision(t *testing.T) {
	r := newRig(t, tenLines)
	stop := r.run()
	defer stop()
	var orders []outreach.CallOrder
	for i := range 8 {
		r.fire(fmt.Sprintf("%02d", i))
		orders = append(orders, r.ordered())
	}
	note := func(o outreach.CallOrder, kind string) {
		must(t, r.sched.Note(t.Context(), o.Attempt, o.Token, kind, map[string]any{"category": "greeting"}))
	}
	expect := func(what string, o outreach.CallOrder, want ...string) {
		t.Helper()
		if got := r.notes(o.Attempt); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	first, second := orders[0], orders[1]
	note(first, "prompt")
	expect("a prompt", first)
	note(first, "key")
	expect("then a key", first, "prompt", "key")
	note(first, "prompt")
	r.ended(first, "NORMAL_CLEARING", 0)
	expect("then the end", first, "prompt", "key", "prompt", "ended")

	note(second, "prompt") // with seven calls each is written at once
	expect("on a quieter node", second, "prompt")
}

// A call that goes on for long, with nothing decided, still tells what it plays.
func TestWhatWasPlayedDoesNotWaitForLong(t *testing.T) {
	r := newRig(t, tenLines)
	stop := r.run()
	defer stop()
	var o outreach.CallOrder
	for i := range 8 {
		r.fire(fmt.Sprintf("%02d", i))
		o = r.ordered()
	}
	must(t, r.sched.Note(t.Context(), o.Attempt, o.Token, "prompt", nil))
	r.clock.Jump(r.clock.Now().Add(2 * time.Second))
	r.sched.Wake()
	for deadline := time.Now().Add(10 * time.Second); len(r.notes(o.Attempt)) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the line was never written")
		}
		<-time.After(2 * time.Millisecond)
	}
	r.sched.Wake()
	r.ended(o, "NORMAL_CLEARING", 0)
	if got := r.notes(o.Attempt); !slices.Equal(got, []string{"prompt", "ended"}) {
		t.Errorf("lines %v", got)
	}
}
