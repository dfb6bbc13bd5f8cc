package outreach

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	senderName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 _&+-]{0,10}$`) // alphanumeric sender id, or a short code
	errorCode    = regexp.MustCompile(`^[0-9]{3,6}$`)
)

// messageVerdicts are what a provider's error code may be made to mean.
var messageVerdicts = append(words(Undelivered, Refused, OptedOut, Throttled, Misconfig, InvalidNumber, Unknown),
	words(VerdictNextChannel, VerdictRetryLater, VerdictSuppress)...)

func (v *validator) twilio() {
	t, base := v.doc.Channels.Twilio, "/channels/twilio"
	local := t.BaseURL != "" && isLoopback(urlHost(t.BaseURL))
	if t.AccountSID != "" && !IsReference(t.AccountSID) && !alphanumeric.MatchString(t.AccountSID) {
		v.bad(at(base, "account_sid"), "is no account SID", "AC and 32 letters and digits, or ${env:TWILIO_ACCOUNT_SID}")
	}
	if (t.AccountSID == "") != (t.AuthToken == "") {
		v.bad(base, "account_sid and auth_token go together", "set both or neither")
	}
	v.secret(at(base, "auth_token"), t.AuthToken, local)
	if t.BaseURL != "" {
		v.url(at(base, "base_url"), t.BaseURL)
	}
	if t.SMSFrom != "" && !e164Number.MatchString(t.SMSFrom) && !senderName.MatchString(t.SMSFrom) {
		v.bad(at(base, "sms_from"), "is no sender", "an E.164 number, a short code or up to 11 letters and digits")
	}
	if t.WhatsAppFrom != "" && !e164Number.MatchString(t.WhatsAppFrom) {
		v.bad(at(base, "whatsapp_from"), "is no E.164 number", "such as +12025550198, without whatsapp:")
	}
	if t.MessagingServiceSID != "" && !(strings.HasPrefix(t.MessagingServiceSID, "MG") && alphanumeric.MatchString(t.MessagingServiceSID)) {
		v.bad(at(base, "messaging_service_sid"), "is no messaging service SID", "it begins with MG")
	}
	for _, key := range slices.Sorted(maps.Keys(t.Senders)) {
		here := at(base, "senders", key)
		v.senderKey(here, key)
		v.sender(here, t.Senders[key])
	}
	for _, key := range slices.Sorted(maps.Keys(t.WhatsAppSenders)) {
		here := at(base, "whatsapp_senders", key)
		v.senderKey(here, key)
		if !e164Number.MatchString(t.WhatsAppSenders[key]) {
			v.bad(here, "is no E.164 number", "such as +12025550198, without whatsapp:")
		}
	}
	v.between(at(base, "per_second"), t.PerSecond, 0, 1000, "")
	for _, code := range slices.Sorted(maps.Keys(t.Codes)) {
		if !errorCode.MatchString(code) {
			v.bad(at(base, "codes", code), "is keyed by no Twilio error code", "such as 30007")
		}
		v.oneOf(at(base, "codes", code), "verdict", t.Codes[code], messageVerdicts)
	}
}

func (v *validator) senderKey(here, key string) {
	if !languageTag.MatchString(key) && !e164Prefix.MatchString(key) {
		v.bad(here, "is keyed by neither a language nor an E.164 prefix", "such as ar or +91")
	}
}

// sender accepts a number, a short code, a sender name or a MessagingServiceSid.
func (v *validator) sender(pointer, from string) {
	service := strings.HasPrefix(from, "MG") && alphanumeric.MatchString(from)
	if !service && !e164Number.MatchString(from) && !senderName.MatchString(from) {
		v.bad(pointer, "is no sender", "an E.164 number, a short code, up to 11 letters and digits, or a MessagingServiceSid")
	}
}

func (v *validator) smtp() {
	s, base := v.doc.Channels.SMTP, "/channels/smtp"
	if s == (SMTPSettings{}) {
		return
	}
	v.host(at(base, "host"), s.Host)
	v.between(at(base, "port"), float64(s.Port), 0, 65535, "1 to 65535; default 587")
	v.mailbox(at(base, "from"), s.From)
	if s.TLS != "" && v.oneOf(at(base, "tls"), "TLS policy", s.TLS, []string{"mandatory", "opportunistic", "none"}) &&
		s.TLS == "none" && !isLoopback(s.Host) {
		v.bad(at(base, "tls"), "mail would travel in the clear", "none is for loopback only; use mandatory")
	}
	v.secret(at(base, "password"), s.Password, isLoopback(s.Host))
	if (s.Username == "") != (s.Password == "") {
		v.bad(base, "username and password go together", "set both or neither")
	}
	v.between(at(base, "per_second"), s.PerSecond, 0, 1000, "")
}

func (v *validator) mailbox(pointer, address string) {
	if a, err := mail.ParseAddress(address); err != nil || strings.ContainsAny(address, "\r\n") || !strings.Contains(a.Address, "@") {
		v.bad(pointer, "is no e-mail address", "such as reach@example.org or City Hospital <reach@example.org>")
	}
}

// resultTypes are the kinds of results that a receiver may ask for.
var resultTypes = []string{"response.received", "response.revised", "response.late", "transaction.ended"}

func (v *validator) webhooks() {
	in := v.doc.Webhooks.In
	demo := v.doc.Facility.PublicBaseURL != "" && isLoopback(urlHost(v.doc.Facility.PublicBaseURL))
	for i, s := range in.Secrets {
		v.webhookSecret(at("/webhooks/in/secrets", i), s, demo)
		if slices.Index(in.Secrets, s) < i {
			v.bad(at("/webhooks/in/secrets", i), "is there twice", "")
		}
	}
	if in.Source != "" && !resourceName.MatchString(in.Source) {
		v.bad("/webhooks/in/source", "is no name", "letters, digits, . _ -")
	}
	names := map[string]string{}
	for i, out := range v.doc.Webhooks.Out {
		base := at("/webhooks/out", i)
		v.name(at(base, "name"), out.Name, resourceName, names)
		v.receiver(base, out)
	}
}

func (v *validator) receiver(base string, out WebhookOut) {
	v.url(at(base, "url"), out.URL)
	if u, err := url.Parse(out.URL); err == nil {
		switch host := u.Hostname(); {
		case isPrivate(host) && !out.AllowPrivate:
			v.bad(at(base, "url"), "is a private address", "set allow_private if the receiver is in the hospital")
		case u.Scheme == "http" && !isPrivate(host) && !out.AllowPrivate:
			v.bad(at(base, "url"), "results would travel in the clear", "use https")
		}
	}
	v.webhookSecret(at(base, "secret"), out.Secret, isLoopback(urlHost(out.URL)))
	for i, e := range out.Events {
		v.oneOf(at(base, "events", i), "result", e, resultTypes)
	}
}

// webhookSecret checks a Standard Webhooks secret: a reference, or on loopback whsec_ and base64.
func (v *validator) webhookSecret(pointer, s string, loopback bool) {
	if s == "" {
		v.bad(pointer, "the signing secret is missing", "refer to it: ${env:NAME}, a whsec_… value")
		return
	}
	v.secret(pointer, s, loopback)
	if IsReference(s) || !loopback {
		return
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
	if err != nil || len(key) < 16 {
		v.bad(pointer, fmt.Sprintf("is no signing secret of at least %d bytes", 16), "whsec_ and base64")
	}
}
