package twilio

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"curlew/clock"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	token   = "0123456789abcdef0123456789abcdef"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type peer struct {
	t    *testing.T
	sim  *Server
	base string
	web  *http.Client
}

func newPeer(t *testing.T, o Options) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	o.AccountSID, o.AuthToken = account, token
	o.Clock = clock.NewDemo(time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC), 1000)
	sim := New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sim.Serve(ctx, l) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &peer{t: t, sim: sim, base: "http://" + l.Addr().String() + "/2010-04-01/Accounts/" + account, web: &http.Client{Transport: transport}}
}

func (p *peer) do(method, path string, form url.Values, change func(*http.Request)) (int, map[string]any) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.SetBasicAuth(account, token)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(req)
	}
	res, err := p.web.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(body, &out); err != nil {
		p.t.Fatalf("%d: %q is no JSON", res.StatusCode, body)
	}
	return res.StatusCode, out
}

func TestEachPublishedLimitIsHeld(t *testing.T) {
	p := newPeer(t, Options{Senders: []string{"+12025550198"}})
	good := func() url.Values {
		return url.Values{"To": {"+12025550100"}, "From": {"+12025550198"}, "Body": {"hello"}, "ValidityPeriod": {"36000"},
			"StatusCallback": {"http://127.0.0.1:1/x?t=1"}}
	}
	if status, out := p.do("POST", "/Messages.json", good(), nil); status != 201 || out["status"] != "queued" || !strings.HasPrefix(out["sid"].(string), "SM") {
		t.Fatalf("a good message: %d %v", status, out)
	}
	for name, c := range map[string]struct {
		set  map[string]string // an empty value takes the parameter away
		code float64
	}{
		"no To":                     {map[string]string{"To": ""}, 21604},
		"To without +":              {map[string]string{"To": "12025550100"}, 21211},
		"To of sixteen digits":      {map[string]string{"To": "+1234567890123456"}, 21211},
		"no From":                   {map[string]string{"From": ""}, 21603},
		"a From of nobody's":        {map[string]string{"From": "+12025550197"}, 21606},
		"From of another channel":   {map[string]string{"From": "whatsapp:+12025550198"}, 21910},
		"From is To":                {map[string]string{"From": "+12025550100"}, 21266},
		"a From that is no sender":  {map[string]string{"From": "City Hospital of Riyadh"}, 21212},
		"no Body":                   {map[string]string{"Body": ""}, 21602},
		"a Body of 1601":            {map[string]string{"Body": strings.Repeat("ع", 1601)}, 21617},
		"Body and ContentSid":       {map[string]string{"ContentSid": "HX0123456789abcdef0123456789abcdef"}, 20001},
		"a bad ContentSid":          {map[string]string{"Body": "", "ContentSid": "HX1"}, 21655},
		"bad ContentVariables":      {map[string]string{"Body": "", "ContentSid": "HX0123456789abcdef0123456789abcdef", "ContentVariables": `{"1":2}`}, 21656},
		"a line break in one":       {map[string]string{"Body": "", "ContentSid": "HX0123456789abcdef0123456789abcdef", "ContentVariables": `{"1":"a\nb"}`}, 21656},
		"variables of no template":  {map[string]string{"ContentVariables": `{"1":"a"}`}, 20001},
		"ValidityPeriod 0":          {map[string]string{"ValidityPeriod": "0"}, 20001},
		"ValidityPeriod 36001":      {map[string]string{"ValidityPeriod": "36001"}, 20001},
		"ValidityPeriod 1h":         {map[string]string{"ValidityPeriod": "1h"}, 20001},
		"StatusCallback of no host": {map[string]string{"StatusCallback": "/status"}, 21609},
		"an underscore in the host": {map[string]string{"StatusCallback": "https://a_b.example.org/"}, 21609},
		"a name nobody knows":       {map[string]string{"Priority": "1"}, 20001},
		"a name in lower case":      {map[string]string{"statuscallback": "https://x.example.org"}, 20001},
		"a bad service":             {map[string]string{"From": "", "MessagingServiceSid": "MG1"}, 21705},
		"a boolean that is none":    {map[string]string{"SmartEncoded": "yes"}, 20001},
		"SendAt by itself":          {map[string]string{"SendAt": "2026-12-02T00:00:00Z"}, 35111},
	} {
		form := good()
		for k, v := range c.set {
			form.Del(k)
			if v != "" {
				form.Set(k, v)
			}
		}
		status, out := p.do("POST", "/Messages.json", form, nil)
		if status != 400 || out["code"] != c.code {
			t.Errorf("%s: %d %v, want code %v", name, status, out, c.code)
		}
	}
	twice := good()
	twice.Add("To", "+12025550101")
	if status, _ := p.do("POST", "/Messages.json", twice, nil); status != 400 {
		t.Errorf("To given twice: %d", status)
	}
	if n := len(p.sim.Sent()); n != 1 {
		t.Errorf("%d messages were accepted, want the good one alone", n)
	}
}

