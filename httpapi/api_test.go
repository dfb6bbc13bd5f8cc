package httpapi_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"curlew/outreach"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

const event = `{"id":"evt-1","component":"Appointment","event":"Booked","subject":{"id":"A-4711"},"recipient":{"id":"P-1","phone":"+12025550101"}}`

// contract lists the doors that contract.md promises.
var contract = []string{
	"POST /api/v1/events",
	"GET /api/v1/pbxs", "POST /api/v1/pbxs", "GET /api/v1/pbxs/{name}", "PUT /api/v1/pbxs/{name}", "DELETE /api/v1/pbxs/{name}", "GET /api/v1/pbxs/{name}/status",
	"GET /api/v1/prompt-categories", "GET /api/v1/prompts", "POST /api/v1/prompts", "GET /api/v1/prompts/{category}", "PUT /api/v1/prompts/{category}",
	"DELETE /api/v1/prompts/{category}", "PUT /api/v1/prompts/{category}/audio/{language}",
	"GET /api/v1/components", "GET /api/v1/configurations", "POST /api/v1/configurations", "GET /api/v1/configurations/{name}",
	"PUT /api/v1/configurations/{name}", "DELETE /api/v1/configurations/{name}",
	"POST /api/v1/configurations/{name}/activate", "POST /api/v1/configurations/{name}/deactivate",
	"POST /api/v1/dry-run", "GET /api/v1/activities", "GET /api/v1/activities/{id}", "GET /api/v1/activities/{id}/why",
	"GET /api/v1/activities/{id}/recording", "POST /api/v1/activities/{id}/cancel", "POST /api/v1/activities/{id}/retry", "GET /api/v1/logs",
	"GET /api/v1/activities.csv", "GET /api/v1/logs.csv", "GET /api/v1/stream",
	"GET /api/v1/opt-outs", "POST /api/v1/opt-outs", "DELETE /api/v1/opt-outs", "GET /api/v1/stats",
	"GET /api/v1/api-keys", "POST /api/v1/api-keys", "DELETE /api/v1/api-keys", "GET /api/v1/audit",
	"POST /api/v1/pause", "POST /api/v1/resume", "GET /api/v1/nodes", "POST /api/v1/nodes/{name}/drain", "POST /api/v1/nodes/{name}/resume",
	"GET /r/{token}", "POST /r/{token}", "POST /webhooks/twilio/status", "POST /webhooks/twilio/inbound", "POST /webhooks/hims",
	"GET /healthz", "GET /readyz", "GET /metrics",
}

type spec struct {
	OpenAPI string                                `json:"openapi"`
	Paths   map[string]map[string]json.RawMessage `json:"paths"`
}

