package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/config"
	"curlew/examples"
	"curlew/outreach"
	simhims "curlew/sim/hims"
	"curlew/store"
)

// hospital is curlew serve as a child of the test, with the whole outside simulated on the real clock.
type hospital struct {
	t      *testing.T
	world  *world
	db     string
	url    string
	key    string
	client *simhims.Client
	stop   context.CancelFunc
	file   string
	hup    chan os.Signal
	ended  chan int
	log    *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// freePort is an address for a server that is started later, beside other tests.
func freePort(t *testing.T) *net.TCPAddr {
	t.Helper()
	address, err := rig.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	port, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func serveHospital(t *testing.T) *hospital {
	t.Helper()
	doc, problems := config.Parse(examples.Demo)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	doc.Configurations[0].Steps[0].Sequence = []string{"greeting", "action_menu"}
	doc.Configurations[0].CallWindow = &outreach.Window{From: "00:00", To: "24:00"}
	web, calls := freePort(t), freePort(t)
	h := &hospital{t: t, url: "http://" + web.String(), ended: make(chan int, 1), hup: make(chan os.Signal, 1), log: &lockedBuffer{}}
	var err error
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	if h.world, err = newWorld(worldOptions{clock: clock.NewDemo(time.Now(), 1), doc: doc, public: h.url, callback: calls, log: quiet}); err != nil {
		t.Fatal(err)
	}
	outside, leave := context.WithCancel(context.WithoutCancel(t.Context()))
	gone := make(chan error, 1)
	go func() { gone <- h.world.run(outside) }()
	t.Cleanup(func() { leave(); <-gone })
	dir := t.TempDir()
	h.db = filepath.Join(dir, "curlew.db")
	file, err := h.world.file()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "curlew.json")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	_, key, _ := curlew(t, "keys", "--db", h.db, "create", "hims")
	h.key = strings.TrimSpace(key)
	var ctx context.Context
	ctx, h.stop = context.WithCancel(t.Context())
	go func() {
		h.ended <- run(ctx, []string{"serve", "--config", path, "--db", h.db, "--data", dir, "--listen", web.String(), "--esl-listen", calls.String()},
			os.LookupEnv, io.Discard, h.log, h.hup)
	}()
	h.file = path
	h.client = simhims.NewClient(simhims.ClientOptions{BaseURL: h.url, Key: h.key, Clock: clock.System{}})
	h.ready()
	return h
}

func (h *hospital) ready() {
	h.t.Helper()
	h.until("ready", func() bool {
		res, err := http.Get(h.url + "/readyz")
		if err != nil {
			return false
		}
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK
	})
}

// until waits for what another process is about to do.
func (h *hospital) until(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !ok(); {
		if time.Now().After(deadline) {
			h.t.Fatalf("never %s\n%s", what, h.log)
		}
		if err := clock.Wait(h.t.Context(), clock.System{}, 20*time.Millisecond); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *hospital) fire(patient string) outreach.TransactionID {
	h.t.Helper()
	ev := demoEvent(patient, time.Now())
	ev.Subject.Time = time.Now().Add(23 * time.Hour)
	answer, err := h.client.Post(h.t.Context(), ev)
	if err != nil || answer.Status != http.StatusAccepted || len(answer.Transactions) != 1 {
		h.t.Fatalf("fire: %v %d %s", err, answer.Status, answer.Body)
	}
	return outreach.TransactionID(answer.Transactions[0])
}

// reload changes the config file and sends SIGHUP: the call that is up goes on with what it began with.
func (h *hospital) reload() {
	h.t.Helper()
	file, err := os.ReadFile(h.file)
	if err != nil {
		h.t.Fatal(err)
	}
	changed := bytes.Replace(file, []byte(`"City Hospital"`), []byte(`"Town Hospital"`), 1)
	if bytes.Equal(file, changed) {
		h.t.Fatal("nothing to change")
	}
	if err := os.WriteFile(h.file, changed, 0o600); err != nil {
		h.t.Fatal(err)
	}
	was := strings.Count(h.log.String(), "settings changed")
	h.hup <- syscall.SIGHUP
	h.until("reloaded", func() bool { return strings.Count(h.log.String(), "settings changed") > was })
}

func TestServeTakesAnEventCallsAndTellsTheHIMSAndAStopLetsTheCallFinish(t *testing.T) {
	t.Parallel()
	h := serveHospital(t)
	h.fire("01")
	h.until("told", func() bool { return len(h.world.hims.Results()) == 1 })
	if body := string(h.world.hims.Results()[0].Body); !strings.Contains(body, `"accepted"`) || strings.Contains(body, "Amina") || strings.Contains(body, "+1202") {
		t.Errorf("the result: %s", body)
	}
	h.until("over", func() bool { return h.world.freeswitch.Calls() == 0 }) // the HIMS is told of a key, not of the hangup
	id := h.fire("02")
	h.until("in a call", func() bool { return h.world.freeswitch.Calls() == 1 })
	h.reload()
	h.stop()
	if status := <-h.ended; status != exitDone {
		t.Fatalf("status %d\n%s", status, h.log)
	}
	for _, secret := range []string{"+120255501", "Amina", "Omar", h.key} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	s, err := store.Open(t.Context(), store.Options{URL: h.db, Node: "test", Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := s.Case(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if c.Transaction.State != outreach.Completed || c.Response == nil || c.Response.Action != outreach.Cancel {
		t.Fatalf("the call that was up at the stop: %+v %+v", c.Transaction, c.Response)
	}
}