func TestWhoeverIsNotTheAccountGetsNothing(t *testing.T) {
	p := newPeer(t, Options{})
	form := url.Values{"To": {"+12025550100"}, "From": {"+12025550198"}, "Body": {"x"}}
	if status, out := p.do("POST", "/Messages.json", form, func(r *http.Request) { r.SetBasicAuth(account, "x") }); status != 401 || out["code"] != 20003.0 {
		t.Errorf("%d %v", status, out)
	}
	if status, _ := p.do("POST", "/Messages.json", form, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, account, "AC1", 1) }); status != 404 {
		t.Errorf("another account: %d", status)
	}
	if status, _ := p.do("POST", "/Messages.json", form, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }); status != 400 {
		t.Errorf("JSON: %d", status)
	}
	if len(p.sim.Sent()) != 0 {
		t.Error("a message was accepted")
	}
}

func TestListsAreNewestFirstByNumberAndPaged(t *testing.T) {
	p := newPeer(t, Options{})
	for i := range 5 {
		p.do("POST", "/Messages.json", url.Values{"To": {"+12025550100"}, "From": {"+12025550198"}, "Body": {strconv.Itoa(i)}}, nil)
	}
	p.do("POST", "/Messages.json", url.Values{"To": {"+12025550123"}, "From": {"+12025550198"}, "Body": {"other"}}, nil)
	status, out := p.do("GET", "/Messages.json?To=%2B12025550100&PageSize=3", nil, nil)
	var bodies []string
	for _, m := range out["messages"].([]any) {
		bodies = append(bodies, m.(map[string]any)["body"].(string))
	}
	if status != 200 || strings.Join(bodies, "") != "432" || out["next_page_uri"] == nil {
		t.Errorf("%d: %v, next %v", status, bodies, out["next_page_uri"])
	}
	_, out = p.do("GET", "/Messages.json?To=%2B12025550100&PageSize=3&Page=1", nil, nil)
	if n := len(out["messages"].([]any)); n != 2 || out["next_page_uri"] != nil {
		t.Errorf("page 1 has %d, next %v", n, out["next_page_uri"])
	}
	first := p.sim.Sent()[0]
	if status, out := p.do("GET", "/Messages/"+first.SID+".json", nil, nil); status != 200 || out["body"] != "0" {
		t.Errorf("%d %v", status, out)
	}
	if status, _ := p.do("GET", "/Messages/SM1.json", nil, nil); status != 404 {
		t.Errorf("an unknown message: %d", status)
	}
}

func TestAFreeWhatsAppMessageNeedsASession(t *testing.T) {
	p := newPeer(t, Options{})
	events, stop := p.sim.Subscribe("+12025550100")
	defer stop()
	free := url.Values{"To": {"whatsapp:+12025550100"}, "From": {"whatsapp:+12025550198"}, "Body": {"hello"}}
	_, out := p.do("POST", "/Messages.json", free, nil)
	if m := await(t, events, "failed"); m.ErrorCode != 63016 {
		t.Errorf("%+v", m)
	}
	if err := p.sim.Text(t.Context(), out["sid"].(string), "salam"); err != nil {
		t.Fatal(err)
	}
	p.do("POST", "/Messages.json", free, nil)
	if m := await(t, events, "delivered"); m.ErrorCode != 0 {
		t.Errorf("%+v", m)
	}
}

func TestTwilioAnswersItsOwnKeywordsBySMSAndObeysTheWebhooksDocument(t *testing.T) {
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `<?xml version="1.0"?><Response><Message>ours &amp; yours</Message></Response>`)
	}))
	defer hook.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	p := newPeer(t, Options{InboundURL: hook.URL, Transport: transport})
	for channel, want := range map[string][]string{"": {"unsubscribed", "ours & yours"}, "whatsapp:": {"ours & yours"}} {
		to := map[string]string{"": "+12025550100", "whatsapp:": "+12025550123"}[channel]
		_, out := p.do("POST", "/Messages.json", url.Values{"To": {channel + to}, "From": {channel + "+12025550198"}, "Body": {"hello"}}, nil)
		if err := p.sim.Text(t.Context(), out["sid"].(string), "Stop"); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range p.sim.Inbox(to) {
			if m.Reply {
				got = append(got, m.Body)
			}
		}
		if len(got) != len(want) || !strings.Contains(got[0], want[0]) || got[len(got)-1] != want[len(want)-1] {
			t.Errorf("%q: replies %q", channel, got)
		}
	}
}

func await(t *testing.T, events <-chan Message, status string) Message {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case m := <-events:
			if m.Status == status {
				return m
			}
		case <-timeout:
			t.Fatalf("no message became %s", status)
		}
	}
}

// The example of Twilio's own guide: https://www.twilio.com/docs/usage/security.
func TestSignaturesAreTwiliosOwn(t *testing.T) {
	form := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"}}
	if got := Sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form); got != "RSOYDt4T1cUTdK1PDd93/VVr8B8=" {
		t.Error(got)
	}
}