func (s spec) operations() []string {
	var all []string
	for path, item := range s.Paths {
		for method := range item {
			all = append(all, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

func TestTheDescriptionHoldsEveryDoorOfTheContract(t *testing.T) {
	rec := request(newWorld(t).server().Handler(), "GET", "/openapi.json", "", nil)
	want(t, rec, http.StatusOK)
	doc := decode[spec](t, rec)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s, want 3.1", doc.OpenAPI)
	}
	all := doc.operations()
	for _, door := range contract {
		if !slices.Contains(all, door) {
			t.Errorf("%s is not described", door)
		}
	}
	const golden = "testdata/doors.golden"
	text := strings.Join(all, "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(old), text); diff != "" {
		t.Errorf("the doors changed (-golden +now); -update if that is meant:\n%s", diff)
	}
}

func TestEveryOperationOfTheAPIAsksForAKey(t *testing.T) {
	h := newWorld(t).server().Handler()
	doc := decode[spec](t, request(h, "GET", "/openapi.json", "", nil))
	tried := 0
	for _, door := range doc.operations() {
		method, path, _ := strings.Cut(door, " ")
		if !strings.HasPrefix(path, "/api/v1/") || path == "/api/v1/session" {
			continue // signing in and out has tests of its own
		}
		tried++
		path = strings.NewReplacer("{name}", "main", "{category}", "greeting", "{language}", "en", "{id}", "x").Replace(path)
		for _, key := range []string{"", "wrong", revokedKey, strings.Repeat("k", 5000)} {
			rec := request(h, method, path, key, nil)
			if rec.Code != http.StatusUnauthorized || rec.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s with key %.10q: status %d", door, key, rec.Code)
			}
			if ct := rec.Header().Get("Content-Type"); ct != "application/problem+json" {
				t.Errorf("%s: content type %s", door, ct)
			}
		}
		if path != "/api/v1/events" && path != "/api/v1/dry-run" {
			if rec := request(h, method, path, himsKey, nil); rec.Code != http.StatusForbidden {
				t.Errorf("%s with the HIMS's key: status %d, want 403", door, rec.Code)
			}
		}
	}
	if tried < 40 {
		t.Fatalf("only %d operations were tried", tried)
	}
}

func TestAKeyRevokedHereIsRefusedAtOnce(t *testing.T) {
	h := newWorld(t).server().Handler()
	made := decode[struct{ Key, ID string }](t, request(h, "POST", "/api/v1/api-keys", adminKey, map[string]any{"name": "second", "scopes": []string{"admin"}}))
	want(t, request(h, "GET", "/api/v1/pbxs", made.Key, nil), http.StatusOK)
	want(t, request(h, "DELETE", "/api/v1/api-keys?id="+made.ID, adminKey, nil), http.StatusNoContent)
	want(t, request(h, "GET", "/api/v1/pbxs", made.Key, nil), http.StatusUnauthorized)
	if list := request(h, "GET", "/api/v1/api-keys", adminKey, nil).Body.String(); strings.Contains(list, made.Key) || strings.Contains(list, "hash") {
		t.Error("the list tells keys or hashes")
	}
}

func TestAnEventIsTakenOnce(t *testing.T) {
	h := newWorld(t).server().Handler()
	for _, step := range []struct {
		name, body string
		status     int
	}{
		{"a new one is taken", event, http.StatusAccepted},
		{"the same again is a duplicate", event, http.StatusOK},
		{"the same id with another body is a conflict", strings.Replace(event, "A-4711", "A-9", 1), http.StatusConflict},
		{"what cannot be used says where", `{}`, http.StatusUnprocessableEntity},
		{"what is no JSON says where", `{"id":`, http.StatusUnprocessableEntity},
		{"nothing at all is refused", ``, http.StatusBadRequest},
		{"ten megabytes are refused", strings.Repeat(" ", 10<<20), http.StatusRequestEntityTooLarge},
		{"one byte above a mebibyte is refused", strings.Repeat(" ", 1<<20+1), http.StatusRequestEntityTooLarge},
		{"a mebibyte is read", `{"id":"big","x":"` + strings.Repeat("y", 1<<20-19) + `"}`, http.StatusAccepted},
	} {
		rec := request(h, "POST", "/api/v1/events", himsKey, step.body)
		if rec.Code != step.status {
			t.Errorf("%s: status %d, want %d: %.200s", step.name, rec.Code, step.status, rec.Body)
		}
		if rec.Code >= 400 && rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: content type %s", step.name, rec.Header().Get("Content-Type"))
		}
	}
	r := decode[map[string]any](t, request(h, "POST", "/api/v1/events", himsKey, strings.Replace(event, "evt-1", "evt-2", 1)))
	if diff := cmp.Diff(map[string]any{"event_id": "evt-2", "transactions": []any{"t-evt-2"}, "duplicate": false}, r); diff != "" {
		t.Error(diff)
	}
}

func TestTheHIMSWebhookTakesSignedEventsAndNothingElse(t *testing.T) {
	h := newWorld(t).server().Handler()
	want(t, request(h, "POST", "/webhooks/hims", "", event), http.StatusUnauthorized)
	want(t, request(h, "POST", "/webhooks/hims", "", event, "Webhook-Signature", "forged"), http.StatusUnauthorized)
	want(t, request(h, "POST", "/webhooks/hims", "wrong", event, "Webhook-Signature", "good"), http.StatusUnauthorized)
	want(t, request(h, "POST", "/webhooks/hims", "", event, "Webhook-Signature", "good"), http.StatusAccepted)
	want(t, request(h, "POST", "/webhooks/hims", "", strings.Repeat(" ", 2<<20), "Webhook-Signature", "good"), http.StatusRequestEntityTooLarge)
	want(t, request(h, "POST", "/webhooks/hims", himsKey, event), http.StatusOK) // the key's source is hims, too
}

func TestOfTwoChangesThatReadTheSameRevisionOneWins(t *testing.T) {
	h := newWorld(t).server().Handler()
	tag := request(h, "GET", "/api/v1/prompts/greeting", adminKey, nil).Header().Get("ETag")
	statuses := make([]int, 8)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			body := map[string]any{"category": "doctor_name", "active": true, "languages": map[string]any{"en": map[string]any{"text": fmt.Sprint("Hello ", i)}}}
			statuses[i] = request(h, "PUT", "/api/v1/prompts/doctor_name", adminKey, body, "If-Match", tag).Code
		})
	}
	all.Wait()
	slices.Sort(statuses)
	if statuses[0] != http.StatusOK || statuses[1] != http.StatusPreconditionFailed || statuses[7] != http.StatusPreconditionFailed {
		t.Fatalf("statuses %v, want one 200 and the rest 412", statuses)
	}
	want(t, request(h, "DELETE", "/api/v1/prompts/doctor_name", adminKey, nil, "If-Match", "nonsense"), http.StatusPreconditionFailed)
	want(t, request(h, "DELETE", "/api/v1/prompts/doctor_name", adminKey, nil, "If-Match", tag), http.StatusPreconditionFailed)
	want(t, request(h, "DELETE", "/api/v1/prompts/doctor_name", adminKey, nil), http.StatusNoContent)
}

