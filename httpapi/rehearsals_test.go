package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"curlew/httpapi"
	"curlew/outreach"
)

// town is a Rehearsals with one rehearsal, of id town.
type town struct {
	mu     sync.Mutex
	orders []httpapi.RehearsalOrder
	err    error
	ended  bool
}

func (n *town) Rehearse(_ context.Context, o httpapi.RehearsalOrder) (httpapi.RehearsalStory, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.orders = append(n.orders, o)
	return httpapi.RehearsalStory{Patient: o.Patient, Finished: true}, n.err
}

func (n *town) Begin(_ context.Context, o httpapi.RehearsalOrder) (httpapi.Rehearsal, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.orders = append(n.orders, o)
	return httpapi.Rehearsal{ID: "town", ExpiresAt: noon}, n.err
}

// Door answers with what came through it.
func (n *town) Door(id string) (http.Handler, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id != "town" || n.ended {
		return nil, outreach.ErrNotFound
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %v", r.Method, r.URL.RequestURI(), w.Header())
	}), nil
}

func (n *town) End(id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id != "town" {
		return outreach.ErrNotFound
	}
	n.ended = true
	return nil
}

func TestARehearsalIsOrderedWithWhatTheAdminChose(t *testing.T) {
	w, n := newWorld(t, func(d *outreach.Document) { d.Configurations[0].Active = false }), &town{}
	h := w.server(func(o *httpapi.Options) { o.Rehearsals = n }).Handler()
	const at = "/api/v1/configurations/Reminder/rehearse"
	rec := request(h, "POST", at, adminKey, `{"patient": "11", "language": "ar", "keys": ["2", "2"], "event": {"id": "e"}}`)
	want(t, rec, http.StatusOK)
	o := n.orders[0]
	if o.Configuration != "Reminder" || o.Patient != "11" || o.Language != "ar" || len(o.Keys) != 2 || string(o.Event) != `{"id":"e"}` || !o.At.Equal(noon) {
		t.Errorf("ordered %+v", o)
	}
	want(t, request(h, "POST", at, adminKey, `{}`), http.StatusOK)
	if o := n.orders[1]; o.Patient != "01" || o.Event != nil {
		t.Errorf("without a choice %+v", o)
	}
	for body, pointer := range map[string]string{`{"patient": "1"}`: "/patient", `{"keys": ["x"]}`: "/keys/0", `{"patients": "01"}`: "/patients"} {
		rec := request(h, "POST", at, adminKey, body)
		want(t, rec, http.StatusUnprocessableEntity)
		if !strings.Contains(rec.Body.String(), pointer) {
			t.Errorf("%s: %s", body, rec.Body)
		}
	}
	want(t, request(h, "POST", "/api/v1/configurations/nobody/rehearse", adminKey, `{}`), http.StatusNotFound)
	want(t, request(h, "POST", "/api/v1/rehearsals", adminKey, `{"configuration": "nobody"}`), http.StatusNotFound)
	n.err = httpapi.ErrRehearsals
	rec = request(h, "POST", at, adminKey, `{}`)
	want(t, rec, http.StatusTooManyRequests)
	if rec.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	n.err = outreach.Problems{{Pointer: "/steps/0/sequence/0", Detail: "prompt is inactive"}}
	want(t, request(h, "POST", at, adminKey, `{}`), http.StatusUnprocessableEntity)
	if len(w.audit) != 0 {
		t.Errorf("a rehearsal changes nothing, but the audit log has %+v", w.audit)
	}
}

func TestARehearsalByHandIsEnteredOnlyThroughItsDoors(t *testing.T) {
	w, n := newWorld(t), &town{}
	h := w.server(func(o *httpapi.Options) { o.Rehearsals = n }).Handler()
	rec := request(h, "POST", "/api/v1/rehearsals", adminKey, `{"configuration": "Reminder", "language": "hi"}`)
	want(t, rec, http.StatusCreated)
	if rec.Header().Get("Location") != "/api/v1/rehearsals/town" || !strings.Contains(rec.Body.String(), `"expires_at"`) || n.orders[0].Language != "hi" {
		t.Errorf("%v %s %+v", rec.Header(), rec.Body, n.orders)
	}
	const base = "/api/v1/rehearsals/town"
	for path, inside := range map[string]string{
		"GET /state": "/demo/state", "GET /stream": "/demo/stream", "POST /fire": "/demo/fire", "POST /clock/jump?by=PT1H": "/demo/clock/jump?by=PT1H",
		"POST /phone/%2B12025550130/press?digits=%23": "/demo/phone/%2B12025550130/press?digits=%23",
	} {
		method, rest, _ := strings.Cut(path, " ")
		want(t, request(h, method, base+rest, "", nil), http.StatusUnauthorized)
		want(t, request(h, method, base+rest, himsKey, nil), http.StatusForbidden)
		rec := request(h, method, base+rest, adminKey, nil)
		if got := rec.Body.String(); got != method+" "+inside+" map[]" {
			t.Errorf("%s led to %q", path, got)
		}
	}
	for path, inside := range map[string]string{"/audio/abc.wav": "/demo/audio/abc.wav", "/r/token?done=1": "/r/token?done=1"} {
		if got := request(h, "GET", base+path, "", nil).Body.String(); got != "GET "+inside+" map[]" {
			t.Errorf("%s without a key led to %q", path, got)
		}
	}
	for _, path := range []string{"/api/v1/config", "/metrics", "/..%2Fmetrics", "/r/../metrics", "/audio/..%2F..%2Fapi/v1/config", "/demo/state", "/webhooks/hims", "/"} {
		want(t, request(h, "GET", base+path, adminKey, nil), http.StatusNotFound)
	}
	want(t, request(h, "GET", "/api/v1/rehearsals/other/r/token", "", nil), http.StatusNotFound)
	want(t, request(h, "DELETE", "/api/v1/rehearsals/other", adminKey, nil), http.StatusNotFound)
	want(t, request(h, "DELETE", base, adminKey, nil), http.StatusNoContent)
	want(t, request(h, "GET", base+"/state", adminKey, nil), http.StatusNotFound)
}

func TestThePhoneOfTheDemoIsHeard(t *testing.T) {
	w, demo := newWorld(t), newStage()
	sha := strings.Repeat("a", 64)
	w.audio[sha] = []byte("RIFF")
	demo.state.Phones[0].Heard = []httpapi.DemoHeard{{Text: "Hello.", Audio: "/demo/audio/" + sha + ".wav", At: noon}}
	h := w.server(func(o *httpapi.Options) { o.Demo = demo }).Handler()
	state := decode[httpapi.DemoState](t, request(h, "GET", "/demo/state", adminKey, nil))
	rec := request(h, "GET", state.Phones[0].Heard[0].Audio, "", nil)
	want(t, rec, http.StatusOK)
	if rec.Header().Get("Content-Type") != "audio/wav" || rec.Body.String() != "RIFF" {
		t.Errorf("%v %q", rec.Header(), rec.Body)
	}
	want(t, request(h, "GET", "/demo/audio/nothing.wav", "", nil), http.StatusNotFound)
}
