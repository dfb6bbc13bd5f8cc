package channels_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"curlew/channels"
	"curlew/clock"
	"curlew/outreach"
	"curlew/sim/twilio"
)

func TestEveryWayInWhichASendGoesWrongHasItsDisposition(t *testing.T) {
	for name, c := range map[string]struct {
		fault    twilio.Fault
		want     outreach.Disposition
		accepted int // messages that Twilio took nevertheless
		code     string
	}{
		"throttled":              {twilio.Fault{Kind: twilio.TooMany, RetryAfter: 90 * time.Second}, outreach.Throttled, 0, "20429"},
		"5xx before":             {twilio.Fault{Kind: twilio.FailBefore}, outreach.Unknown, 0, "http_503"},
		"5xx after":              {twilio.Fault{Kind: twilio.FailAfter}, outreach.Unknown, 1, "http_500"},
		"reset before":           {twilio.Fault{Kind: twilio.ResetBefore}, outreach.Unknown, 0, ""},
		"reset after":            {twilio.Fault{Kind: twilio.ResetAfter}, outreach.Unknown, 1, ""},
		"answer too slow":        {twilio.Fault{Kind: twilio.Slow, Delay: 24 * time.Hour}, outreach.Unknown, 1, "timeout"},
		"no such number":         {twilio.Fault{Kind: twilio.Reject, Code: 21211}, outreach.Refused, 0, "21211"},
		"opted out":              {twilio.Fault{Kind: twilio.Reject, Code: 21610}, outreach.OptedOut, 0, "21610"},
		"our permission":         {twilio.Fault{Kind: twilio.Reject, Code: 21408, Status: 403}, outreach.Misconfig, 0, "21408"},
		"queue full":             {twilio.Fault{Kind: twilio.Reject, Code: 21611}, outreach.Throttled, 0, "21611"},
		"no route, perhaps":      {twilio.Fault{Kind: twilio.Reject, Code: 21612}, outreach.Undelivered, 0, "21612"},
		"a code nobody knows":    {twilio.Fault{Kind: twilio.Reject, Code: 29999}, outreach.Refused, 0, "29999"},
		"a code the config maps": {twilio.Fault{Kind: twilio.Reject, Code: 21999}, outreach.Misconfig, 0, "21999"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(o *channels.Options) {
				o.Settings.Twilio.Codes = map[string]string{"21999": "misconfigured"}
				o.Timeout = 300 * time.Millisecond
			})
			c.fault.Times = 1
			r.sim.Inject(c.fault)
			got := r.send(t, sms("+12025550100"))
			if got.Disposition != c.want || (c.code != "" && got.Code != c.code) {
				t.Errorf("got %s (%s), want %s (%s)", got.Disposition, got.Code, c.want, c.code)
			}
			if n := len(r.sim.Sent()); n != c.accepted {
				t.Errorf("Twilio took %d messages, want %d: nothing may be sent again blindly", n, c.accepted)
			}
			if got.RetryAfter != c.fault.RetryAfter {
				t.Errorf("retry after %s, want %s", got.RetryAfter, c.fault.RetryAfter)
			}
			if strings.Contains(got.Detail+got.Code, "2025550") {
				t.Errorf("the receipt repeats the number: %+v", got)
			}
		})
	}
}

func TestNothingLeftWhenNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	r := newRig(t, func(o *channels.Options) { o.Settings.Twilio.BaseURL = "http://" + l.Addr().String() })
	if got := r.send(t, sms("+12025550101")); got.Disposition != outreach.Throttled || got.Code != "connection_refused" {
		t.Errorf("receipt %+v", got)
	}
}

func TestAWrongTokenIsOurFault(t *testing.T) {
	r := newRig(t, func(o *channels.Options) { o.Settings.Twilio.AuthToken = "f" + authToken[1:] })
	if got := r.send(t, sms("+12025550101")); got.Disposition != outreach.Misconfig || got.Code != "20003" {
		t.Errorf("receipt %+v", got)
	}
}

