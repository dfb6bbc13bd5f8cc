package channels

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/twilio/twilio-go/client"

	"curlew/outreach"
)

// Inbound is one message of a patient's.
type Inbound struct {
	MessageSID string
	Channel    outreach.Channel
	From       string // E.164 of the patient
	To         string // our number
	Text       string // never logged
	RepliedTo  string // the message whose button was tapped, "" if none
	Payload    string // of the button
	OptOutType string // STOP, START or HELP where Twilio took the text as one
}

// Verify reports whether Twilio signed the request: its path and query under the configured public base
// URL (never the Host header), its body as it came, and X-Twilio-Signature.
func (t *Twilio) Verify(requestURI string, body []byte, signature string) bool {
	base, ok := strings.CutSuffix(t.callback, StatusPath)
	if !ok || signature == "" || t.settings.AuthToken == "" || !strings.HasPrefix(requestURI, "/") {
		return false
	}
	v := client.NewRequestValidator(t.settings.AuthToken)
	return v.ValidateBody(base+requestURI, body, signature)
}

// ParseInbound reads a verified inbound message.
func (t *Twilio) ParseInbound(form url.Values) (Inbound, error) {
	in := Inbound{
		MessageSID: first(form.Get("MessageSid"), form.Get("SmsSid")), Channel: outreach.SMS, Text: form.Get("Body"),
		RepliedTo: form.Get("OriginalRepliedMessageSid"), Payload: form.Get("ButtonPayload"),
		OptOutType: strings.ToUpper(form.Get("OptOutType")),
	}
	from, whatsApp := strings.CutPrefix(form.Get("From"), "whatsapp:")
	if whatsApp {
		in.Channel = outreach.WhatsApp
	}
	in.From, in.To = from, strings.TrimPrefix(form.Get("To"), "whatsapp:")
	if in.MessageSID == "" || !phoneNumber.MatchString(in.From) {
		return Inbound{}, fmt.Errorf("inbound message %.40q: no sid or no number", in.MessageSID)
	}
	return in, nil
}

// Token is the opaque token in a button's payload, "action:token"; "" if it has none.
func (in Inbound) Token() string {
	_, token, _ := strings.Cut(in.Payload, ":")
	return token
}

// Reply classifies the message: Twilio's own opt-out decision first, then the button, then the words.
func (in Inbound) Reply(actions []outreach.KeyAction) Reply {
	switch in.OptOutType {
	case "STOP":
		return Reply{Kind: ReplyStop}
	case "START":
		return Reply{Kind: ReplyStart}
	case "HELP":
		return Reply{Kind: ReplyHelp}
	}
	if in.Payload != "" {
		name, _, _ := strings.Cut(in.Payload, ":")
		switch action := outreach.Action(name); {
		case action == outreach.OptOut:
			return Reply{Kind: ReplyStop}
		case offered(actions, action):
			return Reply{Kind: ReplyAnswer, Action: action}
		}
	}
	return Classify(in.Text, actions)
}

// Twilio returns the configured Twilio account, to verify and read its webhooks; false if there is none.
func (r *Router) Twilio() (*Twilio, bool) {
	p := r.table.Load()
	return p.twilio, p.twilio != nil
}
