package twilio

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// maxTwiML is Twilio's limit of a document.
const maxTwiML = 64 << 10

// ownReplies are what Twilio itself answers by SMS. Source: Twilio's "Support for opt-out keywords (SMS STOP filtering)".
var ownReplies = map[string]string{
	"STOP": unsubscribed, "STOPALL": unsubscribed, "UNSUBSCRIBE": unsubscribed, "END": unsubscribed, "QUIT": unsubscribed,
	"CANCEL": unsubscribed, "REVOKE": unsubscribed, "OPTOUT": unsubscribed,
	"START": resubscribed, "YES": resubscribed, "UNSTOP": resubscribed,
	"HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.", "INFO": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}

const (
	unsubscribed = "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
	resubscribed = "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe."
)

// keyword answers what Twilio answers by itself: English words by SMS to a long code.
func (s *Server) keyword(in Message) {
	text, ok := ownReplies[strings.ToUpper(strings.TrimSpace(in.Body))]
	if ok && !in.WhatsApp && strings.HasPrefix(in.To, "+") {
		s.respondTo(in, text)
	}
}

// obey carries out the document that an inbound webhook answered: at most messages back to the patient.
func (s *Server) obey(in Message, body []byte) error {
	if len(body) == 0 {
		return nil
	}
	var doc struct {
		XMLName  xml.Name `xml:"Response"`
		Messages []string `xml:"Message"`
	}
	if err := xml.Unmarshal(body, &doc); err != nil {
		return fmt.Errorf("TwiML: %w", err)
	}
	for _, text := range doc.Messages {
		s.respondTo(in, text)
	}
	return nil
}

// respondTo sends text back to the writer of in; nobody is reported to about it.
func (s *Server) respondTo(in Message, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Clock.Now()
	m := &Message{SID: newSID("SM"), Number: in.Number, WhatsApp: in.WhatsApp, Reply: true, To: in.From, From: in.To,
		Body: text, Status: "sent", CreatedAt: now, UpdatedAt: now}
	s.messages = append(s.messages, m)
	s.tell(*m)
}
