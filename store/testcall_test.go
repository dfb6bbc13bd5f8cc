package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"curlew/outreach"
)

func testCall(id, number string, at time.Time) outreach.TestCall {
	return outreach.TestCall{ID: outreach.AttemptID(id), PBX: "main", Gateway: "trunk1", Number: number, Actor: "amina", Language: "en", PlacedAt: at, Until: at.Add(time.Minute)}
}

// A test call holds a line like any other, until it has ended or can only have ended.
func TestATestCallHoldsALineUntilItIsOver(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		caps := outreach.Caps{PBXCalls: 1, GatewayCalls: 1}
		lines := func(want int) {
			t.Helper()
			got, err := f.LinesInUse(t.Context())
			if err != nil || got["main"][""] != want || got["main"]["trunk1"] != want {
				t.Fatalf("%v %v, want %d", got, err, want)
			}
		}
		claim := func(id, number string, at time.Time) error {
			return f.ClaimTest(t.Context(), 1, testCall(id, number, at), caps)
		}
		must(t, claim("one", "+12025550101", t0))
		lines(1)
		var held *outreach.HeldError
		if err := claim("two", "+12025550102", t0); !errors.As(err, &held) || held.Reason != outreach.ReasonPBXLimit && held.Reason != outreach.ReasonLine {
			t.Fatalf("over the cap: %v", err)
		}
		must(t, f.TestLine(t.Context(), "one", outreach.TestLine{At: t0, Kind: "ringing"}))
		must(t, f.TestLine(t.Context(), "one", outreach.TestLine{At: t0, Kind: "key", Data: map[string]any{"key": "1"}}))
		one := testCall("one", "", t0)
		one.Cause, one.Disposition = "NORMAL_CLEARING", outreach.Answered
		must(t, f.EndTest(t.Context(), one, t0.Add(time.Second)))
		lines(0)
		got, err := f.TestCalls(t.Context(), "main", "one", 1)
		if err != nil || len(got) != 1 || len(got[0].Lines) != 2 || got[0].Lines[1].Data["key"] != "1" || got[0].EndedAt == nil || got[0].Cause != "NORMAL_CLEARING" || got[0].PhoneMasked == "+12025550101" {
			t.Fatalf("%+v %v", got, err)
		}
		must(t, claim("three", "+12025550102", t0.Add(2*time.Second)))
		must(t, f.EndOldTests(t.Context(), t0.Add(30*time.Second)))
		lines(1)
		must(t, f.EndOldTests(t.Context(), t0.Add(2*time.Minute)))
		lines(0)
	})
}

// A patient's call is refused the line that a test call holds: caps count both.
func TestATestCallCountsInTheCapsOfPatientsCalls(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		caps := outreach.Caps{PBXCalls: 1, GatewayCalls: 1}
		must(t, f.ClaimTest(t.Context(), 1, testCall("one", "+12025550199", t0), caps))
		in := claimOf(f.get(f.open1(1)), t0)
		in.Caps = caps
		if got := f.claim(t0, in)[0]; got.Claimed || got.Refusal != outreach.ReasonPBXLimit {
			t.Fatalf("%+v", got)
		}
		must(t, f.EndTest(t.Context(), testCall("one", "", t0), t0))
		if got := f.claim(t0, in)[0]; !got.Claimed {
			t.Fatalf("%+v", got)
		}
		var held *outreach.HeldError
		wide := outreach.Caps{PBXCalls: 9, GatewayCalls: 9}
		if err := f.ClaimTest(t.Context(), 1, testCall("two", phone(1), t0), wide); !errors.As(err, &held) || held.Reason != outreach.ReasonPhoneBusy {
			t.Fatalf("a patient's phone that rings: %v", err)
		}
	})
}

// A slip must not become a toll bill, and who does not want to be called is not.
func TestTestCallsAreBounded(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		caps := outreach.Caps{PBXCalls: 9, GatewayCalls: 9}
		var held *outreach.HeldError
		must(t, f.AddOptOut(t.Context(), outreach.OptOutRow{Address: "+12025550108", Via: "admin", At: t0}))
		if err := f.ClaimTest(t.Context(), 1, testCall("o", "+12025550108", t0), caps); !errors.As(err, &held) || held.Reason != outreach.ReasonOptOut {
			t.Fatalf("opted out: %v", err)
		}
		for i := range outreach.TestCallsAnHour {
			at := t0.Add(time.Duration(i) * time.Second)
			tc := testCall(fmt.Sprint("c", i), "+12025550101", at)
			must(t, f.ClaimTest(t.Context(), 1, tc, caps))
			must(t, f.EndTest(t.Context(), tc, at))
		}
		if err := f.ClaimTest(t.Context(), 1, testCall("more", "+12025550101", t0.Add(time.Minute)), caps); !errors.As(err, &held) || held.Reason != outreach.ReasonFrequencyCap {
			t.Fatalf("the hour is full: %v", err)
		}
		later := t0.Add(2 * time.Hour)
		for i := range outreach.TestCallsAtOnce {
			must(t, f.ClaimTest(t.Context(), 1, testCall(fmt.Sprint("l", i), fmt.Sprintf("+1202555011%d", i), later), caps))
		}
		if err := f.ClaimTest(t.Context(), 1, testCall("lx", "+12025550119", later), caps); !errors.As(err, &held) || held.Reason != outreach.ReasonPBXLimit {
			t.Fatalf("as many as may be: %v", err)
		}
	})
}
