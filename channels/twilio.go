package channels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"curlew/clock"
	"curlew/outreach"
)

// Limits of Twilio's Message resource.
const (
	maxBody     = 1600            // characters
	maxValidity = 10 * time.Hour  // 36,000 s
	minValidity = 6 * time.Second // Twilio advises more than 5 s
)

// StatusPath is where Twilio reports on messages, StatusParameter the query parameter with the opaque token.
const (
	StatusPath      = "/webhooks/twilio/status"
	InboundPath     = "/webhooks/twilio/inbound"
	StatusParameter = "t"
)

var phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Twilio sends WhatsApp messages and SMS. It is safe for concurrent use.
type Twilio struct {
	settings  outreach.TwilioSettings
	codes     Codes
	base      *url.URL
	callback  string // the status callback without its token, "" for none
	transport http.RoundTripper
	timeout   time.Duration
	clock     clock.Clock
	log       *slog.Logger
	pace      *pace
	known     func(ctx context.Context, providerID string) bool
}

// NewTwilio reads o.Settings.Twilio; it opens nothing.
func NewTwilio(o Options) (*Twilio, error) {
	codes, err := NewCodes(o.Settings.Twilio.Codes)
	if err != nil {
		return nil, err
	}
	t := &Twilio{
		settings: o.Settings.Twilio, codes: codes, transport: o.Transport, timeout: o.Timeout, clock: o.Clock,
		log: o.Log, pace: newPace(o.Clock, o.Settings.Twilio.PerSecond), known: o.Known,
	}
	if t.settings.BaseURL != "" {
		if t.base, err = baseURL(t.settings.BaseURL); err != nil {
			return nil, err
		}
	}
	if o.PublicBaseURL != "" {
		t.callback = strings.TrimRight(o.PublicBaseURL, "/") + StatusPath
	}
	if t.transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConnsPerHost = 64
		own.IdleConnTimeout = 20 * time.Second // a connection that Twilio closes under a POST makes it unknown
		t.transport = own
	}
	return t, nil
}

