package httpapi_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

// aCase is a transaction of the Reminder in that state.
func aCase(w *world, id outreach.TransactionID, state outreach.State, reason outreach.Reason) outreach.Case {
	cfg, _ := w.snap.Configuration("Reminder")
	return outreach.Case{Configuration: cfg, Transaction: outreach.Transaction{
		ID: id, EventID: "evt-1", Configuration: "Reminder", Component: "Appointment", EventType: "Booked", SubjectID: "A-1", RecipientID: "P-1",
		Phone: "+12025550101", Language: "en", TimeZone: "Asia/Riyadh", State: state, Reason: reason, Channel: outreach.IVR,
		Ready: state == outreach.Queued, DueAt: noon, ExpiresAt: noon.Add(24 * time.Hour), CutOffAt: noon.Add(24 * time.Hour), CreatedAt: noon,
	}}
}

func TestAnActivityShowsWhatHoldsItNow(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	w.cases = []outreach.Case{aCase(w, "t1", outreach.Queued, outreach.ReasonDue)}
	w.line.InUse = 10 // the PBX is full
	rec := request(h, "GET", "/api/v1/activities/t1", adminKey, nil)
	want(t, rec, http.StatusOK)
	a := decode[map[string]any](t, rec)
	if a["reason"] != "pbx_limit_reached" || a["state"] != "queued" {
		t.Errorf("reason %v", a["reason"])
	}
	if got := a["recipient"].(map[string]any)["phone_masked"]; got != "+12•••••••01" {
		t.Errorf("masked as %v", got)
	}
	if v, ok := a["response"]; !ok || v != nil {
		t.Errorf("response %v, want null", v)
	}
	why := decode[outreach.Hold](t, request(h, "GET", "/api/v1/activities/t1/why", adminKey, nil))
	if why.Reason != outreach.ReasonPBXLimit || why.Rule == "" {
		t.Errorf("why %+v", why)
	}
	want(t, request(h, "GET", "/api/v1/activities/unknown", adminKey, nil), http.StatusNotFound)
	if strings.Contains(rec.Body.String(), "2025550101") {
		t.Error("the whole number is shown")
	}
}

func TestTheListShowsTheOrderOfChannelsThatThePatientPrefers(t *testing.T) {
	w := newWorld(t)
	c := aCase(w, "t1", outreach.Queued, outreach.ReasonDue)
	c.Transaction.Channels = []outreach.Channel{outreach.SMS, outreach.IVR}
	w.cases = []outreach.Case{c, aCase(w, "t2", outreach.Queued, outreach.ReasonDue)}
	type page struct {
		Items []struct {
			ID        string `json:"id"`
			Recipient struct {
				Channels []string `json:"channels"`
			} `json:"recipient"`
		} `json:"items"`
	}
	for _, a := range decode[page](t, request(w.server().Handler(), "GET", "/api/v1/activities", adminKey, nil)).Items {
		if want := map[string]string{"t1": "sms ivr", "t2": ""}[a.ID]; strings.Join(a.Recipient.Channels, " ") != want {
			t.Errorf("%s prefers %v, want %q", a.ID, a.Recipient.Channels, want)
		}
	}
}

func TestADerivedReasonCanBeSelected(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for _, id := range []outreach.TransactionID{"a", "b", "c"} {
		w.cases = append(w.cases, aCase(w, id, outreach.Queued, outreach.ReasonDue))
	}
	waiting := aCase(w, "d", outreach.Queued, outreach.ReasonRetryWait)
	waiting.Transaction.Ready, waiting.Transaction.NextAt = false, noon.Add(time.Hour)
	w.cases = append(w.cases, waiting)
	w.line.Up = false
	type page struct {
		Items []struct{ ID, Reason string }
		Next  string
	}
	all := decode[page](t, request(h, "GET", "/api/v1/activities?reason=unable_to_connect", adminKey, nil))
	if len(all.Items) != 3 {
		t.Errorf("found %+v, want three", all.Items)
	}
	if got := decode[page](t, request(h, "GET", "/api/v1/activities?reason=due", adminKey, nil)); len(got.Items) != 0 {
		t.Errorf("found %+v as due while the PBX is down", got.Items)
	}
	first := decode[page](t, request(h, "GET", "/api/v1/activities?reason=unable_to_connect&limit=2", adminKey, nil))
	rest := decode[page](t, request(h, "GET", "/api/v1/activities?reason=unable_to_connect&limit=2&cursor="+first.Next, adminKey, nil))
	if len(first.Items)+len(rest.Items) != 3 || rest.Next != "" {
		t.Errorf("pages %+v and %+v", first, rest)
	}
	if got := decode[page](t, request(h, "GET", "/api/v1/activities?reason=retry_wait", adminKey, nil)); len(got.Items) != 1 {
		t.Errorf("found %+v by a stored reason", got.Items)
	}
}

