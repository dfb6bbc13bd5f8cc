package scheduler_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

// A process may be stopped between its last commit and the wire. What it then hands over must know when to stay.
func TestWhatLeavesIsHandedOverWithATimeWithinItsLease(t *testing.T) {
	r := newRig(t, nil)
	began := time.Now()
	defer r.run()()
	id := r.fire("01")
	within := func(what string, at time.Time) {
		t.Helper()
		if at.Before(began) || !at.Before(time.Now().Add(r.sched.Lease)) {
			t.Errorf("%s may leave until %s; it was claimed after %s for %s", what, at, began, r.sched.Lease)
		}
	}
	o := r.ordered()
	within("the call", o.NotAfter)
	r.ended(o, "UNALLOCATED_NUMBER", 404)
	r.until(id, "in its next step", func(c outreach.Case) bool { return c.Transaction.Channel == outreach.SMS })
	within("the message", r.sent().NotAfter)
}
