package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/httpapi"
	"curlew/outreach"
)

// stage is a demo with one phone.
type stage struct {
	mu      sync.Mutex
	state   httpapi.DemoState
	changed chan struct{}
	did     []string
	jumped  time.Duration
}

func newStage() *stage {
	return &stage{changed: make(chan struct{}), state: httpapi.DemoState{Now: noon, TimeZone: "Asia/Riyadh",
		Phones: []httpapi.DemoPhone{{Number: "+12025550101", Name: "Amina", State: "ringing", ByHand: true}},
		Events: []httpapi.DemoEvent{{Title: "Booked", Body: event}}}}
}

func (s *stage) State(context.Context) (httpapi.DemoState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, nil
}

func (s *stage) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *stage) Fire(_ context.Context, body []byte) (outreach.EventReceipt, error) {
	if string(body) != event {
		return outreach.EventReceipt{}, outreach.Problems{{Pointer: "/id", Detail: "missing"}}
	}
	return outreach.EventReceipt{EventID: "evt-1"}, nil
}

func (s *stage) act(number, what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if number != "+12025550101" {
		return outreach.ErrNotFound
	}
	if s.state.Phones[0].State == "idle" {
		return httpapi.ErrDemoPhone
	}
	s.did = append(s.did, what)
	return nil
}

func (s *stage) Answer(_ context.Context, number string) error        { return s.act(number, "answer") }
func (s *stage) Press(_ context.Context, number, digits string) error { return s.act(number, digits) }
func (s *stage) Ring(_ context.Context, number string) error          { return s.act(number, "ring") }
func (s *stage) HangUp(_ context.Context, number string) error        { return s.act(number, "hangup") }

func (s *stage) Jump(_ context.Context, d time.Duration) error {
	s.jumped = d
	return nil
}

func TestTheDemoIsThereOnlyWhenItIsGiven(t *testing.T) {
	w := newWorld(t)
	h := w.server(func(o *httpapi.Options) { o.DemoKey = "leak" }).Handler()
	want(t, request(h, "GET", "/demo/state", adminKey, nil), http.StatusNotFound)
	if body := request(h, "GET", "/", "", nil).Body.String(); strings.Contains(body, "leak") || strings.Contains(body, `id="phone"`) {
		t.Error("the page of a real server holds a key or a phone")
	}
	h = w.server(func(o *httpapi.Options) { o.Demo, o.DemoKey = newStage(), adminKey }).Handler()
	if body := request(h, "GET", "/", "", nil).Body.String(); !strings.Contains(body, `content="`+adminKey+`"`) || !strings.Contains(body, `id="phone"`) {
		t.Error("the demo's page lacks its key or its phone")
	}
}

func TestThePatientsPhoneCanBeUsed(t *testing.T) {
	w, demo := newWorld(t), newStage()
	h := w.server(func(o *httpapi.Options) { o.Demo = demo }).Handler()
	want(t, request(h, "GET", "/demo/state", "", nil), http.StatusUnauthorized)
	if state := request(h, "GET", "/demo/state", adminKey, nil).Body.String(); strings.Contains(state, "null") {
		t.Errorf("a list is null: %s", state)
	}
	const phone = "/demo/phone/%2B12025550101/"
	want(t, request(h, "POST", phone+"answer", adminKey, nil), http.StatusNoContent)
	want(t, request(h, "POST", phone+"press?digits=%23", adminKey, nil), http.StatusNoContent)
	want(t, request(h, "POST", phone+"press?digits=1;rm", adminKey, nil), http.StatusUnprocessableEntity)
	want(t, request(h, "POST", phone+"hangup", adminKey, nil), http.StatusNoContent)
	want(t, request(h, "POST", phone+"ring", adminKey, nil), http.StatusNoContent)
	if got := strings.Join(demo.did, " "); got != "answer # hangup ring" {
		t.Errorf("did %q", got)
	}
	want(t, request(h, "POST", "/demo/phone/nobody/answer", adminKey, nil), http.StatusNotFound)
	demo.state.Phones[0].State = "idle"
	want(t, request(h, "POST", phone+"answer", adminKey, nil), http.StatusConflict)
	want(t, request(h, "POST", "/demo/fire", adminKey, event), http.StatusAccepted)
	want(t, request(h, "POST", "/demo/fire", adminKey, `{}`), http.StatusUnprocessableEntity)
	want(t, request(h, "POST", "/demo/clock/jump?by=PT1H", adminKey, nil), http.StatusNoContent)
	if demo.jumped != time.Hour {
		t.Errorf("jumped %v", demo.jumped)
	}
	want(t, request(h, "POST", "/demo/clock/jump?by=soon", adminKey, nil), http.StatusUnprocessableEntity)
	want(t, request(h, "POST", "/demo/clock/jump", adminKey, nil), http.StatusNoContent)
}

func TestThePagesLoadNothingFromElsewhere(t *testing.T) {
	h := newWorld(t).server().Handler()
	for _, path := range []string{"/", "/docs", "/page/console.css", "/page/docs.css", "/page/console.js", "/page/phone.js", "/page/api.js"} {
		rec := request(h, "GET", path, "", nil)
		want(t, rec, http.StatusOK)
		for _, foreign := range []string{"http://", "https://", "//cdn", "innerHTML", "eval(", "style="} {
			if strings.Contains(rec.Body.String(), foreign) {
				t.Errorf("%s holds %q", path, foreign)
			}
		}
	}
	if body := request(h, "GET", "/docs", "", nil).Body.String(); !strings.Contains(body, "/api/v1/activities/{id}/why") || !strings.Contains(body, "Configuration") {
		t.Error("the docs lack operations or schemas")
	}
}