func TestCancellingTwiceIsAConflict(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	w.cases = []outreach.Case{aCase(w, "t1", outreach.Queued, outreach.ReasonDue)}
	rec := request(h, "POST", "/api/v1/activities/t1/cancel", adminKey, nil)
	want(t, rec, http.StatusOK)
	if a := decode[map[string]any](t, rec); a["state"] != "cancelled" || a["reason"] != "cancelled_by_admin" {
		t.Errorf("became %v, %v", a["state"], a["reason"])
	}
	want(t, request(h, "POST", "/api/v1/activities/t1/cancel", adminKey, nil), http.StatusConflict)
}

func TestNoCellOfAnExportIsAFormula(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for i, evil := range []string{`=HYPERLINK("http://x")`, "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "\"quoted\",comma\nline"} {
		c := aCase(w, outreach.TransactionID(evil), outreach.Completed, outreach.ReasonAnswered)
		c.Transaction.SubjectID, c.Transaction.Configuration = evil, evil
		c.Response = &outreach.Response{Action: outreach.Confirm, Via: evil, At: noon}
		w.cases = append(w.cases, c)
		w.logs = append(w.logs, outreach.LogEntry{At: noon, Kind: evil, Attempt: outreach.AttemptID(evil), Data: map[string]any{"n": i}})
	}
	for path, rows := range map[string]int{"/api/v1/activities.csv": 8, "/api/v1/logs.csv": 8} {
		rec := request(h, "GET", path, adminKey, nil)
		want(t, rec, http.StatusOK)
		if ct := rec.Header().Get("Content-Type"); !strings.HasPrefix(ct, "text/csv") {
			t.Errorf("%s: content type %s", path, ct)
		}
		table, err := csv.NewReader(rec.Body).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(table) != rows {
			t.Errorf("%s: %d rows, want %d", path, len(table), rows)
		}
		for _, row := range table {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("%s: the cell %q would run", path, cell)
				}
			}
		}
	}
}

func TestALargeExportIsReadPageByPage(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for range 1234 {
		w.cases = append(w.cases, aCase(w, "t", outreach.Completed, outreach.ReasonAnswered))
	}
	table, err := csv.NewReader(request(h, "GET", "/api/v1/activities.csv", adminKey, nil).Body).ReadAll()
	if err != nil || len(table) != 1235 {
		t.Fatalf("%d rows, %v; want 1235", len(table), err)
	}
}

func TestStatsAndLogsAndResultsAreShown(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	w.logs = []outreach.LogEntry{{Transaction: "t1", At: noon, Kind: "ringing"}}
	if got := request(h, "GET", "/api/v1/logs?transaction=t1", adminKey, nil).Body.String(); !strings.Contains(got, `"kind":"ringing"`) {
		t.Errorf("logs %s", got)
	}
	if got := request(h, "GET", "/api/v1/stats", adminKey, nil).Body.String(); !strings.Contains(got, `"queued":1`) {
		t.Errorf("stats %s", got)
	}
	want(t, request(h, "GET", "/api/v1/stats?from=2027-01-01T00:00:00Z", adminKey, nil), http.StatusUnprocessableEntity)
	if got := request(h, "GET", "/api/v1/results", adminKey, nil).Body.String(); !strings.Contains(got, `"id":"r1"`) || strings.Contains(got, "secret") {
		t.Errorf("results %s", got)
	}
}
