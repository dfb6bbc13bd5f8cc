package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"curlew/outreach"
)

// What is removed by hand tells how far it is, stops when it is told to, and takes nothing that is still open or young.
func TestAPurgeByHandTellsItsStepsAndStops(t *testing.T) {
	r := newRig(t, nil)
	for i := range 80 {
		must(t, r.sched.Cancel(t.Context(), r.fire(fmt.Sprint(10+i))))
	}
	if n, err := r.sched.PurgeNow(t.Context(), func(int) {}); n != 0 || err != nil {
		t.Fatalf("%d rows of today are gone: %v", n, err)
	}
	r.clock.Jump(r.clock.Now().Add(400 * 24 * time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	var steps []int
	n, err := r.sched.PurgeNow(ctx, func(removed int) {
		steps = append(steps, removed)
		cancel()
	})
	if !errors.Is(err, context.Canceled) || n == 0 || len(steps) != 1 || steps[0] != n {
		t.Fatalf("stopped after %d rows, steps %v: %v", n, steps, err)
	}
	rest, err := r.sched.PurgeNow(t.Context(), func(int) {})
	if err != nil || rest == 0 {
		t.Fatalf("the rest: %d rows, %v", rest, err)
	}
	page, err := r.store.Activities(t.Context(), outreach.ActivityFilter{Limit: 50})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("%d stayed: %v", len(page.Items), err)
	}
}
