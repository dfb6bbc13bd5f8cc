package channels_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"curlew/channels"
	"curlew/clock"
	"curlew/outreach"
	"curlew/sim/smtp"
)

// post is a Mail against a simulated server.
type post struct {
	sim   *smtp.Server
	mail  *channels.Mail
	clock *clock.Demo
}

func newPost(t *testing.T, change func(*channels.Options, *smtp.Options)) *post {
	t.Helper()
	p := &post{clock: fastClock()}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	so := smtp.Options{Clock: p.clock, Transport: transport}
	o := channels.Options{Clock: p.clock, Timeout: 5 * time.Second}
	o.Settings.SMTP = outreach.SMTPSettings{From: "City Hospital <reach@hospital.example>", TLS: "none", PerSecond: 1000}
	if change != nil {
		change(&o, &so)
	}
	p.sim = smtp.New(so)
	host, port, err := net.SplitHostPort(serve(t, p.sim.Serve))
	if err != nil {
		t.Fatal(err)
	}
	o.Settings.SMTP.Host = host
	if o.Settings.SMTP.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	if p.mail, err = channels.NewMail(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.mail.Close)
	return p
}

func letter(to string) outreach.Message {
	return outreach.Message{Attempt: "0193a000-0000-7000-8000-000000000001", Token: 7, Channel: outreach.Email, To: to,
		ToName: `Amina "Ami" Yüsuf`, Language: "en", Subject: "Your appointment — موعدك",
		Text: "Dear Amina,\n\nsee you at 9:30.\n.\nhttp://127.0.0.1:1/r/abcdefghijklmnopqrstuv\n", HTML: "<p>Dear Amina &amp; family</p>"}
}

func (p *post) send(t *testing.T, m outreach.Message) outreach.Receipt {
	t.Helper()
	r, err := p.mail.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if r.Attempt != m.Attempt || r.Token != m.Token {
		t.Errorf("receipt is of %s/%d", r.Attempt, r.Token)
	}
	return r
}

func TestAMailArrivesWholeWithTheHeadersOfAMachineThatMayBeToldToStop(t *testing.T) {
	p := newPost(t, nil)
	m := letter("amina@example.org")
	m.UnsubscribeURL = "https://reach.example.org/r/unsubscribe"
	m.Calendar = &outreach.CalendarEntry{UID: "hims/A-4711", Sequence: 2, Start: start, Summary: "Visit; ward 4, bed\nBEGIN:VEVENT"}
	if got := p.send(t, m); got.Disposition != outreach.Accepted || got.ProviderID != string(m.Attempt)+"@hospital.example" {
		t.Fatalf("receipt %+v", got)
	}
	in := p.sim.Inbox("amina@example.org")[0]
	if in.ID != string(m.Attempt)+"@hospital.example" || in.Subject != m.Subject {
		t.Errorf("Message-ID %q, subject %q", in.ID, in.Subject)
	}
	if got := strings.ReplaceAll(in.Text, "\r\n", "\n"); got != m.Text {
		t.Errorf("text %q, want %q", got, m.Text)
	}
	if in.HTML != m.HTML {
		t.Errorf("html %q", in.HTML)
	}
	if in.Header.Get("Auto-Submitted") != "auto-generated" || in.Unsubscribe != m.UnsubscribeURL || !in.OneClick {
		t.Errorf("headers %v", in.Header)
	}
	if in.Return != "HDRS" || in.From != "reach@hospital.example" {
		t.Errorf("envelope from %q, RET=%q: a bounce must not carry the mail's text", in.From, in.Return)
	}
	to, err := in.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != m.ToName {
		t.Errorf("to %v, %v", to, err)
	}
	for _, want := range []string{"METHOD:REQUEST", "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:amina@example.org", "SEQUENCE:2", "DTSTART:20261201T070000Z", "UID:hims/A-4711", `SUMMARY:Visit\; ward 4\, bed\nBEGIN:VEVENT`} {
		if !strings.Contains(in.Calendar, want+"\r\n") {
			t.Errorf("calendar lacks %q:\n%s", want, in.Calendar)
		}
	}
	if in.Method != "REQUEST" || strings.Count(in.Calendar, "\r\nBEGIN:VEVENT") != 1 {
		t.Errorf("method %q, calendar:\n%s", in.Method, in.Calendar)
	}
}

