package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

const twilioAPI = "https://api.twilio.com"

// providers asks for nothing but to be let in.
func (d *doctor) providers(ctx context.Context) {
	settings, err := d.resolver.Channels(d.snap.Document.Channels)
	if err != nil {
		return // said under the secret
	}
	used := map[outreach.Channel]bool{}
	for _, cfg := range d.snap.Document.Configurations {
		for _, s := range cfg.Steps {
			used[s.Channel] = true
		}
	}
	switch {
	case settings.Twilio.AccountSID != "":
		d.twilio(ctx, settings.Twilio)
	case used[outreach.SMS] || used[outreach.WhatsApp]:
		d.say("twilio", red, "steps use it and it is not set up")
	}
	switch {
	case settings.SMTP.Host != "":
		d.smtp(ctx, settings.SMTP)
	case used[outreach.Email]:
		d.say("smtp", red, "steps send e-mail and it is not set up")
	}
}

// twilio reads one message of the account: it costs nothing and needs the right token.
func (d *doctor) twilio(ctx context.Context, s outreach.TwilioSettings) {
	base := s.BaseURL
	if base == "" {
		base = twilioAPI
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/2010-04-01/Accounts/"+url.PathEscape(s.AccountSID)+"/Messages.json?PageSize=1", nil)
	if err != nil {
		d.say("twilio", red, "%v", err)
		return
	}
	req.SetBasicAuth(s.AccountSID, s.AuthToken)
	client := http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		d.say("twilio", red, "%v", err)
		return
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
		d.say("twilio", ok, "takes the account and its token")
	case http.StatusUnauthorized, http.StatusForbidden:
		d.say("twilio", red, "refuses the account or its token: %s", res.Status)
	default:
		d.say("twilio", warn, "answers %s", res.Status)
	}
}

// smtp says hello and looks whether mail would be encrypted as the config asks.
func (d *doctor) smtp(ctx context.Context, s outreach.SMTPSettings) {
	port := s.Port
	if port == 0 {
		port = 587
	}
	addr := net.JoinHostPort(s.Host, strconv.Itoa(port))
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		d.say("smtp", red, "%v", err)
		return
	}
	defer conn.Close()
	if port == 465 {
		d.say("smtp", ok, "%s takes connections (TLS from the first byte)", addr)
		return
	}
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		d.say("smtp", red, "%v", err)
		return
	}
	extensions, err := hello(conn)
	switch encrypts := strings.Contains(extensions, "STARTTLS"); {
	case err != nil:
		d.say("smtp", red, "%s: %v", addr, err)
	case !encrypts && (s.TLS == "" || s.TLS == "mandatory"):
		d.say("smtp", red, "%s offers no TLS, which the config demands", addr)
	default:
		d.say("smtp", ok, "%s greets", addr)
	}
}

// hello returns the extensions that a mail server offers.
func hello(conn io.ReadWriteCloser) (string, error) {
	t := textproto.NewConn(conn)
	if _, _, err := t.ReadResponse(220); err != nil {
		return "", fmt.Errorf("greeting: %w", err)
	}
	if err := t.PrintfLine("EHLO doctor"); err != nil {
		return "", err
	}
	_, extensions, err := t.ReadResponse(250)
	if err != nil {
		return "", fmt.Errorf("EHLO: %w", err)
	}
	return extensions, t.PrintfLine("QUIT")
}
