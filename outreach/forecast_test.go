package outreach_test

import (
	"fmt"
	"testing"
	"time"

	"curlew/outreach"
)

// queued returns n calls that are ready and expire after left.
func queued(t *testing.T, s *outreach.Snapshot, n int, left time.Duration) []outreach.Case {
	t.Helper()
	var out []outreach.Case
	for i := range n {
		c := due(t, s)
		c.Transaction.ID = outreach.TransactionID(fmt.Sprintf("t-%06d", i))
		c.Transaction.ExpiresAt = noon.Add(left)
		out = append(out, c)
	}
	return out
}

func TestAForecastCountsTheCallsThatNoLineCanTakeInTime(t *testing.T) {
	s := hospital(t, nil) // 10 lines of 45 s: 800 calls an hour
	r := outreach.Forecast(s, queued(t, s, 1000, time.Hour), noon)
	if r.Calls != 1000 || r.Late < 195 || r.Late > 205 || len(r.LateIDs) != r.Late || r.LateIDs[0] != "t-000800" {
		t.Fatalf("%d calls, %d late, first %v; want those after the first 800", r.Calls, r.Late, r.LateIDs[:1])
	}
	if r.Hours[0].Calls != 1000-r.Late || r.PBXs[0].Calls != 1000-r.Late || r.PBXs[0].CallsPerHour < 799 || r.PBXs[0].CallsPerHour > 801 {
		t.Fatalf("%+v %+v", r.Hours[0], r.PBXs)
	}
	if r = outreach.Forecast(s, queued(t, s, 1000, 2*time.Hour), noon); r.Late != 0 || !r.ClearedAt.After(noon.Add(time.Hour)) {
		t.Fatalf("with two hours %d are late, cleared at %s", r.Late, r.ClearedAt)
	}
}

func TestAForecastWaitsForTheWindow(t *testing.T) {
	s := hospital(t, nil)
	night := time.Date(2026, 12, 1, 20, 0, 0, 0, time.UTC) // 23:00 in Riyadh
	r := outreach.Forecast(s, queued(t, s, 3, 40*time.Hour), night)
	if r.Calls != 3 || r.Late != 0 || r.Hours[10].Calls != 3 {
		t.Fatalf("%+v, want the calls at 09:00 in Riyadh", r)
	}
}

func TestACallThatCannotMakeItMovesOnOnlyWhereTheConfigurationSaysSo(t *testing.T) {
	for _, early := range []bool{true, false} {
		s := hospital(t, func(d *outreach.Document) { d.Configurations[0].EarlyAdvance = early })
		c := due(t, s)
		ch := outreach.OnCapacity(s, c, noon)
		if moved := ch.Transaction != nil && ch.Transaction.Channel == outreach.SMS && ch.Transaction.Ready; moved != early {
			t.Errorf("early_advance %v: %+v", early, ch.Transaction)
		}
	}
	s := hospital(t, func(d *outreach.Document) { d.Configurations[0].EarlyAdvance = true })
	c := due(t, s)
	c.OptOuts = []outreach.OptOutRow{{Address: c.Transaction.Phone, Channel: outreach.SMS}, {Address: c.Transaction.Email, Channel: outreach.Email}}
	if ch := outreach.OnCapacity(s, c, noon); ch.Transaction != nil {
		t.Errorf("it left its queue for nothing: %+v", ch.Transaction)
	}
}
