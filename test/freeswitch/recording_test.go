package freeswitch_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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
	var name string
	h.placed(t, func() outreach.CallOrder {
		o := h.order("12025550106")
		name = string(o.Attempt) + ".wav"
		return o
	}, func(_ outreach.CallResult, lines []string) bool {
		return slices.Contains(lines, "respond record 6 "+name)
	})
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
	_, lines := h.placed(t, func() outreach.CallOrder { return h.order("12025550106") },
		func(_ outreach.CallResult, lines []string) bool {
			return slices.Contains(lines, "note recording_failed")
		})
	if slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "respond ") }) {
		t.Errorf("%v", lines)
	}
	if asked.Load() < 2 {
		t.Errorf("looked for it %d times", asked.Load())
	}
}

// TestAHospitalThatSharesNoDirectoryWithItsSwitch: the program as a whole, its prompts fetched from it and the patient's
// message put to it over HTTP by the switch.
func TestAHospitalThatSharesNoDirectoryWithItsSwitch(t *testing.T) {
	t.Parallel()
	w := whole(t, curlew(t), shared.get(t), wholeOptions{change: func(d *outreach.Document) {
		step := &d.Configurations[0].Steps[0]
		step.Actions = append(step.Actions, outreach.KeyAction{Key: "6", Action: outreach.Record})
		for _, category := range []string{"record_consent", "confirmation_record"} {
			d.Prompts = append(d.Prompts, outreach.Prompt{Category: category, Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Audio: "goodbye.wav"}}})
		}
	}, audioURL: true})
	dir := filepath.Dir(w.Nodes[0].Config)
	table, _ := exec.CommandContext(t.Context(), curlew(t), "doctor", "--config", w.Nodes[0].Config, "--db", w.DB, "--data", filepath.Join(dir, w.Nodes[0].Name)).CombinedOutput()
	if row := "fetches prompts from " + w.Nodes[0].URL + "\n"; !strings.Contains(string(table), row) { // its status is that of all rows
		t.Errorf("the doctor beside a running Curlew says no %q in\n%s", row, table)
	}
	var phone string
	var a activity
	for i := range stalls { // a key that came late on a machine with other work was none
		phone = "+12125550" + itoa(1+i) + "06"
		w.fire(t, phone)
		if a = w.until(t, phone, func(a activity) bool { return a.Response != nil || a.State == "awaiting_response" }); a.Response != nil {
			break
		}
	}
	if a.Response == nil || a.Response.Action != "record" || w.warned(t, "prompt") > 0 {
		t.Fatalf("%+v", a)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Nodes[0].URL+"/api/v1/activities/"+w.ids[phone]+"/recording", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || len(b) < 8000 || string(b[:4]) != "RIFF" {
		t.Errorf("%v %s, %d bytes", err, res.Status, len(b))
	}
}