func TestALostAnswerIsSettledByListing(t *testing.T) {
	attempt := outreach.Attempt{ID: "a-1", Token: 3, Channel: outreach.SMS, Address: "+12025550100"}
	t.Run("one message was taken: it is the attempt's", func(t *testing.T) {
		r := newRig(t, nil)
		r.sim.Inject(twilio.Fault{Kind: twilio.ResetAfter, Times: 1})
		attempt.StartedAt = r.clock.Now()
		r.send(t, sms(attempt.Address))
		got, proved, err := r.router.Settle(t.Context(), attempt)
		if err != nil || !proved || got.ProviderID != r.sim.Sent()[0].SID || got.Token != 3 {
			t.Errorf("got %+v, %v, %v", got, proved, err)
		}
	})
	t.Run("two were: no proof, unless one is known to be another's", func(t *testing.T) {
		known := ""
		r := newRig(t, func(o *channels.Options) {
			o.Known = func(_ context.Context, id string) bool { return id == known }
		})
		attempt.StartedAt = r.clock.Now()
		other := r.send(t, sms(attempt.Address))
		r.sim.Inject(twilio.Fault{Kind: twilio.ResetAfter, Times: 1})
		r.send(t, sms(attempt.Address))
		if _, proved, err := r.router.Settle(t.Context(), attempt); proved || err != nil {
			t.Errorf("proved %v, %v", proved, err)
		}
		known = other.ProviderID
		if got, proved, err := r.router.Settle(t.Context(), attempt); !proved || err != nil || got.ProviderID == known {
			t.Errorf("got %+v, %v, %v", got, proved, err)
		}
	})
	t.Run("none was: proof only once it can no longer come", func(t *testing.T) {
		r := newRig(t, nil)
		attempt.StartedAt = r.clock.Now()
		if _, proved, err := r.router.Settle(t.Context(), attempt); proved || err != nil {
			t.Errorf("proved %v, %v at once", proved, err)
		}
		r.clock.(*clock.Demo).Jump(attempt.StartedAt.Add(10 * time.Minute))
		if got, proved, err := r.router.Settle(t.Context(), attempt); !proved || err != nil || got.Disposition != outreach.Throttled {
			t.Errorf("got %+v, %v, %v", got, proved, err)
		}
	})
}

func TestCallbacksThatComeTwiceEarlyOrBackwardsNeverLowerTheRank(t *testing.T) {
	r := newRig(t, nil)
	r.sim.SetCallbacks(twilio.CallbackMode{Duplicate: true, Reorder: true, Early: true})
	r.send(t, sms("+12025550100"))
	r.await(t, func() bool { return len(r.statuses) == 5 })
	if got := strings.Join(r.names(), " "); got != "queued delivered delivered sent sent" {
		t.Fatalf("callbacks %s", got)
	}
	highest, applied := 0, []string{}
	for _, s := range r.statuses {
		if s.Rank > highest {
			highest, applied = s.Rank, append(applied, s.Name)
		}
	}
	if strings.Join(applied, " ") != "queued delivered" {
		t.Errorf("applied %v", applied)
	}
}

func TestNothingIsDeliveredAfterTheAppointment(t *testing.T) {
	r := newRig(t, nil)
	m := sms("+12025550100")
	m.ExpiresAt = r.clock.Now().Add(48 * time.Hour)
	r.send(t, m)
	m.ExpiresAt = r.clock.Now().Add(2 * time.Hour)
	r.send(t, m)
	sent := r.sim.Sent()
	if sent[0].Validity != 10*time.Hour {
		t.Errorf("validity %s, want Twilio's longest", sent[0].Validity)
	}
	if v := sent[1].Validity; v > 2*time.Hour || v < 2*time.Hour-10*time.Minute {
		t.Errorf("validity %s, want what is left of two hours", v)
	}
	m.ExpiresAt = r.clock.Now().Add(-time.Second)
	if got := r.send(t, m); got.Disposition != outreach.Refused || got.Code != "expired" || len(r.sim.Sent()) != 2 {
		t.Errorf("receipt %+v, %d sent", got, len(r.sim.Sent()))
	}
}

func TestWhatCannotBeSentIsRefusedBeforeAnybodyIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*outreach.Message)
		code   string
	}{
		"no number":          {func(m *outreach.Message) { m.To = "" }, "malformed"},
		"not E.164":          {func(m *outreach.Message) { m.To = "12025550101" }, "malformed"},
		"a second parameter": {func(m *outreach.Message) { m.To = "+12025550101&From=x" }, "malformed"},
		"too long":           {func(m *outreach.Message) { m.Text = strings.Repeat("x", 1601) }, "too_long"},
		"nothing to say":     {func(m *outreach.Message) { m.Text = "" }, "no_content"},
		"NUL":                {func(m *outreach.Message) { m.Text = "a\x00b" }, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.sim.Inject(twilio.Fault{Kind: twilio.TooMany})
			m := sms("+12025550101")
			c.change(&m)
			if got := r.send(t, m); got.Code != c.code {
				t.Errorf("receipt %+v, want code %s", got, c.code)
			}
		})
	}
}

func TestASenderIsChosenByPrefixThenLanguage(t *testing.T) {
	r := newRig(t, func(o *channels.Options) {
		o.Settings.Twilio.Senders = map[string]string{"+1": "+12025550190", "+1202": "+12025550191", "ar": "MG0123456789abcdef0123456789abcdef"}
	})
	own := sms("+12025550100")
	own.From = "+12025550195"
	r.send(t, own)
	r.send(t, sms("+12025550100"))
	arabic := sms("+966500000000")
	arabic.Language = "ar"
	r.send(t, arabic)
	r.send(t, sms("+966500000000"))
	var got []string
	for _, m := range r.sim.Sent() {
		got = append(got, m.From+m.Service)
	}
	want := "+12025550195 +12025550191 MG0123456789abcdef0123456789abcdef +12025550198"
	if strings.Join(got, " ") != want {
		t.Errorf("senders %v, want %s", got, want)
	}
}