func TestAUsedPromptIsNotDeletedAndItsUsersAreNamed(t *testing.T) {
	h := newWorld(t).server().Handler()
	rec := request(h, "DELETE", "/api/v1/prompts/greeting", adminKey, nil)
	want(t, rec, http.StatusConflict)
	if !strings.Contains(rec.Body.String(), "configuration Reminder") {
		t.Errorf("the user is not named: %s", rec.Body)
	}
	want(t, request(h, "DELETE", "/api/v1/pbxs/main", adminKey, nil), http.StatusUnprocessableEntity) // an active configuration calls
	want(t, request(h, "DELETE", "/api/v1/prompts/unheard_of", adminKey, nil), http.StatusNotFound)
}

func TestPBXsAreManagedAndTheirSecretsKept(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	pbx := map[string]any{"name": "second", "esl": map[string]any{"host": "127.0.0.2", "port": 8021, "password": "${env:PBX2}"},
		"callback": map[string]any{"host": "127.0.0.1", "port": 8085}, "active": true,
		"gateways": []any{map[string]any{"name": "t", "allowed_prefixes": []string{"+1202555"}, "active": true}}}
	rec := request(h, "POST", "/api/v1/pbxs", adminKey, pbx)
	want(t, rec, http.StatusCreated)
	if at := rec.Header().Get("Location"); at != "/api/v1/pbxs/second" {
		t.Errorf("location %q", at)
	}
	want(t, request(h, "POST", "/api/v1/pbxs", adminKey, pbx), http.StatusConflict)
	st := decode[map[string]any](t, request(h, "GET", "/api/v1/pbxs/main/status", adminKey, nil))
	if st["link_up"] != true || st["version"] != "1.10.12" || st["max_concurrent_calls"] != 10.0 {
		t.Errorf("status %v", st)
	}
	want(t, request(h, "GET", "/api/v1/pbxs/nowhere/status", adminKey, nil), http.StatusNotFound)
	pbx["esl"].(map[string]any)["password"] = "********"
	want(t, request(h, "PUT", "/api/v1/pbxs/second", adminKey, pbx), http.StatusOK)
	if got := w.snap.Document.PBXs[1].ESL.Password; got != "${env:PBX2}" {
		t.Errorf("the password became %q", got)
	}
	want(t, request(h, "PUT", "/api/v1/pbxs/third", adminKey, pbx), http.StatusUnprocessableEntity)
	want(t, request(h, "DELETE", "/api/v1/pbxs/second", adminKey, nil), http.StatusNoContent)
}

