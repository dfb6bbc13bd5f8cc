package channels

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"curlew/outreach"
)

// errHeaderBreak refuses a value that would end its header line: what follows would be a header of its own.
var errHeaderBreak = errors.New("line break or NUL in a header")

// letter turns msg into a mail: text and HTML parts, Message-ID from the attempt, one-click
// unsubscription (RFC 8058), an .ics part for appointments. Its errors repeat nothing of msg.
func (m *Mail) letter(msg outreach.Message) (*gomail.Msg, error) {
	for _, v := range []string{msg.To, msg.ToName, msg.From, msg.Subject, msg.UnsubscribeURL, string(msg.Attempt)} {
		if strings.ContainsAny(v, "\r\n\x00") {
			return nil, errHeaderBreak
		}
	}
	to, err := parseAddress(msg.To)
	if err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	from, err := parseAddress(first(msg.From, m.settings.From))
	if err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	if msg.Text == "" && msg.HTML == "" {
		return nil, errors.New("no text")
	}
	to.Name = msg.ToName
	l := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	l.FromMailAddress(from)
	l.ToMailAddress(to)
	l.Subject(msg.Subject)
	l.SetDateWithValue(m.clock.Now())
	l.SetMessageIDWithValue(messageID(msg, m.settings.From))
	l.SetGenHeader("Auto-Submitted", "auto-generated")
	if msg.Language != "" && isTag(msg.Language) {
		l.SetGenHeader("Content-Language", msg.Language)
	}
	unsubscribe(l, msg.UnsubscribeURL)
	text := msg.Text
	if text == "" {
		text = plain(msg.HTML)
	}
	l.SetBodyString(gomail.TypeTextPlain, text)
	if msg.HTML != "" {
		l.AddAlternativeString(gomail.TypeTextHTML, msg.HTML)
	}
	return l, attachCalendar(l, msg, from.Address, m.clock.Now())
}

// parseAddress accepts one bare or named address and nothing around it.
func parseAddress(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || strings.ContainsAny(a.Address, "\r\n\x00<> ") {
		return nil, errors.New("no e-mail address")
	}
	return a, nil
}

// messageID names the mail by its attempt, so that a second try of the same attempt would be the same mail.
func messageID(msg outreach.Message, from string) string {
	domain := "localhost"
	if a, err := parseAddress(first(msg.From, from)); err == nil {
		_, domain, _ = strings.Cut(a.Address, "@")
	}
	return string(msg.Attempt) + "@" + domain
}

// unsubscribe offers one click (RFC 8058), which asks for https; a demo on the loopback may do without.
func unsubscribe(l *gomail.Msg, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return
	}
	l.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+u.String()+">")
	if u.Scheme == "https" || loopback(u.Hostname()) {
		l.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
}

func isTag(s string) bool {
	for _, r := range s {
		if r != '-' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return len(s) <= 35
}
