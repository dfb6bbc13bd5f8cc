package smtp

import (
	"context"
	"net"
	netsmtp "net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"curlew/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const raw = "From: a@example.org\r\nTo: b@example.org\r\nDate: Tue, 1 Dec 2026 07:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n" +
	"Subject: =?UTF-8?Q?Caf=C3=A9?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" +
	"--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n" +
	"--y\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nsee http://h.example/r/a=\r\nb=3D\r\n" +
	"--y\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+eDwvcD4=\r\n--y--\r\n" +
	"--x\r\nContent-Type: text/calendar; method=PUBLISH\r\n\r\nBEGIN:VCALENDAR\r\n--x--\r\n"

func start(t *testing.T, o Options) (*Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.Clock = clock.NewDemo(time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC), 1000)
	s := New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, l.Addr().String()
}

func TestAMailIsParsedToItsParts(t *testing.T) {
	s, address := start(t, Options{})
	if err := netsmtp.SendMail(address, nil, "a@example.org", []string{"b00@example.org"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	m := s.Inbox("b00@example.org")[0]
	if m.Subject != "Café" || m.ID != "1@example.org" || m.Text != "see http://h.example/r/ab=" || m.HTML != "<p>x</p>" || m.Calendar != "BEGIN:VCALENDAR" || m.Method != "PUBLISH" {
		t.Errorf("%+v", m)
	}
	if link, ok := m.Link(); !ok || link != "http://h.example/r/ab" {
		t.Errorf("link %q", link)
	}
}

func TestAMailThatAMailboxWouldChokeOnIsRefused(t *testing.T) {
	s, address := start(t, Options{})
	for name, body := range map[string]string{
		"two From":      "From: x@example.org\r\n" + raw,
		"no Message-ID": strings.Replace(raw, "Message-ID", "X-ID", 1),
		"a part cut":    strings.Replace(raw, "--x--", "", 1),
		"bad base64":    strings.Replace(raw, "PHA+", "!!!!", 1),
		"no header":     "hello",
	} {
		if err := netsmtp.SendMail(address, nil, "a@example.org", []string{"b00@example.org"}, []byte(body)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if n := len(s.Sent()); n != 0 {
		t.Errorf("%d mails kept", n)
	}
}

func TestGreylistingTakesTheSecondTry(t *testing.T) {
	s, address := start(t, Options{Greylist: true})
	send := func() error {
		return netsmtp.SendMail(address, nil, "a@example.org", []string{"b00@example.org"}, []byte(raw))
	}
	err := send()
	if reply, ok := err.(*textproto.Error); !ok || reply.Code != 451 {
		t.Errorf("first: %v", err)
	}
	if err := send(); err != nil || len(s.Sent()) != 1 {
		t.Errorf("second: %v, %d mails", err, len(s.Sent()))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(raw))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parse(b); err == nil && len(m.Header["From"]) != 1 {
			t.Errorf("accepted with %d From headers", len(m.Header["From"]))
		}
	})
}