func TestProblemsPointIntoWhatWasSent(t *testing.T) {
	h := newWorld(t).server().Handler()
	for name, c := range map[string]struct {
		method, path string
		body         any
		pointer      string
	}{
		"a type of the schema":        {"PUT", "/api/v1/pbxs/main", map[string]any{"name": "main", "esl": map[string]any{"port": "x"}}, "/esl/port"},
		"an unknown field":            {"POST", "/api/v1/prompts", map[string]any{"category": "x", "colour": 1}, "/colour"},
		"a rule of the document":      {"PUT", "/api/v1/configurations/Reminder", map[string]any{"name": "Reminder", "component": "Nonsense", "event": "Booked", "active": true, "steps": []any{}}, "/component"},
		"a duration":                  {"PUT", "/api/v1/configurations/Reminder", map[string]any{"name": "Reminder", "when": map[string]any{"type": "before", "offset": "a day"}}, "/when/offset"},
		"a name that is not the path": {"PUT", "/api/v1/pbxs/main", map[string]any{"name": "other"}, "/name"},
		"a parameter":                 {"GET", "/api/v1/activities?limit=5000", nil, "query:limit"},
		"a cursor":                    {"GET", "/api/v1/activities?cursor=made-up", nil, "query:cursor"},
		"a state":                     {"GET", "/api/v1/activities?state=sleeping", nil, "query:state"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := request(h, c.method, c.path, adminKey, c.body)
			want(t, rec, http.StatusUnprocessableEntity)
			p := decode[struct{ Errors []outreach.Problem }](t, rec)
			if !slices.ContainsFunc(p.Errors, func(e outreach.Problem) bool { return e.Pointer == c.pointer && e.Detail != "" }) {
				t.Errorf("no error points at %s: %s", c.pointer, rec.Body)
			}
		})
	}
}

func TestConfigurationsAreActivatedAndInactivated(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	w.cases = []outreach.Case{aCase(w, "t1", outreach.Scheduled, outreach.ReasonDue), aCase(w, "t2", outreach.Completed, outreach.ReasonAnswered)}
	want(t, request(h, "DELETE", "/api/v1/configurations/Reminder", adminKey, nil), http.StatusConflict)
	rec := request(h, "POST", "/api/v1/configurations/Reminder/deactivate?pending=cancel", adminKey, nil)
	want(t, rec, http.StatusOK)
	if a := decode[struct{ Cancelled *int }](t, rec); a.Cancelled == nil || *a.Cancelled != 1 {
		t.Errorf("cancelled %v, want 1", a.Cancelled)
	}
	if w.cases[0].Transaction.State != outreach.Cancelled {
		t.Error("the open transaction was not cancelled")
	}
	preview := decode[struct{ Backfill outreach.BackfillCount }](t, request(h, "POST", "/api/v1/configurations/Reminder/activate?backfill=preview", adminKey, nil))
	if preview.Backfill.Transactions != 2 || w.snap.Document.Configurations[0].Active {
		t.Errorf("preview %+v, active %v", preview, w.snap.Document.Configurations[0].Active)
	}
	want(t, request(h, "POST", "/api/v1/configurations/Reminder/activate?backfill=true", adminKey, nil), http.StatusOK)
	if !w.snap.Document.Configurations[0].Active {
		t.Error("it is not active")
	}
	want(t, request(h, "POST", "/api/v1/configurations/Nothing/activate", adminKey, nil), http.StatusNotFound)
	want(t, request(h, "POST", "/api/v1/configurations/Reminder/activate?backfill=perhaps", adminKey, nil), http.StatusUnprocessableEntity)
}

