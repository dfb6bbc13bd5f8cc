package scheduler_test

import (
	"testing"

	"curlew/outreach"
)

// TestARecordSettlesWhatNobodySawEndOnceAndForeignOnesNothing: the record is proof, policy is not needed.
func TestARecordSettlesWhatNobodySawEndOnceAndForeignOnesNothing(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) {
		d.PBXs[0].CDRHook, d.PBXs[0].CallbackSecret = true, "${env:CALLBACK_SECRET}"
	})
	stop := r.run()
	id := r.fire("11")
	o := r.ordered()
	stop()
	r.mu.Lock()
	delete(r.live, o.Attempt) // it ended while we were down
	r.mu.Unlock()
	again := newScheduler(r)
	stop = again.run(t)
	defer stop()
	must(t, again.Reap(t.Context()))
	c := r.until(id, "unknown", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptUnknown })
	record := func(pbx string, leg outreach.AttemptID) {
		t.Helper()
		must(t, again.CallRecord(t.Context(), pbx, outreach.CallResult{Attempt: leg, Sent: true, Accepted: true, Created: true, Cause: "USER_BUSY", SIPStatus: 486}))
	}
	record("main", "somebody-elses")
	record("other", o.Attempt)
	if c, _ = r.store.Case(t.Context(), id); c.Attempts[0].State != outreach.AttemptUnknown {
		t.Fatalf("settled by a record that is not its own: %+v", c.Attempts)
	}
	record("main", o.Attempt)
	record("main", o.Attempt)
	c = r.until(id, "settled", func(c outreach.Case) bool { return c.Transaction.State == outreach.Queued })
	a := c.Attempts[0]
	if a.Disposition != outreach.Busy || a.Cause != "USER_BUSY" || a.SIPStatus != 486 || c.Transaction.Tries != 1 || c.Transaction.Reason != outreach.ReasonRetryWait {
		t.Errorf("%+v %+v", a, c.Transaction)
	}
}
