package hims

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"curlew/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret and the vector are those of the Standard Webhooks specification's reference libraries.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func TestSignaturesAreThoseOfTheSpecification(t *testing.T) {
	at := time.Unix(1614265330, 0)
	got, err := sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`))
	if err != nil || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Fatal(got, err)
	}
}

func TestTheReceiverKeepsWhatIsSignedAndFailsAsTold(t *testing.T) {
	now := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
	s := New(Options{Clock: clock.NewDemo(now, 0.000001), Secret: secret})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	defer func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	post := func(id string, at time.Time, body, signed string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, "http://"+l.Addr().String(), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		signature, err := sign(secret, id, at, []byte(signed))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(headerID, id)
		req.Header.Set(headerTimestamp, strconv.FormatInt(at.Unix(), 10))
		req.Header.Set(headerSignature, "v1,AAAA "+signature)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if got := post("a", now, `{"type":"x"}`, `{"type":"x"}`); got != 204 {
		t.Errorf("a good one: %d", got)
	}
	if got := post("b", now, `{"type":"y"}`, `{"type":"x"}`); got != 401 {
		t.Errorf("a forged one: %d", got)
	}
	if got := post("c", now.Add(-6*time.Minute), "{}", "{}"); got != 401 {
		t.Errorf("an old one: %d", got)
	}
	s.SetMode(Mode{Status: 500, Times: 1})
	if got := post("d", now, "{}", "{}"); got != 500 {
		t.Errorf("a failing receiver: %d", got)
	}
	if got := post("a", now, `{"type":"x"}`, `{"type":"x"}`); got != 204 {
		t.Errorf("a repetition: %d", got)
	}
	if r := s.Results(); len(r) != 1 || r[0].ID != "a" || r[0].Type != "x" || r[0].Repeats != 1 {
		t.Errorf("kept %+v", r)
	}
	if n := len(s.Requests()); n != 5 {
		t.Errorf("%d requests noted", n)
	}
}

func TestTheClientFiresWithAKeyAndWithASignature(t *testing.T) {
	now := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
	c := clock.NewDemo(now, 0.000001)
	var seen []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, err := verify(secret, r.Header, body, now)
		seen = append(seen, r.URL.Path+" "+r.Header.Get("Authorization")+" "+strconv.FormatBool(err == nil)+" "+string(body))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, `{"event_id":"evt-1","transactions":["t-1"],"duplicate":false}`)
	}))
	defer web.Close()
	client := NewClient(ClientOptions{BaseURL: web.URL + "/", Key: "k", Secret: secret, Clock: c, Transport: web.Client().Transport})
	a, err := client.Post(t.Context(), map[string]string{"id": "evt-1"})
	if err != nil || a.Status != 202 || a.EventID != "evt-1" || len(a.Transactions) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := client.PostSigned(t.Context(), "w-1", []byte(`{}`)); err != nil {
		t.Error(err)
	}
	want := []string{`/api/v1/events Bearer k false {"id":"evt-1"}`, `/webhooks/hims  true {}`}
	for i := range want {
		if seen[i] != want[i] {
			t.Errorf("request %d is %q, want %q", i, seen[i], want[i])
		}
	}
}
