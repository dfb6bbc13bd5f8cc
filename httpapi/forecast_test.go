package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"curlew/outreach"
)

func TestTheForecastSaysWhichCallsComeTooLate(t *testing.T) {
	w := newWorld(t)
	for _, id := range []outreach.TransactionID{"t1", "t2", "t3"} {
		c := aCase(w, id, outreach.Queued, outreach.ReasonDue)
		c.Transaction.Lane = outreach.LaneOf(c.Configuration.Steps[0])
		c.Transaction.ExpiresAt = noon.Add(time.Second) // one call begins at once, the next too late
		w.cases = append(w.cases, c)
	}
	rec := request(w.server().Handler(), "GET", "/api/v1/forecast", adminKey, nil)
	want(t, rec, http.StatusOK)
	got := decode[map[string]any](t, rec)
	if got["calls"] != 3.0 || got["late"] != 2.0 || got["clears"] != false || got["whole"] != true || len(got["hours"].([]any)) != 24 || got["cleared_at"] == nil {
		t.Fatalf("%s", rec.Body)
	}
	if first := got["hours"].([]any)[0].(map[string]any); first["due"] != 3.0 || first["late"] != 2.0 || first["calls"] != 1.0 {
		t.Fatalf("the first hour: %v", first)
	}
	w.cases = nil
	if got := decode[map[string]any](t, request(w.server().Handler(), "GET", "/api/v1/forecast", adminKey, nil)); got["cleared_at"] != nil {
		t.Fatalf("nothing waits, and it is cleared at %v", got["cleared_at"])
	}
}
