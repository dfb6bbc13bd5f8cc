package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/clock"
	"curlew/httpapi"
	"curlew/outreach"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is a Tuesday, 12:00 in Riyadh.
var noon = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// Keys of the world.
const (
	adminKey   = "admin-key"
	himsKey    = "hims-key"
	revokedKey = "revoked-key"
)

// world stands behind the server: one small memory for every interface that cmd connects to real parts.
type world struct {
	mu      sync.Mutex
	t       testing.TB
	clock   *still
	snap    *outreach.Snapshot
	changed map[string]int64 // category → the revision that changed the prompt
	cases   []outreach.Case
	logs    []outreach.LogEntry
	keys    []outreach.APIKey
	people  *people
	audit   []outreach.AuditEntry
	optOuts []outreach.OptOutRow
	pauses  []outreach.PauseScope
	drained bool
	links   map[string]outreach.LinkView
	audio   map[string][]byte
	bodies  map[string]string // event id → body
	line    outreach.Line

	opened   int
	answers  []outreach.Response
	form     url.Values
	reply    string
	query    url.Values
	failWith error // of Events.Accept
	boom     bool  // Events.Accept panics
	log      bytes.Buffer
}

// still is a clock that stands still; its timers never fire unless move is called.
type still struct {
	mu    sync.Mutex
	at    time.Time
	waits []chan struct{}
	more  *sync.Cond
	n     int
}

// asked returns once n timers have been asked for.
func (s *still) asked(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.n < n {
		s.more.Wait()
	}
}

func (s *still) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *still) After(time.Duration) (<-chan struct{}, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := make(chan struct{})
	s.waits = append(s.waits, c)
	s.n++
	s.more.Broadcast()
	return c, func() {}
}

func (s *still) move(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
	for _, c := range s.waits {
		close(c)
	}
	s.waits = nil
}

var _ clock.Clock = (*still)(nil)

func newWorld(t testing.TB, change ...func(*outreach.Document)) *world {
	t.Helper()
	w := &world{t: t, clock: &still{at: noon}, links: map[string]outreach.LinkView{}, audio: map[string][]byte{}, people: &people{users: map[string]outreach.User{}, sessions: map[string][]byte{}}, bodies: map[string]string{}, changed: map[string]int64{}}
	w.clock.more = sync.NewCond(&w.clock.mu)
	doc := hospital()
	for _, c := range change {
		c(&doc)
	}
	snap, problems := outreach.Compile(doc, 7)
	if len(problems) > 0 {
		t.Fatalf("the fixture does not compile: %+v", problems)
	}
	w.snap = snap
	w.line = outreach.Line{Up: true, Pace: outreach.Pace{Calls: 10, Rate: 2}, Gateways: map[string]outreach.GateState{"trunk1": {Healthy: true}}}
	w.keys = []outreach.APIKey{
		{ID: "k1", Name: "console", Hash: httpapi.HashKey(adminKey), Scopes: []string{"admin"}, CreatedAt: noon},
		{ID: "k2", Name: "hims", Hash: httpapi.HashKey(himsKey), Scopes: []string{"hims"}, CreatedAt: noon},
		{ID: "k3", Name: "old", Hash: httpapi.HashKey(revokedKey), Scopes: []string{"admin"}, CreatedAt: noon, RevokedAt: noon},
	}
	return w
}

func hospital() outreach.Document {
	text := func(s string) map[string]outreach.PromptLanguage {
		return map[string]outreach.PromptLanguage{"en": {Text: s}, "ar": {Text: s}, "hi": {Text: s}}
	}
	return outreach.Document{
		Facility: outreach.Facility{Name: "City Hospital", Names: map[string]string{"ar": "مستشفى المدينة"}, TimeZone: "Asia/Riyadh",
			Languages: []string{"en", "ar", "hi"}, PublicBaseURL: "https://reach.example.org", Phone: "+12025550100"},
		PBXs: []outreach.PBX{{Name: "main", ESL: outreach.ESLAddress{Host: "127.0.0.1", Port: 8021, Password: "${env:PBX}"},
			Callback: outreach.HostPort{Host: "127.0.0.1", Port: 8084}, Active: true,
			Gateways: []outreach.Gateway{{Name: "trunk1", AllowedPrefixes: []string{"+1202555"}, CallerID: "+12025550199", Active: true}}}},
		Prompts: []outreach.Prompt{
			{Category: "greeting", Active: true, Languages: text("Hello.")},
			{Category: "action_menu", Active: true, Languages: text("{{action.phrase}}, press {{action.key}}.")},
			{Category: "doctor_name", Active: true, Languages: text("Your doctor.")},
		},
		Configurations: []outreach.Configuration{{
			Name: "Reminder", Component: "Appointment", Event: "Booked", Active: true,
			When: outreach.When{Type: outreach.Before, Offset: outreach.Exactly(24 * time.Hour)},
			Steps: []outreach.Step{
				{Channel: outreach.IVR, Sequence: []string{"greeting", "action_menu"}, Actions: []outreach.KeyAction{
					{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}, {Key: "3", Action: outreach.Reschedule},
					{Key: "8", Action: outreach.OptOut}, {Key: "9", Action: outreach.Repeat}}},
				{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}},
			},
		}},
	}
}

// server mounts the world behind the real handler; change may alter the options.
func (w *world) server(change ...func(*httpapi.Options)) *httpapi.Server {
	w.t.Helper()
	o := httpapi.Options{
		Version: "test", Log: slog.New(slog.NewTextHandler(lockedWriter{w}, &slog.HandlerOptions{Level: slog.LevelDebug})), Clock: w.clock,
		Settings: settings{w}, Events: w, Transactions: w, Dispatch: w, Answers: answers{w}, Keys: w, Audit: w, OptOuts: w, Pauses: w,
		Results: w, Nodes: roster{w}, Audio: w, Rehearsals: &town{}, Feed: httpapi.NewFeed(),
		Users: w.people, Versions: w,
		TwilioSigned: func(uri string, body []byte, sig string) bool { return sig == "signed:"+uri+":"+string(body) },
		Ready:        func(context.Context) error { return nil },
		PBXNetworks:  func() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")} },
		LinkRate:     1000, LinkBurst: 1000, PasswordCost: 4,
	}
	for _, c := range change {
		c(&o)
	}
	s, err := httpapi.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

type lockedWriter struct{ w *world }

func (l lockedWriter) Write(b []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.log.Write(b)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// request sends one to the handler; body may be nil, a string, bytes, or something to encode.
func request(h http.Handler, method, path, key string, body any, header ...string) *httptest.ResponseRecorder {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	case []byte:
		r = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			panic(err)
		}
		r = bytes.NewReader(text)
	}
	req := httptest.NewRequest(method, path, r)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func want(t testing.TB, rec *httptest.ResponseRecorder, status int) {
	t.Helper()
	if rec.Code != status {
		t.Fatalf("status %d, want %d: %s", rec.Code, status, rec.Body)
	}
}

func decode[T any](t testing.TB, rec *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		t.Fatalf("decode %q: %v", rec.Body, err)
	}
	return v
}