func TestAMailThatWouldWriteHeadersOfItsOwnIsRefused(t *testing.T) {
	p := newPost(t, nil)
	for name, change := range map[string]func(*outreach.Message){
		"subject, CRLF":        func(m *outreach.Message) { m.Subject = "x\r\nBcc: a@example.org" },
		"subject, LF":          func(m *outreach.Message) { m.Subject = "x\nBcc: a@example.org" },
		"subject, CR":          func(m *outreach.Message) { m.Subject = "x\rBcc: a@example.org" },
		"name":                 func(m *outreach.Message) { m.ToName = "x\r\nBcc: a@example.org" },
		"address":              func(m *outreach.Message) { m.To = "a@example.org\r\nRCPT TO:<b@example.org>" },
		"two addresses":        func(m *outreach.Message) { m.To = "a@example.org, b@example.org" },
		"sender":               func(m *outreach.Message) { m.From = "a@example.org\r\nBcc: b@example.org" },
		"unsubscribe":          func(m *outreach.Message) { m.UnsubscribeURL = "https://x/\r\nBcc: a@example.org" },
		"attempt":              func(m *outreach.Message) { m.Attempt = "x>\r\nBcc: a@example.org" },
		"no address":           func(m *outreach.Message) { m.To = "amina" },
		"nothing in it":        func(m *outreach.Message) { m.Text, m.HTML = "", "" },
		"language of a header": func(m *outreach.Message) { m.Language = "en\r\nBcc: a@example.org"; m.Text, m.HTML = "", "" },
	} {
		t.Run(name, func(t *testing.T) {
			m := letter("amina@example.org")
			change(&m)
			if got := p.send(t, m); got.Disposition != outreach.Refused || got.Code != "malformed" {
				t.Errorf("receipt %+v", got)
			}
		})
	}
	if n := len(p.sim.Sent()); n != 0 {
		t.Errorf("%d mails left", n)
	}
}

func TestEveryReplyOfTheServerHasItsDisposition(t *testing.T) {
	for name, c := range map[string]struct {
		fault    smtp.Fault
		want     outreach.Disposition
		accepted int
		wait     bool
	}{
		"greylisted":             {smtp.Fault{Stage: smtp.AtRcpt, Code: 451, Enhanced: [3]int{4, 7, 1}}, outreach.Throttled, 0, true},
		"no such mailbox":        {smtp.Fault{Stage: smtp.AtRcpt, Code: 550, Enhanced: [3]int{5, 1, 1}}, outreach.Refused, 0, false},
		"sender refused":         {smtp.Fault{Stage: smtp.AtMail, Code: 550}, outreach.Misconfig, 0, false},
		"server full":            {smtp.Fault{Stage: smtp.AtMail, Code: 452}, outreach.Throttled, 0, true},
		"content refused":        {smtp.Fault{Stage: smtp.AtData, Code: 554}, outreach.Refused, 0, false},
		"try the content later":  {smtp.Fault{Stage: smtp.AtData, Code: 451}, outreach.Throttled, 0, true},
		"dropped at MAIL":        {smtp.Fault{Stage: smtp.DropAtMail}, outreach.Throttled, 0, false},
		"reply lost after DATA":  {smtp.Fault{Stage: smtp.DropAfterData}, outreach.Unknown, 1, false},
		"dropped inside of DATA": {smtp.Fault{Stage: smtp.DropInData}, outreach.Unknown, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, nil)
			c.fault.Times = 1
			p.sim.Inject(c.fault)
			got := p.send(t, letter("amina00@example.org"))
			if got.Disposition != c.want || (got.RetryAfter > 0) != c.wait {
				t.Errorf("receipt %+v, want %s", got, c.want)
			}
			if n := len(p.sim.Sent()); n != c.accepted {
				t.Errorf("%d mails were taken, want %d", n, c.accepted)
			}
			if strings.Contains(got.Detail+got.Code, "amina") {
				t.Errorf("the receipt repeats the address: %+v", got)
			}
			if got := p.send(t, letter("amina00@example.org")); got.Disposition != outreach.Accepted {
				t.Errorf("the next mail: %+v", got)
			}
		})
	}
}

func TestOneConnectionServesManyMailsAndADeadOneIsReplaced(t *testing.T) {
	p := newPost(t, nil)
	for range 3 {
		if got := p.send(t, letter("amina00@example.org")); got.Disposition != outreach.Accepted {
			t.Fatalf("receipt %+v", got)
		}
	}
	if n := p.sim.Connections(); n != 1 {
		t.Errorf("%d connections for three mails", n)
	}
	p.sim.Inject(smtp.Fault{Stage: smtp.DropAtMail, Times: 1})
	if got := p.send(t, letter("amina00@example.org")); got.Disposition != outreach.Accepted {
		t.Errorf("a kept connection that died at MAIL: %+v", got)
	}
	if n, c := len(p.sim.Sent()), p.sim.Connections(); n != 4 || c != 2 {
		t.Errorf("%d mails over %d connections, want 4 over 2", n, c)
	}
}

func TestManySendersShareTheOneWorker(t *testing.T) {
	p := newPost(t, nil)
	done := make(chan outreach.Disposition, 20)
	for range cap(done) {
		go func() {
			r, err := p.mail.Send(t.Context(), letter("amina00@example.org"))
			if err != nil {
				t.Error(err)
			}
			done <- r.Disposition
		}()
	}
	for range cap(done) {
		if d := <-done; d != outreach.Accepted {
			t.Errorf("disposition %s", d)
		}
	}
	if n := p.sim.Connections(); n != 1 {
		t.Errorf("%d connections at once", n)
	}
}

