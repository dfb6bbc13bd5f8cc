package freeswitch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/sim/hims"
	"curlew/test/freeswitch"
)

// curlew is the program, built once for all tests.
func curlew(t *testing.T) string {
	t.Helper()
	program, err := build(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var builds struct {
	once    sync.Once
	program string
	err     error
}

func build(ctx context.Context) (string, error) {
	builds.once.Do(func() {
		var dir string
		if dir, builds.err = os.MkdirTemp("", "curlew-program-"); builds.err != nil {
			return
		}
		builds.program = filepath.Join(dir, "curlew")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", builds.program, "curlew/cmd/curlew").CombinedOutput(); err != nil {
			builds.err = fmt.Errorf("build: %w\n%s", err, out)
		}
	})
	return builds.program, builds.err
}

// rigOn is a hospital of o whose calls go through sw, and whose audio sw may read. Its nodes are not started.
func rigOn(t *testing.T, sw *freeswitch.Switch, o rig.Options) *rig.Rig {
	t.Helper()
	o.Dir = t.TempDir()
	if err := os.Chmod(o.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	addr, err := net.ResolveTCPAddr("tcp", sw.Addr)
	if err != nil {
		t.Fatal(err)
	}
	o.Switch = addr
	if o.Program == nil {
		o.Program = []string{curlew(t)}
	}
	r, err := rig.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			log, _ := r.Nodes[0].Log()
			t.Logf("%s", log)
		}
	})
	return r
}

// begin starts the node and waits until it is ready.
func begin(t *testing.T, node *rig.Node) {
	t.Helper()
	if err := node.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := node.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// activity is what the REST interface says of a transaction, as far as it matters here.
type activity struct {
	State    string `json:"state"`
	Reason   string `json:"reason"`
	NextAt   string `json:"next_at"`
	Attempts []struct {
		State       string `json:"state"`
		Gateway     string `json:"gateway"`
		Direction   string `json:"direction"`
		Disposition string `json:"disposition"`
		Cause       string `json:"cause"`
		SIPStatus   int    `json:"sip_status"`
		Counted     bool   `json:"counted"`
	} `json:"attempts"`
	Response *struct {
		Action  string `json:"action"`
		Channel string `json:"channel"`
		Via     string `json:"via"`
	} `json:"response"`
}

func look(t *testing.T, r *rig.Rig, id string) (a activity) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.Nodes[0].URL+"/api/v1/activities/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.Key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v %s %s", err, res.Status, body)
	}
	return a
}

