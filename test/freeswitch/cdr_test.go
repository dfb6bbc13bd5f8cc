package freeswitch_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"
	"curlew/sim/hims"
	"curlew/test/freeswitch"
)

// TestACallThatEndsWhileCurlewIsDeadIsSettledByItsRecord: mod_json_cdr tries until Curlew is back.
func TestACallThatEndsWhileCurlewIsDeadIsSettledByItsRecord(t *testing.T) {
	t.Parallel()
	if !freeswitch.HasModule("mod_json_cdr") {
		t.Skip("this FreeSWITCH comes without mod_json_cdr")
	}
	var node atomic.Pointer[url.URL] // the switch is there before the node that it posts to
	posts := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		if to := node.Load(); to != nil {
			p.SetURL(to)
		}
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }})
	defer posts.Close()
	sw, err := freeswitch.Start(t.Context(), freeswitch.Options{Dir: t.TempDir(), Nice: ahead, RecordsTo: posts.URL + "/webhooks/freeswitch/cdr", RecordsAs: rig.PBX + ":" + ringBackSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sw.Kill)
	ring := outreach.Exactly(4 * time.Second)
	doc := rig.Document(5)
	doc.Call.RingTimeout, doc.Configurations[0].Steps[0].Retry = &ring, &outreach.Retry{MaxAttempts: 3}
	doc.PBXs[0].ESL.Password, doc.PBXs[0].CallbackSecret, doc.PBXs[0].CDRHook = sw.Password(), ringBackSecret, true
	r := rigOn(t, sw, rig.Options{Document: doc})
	w := &ringers{Rig: r, sw: sw, ids: map[string]string{}}
	begin(t, r.Nodes[0])
	to, err := url.Parse(r.Nodes[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	node.Store(to)
	answer, err := hims.NewClient(hims.ClientOptions{BaseURL: r.Nodes[0].URL, Key: r.Key, Clock: clock.System{}}).Post(t.Context(), rig.Event("evt", "+12025550112"))
	if err != nil || len(answer.Transactions) != 1 {
		t.Fatalf("%+v, %v", answer, err)
	}
	w.ids["patient"] = answer.Transactions[0]
	w.until(t, "patient", func(a activity) bool { return len(a.Attempts) == 1 && a.Attempts[0].State == "dialing" })
	none := func() bool { return strings.TrimSpace(ask(t, sw, "show channels count")) == "0 total." }
	waitFor(t, "a call on the switch", func() bool { return !none() })
	r.Nodes[0].Kill()
	waitFor(t, "its end", none)
	begin(t, r.Nodes[0])
	a := w.until(t, "patient", func(a activity) bool { return a.State == "queued" })
	if got := a.Attempts[0]; len(a.Attempts) != 1 || got.Disposition != "no_answer" || got.Cause != "NO_ANSWER" || a.Reason != "retry_wait" {
		t.Errorf("%+v", a)
	}
}