func TestAudioIsCheckedKeptAndServedToPBXsOnly(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	want(t, request(h, "PUT", "/api/v1/prompts/greeting/audio/ar", adminKey, []byte("MP3!"), "Content-Type", "audio/wav"), http.StatusUnprocessableEntity)
	rec := request(h, "PUT", "/api/v1/prompts/greeting/audio/ar", adminKey, []byte("RIFF and sound"), "Content-Type", "audio/wav")
	want(t, rec, http.StatusOK)
	sha := decode[outreach.AudioReport](t, rec).SHA256
	if got := w.snap.Document.Prompts[0].Languages["ar"].Audio; got != "sha256:"+sha {
		t.Errorf("the prompt refers to %q", got)
	}
	if got := request(h, "GET", "/api/v1/prompts/greeting/audio/ar", adminKey, nil).Body.String(); got != "RIFF and sound" {
		t.Errorf("read back %q", got)
	}
	want(t, request(h, "PUT", "/api/v1/prompts/nothing/audio/ar", adminKey, []byte("RIFF"), "Content-Type", "audio/wav"), http.StatusNotFound)
	want(t, request(h, "GET", "/audio/"+sha+".wav", adminKey, nil), http.StatusNotFound) // 192.0.2.1 is no PBX
	w2 := fromAddress(h, "10.0.0.7:5060")
	want(t, request(w2, "GET", "/audio/"+sha+".wav", "", nil), http.StatusOK)
	want(t, request(w2, "HEAD", "/audio/"+sha+".wav", "", nil), http.StatusOK)
	w.audio["01a2-T-"+sha] = []byte("RIFF about a patient")
	personal := request(w2, "GET", "/audio/01a2-T-"+sha+".wav", "", nil)
	want(t, personal, http.StatusOK)
	if kept := personal.Header().Get("Cache-Control"); strings.Contains(kept, "immutable") || !strings.Contains(kept, "no-store") {
		t.Errorf("audio about a patient may be kept: %s", kept)
	}
	want(t, request(h, "GET", "/audio/01a2-T-"+sha+".wav", adminKey, nil), http.StatusNotFound)
	want(t, request(w2, "GET", "/audio/..%2f..%2fetc%2fpasswd.wav", "", nil), http.StatusNotFound)
}

// A recording comes from a PBX, for a call of ours, once: anything else could put words into a patient's mouth.
func TestWhatAPatientRecordedIsTakenFromPBXsOnlyAndOnce(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	pbx := fromAddress(h, "10.0.0.7:5060")
	said := []byte("RIFF....WAVE and words")
	want(t, request(h, "PUT", "/audio/answers/att-live.wav", adminKey, said), http.StatusNotFound) // 192.0.2.1 is no PBX
	want(t, request(pbx, "PUT", "/audio/answers/att-live.wav", "", []byte("MP3!")), http.StatusUnprocessableEntity)
	want(t, request(pbx, "PUT", "/audio/answers/nobody.wav", "", said), http.StatusNotFound)
	want(t, request(pbx, "PUT", "/audio/answers/att-live.wav", "", make([]byte, 9<<20)), http.StatusRequestEntityTooLarge)
	want(t, request(pbx, "PUT", "/audio/answers/att-live.wav", "", said), http.StatusCreated)
	want(t, request(pbx, "PUT", "/audio/answers/att-live.wav", "", []byte("RIFF....WAVE other words")), http.StatusConflict)
	if got := string(w.audio["answer att-live"]); got != string(said) {
		t.Errorf("kept %q", got)
	}
	want(t, request(pbx, "GET", "/audio/answers/att-live.wav", "", nil), http.StatusMethodNotAllowed) // not even for the PBX
}

