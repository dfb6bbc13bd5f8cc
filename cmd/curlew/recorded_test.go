package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
)

// TestWithAudioURLEachNodeSpeaksForItself: the prompts of a call come from the node that has it, and so goes what the patient
// says, whichever node audio_url names. Who asks another node for it is told where it is.
func TestWithAudioURLEachNodeSpeaksForItself(t *testing.T) {
	t.Parallel()
	_, url := postgres(t)
	doc := rig.Document(5)
	step := &doc.Configurations[0].Steps[0]
	step.Actions = append(step.Actions, outreach.KeyAction{Key: "6", Action: outreach.Record})
	for _, category := range []string{"record_consent", "confirmation_record"} {
		doc.Prompts = append(doc.Prompts, outreach.Prompt{Category: category, Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Audio: "goodbye.wav"}}})
	}
	f := startFleet(t, rig.Options{DB: url, Nodes: 2, Document: doc, Args: []string{"--drain", "20s"}, AudioURL: true,
		FreeSWITCH: simfs.Options{Behaviour: simfs.Behaviour{Speech: 500 * time.Millisecond}}})
	one, two := f.rig.Nodes[0], f.rig.Nodes[1] // audio_url is the first's
	f.drain(two, one, true)
	f.numbers = []string{"", "+12125550106"} // expects the human test, and presses 6
	ids := f.fire(one, 1)
	var logs []outreach.LogEntry
	f.until("recorded", func() bool {
		page, err := f.store.Logs(t.Context(), outreach.LogFilter{Transaction: ids[0], Limit: 200})
		must(t, err)
		logs = page.Items
		return f.cases(ids)[0].Response != nil
	})
	if r := f.cases(ids)[0].Response; r.Action != outreach.Record {
		t.Errorf("%+v", r)
	}
	if slices.ContainsFunc(logs, func(l outreach.LogEntry) bool { return l.Kind == "prompt_missing" }) {
		t.Errorf("%+v", logs)
	}
	if !slices.ContainsFunc(logs, func(l outreach.LogEntry) bool {
		return l.Kind == outreach.RecordingArrived && l.Data["node"] == two.Name
	}) {
		t.Errorf("%+v", logs)
	}
	attempt := string(f.cases(ids)[0].Attempts[0].ID)
	if _, err := os.Stat(filepath.Join(filepath.Dir(one.Config), two.Name, "audio", "answers", attempt+".wav")); err != nil {
		t.Error(err)
	}
	if status, body := f.get(one, "/activities/"+string(ids[0])+"/recording"); status != http.StatusNotFound || !strings.Contains(body, two.Name) {
		t.Errorf("the node that has it not: %d %s", status, body)
	}
	if status, body := f.get(two, "/activities/"+string(ids[0])+"/recording"); status != http.StatusOK || !strings.HasPrefix(body, "RIFF") {
		t.Errorf("the node that has it: %d %.100s", status, body)
	}
}

// get is what the node's API answers.
func (f *fleet) get(node *rig.Node, path string) (status int, body string) {
	f.t.Helper()
	return f.fetch(node, "/api/v1"+path)
}

// fetch is what the node answers.
func (f *fleet) fetch(node *rig.Node, path string) (status int, body string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, node.URL+path, nil)
	must(f.t, err)
	req.Header.Set("Authorization", "Bearer "+f.rig.Key)
	res, err := http.DefaultClient.Do(req)
	must(f.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(f.t, err)
	return res.StatusCode, string(b)
}
