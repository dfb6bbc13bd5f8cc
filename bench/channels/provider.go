package channelsbench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"curlew/clock"
)

// answerAfter is how long the provider takes for each answer.
const answerAfter = 300 * time.Millisecond

var linkPath = regexp.MustCompile(`/r/[A-Za-z0-9_-]{22}`)

// message is one that the provider was asked to send.
type message struct {
	at       time.Time
	sid      string
	to       string
	link     string // path of the response page
	callback string
}

// provider takes messages as Twilio does, and keeps them.
type provider struct {
	server http.Server
	url    string
	ended  chan error

	mu       sync.Mutex
	messages []message
	enough   int
	done     chan struct{} // closed once enough have come
}

func newProvider(enough int) (*provider, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the provider: %w", err)
	}
	p := &provider{url: "http://" + l.Addr().String(), ended: make(chan error, 1), enough: enough, done: make(chan struct{})}
	p.server.Handler = p
	go func() { p.ended <- p.server.Serve(l) }()
	return p, nil
}

func (p *provider) close() error {
	err := p.server.Close()
	if end := <-p.ended; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}

// ServeHTTP stamps the request as it comes and answers later.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/Messages.json") {
		http.Error(w, `{"code": 20404, "status": 404}`, http.StatusNotFound)
		return
	}
	m := message{at: at, to: r.PostFormValue("To"), link: linkPath.FindString(r.PostFormValue("Body")), callback: r.PostFormValue("StatusCallback")}
	p.mu.Lock()
	m.sid = fmt.Sprintf("SM%032x", len(p.messages)+1)
	p.messages = append(p.messages, m)
	if len(p.messages) == p.enough {
		close(p.done)
	}
	p.mu.Unlock()
	if clock.Wait(r.Context(), clock.System{}, answerAfter) != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid": %q, "status": "queued"}`, m.sid)
}

// wait returns the messages once enough have come.
func (p *provider) wait(ctx context.Context) ([]message, error) {
	select {
	case <-p.done:
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		return nil, fmt.Errorf("%d of %d messages came: %w", len(p.messages), p.enough, ctx.Err())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.messages, nil
}
