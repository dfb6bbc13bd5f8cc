package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"curlew/httpapi"
	"curlew/outreach"
)

// listener reads a stream's lines; the test fails if the one it waits for does not come.
type listener struct {
	t     *testing.T
	lines chan string
	stop  func()
}

func listenTo(t *testing.T, url, last string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", url+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, lines: make(chan string, 1000), stop: cancel}
	go func() {
		defer close(l.lines)
		defer res.Body.Close()
		for scan := bufio.NewScanner(res.Body); scan.Scan(); {
			l.lines <- scan.Text()
		}
	}()
	t.Cleanup(func() {
		cancel()
		for range l.lines {
		}
	})
	l.until(": hello")
	return l
}

// until reads on to the line and returns what came before it.
func (l *listener) until(line string) (before []string) {
	l.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case got, ok := <-l.lines:
			if !ok {
				l.t.Fatalf("the stream ended before %q; it said %q", line, before)
			}
			if got == line {
				return before
			}
			before = append(before, got)
		case <-limit:
			l.t.Fatalf("%q did not come; the stream said %q", line, before)
		}
	}
}

func streaming(t *testing.T) (*world, *httpapi.Feed, string) {
	w, feed := newWorld(t), httpapi.NewFeed()
	srv := httptest.NewServer(w.server(func(o *httpapi.Options) { o.Feed = feed }).Handler())
	t.Cleanup(srv.Close)
	return w, feed, srv.URL
}

func TestAStreamTellsWhatHappens(t *testing.T) {
	w, feed, url := streaming(t)
	l := listenTo(t, url, "")
	feed.Publish(outreach.Notice{Kind: "transaction", Transaction: "t1", State: outreach.Queued, Reason: outreach.ReasonDue, Channel: outreach.IVR})
	l.until("event: transaction")
	l.until(`data: {"id":"t1","state":"queued","reason":"due","channel":"ivr","kind":"transaction"}`)
	w.clock.asked(2) // once while it waited for the notice, once since
	w.clock.move(time.Minute)
	l.until(": still here")
}

func TestAShutdownDoesNotWaitForListeners(t *testing.T) {
	w, demo := newWorld(t), newStage()
	srv := w.server(func(o *httpapi.Options) { o.Demo = demo }).HTTPServer()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(at) }()
	l := listenTo(t, "http://"+at.Addr().String(), "")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Error("the shutdown waited:", err)
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	for range l.lines {
	}
}

func TestAListenerThatComesBackIsToldWhatItMissed(t *testing.T) {
	_, feed, url := streaming(t)
	for i := range 5 {
		feed.Publish(outreach.Notice{Kind: "transaction", Transaction: outreach.TransactionID(fmt.Sprint("t", i+1))})
	}
	l := listenTo(t, url, "3")
	if before := l.until("id: 4"); len(before) > 1 {
		t.Errorf("before it came %q", before)
	}
	l.until("id: 5")
	for _, unknown := range []string{"99", "-1", "abc", "9999999999999999999999"} {
		l := listenTo(t, url, unknown)
		feed.Publish(outreach.Notice{Kind: "pbx"})
		before := strings.Join(l.until("event: pbx"), "\n")
		if strings.Contains(before, "t5") || strings.Contains(before, "resync") != (unknown == "99") {
			t.Errorf("after %q came %q", unknown, before)
		}
	}
	for range 2000 {
		feed.Publish(outreach.Notice{Kind: "attempt"})
	}
	listenTo(t, url, "3").until("event: resync")
}

// stuck is a client that takes the headers and then reads nothing.
type stuck struct {
	*httptest.ResponseRecorder
	began   chan struct{}
	release chan struct{}
	flushes int
}

func (s *stuck) Flush() {
	if s.flushes++; s.flushes == 1 {
		close(s.began)
		<-s.release
	}
}

func TestASlowClientIsDropped(t *testing.T) {
	w, feed := newWorld(t), httpapi.NewFeed()
	h := w.server(func(o *httpapi.Options) { o.Feed = feed }).Handler()
	slow := &stuck{ResponseRecorder: httptest.NewRecorder(), began: make(chan struct{}), release: make(chan struct{})}
	req := httptest.NewRequest("GET", "/api/v1/stream", nil)
	req.Header.Set("Authorization", "Bearer "+adminKey)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.ServeHTTP(slow, req)
	}()
	<-slow.began
	for range 1000 { // none of these waits for the client
		feed.Publish(outreach.Notice{Kind: "attempt"})
	}
	close(slow.release)
	<-ended
	if n := strings.Count(slow.Body.String(), "event: attempt"); n == 0 || n >= 1000 {
		t.Errorf("the slow client got %d of 1000 notices", n)
	}
	if got := request(h, "GET", "/metrics", "", nil).Body.String(); !strings.Contains(got, "curlew_http_streams 0") {
		t.Error("the stream is still counted")
	}
}
