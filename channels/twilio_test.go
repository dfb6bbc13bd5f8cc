package channels_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"curlew/channels"
	"curlew/channels/links"
	"curlew/clock"
	"curlew/outreach"
	"curlew/sim/twilio"
)

const (
	accountSID = "AC0123456789abcdef0123456789abcdef"
	authToken  = "0123456789abcdef0123456789abcdef"
	contentSID = "HX0123456789abcdef0123456789abcdef"
)

var start = time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fastClock runs a thousand times as fast as the machine's.
func fastClock() *clock.Demo { return clock.NewDemo(start, 1000) }

func serve(t *testing.T, run func(context.Context, net.Listener) error) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return l.Addr().String()
}

// rig is a Router against a simulated Twilio, with a web server for callbacks and response pages.
type rig struct {
	sim    *twilio.Server
	router *channels.Router
	twilio *channels.Twilio
	clock  clock.Clock
	base   string

	mu       sync.Mutex
	statuses []channels.Status
	inbound  []channels.Inbound
	answers  []string
	forged   int
	seen     chan struct{}
}

func newRig(t *testing.T, change func(*channels.Options)) *rig {
	t.Helper()
	r := &rig{clock: fastClock(), seen: make(chan struct{}, 1024)}
	web := httptest.NewServer(r)
	t.Cleanup(web.Close)
	r.base = web.URL
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	r.sim = twilio.New(twilio.Options{AccountSID: accountSID, AuthToken: authToken, Clock: r.clock, InboundURL: web.URL + channels.InboundPath, Transport: transport})
	o := channels.Options{PublicBaseURL: web.URL, Clock: r.clock, Timeout: 5 * time.Second}
	o.Settings.Twilio = outreach.TwilioSettings{AccountSID: accountSID, AuthToken: authToken,
		BaseURL: "http://" + serve(t, r.sim.Serve), SMSFrom: "+12025550198", WhatsAppFrom: "+12025550197", PerSecond: 1000}
	if change != nil {
		change(&o)
	}
	var err error
	if r.router, err = channels.New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.router.Close)
	r.twilio, _ = r.router.Twilio()
	return r
}

// ServeHTTP is what httpapi does with the package's help.
func (r *rig) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	form, _ := url.ParseQuery(string(body))
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.seen <- struct{}{} }()
	if strings.HasPrefix(req.URL.Path, links.Path) {
		r.page(w, req, form)
		return
	}
	if !r.twilio.Verify(req.RequestURI, body, req.Header.Get("X-Twilio-Signature")) {
		r.forged++
		http.Error(w, "signature", http.StatusForbidden)
		return
	}
	switch req.URL.Path {
	case channels.StatusPath:
		s, err := r.twilio.ParseStatus(req.URL.Query(), form)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.statuses = append(r.statuses, s)
	case channels.InboundPath:
		in, err := r.twilio.ParseInbound(form)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.inbound = append(r.inbound, in)
	}
}

func (r *rig) page(w http.ResponseWriter, req *http.Request, form url.Values) {
	w.Header().Set("Content-Type", "text/html")
	if req.Method == http.MethodPost {
		r.answers = append(r.answers, form.Get("action"))
		io.WriteString(w, "<!DOCTYPE html><p>Thank you")
		return
	}
	io.WriteString(w, `<!DOCTYPE html><script>if (1 < 2) { "</form>" }</script><form method="post"><input type=hidden name=n value="1">
		<button name="action" value="cancel">Cancel</button><button name="action" value="confirm">Confirm</button></form>`)
}

// await reads what came until done is satisfied.
func (r *rig) await(t *testing.T, done func() bool) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		r.mu.Lock()
		ok := done()
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-r.seen:
		case <-timeout:
			t.Fatal("what was expected did not come within 10 s")
		}
	}
}

func (r *rig) names() []string {
	var out []string
	for _, s := range r.statuses {
		out = append(out, s.Name)
	}
	return out
}

func sms(to string) outreach.Message {
	return outreach.Message{Attempt: "0193a000-0000-7000-8000-000000000001", Token: 7, Channel: outreach.SMS, To: to,
		Text: "City Hospital: tomorrow 9:30. Answer below.", StatusToken: "0123456789012345678901"}
}

func (r *rig) send(t *testing.T, m outreach.Message) outreach.Receipt {
	t.Helper()
	got, err := r.router.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if got.Attempt != m.Attempt || got.Token != m.Token {
		t.Errorf("receipt is of %s/%d, want %s/%d", got.Attempt, got.Token, m.Attempt, m.Token)
	}
	return got
}