func TestWhatAPatientRecordedIsForAdmins(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	c := aCase(w, "t1", outreach.Completed, outreach.ReasonAnswered)
	attempt := "0193a000-0000-7000-8000-000000000009"
	c.Attempts = append(c.Attempts, outreach.Attempt{ID: outreach.AttemptID(attempt), Channel: outreach.IVR})
	w.cases = []outreach.Case{c}
	path := "/api/v1/activities/t1/recording"
	want(t, request(h, "GET", path, adminKey, nil), http.StatusNotFound)
	w.audio["node of "+attempt] = []byte("node7")
	if rec := request(h, "GET", path, adminKey, nil); rec.Code != http.StatusNotFound || !strings.Contains(rec.Body.String(), "node7") {
		t.Errorf("a recording that came to another node: %d %s", rec.Code, rec.Body)
	}
	w.audio["answer "+attempt] = []byte("RIFF and a voice")
	rec := request(h, "GET", path, adminKey, nil)
	want(t, rec, http.StatusOK)
	if rec.Body.String() != "RIFF and a voice" || rec.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%q %v", rec.Body.String(), rec.Header())
	}
	want(t, request(h, "GET", path, "", nil), http.StatusUnauthorized)
}

func fromAddress(h http.Handler, address string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = address
		h.ServeHTTP(w, r)
	})
}

func TestEveryChangeLeavesAnAuditEntry(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for _, c := range []struct{ method, path, action, target string }{
		{"PUT", "/api/v1/prompts/greeting", "put-prompt", "greeting"},
		{"DELETE", "/api/v1/prompts/greeting", "delete-prompt", "greeting"},
		{"POST", "/api/v1/activities/t9/cancel", "cancel-activity", "t9"},
		{"POST", "/api/v1/opt-outs", "add-opt-out", "opt-out"},
		{"POST", "/api/v1/pause", "pause", "all"},
		{"POST", "/api/v1/resume", "resume", "all"},
		{"POST", "/api/v1/nodes/n1/drain", "drain-node", "n1"},
	} {
		body := map[string]any{}
		switch c.action {
		case "put-prompt":
			body = map[string]any{"active": true, "languages": map[string]any{"en": map[string]any{"text": "Hi."}}}
		case "add-opt-out":
			body = map[string]any{"address": "+12025550101"}
		}
		before := len(w.audit)
		rec := request(h, c.method, c.path, adminKey, body)
		if len(w.audit) != before+1 {
			t.Fatalf("%s: %d entries, want one: %s", c.action, len(w.audit)-before, rec.Body)
		}
		e := w.audit[before]
		if e.Actor != "console" || e.Action != c.action || e.Target != c.target || e.Detail["ok"] != (rec.Code < 400) {
			t.Errorf("%s (status %d): %+v", c.action, rec.Code, e)
		}
	}
	if text := fmt.Sprint(w.audit); strings.Contains(text, "2025550101") {
		t.Error("the audit log holds a number")
	}
	before := len(w.audit)
	request(h, "GET", "/api/v1/activities", adminKey, nil)
	request(h, "POST", "/api/v1/events", himsKey, event)
	if len(w.audit) != before {
		t.Error("reading, or an event, left an entry")
	}
	request(h, "GET", "/api/v1/activities.csv", adminKey, nil)
	if len(w.audit) != before+1 {
		t.Error("an export left no entry")
	}
}

func TestPausesNameWhatExists(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	want(t, request(h, "POST", "/api/v1/pause", adminKey, map[string]string{"kind": "gateway", "name": "main/trunk1"}), http.StatusOK)
	want(t, request(h, "POST", "/api/v1/pause", adminKey, map[string]string{"kind": "gateway", "name": "trunk1"}), http.StatusUnprocessableEntity)
	want(t, request(h, "POST", "/api/v1/pause", adminKey, map[string]string{"kind": "channel", "name": "fax"}), http.StatusUnprocessableEntity)
	want(t, request(h, "POST", "/api/v1/resume", adminKey, map[string]string{"kind": "pbx", "name": "main"}), http.StatusNotFound)
	want(t, request(h, "POST", "/api/v1/resume", adminKey, map[string]string{"kind": "gateway", "name": "main/trunk1"}), http.StatusOK)
}

