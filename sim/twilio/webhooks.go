package twilio

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"curlew/sim/patient"
)

// ErrUnknownMessage means that no message has the SID.
var ErrUnknownMessage = errors.New("no such message")

// report posts one status callback. Twilio repeats none, so a failed one is only logged.
func (s *Server) report(ctx context.Context, m Message, status string, code int) {
	if m.Callback == "" {
		return
	}
	form := url.Values{
		"MessageSid": {m.SID}, "SmsSid": {m.SID}, "MessageStatus": {status}, "SmsStatus": {status},
		"AccountSid": {s.o.AccountSID}, "ApiVersion": {"2010-04-01"}, "From": {m.From}, "To": {m.To},
	}
	if m.WhatsApp {
		form.Set("ChannelPrefix", "whatsapp")
		form.Set("ChannelInstallSid", "XEcc20d939f803ee381f2442185d0d5dc5")
	}
	if status == "read" {
		form.Set("EventType", "READ")
	}
	if code != 0 {
		form.Set("ErrorCode", strconv.Itoa(code))
	}
	if _, err := s.post(ctx, m.Callback, form); err != nil && ctx.Err() == nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "status callback not taken", slog.String("sid", m.SID), slog.String("status", status), slog.Any("error", err))
	}
}

// Press answers the message as its patient: by the quick-reply button whose payload begins with action,
// else by the response link in the text.
func (s *Server) Press(ctx context.Context, sid, action string) error {
	m, ok := s.Message(sid)
	if !ok {
		return fmt.Errorf("press %s: %w", sid, ErrUnknownMessage)
	}
	for _, b := range m.Buttons {
		if head, _, _ := strings.Cut(b.Payload, ":"); head == action {
			return s.inbound(ctx, m, b.Text, b.Payload)
		}
	}
	link, ok := patient.FindLink(m.Body)
	if !ok {
		return fmt.Errorf("press %s: neither button nor link for %s", sid, action)
	}
	page, err := s.browser.Answer(ctx, link, action)
	if err != nil {
		return fmt.Errorf("press %s: %w", sid, err)
	}
	if page.Status >= http.StatusBadRequest {
		return fmt.Errorf("press %s: page answered %d", sid, page.Status)
	}
	return nil
}

// Text sends text from the message's patient to its sender, as a free message that repeats nothing.
func (s *Server) Text(ctx context.Context, sid, text string) error {
	m, ok := s.Message(sid)
	if !ok {
		return fmt.Errorf("text to %s: %w", sid, ErrUnknownMessage)
	}
	return s.inbound(ctx, m, text, "")
}

// inbound stores and posts a message of the patient, and keeps opt-out and the WhatsApp session.
func (s *Server) inbound(ctx context.Context, about Message, text, payload string) error {
	now := s.o.Clock.Now()
	in := &Message{
		SID: newSID("SM"), Number: about.Number, WhatsApp: about.WhatsApp, Inbound: true, To: about.From, From: about.To,
		Body: text, Status: "received", CreatedAt: now, UpdatedAt: now, ButtonPayload: payload,
	}
	if payload != "" {
		in.RepliedTo = about.SID
	}
	s.mu.Lock()
	s.messages = append(s.messages, in)
	if in.WhatsApp {
		s.inboundAt[in.Number] = now
	}
	switch ownReplies[strings.ToUpper(strings.TrimSpace(text))] {
	case unsubscribed:
		s.optedOut[in.Number] = true
	case resubscribed:
		delete(s.optedOut, in.Number)
	}
	s.tell(*in)
	to := s.o.InboundURL
	s.mu.Unlock()
	s.keyword(*in)
	if to == "" {
		return nil
	}
	body, err := s.post(ctx, to, s.inboundForm(in))
	if err != nil {
		return err
	}
	return s.obey(*in, body)
}

func (s *Server) inboundForm(m *Message) url.Values {
	form := url.Values{
		"MessageSid": {m.SID}, "SmsSid": {m.SID}, "SmsMessageSid": {m.SID}, "AccountSid": {s.o.AccountSID},
		"ApiVersion": {"2010-04-01"}, "From": {m.From}, "To": {m.To}, "Body": {m.Body}, "NumMedia": {"0"},
		"NumSegments": {"1"}, "SmsStatus": {"received"},
	}
	if m.WhatsApp {
		form.Set("MessageType", "text")
		form.Set("WaId", strings.TrimPrefix(m.Number, "+"))
		form.Set("ProfileName", "Simulated")
	}
	if m.ButtonPayload != "" {
		form.Set("MessageType", "button")
		form.Set("ButtonText", m.Body)
		form.Set("ButtonPayload", m.ButtonPayload)
		form.Set("OriginalRepliedMessageSid", m.RepliedTo)
		form.Set("OriginalRepliedMessageSender", m.To)
	}
	return form
}

func (s *Server) post(ctx context.Context, to string, form url.Values) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("X-Twilio-Signature", Sign(s.o.AuthToken, to, form))
	res, err := s.hooks.Do(req)
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTwiML))
	if err != nil {
		return nil, fmt.Errorf("webhook answer: %w", err)
	}
	if res.StatusCode >= 300 {
		return nil, fmt.Errorf("webhook answered %d", res.StatusCode)
	}
	return body, nil
}

// Sign is X-Twilio-Signature of a form posted to address: HMAC-SHA1, in base64, over the address and
// then each name and value in the order of the names. Source: Twilio's "Security" guide.
func Sign(authToken, address string, form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha1.New, []byte(authToken))
	io.WriteString(mac, address)
	for _, name := range names {
		io.WriteString(mac, name+form.Get(name))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
