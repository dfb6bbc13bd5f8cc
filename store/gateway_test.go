package store_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

// TestOneNodeProbesAGatewayAndAllLearnHowItWent: the second asks in vain, until the next trial is due.
func TestOneNodeProbesAGatewayAndAllLearnHowItWent(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		caps := outreach.Caps{PBXCalls: 1, GatewayCalls: 1, PBXRate: 10, GatewayRate: 1}
		probe := func(id string, at time.Time) outreach.GatewayOutcome {
			return outreach.GatewayOutcome{PBX: "main", Gateway: "trunk1", Attempt: outreach.AttemptID(id), Started: at}
		}
		claim := func(id string, at, due time.Time, want bool) {
			t.Helper()
			ok, err := f.ClaimProbe(t.Context(), at, probe(id, at), caps, due)
			if err != nil || ok != want {
				t.Fatalf("%s: %v %v, want %v", id, ok, err, want)
			}
		}
		claim("one", t0, t0, true)
		claim("two", t0.Add(5*time.Second), t0, false)
		ended := probe("one", t0)
		ended.Ended, ended.Fault = t0.Add(time.Second), true
		must(t, f.EndProbe(t.Context(), ended))
		got, err := f.GatewayOutcomes(t.Context(), t0)
		if err != nil || len(got) != 1 || !got[0].Started.Equal(t0) || got[0].Attempt != "one" || !got[0].Fault {
			t.Fatalf("%+v %v", got, err)
		}
		claim("three", t0.Add(62*time.Second), t0.Add(61*time.Second), true)
		claim("four", t0.Add(62*time.Second), t0.Add(62*time.Second+1), false) // the gateway's token is spent
	})
}