// TestFromAnEventToTheSignedResult is the main story on a real switch: an event by HTTP, the call over
// SIP, the recordings of the configuration, a key, and the result at the HIMS.
func TestFromAnEventToTheSignedResult(t *testing.T) {
	t.Parallel()
	r := whole(t, curlew(t), shared.get(t), wholeOptions{}).Rig
	results, stop := r.HIMS.Subscribe()
	defer stop()
	want := map[string]string{ // area 212 expects "press any key to hear your message", the default
		"+12125550101": "completed/confirm", "+12125550102": "completed/cancel", "+12125550109": "completed/confirm", "+12125550117": "completed/confirm",
		"+12025550111": "failed/-", "+12025550113": "failed/-", "+12025550114": "failed/-",
	}
	client := hims.NewClient(hims.ClientOptions{BaseURL: r.Nodes[0].URL, Key: r.Key, Clock: clock.System{}})
	ids := map[string]string{}
	for phone := range want {
		answer, err := client.Post(t.Context(), rig.Event("evt-"+phone[1:], phone))
		if err != nil || answer.Status != http.StatusAccepted || len(answer.Transactions) != 1 {
			t.Fatalf("%+v, %v", answer, err)
		}
		ids[answer.Transactions[0]] = phone
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for waiting := len(ids); waiting > 0; {
		id, got := ended(ctx, t, results)
		phone, ours := ids[id]
		if !ours {
			continue
		}
		waiting--
		if got != want[phone] {
			t.Errorf("%s: result %s, want %s: %+v", phone, got, want[phone], look(t, r, id))
		}
		check(t, phone, look(t, r, id))
	}
}

// ended is the next result: an answer completes its transaction, every other end has a result of its own.
func ended(ctx context.Context, t *testing.T, results <-chan hims.Result) (id, got string) {
	t.Helper()
	select {
	case res := <-results:
		var body struct {
			Data struct {
				ID       string `json:"transaction_id"`
				State    string
				Response *struct{ Action string }
			}
		}
		if err := json.Unmarshal(res.Body, &body); err != nil {
			t.Fatalf("%v: %s", err, res.Body)
		}
		action := "-"
		if body.Data.Response != nil {
			action = body.Data.Response.Action
		}
		return body.Data.ID, body.Data.State + "/" + action
	case <-ctx.Done():
		t.Fatal("not every result came")
		return "", ""
	}
}

func check(t *testing.T, phone string, a activity) {
	t.Helper()
	first := a.Attempts[0]
	switch phone[len(phone)-2:] {
	case "17":
		if len(a.Attempts) != 2 || first.Cause != "NORMAL_TEMPORARY_FAILURE" || first.SIPStatus != 503 || a.Attempts[1].Gateway == first.Gateway {
			t.Errorf("the second trunk was not tried: %+v", a)
		}
	case "11":
		if len(a.Attempts) != 1 || first.Disposition != "busy" || first.SIPStatus != 486 {
			t.Errorf("busy: %+v", a)
		}
	}
}

// TestWhoPressesTheKeyToOptOutIsCalledForNothingElse: the answer is kept, the opt-out stands for the number, and what
// else was open for the patient ends before a line is taken for it.
func TestWhoPressesTheKeyToOptOutIsCalledForNothingElse(t *testing.T) {
	t.Parallel()
	w := whole(t, curlew(t), shared.get(t), wholeOptions{})
	for n := range stalls { // a key that came late on a machine with other work was none
		phone := "+12125556" + itoa(n) + "08"
		w.fire(t, phone)
		w.until(t, phone, func(a activity) bool { return a.State == "in_progress" })
		other, err := w.Nodes[0].Client(nil).Post(t.Context(), rig.Event("evt-other-"+phone[1:], phone))
		if err != nil || len(other.Transactions) != 1 {
			t.Fatalf("%+v, %v", other, err)
		}
		a := w.until(t, phone, func(a activity) bool { return a.State == "suppressed" || a.State == "awaiting_response" })
		if a.State == "suppressed" {
			w.optedOut(t, phone, a, other.Transactions[0])
			return
		}
	}
	t.Error("nobody opted out")
}

// optedOut checks what an opt-out leaves behind of a patient, for whom another transaction was open.
func (w *ringers) optedOut(t *testing.T, phone string, a activity, other string) {
	t.Helper()
	if a.Response == nil || a.Response.Action != "opt_out" || a.Response.Via != "key" {
		t.Fatalf("%+v", a)
	}
	var stored struct {
		Items []struct{ Address, Channel, Via string } `json:"items"`
	}
	w.rest(t, http.MethodGet, "/opt-outs", nil, &stored)
	if !slices.ContainsFunc(stored.Items, func(o struct{ Address, Channel, Via string }) bool {
		return o.Address == phone && o.Channel == "" && o.Via == "key"
	}) {
		t.Errorf("%+v", stored)
	}
	w.ids[phone] = other
	w.rest(t, http.MethodPost, "/activities/"+other+"/retry", nil, nil) // it would wait for the time between calls
	if a := w.until(t, phone, func(a activity) bool { return a.State != "queued" && a.State != "scheduled" }); a.State != "suppressed" || len(a.Attempts) > 0 {
		t.Errorf("%+v", a)
	}
}
