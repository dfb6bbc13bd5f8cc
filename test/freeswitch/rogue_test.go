package freeswitch_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"curlew/dialplan"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestRoguePeersOnTheOutboundPortKeepNoPatientFromAnswering(t *testing.T) {
	t.Parallel()
	var log lines
	var port net.Addr
	h := open(t, shared.get(t), hospitalOptions{dialer: func(o *dialplan.Options) {
		o.Log, port = slog.New(slog.NewTextHandler(&log, nil)), o.Listener.Addr()
	}})
	rogues := []string{"GET / HTTP/1.1\r\n\r\n", "Content-Type: command/reply\nContent-Length: 99999999999\n\n", "Content-Type: command/reply\nContent-Len",
		"Content-Type: command/reply\nReply-Text: +OK\nContent-Length: -1\n\n", strings.Repeat("x", 1<<16), "\x00\xff\x00\xff\n\n",
		"Content-Type: command/reply\nReply-Text: -ERR\n\n"}
	for i := range 2500 {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", port.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%10 == 0 {
			fmt.Fprint(c, rogues[i/10%len(rogues)]) // those that are refused at once may not even take it
		}
	}
	o := h.order("12025550101")
	answers("respond confirm 1").check(t, h, o, h.place(t, o))
	if said := strings.Count(log.String(), "\n"); said > 60 {
		t.Errorf("2,500 peers wrote %d log lines:\n%s", said, log.String()[:4000])
	}
	if strings.Contains(log.String(), "panic") {
		t.Error(log.String())
	}
}