func TestTheReaderTapsOrUnsubscribesByTheDigitsOfTheAddress(t *testing.T) {
	type visit struct{ method, path, answer string }
	visits := make(chan visit, 16)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		visits <- visit{r.Method, r.URL.Path, form.Get("action") + form.Get("List-Unsubscribe")}
		io.WriteString(w, `<form method="post"><button name="action" value="confirm">Yes</button></form>`)
	}))
	defer web.Close()
	p := newPost(t, nil)
	for address, want := range map[string][]visit{
		"p20@example.org": {{"GET", "/r/0123456789012345678901", ""}, {"POST", "/r/0123456789012345678901", "confirm"}},
		"p14@example.org": {{"GET", "/r/0123456789012345678901", ""}, {"POST", "/r/0123456789012345678901", "confirm"}},
		"p22@example.org": {{"POST", "/r/stop", "One-Click"}},
	} {
		m := letter(address)
		m.Text = "See " + web.URL + "/r/0123456789012345678901."
		m.UnsubscribeURL = web.URL + "/r/stop"
		p.send(t, m)
		for _, w := range want {
			if got := <-visits; got != w {
				t.Errorf("%s: %v, want %v", address, got, w)
			}
		}
	}
	silent := letter("p23@example.org")
	silent.Text = "See " + web.URL + "/r/0123456789012345678901."
	p.send(t, silent)
	for p.sim.Pending() > 0 {
		if err := clock.Wait(t.Context(), p.clock, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if len(visits) != 0 {
		t.Errorf("p23 visited: %v", <-visits)
	}
}

func TestTLSIsMandatoryUnlessTheServerIsOnTheLoopback(t *testing.T) {
	t.Run("a server without TLS gets nothing", func(t *testing.T) {
		p := newPost(t, func(o *channels.Options, _ *smtp.Options) { o.Settings.SMTP.TLS = "" })
		if got := p.send(t, letter("amina@example.org")); got.Disposition == outreach.Accepted || len(p.sim.Sent()) != 0 {
			t.Errorf("receipt %+v", got)
		}
	})
	t.Run("nor does one whose certificate nobody trusts", func(t *testing.T) {
		cert, _ := certificate(t)
		p := newPost(t, func(o *channels.Options, so *smtp.Options) {
			o.Settings.SMTP.TLS = ""
			so.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
		})
		if got := p.send(t, letter("amina@example.org")); got.Disposition != outreach.Misconfig || got.Code != "tls" || len(p.sim.Sent()) != 0 {
			t.Errorf("receipt %+v", got)
		}
	})
	t.Run("one that is trusted gets the mail, and the login only over TLS", func(t *testing.T) {
		cert, roots := certificate(t)
		p := newPost(t, func(o *channels.Options, so *smtp.Options) {
			o.Settings.SMTP.TLS, o.Settings.SMTP.Username, o.Settings.SMTP.Password = "", "curlew", "secret"
			so.TLS, so.Username, so.Password = &tls.Config{Certificates: []tls.Certificate{cert}}, "curlew", "secret"
		})
		if err := p.mail.Trust(roots); err != nil {
			t.Fatal(err)
		}
		if got := p.send(t, letter("amina@example.org")); got.Disposition != outreach.Accepted {
			t.Errorf("receipt %+v", got)
		}
	})
	t.Run("a wrong password is our fault", func(t *testing.T) {
		cert, roots := certificate(t)
		p := newPost(t, func(o *channels.Options, so *smtp.Options) {
			o.Settings.SMTP.TLS, o.Settings.SMTP.Username, o.Settings.SMTP.Password = "", "curlew", "wrong"
			so.TLS, so.Username, so.Password = &tls.Config{Certificates: []tls.Certificate{cert}}, "curlew", "secret"
		})
		if err := p.mail.Trust(roots); err != nil {
			t.Fatal(err)
		}
		if got := p.send(t, letter("amina@example.org")); got.Disposition != outreach.Misconfig || got.Code != "535" {
			t.Errorf("receipt %+v", got)
		}
	})
	t.Run("none is refused for a server elsewhere", func(t *testing.T) {
		s := outreach.SMTPSettings{Host: "mail.example.org", From: "a@example.org", TLS: "none"}
		if _, err := channels.NewMail(channels.Options{Clock: clock.System{}, Settings: outreach.ChannelSettings{SMTP: s}}); err == nil {
			t.Error("accepted")
		}
	})
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func TestAMailIsGivenUpWithItsContextAndAfterClose(t *testing.T) {
	p := newPost(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.mail.Send(ctx, letter("amina@example.org")); err == nil || len(p.sim.Sent()) != 0 {
		t.Errorf("a cancelled send: %v, %d mails", err, len(p.sim.Sent()))
	}
	p.mail.Close()
	if _, err := p.mail.Send(t.Context(), letter("amina@example.org")); err == nil || len(p.sim.Sent()) != 0 {
		t.Errorf("a send after Close: %v, %d mails", err, len(p.sim.Sent()))
	}
}
