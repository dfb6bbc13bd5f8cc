package store_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

// TestABridgedCallHoldsTwoLinesUntilItEnds on every database.
func TestABridgedCallHoldsTwoLinesUntilItEnds(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		ev := event(1)
		ids := f.accept(ev, opens(ready(ev, t0))).Transactions
		caps := outreach.Caps{PBXCalls: 2, GatewayCalls: 2, PBXRate: 10, GatewayRate: 1}
		a := outreach.Attempt{ID: "leg", Channel: outreach.IVR, PBX: "main", Gateway: "trunk1", Address: ev.Recipient.Phone, RecipientKey: "P-1"}
		out, err := f.Claim(t.Context(), t0, []outreach.Claim{{Transaction: ids[0], Revision: 1, Attempt: a, Caps: caps}})
		if err != nil || !out[0].Claimed {
			t.Fatalf("%+v %v", out, err)
		}
		used := func(want int) {
			t.Helper()
			if n, err := f.LinesInUse(t.Context()); err != nil || n["main"]["trunk1"] != want || n["main"][""] != want {
				t.Errorf("in use: %v %v, want %d", n, err, want)
			}
		}
		used(1)
		for range 2 { // asked again it takes no third one
			if ok, err := f.ClaimBridge(t.Context(), t0.Add(time.Second), "leg", out[0].Token, "trunk1", caps); err != nil || !ok {
				t.Fatalf("%v %v", ok, err)
			}
			used(2)
		}
		// It spent a token of the gateway's bucket, and only one: the next call waits for the one after it.
		other := event(3)
		ids = f.accept(other, opens(ready(other, t0))).Transactions
		third := outreach.Attempt{ID: "third", Channel: outreach.IVR, PBX: "main", Gateway: "trunk1", Address: other.Recipient.Phone, RecipientKey: "P-3"}
		roomy := outreach.Caps{PBXCalls: 9, GatewayCalls: 9, PBXRate: 10, GatewayRate: 1}
		soon, err := f.Claim(t.Context(), t0.Add(time.Second), []outreach.Claim{{Transaction: ids[0], Revision: 1, Attempt: third, Caps: roomy}})
		if err != nil || soon[0].Claimed || soon[0].Refusal != outreach.ReasonLine || soon[0].RetryAt.Before(t0.Add(2*time.Second)) || soon[0].RetryAt.After(t0.Add(2100*time.Millisecond)) {
			t.Errorf("a call right behind the second leg: %+v %v", soon, err)
		}
		_, err = f.DecideAttempt(t.Context(), "leg", out[0].Token, t0, func(c outreach.Case) (outreach.Change, error) {
			a, _ := c.Attempt("leg")
			a.State, a.Detail, a.EndedAt = outreach.AttemptEnded, "", t0
			return outreach.Change{Attempts: []outreach.Attempt{a}}, nil
		})
		must(t, err)
		used(0)
		ev = event(2)
		ids = f.accept(ev, opens(ready(ev, t0))).Transactions
		a.ID, a.Address, a.RecipientKey = "next", ev.Recipient.Phone, "P-2"
		later := t0.Add(time.Minute)
		if out, err = f.Claim(t.Context(), later, []outreach.Claim{{Transaction: ids[0], Revision: 1, Attempt: a, Caps: caps}}); err != nil || !out[0].Claimed {
			t.Fatalf("after the end: %+v %v", out, err)
		}
		caps.GatewayCalls = 1
		if ok, err := f.ClaimBridge(t.Context(), later, "next", out[0].Token, "trunk1", caps); err != nil || ok {
			t.Errorf("a second leg beyond the gateway's channels: %v %v", ok, err)
		}
		used(1)
	})
}