func TestAWhatsAppNumberIsChosenByPrefixThenLanguage(t *testing.T) {
	r := newRig(t, func(o *channels.Options) {
		o.Settings.Twilio.WhatsAppSenders = map[string]string{"+1202": "+12025550191", "ar": "+12025550192"}
	})
	for _, to := range []struct{ number, language string }{{"+12025550100", "ar"}, {"+966500000000", "ar"}, {"+966500000000", "en"}} {
		m := sms(to.number)
		m.Channel, m.Language = outreach.WhatsApp, to.language
		r.send(t, m)
	}
	var got []string
	for _, m := range r.sim.Sent() {
		got = append(got, m.From)
	}
	want := "whatsapp:+12025550191 whatsapp:+12025550192 whatsapp:+12025550197"
	if strings.Join(got, " ") != want {
		t.Errorf("senders %v, want %s", got, want)
	}
}

func TestASenderHoldsItsRateAndGivesUpWithoutSending(t *testing.T) {
	r := newRig(t, func(o *channels.Options) {
		o.Settings.Twilio.PerSecond = 1
		o.Clock = clock.NewDemo(start, 0.001) // a message every thousand real seconds
	})
	r.send(t, sms("+12025550100"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := r.router.Send(ctx, sms("+12025550100"))
	if !errors.Is(err, channels.ErrNotSent) || len(r.sim.Sent()) != 1 {
		t.Errorf("err %v, %d sent", err, len(r.sim.Sent()))
	}
}

func TestOnlyAnAddressOnTheLoopbackMayDoWithoutTLS(t *testing.T) {
	for base, ok := range map[string]bool{
		"http://127.0.0.1:1": true, "http://localhost:1": true, "https://twilio.example.org": true,
		"http://twilio.example.org": false, "ftp://127.0.0.1": false, "127.0.0.1": false,
	} {
		_, err := channels.New(channels.Options{Clock: clock.System{}, Settings: outreach.ChannelSettings{Twilio: outreach.TwilioSettings{AccountSID: accountSID, BaseURL: base}}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestAForgedWebhookIsRefused(t *testing.T) {
	r := newRig(t, nil)
	form := map[string][]string{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	good := twilio.Sign(authToken, r.base+"/webhooks/twilio/status?t=x", form)
	for name, c := range map[string]struct {
		uri, body, signature string
		want                 bool
	}{
		"as signed":        {"/webhooks/twilio/status?t=x", "MessageSid=SM1&MessageStatus=delivered", good, true},
		"another token":    {"/webhooks/twilio/status?t=y", "MessageSid=SM1&MessageStatus=delivered", good, false},
		"another body":     {"/webhooks/twilio/status?t=x", "MessageSid=SM2&MessageStatus=delivered", good, false},
		"no signature":     {"/webhooks/twilio/status?t=x", "MessageSid=SM1&MessageStatus=delivered", "", false},
		"an address in it": {"http://evil.example/webhooks/twilio/status?t=x", "MessageSid=SM1&MessageStatus=delivered", good, false},
	} {
		if got := r.twilio.Verify(c.uri, []byte(c.body), c.signature); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var asked int
	address := serve(t, func(ctx context.Context, l net.Listener) error {
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		})}
		stop := context.AfterFunc(ctx, func() { web.Close() })
		defer stop()
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	r := newRig(t, func(o *channels.Options) { o.Settings.Twilio.BaseURL = "http://" + address })
	if got := r.send(t, sms("+12025550100")); got.Disposition == outreach.Accepted || asked != 1 {
		t.Errorf("receipt %+v after %d requests", got, asked)
	}
}

func TestAMessageWhoseLeaseMayBeOverIsNotSent(t *testing.T) {
	r := newRig(t, nil)
	late := outreach.Message{Attempt: "a", Channel: outreach.SMS, To: "+12025550101", Text: "Hi", NotAfter: time.Now().Add(-time.Millisecond)}
	if _, err := r.router.Send(t.Context(), late); !errors.Is(err, channels.ErrNotSent) || len(r.sim.Sent()) != 0 {
		t.Errorf("%v, %d messages", err, len(r.sim.Sent()))
	}
	p := newPost(t, nil)
	mail := letter("amina@example.org")
	mail.NotAfter = late.NotAfter
	if _, err := p.mail.Send(t.Context(), mail); !errors.Is(err, channels.ErrNotSent) || len(p.sim.Sent()) != 0 {
		t.Errorf("%v, %d mails", err, len(p.sim.Sent()))
	}
}