func TestAnSMSIsAcceptedReportedAndItsLinkTapped(t *testing.T) {
	r := newRig(t, nil)
	m := sms("+12025550101")
	token, _ := links.Token()
	m.Text += " " + links.URL(r.base, token)
	got := r.send(t, m)
	if got.Disposition != outreach.Accepted || !strings.HasPrefix(got.ProviderID, "SM") {
		t.Fatalf("receipt %+v", got)
	}
	r.await(t, func() bool { return len(r.answers) == 1 })
	if r.answers[0] != "confirm" {
		t.Errorf("the patient tapped %q", r.answers[0])
	}
	if strings.Join(r.names(), " ") != "queued sent delivered" || r.forged != 0 {
		t.Errorf("callbacks %v, %d forged", r.names(), r.forged)
	}
	for _, s := range r.statuses {
		if s.Token != m.StatusToken || s.MessageSID != got.ProviderID {
			t.Errorf("callback %+v does not name the attempt", s)
		}
	}
	if last := r.statuses[2]; last.Disposition != outreach.Delivered {
		t.Errorf("delivered is %s", last.Disposition)
	}
}

func TestAWhatsAppTemplateGoesWithVariablesAndIsAnsweredByItsButton(t *testing.T) {
	r := newRig(t, nil)
	r.sim.SetTemplate(contentSID, twilio.Template{Text: "Hello {{1}}", Buttons: []twilio.Button{{Text: "Yes", Payload: "confirm"}, {Text: "No", Payload: "cancel"}}})
	got := r.send(t, outreach.Message{Attempt: "a", Channel: outreach.WhatsApp, To: "+12025550102", ContentSID: contentSID,
		Variables: map[string]string{"1": "Amina\n\tYusuf", "2": " "}, StatusToken: "t"})
	r.await(t, func() bool { return len(r.inbound) == 1 })
	in := r.inbound[0]
	if in.RepliedTo != got.ProviderID || in.Channel != outreach.WhatsApp || in.From != "+12025550102" {
		t.Errorf("inbound %+v", in)
	}
	if reply := in.Reply([]outreach.KeyAction{{Action: outreach.Confirm}}); reply.Kind != channels.ReplyAnswer || reply.Action != outreach.Confirm {
		t.Errorf("reply %+v", reply)
	}
	if reply := in.Reply([]outreach.KeyAction{{Action: outreach.Cancel}}); reply.Kind != channels.ReplyOther {
		t.Errorf("an action that was not offered counts: %+v", reply)
	}
	sent := r.sim.Sent()[0]
	if sent.Body != "Hello Amina Yusuf" || sent.To != "whatsapp:+12025550102" || sent.From != "whatsapp:+12025550197" {
		t.Errorf("sent %+v", sent)
	}
}

func TestPatientsWhoCannotBeReachedOrWantNoMore(t *testing.T) {
	for _, c := range []struct {
		number string
		status string
		want   outreach.Disposition
	}{
		{"+12025550114", "undelivered", outreach.Refused},
		{"+12025550121", "undelivered", outreach.Undelivered},
		{"+12025550100", "delivered", outreach.Delivered},
	} {
		t.Run(c.number, func(t *testing.T) {
			r := newRig(t, nil)
			r.send(t, sms(c.number))
			r.await(t, func() bool { return len(r.statuses) == 3 })
			if last := r.statuses[2]; last.Name != c.status || last.Disposition != c.want {
				t.Errorf("%s is %s, want %s", last.Name, last.Disposition, c.want)
			}
		})
	}
	t.Run("STOP, after which Twilio refuses", func(t *testing.T) {
		r := newRig(t, nil)
		r.send(t, sms("+12025550122"))
		r.await(t, func() bool { return len(r.inbound) == 1 })
		if reply := r.inbound[0].Reply(nil); reply.Kind != channels.ReplyStop {
			t.Errorf("reply %+v", reply)
		}
		if got := r.send(t, sms("+12025550122")); got.Disposition != outreach.OptedOut || got.Code != "21610" {
			t.Errorf("receipt %+v", got)
		}
	})
}

func TestAnInteractiveNumberAnswersOnlyWhenTold(t *testing.T) {
	r := newRig(t, nil)
	r.sim.SetInteractive("+12025550101", true)
	m := sms("+12025550101")
	m.Text += " " + r.base + "/r/abcdefghijklmnopqrstuv"
	got := r.send(t, m)
	r.await(t, func() bool { return len(r.statuses) == 3 })
	for r.sim.Pending() > 0 {
		if err := clock.Wait(t.Context(), r.clock, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.answers) != 0 {
		t.Fatalf("it answered %v by itself", r.answers)
	}
	if err := r.sim.Press(t.Context(), got.ProviderID, "cancel"); err != nil {
		t.Fatal(err)
	}
	if len(r.answers) != 1 || r.answers[0] != "cancel" {
		t.Errorf("answers %v", r.answers)
	}
}