// Close ends idle connections.
func (t *Twilio) Close() {
	if c, ok := t.transport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Send posts m once. A time-out, a broken connection or a 5xx after the request was written is unknown:
// Twilio has no idempotency key for messages, so the caller must not send m again before Settle.
func (t *Twilio) Send(ctx context.Context, m outreach.Message) (outreach.Receipt, error) {
	params, refused := t.params(m)
	if refused != "" {
		return t.receipt(m, refusals[refused], refused, ""), nil
	}
	if err := t.pace.wait(ctx, string(m.Channel)+" "+t.sender(m)); err != nil {
		return t.receipt(m, outreach.Throttled, "not_sent", ""), fmt.Errorf("send %s: %w", m.Attempt, err)
	}
	if err := tooLate(m); err != nil {
		return t.receipt(m, outreach.Throttled, "not_sent", ""), err
	}
	if !t.setValidity(params, m) {
		return t.receipt(m, refusals["expired"], "expired", ""), nil
	}
	service, e := t.service(ctx)
	var r outreach.Receipt
	if res, err := service.CreateMessage(params); err != nil {
		r = t.concludeError(m, e, err)
	} else {
		r = t.concludeMessage(m, res)
	}
	if m.Channel == outreach.SMS && params.Body != nil {
		r.Segments = outreach.CountSegments(*params.Body)
	}
	return r, nil
}

// refusals are what is wrong with a message before anybody is asked.
var refusals = map[string]outreach.Disposition{
	"malformed": outreach.Refused, "too_long": outreach.Refused, "expired": outreach.Refused,
	"no_sender": outreach.Misconfig, "no_content": outreach.Misconfig,
}

func (t *Twilio) params(m outreach.Message) (*api.CreateMessageParams, string) {
	p := &api.CreateMessageParams{}
	if !phoneNumber.MatchString(m.To) {
		return nil, "malformed"
	}
	p.SetTo(t.address(m, m.To))
	switch sender := t.sender(m); {
	case sender == "":
		return nil, "no_sender"
	case strings.HasPrefix(sender, "MG"):
		p.SetMessagingServiceSid(sender)
	default:
		p.SetFrom(t.address(m, sender))
	}
	if t.callback != "" && m.StatusToken != "" {
		p.SetStatusCallback(t.callback + "?" + url.Values{StatusParameter: {m.StatusToken}}.Encode())
	}
	return p, setContent(p, m)
}

func setContent(p *api.CreateMessageParams, m outreach.Message) string {
	if m.ContentSID != "" {
		p.SetContentSid(m.ContentSID)
		if len(m.Variables) == 0 {
			return ""
		}
		variables, err := templateVariables(m.Variables)
		if err != nil {
			return "malformed"
		}
		p.SetContentVariables(variables)
		return ""
	}
	switch {
	case m.Text == "":
		return "no_content"
	case utf8.RuneCountInString(m.Text) > maxBody:
		return "too_long"
	case !utf8.ValidString(m.Text) || strings.ContainsRune(m.Text, 0):
		return "malformed"
	}
	p.SetBody(m.Text)
	return ""
}

// templateVariables is a JSON object of one-line texts: WhatsApp refuses line breaks, tabs and more than
// four spaces in a row in a variable, and empty ones.
func templateVariables(v map[string]string) (string, error) {
	out := make(map[string]string, len(v))
	for name, value := range v {
		value = strings.Join(strings.Fields(value), " ")
		if value == "" {
			value = "-"
		}
		out[name] = value
	}
	b, err := json.Marshal(out)
	return string(b), err
}

// setValidity keeps Twilio from delivering after m expires; false if it has all but expired.
func (t *Twilio) setValidity(p *api.CreateMessageParams, m outreach.Message) bool {
	if m.ExpiresAt.IsZero() {
		return true
	}
	left := m.ExpiresAt.Sub(t.clock.Now())
	if left < minValidity {
		return false
	}
	p.SetValidityPeriod(int(min(left, maxValidity) / time.Second))
	return true
}

func (t *Twilio) address(m outreach.Message, number string) string {
	if m.Channel == outreach.WhatsApp && !strings.HasPrefix(number, "whatsapp:") {
		return "whatsapp:" + number
	}
	return number
}

// sender is the message's own, else the configured one for its channel, number and language: the one with the
// longest prefix of the number, then the language's.
func (t *Twilio) sender(m outreach.Message) string {
	s := t.settings
	if m.From != "" {
		return m.From
	}
	if m.Channel == outreach.WhatsApp {
		return first(senderOf(s.WhatsAppSenders, m), s.WhatsAppFrom, s.MessagingServiceSID)
	}
	return first(senderOf(s.Senders, m), s.SMSFrom, s.MessagingServiceSID)
}

func senderOf(senders map[string]string, m outreach.Message) string {
	best := ""
	for prefix := range senders {
		if strings.HasPrefix(prefix, "+") && strings.HasPrefix(m.To, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return first(senders[best], senders[m.Language])
}

func first(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}

func (t *Twilio) receipt(m outreach.Message, d outreach.Disposition, code, detail string) outreach.Receipt {
	return outreach.Receipt{Attempt: m.Attempt, Token: m.Token, Disposition: d, Code: code, Detail: detail, At: t.clock.Now()}
}

// concludeMessage reads the message that Twilio created.
func (t *Twilio) concludeMessage(m outreach.Message, res *api.ApiV2010Message) outreach.Receipt {
	if res.Sid == nil || *res.Sid == "" {
		return t.receipt(m, outreach.Unknown, "no_sid", "accepted without a message sid")
	}
	r := t.receipt(m, outreach.Accepted, "", "")
	r.ProviderID = *res.Sid
	status, code := "", 0
	if res.Status != nil {
		status = *res.Status
	}
	if res.ErrorCode != nil {
		code = *res.ErrorCode
	}
	if s := t.status(status, code); s.Failed {
		r.Disposition, r.Code = s.Disposition, s.Code
	}
	return r
}

// concludeError tells what was refused from what may have been accepted. Twilio's messages are left out
// of the receipt: they repeat the number.
func (t *Twilio) concludeError(m outreach.Message, e *exchange, err error) outreach.Receipt {
	var rest *client.TwilioRestError
	parsed := errors.As(err, &rest)
	detail := "http " + strconv.Itoa(e.status)
	switch {
	case e.status == 0 && parsed: // the SDK refused the credentials
		return t.refused(m, rest.Code, "credentials", e)
	case e.status == 0 && !e.written.Load():
		r := t.receipt(m, outreach.Throttled, networkWord(err), "nothing was written")
		return r
	case e.status == 0:
		return t.receipt(m, outreach.Unknown, networkWord(err), "no answer")
	case e.status == http.StatusTooManyRequests:
		r := t.receipt(m, outreach.Throttled, "20429", detail)
		r.RetryAfter = e.retryAfter
		return r
	case e.status >= 500, e.status == http.StatusRequestTimeout, e.status < 300:
		return t.receipt(m, outreach.Unknown, "http_"+strconv.Itoa(e.status), "no readable answer")
	case parsed && rest.Code != 0:
		return t.refused(m, rest.Code, detail, e)
	case e.status < 400, e.status == http.StatusUnauthorized, e.status == http.StatusForbidden, e.status == http.StatusNotFound:
		return t.receipt(m, outreach.Misconfig, "http_"+strconv.Itoa(e.status), detail)
	}
	return t.receipt(m, outreach.Refused, "http_"+strconv.Itoa(e.status), detail)
}

func (t *Twilio) refused(m outreach.Message, code int, detail string, e *exchange) outreach.Receipt {
	meaning := t.codes.Refusal(code)
	r := t.receipt(m, meaning.Disposition, strconv.Itoa(code), detail)
	r.RetryAfter = max(meaning.Wait, e.retryAfter)
	return r
}
