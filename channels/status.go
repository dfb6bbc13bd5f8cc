package channels

import (
	"fmt"
	"net/url"
	"strconv"

	"curlew/outreach"
)

// Status is one status callback of Twilio's.
type Status struct {
	MessageSID  string
	Token       string // opaque, from the callback's own address; the attempt's if any
	Name        string // Twilio's word: queued, sent, delivered, …
	Rank        int    // grows along a message's life: one that is not above the highest seen changes nothing
	Disposition outreach.Disposition
	Code        string // Twilio's error code, "" if none
	Failed      bool   // the message will not be delivered
	Read        bool
	Misconfig   bool // the failure is our account's or configuration's: alert
}

// The ranks. Failures and deliveries end a message, so neither undoes the other; read follows delivered.
const (
	rankQueued    = 1
	rankSending   = 2
	rankSent      = 3
	rankDelivered = 4
	rankRead      = 5
)

var statusRanks = map[string]int{
	"accepted": rankQueued, "scheduled": rankQueued, "queued": rankQueued, "sending": rankSending, "sent": rankSent,
	"delivered": rankDelivered, "undelivered": rankDelivered, "failed": rankDelivered, "canceled": rankDelivered, "read": rankRead,
}

// ParseStatus reads a verified callback: query is of the address that was called, form its body.
func (t *Twilio) ParseStatus(query, form url.Values) (Status, error) {
	name := first(form.Get("MessageStatus"), form.Get("SmsStatus"))
	sid := first(form.Get("MessageSid"), form.Get("SmsSid"))
	if sid == "" {
		return Status{}, fmt.Errorf("status callback without MessageSid")
	}
	if statusRanks[name] == 0 {
		return Status{}, fmt.Errorf("status callback of %s: unknown status %.20q", sid, name)
	}
	code := 0
	if v := form.Get("ErrorCode"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			return Status{}, fmt.Errorf("status callback of %s: error code %.20q is no number", sid, v)
		}
		code = n
	}
	s := t.status(name, code)
	s.MessageSID, s.Token = sid, query.Get(StatusParameter)
	return s, nil
}

// status reads a state and error code, from a callback, a list or the create request's answer.
func (t *Twilio) status(name string, code int) Status {
	s := Status{Name: name, Rank: statusRanks[name], Disposition: outreach.Accepted}
	switch name {
	case "delivered", "read":
		s.Disposition, s.Read = outreach.Delivered, name == "read"
	case "undelivered", "failed", "canceled":
		s.Failed = true
		s.Disposition = outreach.Undelivered
		if code != 0 {
			s.Code, s.Disposition = strconv.Itoa(code), t.codes.Failure(code)
		}
		s.Misconfig = s.Disposition == outreach.Misconfig
	}
	return s
}
