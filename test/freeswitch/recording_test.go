package freeswitch_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"curlew/dialplan"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// A PBX that shares no directory with us brings us what the patient said; mod_httapi keeps no copy of it.
func TestWhatAPatientSaysIsPutToCurlewByASwitchThatSharesNoDirectory(t *testing.T) {
	t.Parallel()
	for module, o := range map[string]freeswitch.Options{"mod_httapi": {WithoutHTTPCache: true}, "mod_http_cache": {WithoutHTTAPI: true}} {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			isPut(t, module, o)
		})
	}
}

func isPut(t *testing.T, module string, options freeswitch.Options) {
	t.Helper()
	sw := aloneWith(t, options)
	if !hasModule(t, sw, module) {
		t.Skip("this FreeSWITCH lacks " + module)
	}
	var mu sync.Mutex
	put := map[string][]byte{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if r.Method != http.MethodPut || err != nil {
			http.NotFound(w, r)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		put[r.URL.Path] = b
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(receiver.Close)
	h := open(t, sw, hospitalOptions{pbx: func(p *outreach.PBX) { p.AudioURL = receiver.URL }})
	o := h.order("12025550106")
	r := h.place(t, o)
	name := string(o.Attempt) + ".wav"
	if lines := h.j.of(o.Attempt, false); !slices.Contains(lines, "respond record 6 "+name) {
		t.Fatalf("%+v\n%v", r, lines)
	}
	mu.Lock()
	b := put["/audio/answers/"+name]
	mu.Unlock()
	if len(b) < 8000 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		t.Errorf("%d bytes were put", len(b))
	}
	if _, err := os.Stat(filepath.Join(sw.Path("recordings"), name)); err == nil {
		t.Error("the recording is in the switch's own directory, too")
	}
	if copies := kept(t, sw, int64(len(b))); module == "mod_httapi" && len(copies) > 0 {
		t.Errorf("the recording is still on the switch: %v", copies)
	}
}

// A receiver that refuses what the patient said: no answer is stored, and the log says that the recording failed.
func TestARecordingThatCurlewDidNotGetIsNotCalledRecorded(t *testing.T) {
	t.Parallel()
	sw := aloneWith(t, freeswitch.Options{})
	if !hasModule(t, sw, "mod_http_cache") {
		t.Skip("this FreeSWITCH lacks mod_http_cache")
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the disk is full", http.StatusInsufficientStorage)
	}))
	t.Cleanup(receiver.Close)
	var asked atomic.Int32
	h := open(t, sw, hospitalOptions{pbx: func(p *outreach.PBX) { p.AudioURL = receiver.URL }, dialer: func(o *dialplan.Options) {
		o.Arrived = func(context.Context, outreach.AttemptID) bool { asked.Add(1); return false }
	}})
	o := h.order("12025550106")
	r := h.place(t, o)
	lines := h.j.of(o.Attempt, true)
	if !slices.Contains(lines, "note recording_failed") || slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "respond ") }) {
		t.Errorf("%+v\n%v", r, lines)
	}
	if asked.Load() < 2 {
		t.Errorf("looked for it %d times", asked.Load())
	}
}