func TestOptOutsAreAddedListedAndRemoved(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	want(t, request(h, "POST", "/api/v1/opt-outs", adminKey, map[string]string{}), http.StatusUnprocessableEntity)
	want(t, request(h, "POST", "/api/v1/opt-outs", adminKey, map[string]string{"address": "0800 FLOWERS"}), http.StatusUnprocessableEntity)
	want(t, request(h, "POST", "/api/v1/opt-outs", adminKey, map[string]string{"address": "+1 202 555 0101", "channel": "sms"}), http.StatusCreated)
	if o := w.optOuts[0]; o.Address != "+12025550101" || o.Via != "api" || !o.At.Equal(noon) {
		t.Errorf("stored %+v", o)
	}
	want(t, request(h, "DELETE", "/api/v1/opt-outs?address=%2B12025550101", adminKey, nil), http.StatusNotFound)
	want(t, request(h, "DELETE", "/api/v1/opt-outs?address=+12025550101&channel=sms", adminKey, nil), http.StatusNoContent)
}

func TestOurOwnFaultsAreLoggedAndNotTold(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	w.failWith = errors.New("disk on fire")
	rec := request(h, "POST", "/api/v1/events", himsKey, event)
	want(t, rec, http.StatusInternalServerError)
	if strings.Contains(rec.Body.String(), "fire") || !strings.Contains(w.logged(), "disk on fire") {
		t.Errorf("answer %s; log %s", rec.Body, w.logged())
	}
	w.failWith, w.boom = nil, true
	rec = request(h, "POST", "/api/v1/events", himsKey, event)
	want(t, rec, http.StatusInternalServerError)
	if strings.Contains(rec.Body.String(), "patient") || strings.Contains(w.logged(), "2025550101") {
		t.Error("a panic's value was told or logged")
	}
	w.boom = false
	want(t, request(h, "POST", "/api/v1/events", himsKey, event), http.StatusAccepted)
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	h := newWorld(t).server().Handler()
	for _, path := range []string{"/", "/docs", "/openapi.json", "/healthz", "/metrics", "/r/unknown", "/nowhere", "/api/v1/pbxs", "/page/console.js"} {
		rec := request(h, "GET", path, "", nil)
		head := rec.Header()
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(head.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, head)
		}
		if strings.Contains(head.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: the policy allows unsafe things", path)
		}
	}
}

func TestARecordingIsKeptBeforeAPromptNamesItAndHeardAgain(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	want(t, request(h, "POST", "/api/v1/recordings", adminKey, []byte("MP3!"), "Content-Type", "audio/wav"), http.StatusUnprocessableEntity)
	want(t, request(h, "POST", "/api/v1/recordings", himsKey, []byte("RIFF"), "Content-Type", "audio/wav"), http.StatusForbidden)
	before := w.snap.Revision
	rec := request(h, "POST", "/api/v1/recordings", adminKey, []byte("RIFF and sound"), "Content-Type", "audio/wav")
	want(t, rec, http.StatusCreated)
	if w.snap.Revision != before {
		t.Error("the settings changed")
	}
	sha := decode[outreach.AudioReport](t, rec).SHA256
	if got := request(h, "GET", "/api/v1/recordings/"+sha, adminKey, nil).Body.String(); got != "RIFF and sound" {
		t.Errorf("read back %q", got)
	}
	w.audio["01a2-T-"+sha] = []byte("RIFF about a patient")
	want(t, request(h, "GET", "/api/v1/recordings/01a2-T-"+sha, adminKey, nil), http.StatusUnprocessableEntity)
}
