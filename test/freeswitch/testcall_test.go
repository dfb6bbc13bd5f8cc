package freeswitch_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// TestATestCallOnARealSwitch: a tone that is heard to its end, and a configuration's call whose key is in the transcript;
// a gateway of another name is refused, and a call that rings is hung up.
func TestATestCallOnARealSwitch(t *testing.T) {
	t.Parallel()
	r := whole(t, curlew(t), shared.get(t), wholeOptions{}).Rig
	if err := r.Nodes[0].Linked(t.Context()); err != nil {
		t.Fatal(err)
	}
	base := r.Nodes[0].URL + "/api/v1/pbxs/main/test-calls"
	ask := func(method, url, body string, want int) (tc outreach.TestCall) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+r.Key)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != want {
			t.Fatalf("%s %s %s: %v %s %s", method, url, body, err, res.Status, answer)
		}
		if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
			if err := json.Unmarshal(answer, &tc); err != nil {
				t.Fatal(err)
			}
		}
		return tc
	}
	until := func(id outreach.AttemptID, what string, done func(outreach.TestCall) bool) outreach.TestCall {
		t.Helper()
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
			if tc := ask(http.MethodGet, base+"/"+string(id), "", http.StatusOK); done(tc) {
				return tc
			}
			if err := clock.Wait(t.Context(), clock.System{}, 50*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		t.Fatalf("never %s: %+v", what, ask(http.MethodGet, base+"/"+string(id), "", http.StatusOK))
		return outreach.TestCall{}
	}
	over := func(tc outreach.TestCall) bool { return tc.EndedAt != nil }
	kinds := func(tc outreach.TestCall) (out []string) {
		for _, l := range tc.Lines {
			out = append(out, l.Kind)
		}
		return out
	}
	tone := until(ask(http.MethodPost, base, `{"number":"+12025550101"}`, http.StatusAccepted).ID, "over", over)
	if tone.Disposition != outreach.Answered || !slices.Contains(kinds(tone), "answered") || !slices.Contains(kinds(tone), "ended") {
		t.Errorf("tone: %s %s %v", tone.Disposition, tone.Cause, kinds(tone))
	}
	busy := until(ask(http.MethodPost, base, `{"number":"+12025550111"}`, http.StatusAccepted).ID, "over", over)
	if busy.Disposition != outreach.Busy || busy.SIPStatus != 486 {
		t.Errorf("busy: %s %s %d", busy.Disposition, busy.Cause, busy.SIPStatus)
	}
	ask(http.MethodPost, base, `{"number":"+12025550101","gateway":"nowhere"}`, http.StatusUnprocessableEntity)
	rings := ask(http.MethodPost, base, `{"number":"+12025550112"}`, http.StatusAccepted)
	until(rings.ID, "ringing", func(tc outreach.TestCall) bool { return slices.Contains(kinds(tc), "ringing") })
	ask(http.MethodDelete, base+"/"+string(rings.ID), "", http.StatusNoContent)
	if got := until(rings.ID, "hung up", over); got.Disposition == outreach.Answered {
		t.Errorf("hung up while it rang: %s %s", got.Disposition, got.Cause)
	}
}
