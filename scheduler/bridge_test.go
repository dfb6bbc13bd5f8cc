package scheduler_test

import (
	"testing"

	"curlew/outreach"
)

// TestTheSecondLegOfATransferIsALineOfItsOwnAndWithoutOneThePatientIsCalledBack: trunks sell channels.
func TestTheSecondLegOfATransferIsALineOfItsOwnAndWithoutOneThePatientIsCalledBack(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) {
		d.PBXs[0].MaxConcurrentCalls = 3
		d.PBXs[0].Gateways = d.PBXs[0].Gateways[:1]
	})
	stop := r.run()
	defer stop()
	first, second := r.fire("01"), r.fire("02")
	orders := map[outreach.TransactionID]outreach.CallOrder{}
	for range 2 {
		o := r.ordered()
		orders[o.Transaction] = o
		must(t, r.sched.Answered(t.Context(), o.Attempt, o.Token, r.clock.Now()))
	}
	transfer := func(id outreach.TransactionID) (outreach.Action, outreach.Case) {
		t.Helper()
		o := orders[id]
		stored, err := r.sched.Respond(t.Context(), o.Attempt, o.Token, outreach.Transfer, "7", "1000", r.clock.Now())
		must(t, err)
		c, err := r.store.Case(t.Context(), id)
		must(t, err)
		return stored, c
	}
	if stored, c := transfer(first); stored != outreach.Transfer || c.Response.Action != outreach.Transfer {
		t.Fatalf("%s %+v", stored, c.Response)
	}
	used, err := r.store.LinesInUse(t.Context())
	must(t, err)
	if used["main"][""] != 3 || used["main"]["trunk1"] != 3 {
		t.Errorf("in use: %v, want three", used)
	}
	if stored, c := transfer(second); stored != outreach.CallBack || c.Response.Action != outreach.CallBack { // so that the patient is told
		t.Errorf("a transfer without a line: %s %+v", stored, c.Response)
	}
	third := r.fire("03") // waits: the second leg holds the third line
	r.ended(orders[second], "NORMAL_CLEARING", 0)
	if o := r.ordered(); o.Transaction != third {
		t.Errorf("dialled %s", o.Transaction)
	}
	r.ended(orders[first], "NORMAL_CLEARING", 0)
	if used, err = r.store.LinesInUse(t.Context()); err != nil || used["main"]["trunk1"] != 1 {
		t.Errorf("in use at the end: %v %v", used, err)
	}
}
