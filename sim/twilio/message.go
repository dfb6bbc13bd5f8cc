package twilio

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Message is one message as the simulator keeps it. Values handed out are copies.
type Message struct {
	SID           string
	Number        string // E.164 of the patient, without the channel's prefix
	WhatsApp      bool
	Inbound       bool
	Reply         bool   // to an inbound message, Twilio's own or by TwiML
	To, From      string // as posted
	Body          string // as the patient reads it
	ContentSID    string
	Variables     map[string]string
	Buttons       []Button
	Validity      time.Duration
	Callback      string
	Service       string
	Status        string
	ErrorCode     int
	CreatedAt     time.Time
	UpdatedAt     time.Time
	RepliedTo     string // of inbound messages: the message whose button was tapped
	ButtonPayload string
}

type apiError struct {
	Status  int
	Code    int
	Message string
}

func refuse(w http.ResponseWriter, e apiError) {
	respond(w, e.Status, map[string]any{
		"code": e.Code, "message": e.Message, "status": e.Status,
		"more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(e.Code),
	})
}

func respond(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // a client that has gone is no concern of the server's
}

// resource is the message as the REST API shows it. Times are RFC 2822.
func (m *Message) resource(account string) map[string]any {
	direction := "outbound-api"
	switch {
	case m.Inbound:
		direction = "inbound"
	case m.Reply:
		direction = "outbound-reply"
	}
	out := map[string]any{
		"sid": m.SID, "account_sid": account, "to": m.To, "from": orNull(m.From), "body": m.Body,
		"status": m.Status, "direction": direction, "api_version": "2010-04-01", "num_media": "0",
		"num_segments": strconv.Itoa(segments(m.Body)), "messaging_service_sid": orNull(m.Service),
		"date_created": m.CreatedAt.UTC().Format(time.RFC1123Z), "date_updated": m.UpdatedAt.UTC().Format(time.RFC1123Z),
		"date_sent": nil, "error_code": nil, "error_message": nil, "price": nil, "price_unit": "USD",
		"uri":              fmt.Sprintf("/2010-04-01/Accounts/%s/Messages/%s.json", account, m.SID),
		"subresource_uris": map[string]any{"media": fmt.Sprintf("/2010-04-01/Accounts/%s/Messages/%s/Media.json", account, m.SID)},
	}
	if rank(m.Status) >= rank("sent") {
		out["date_sent"] = m.UpdatedAt.UTC().Format(time.RFC1123Z)
	}
	if m.ErrorCode != 0 {
		out["error_code"], out["error_message"] = m.ErrorCode, "simulated"
	}
	return out
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// rank orders the states in which a message may be.
func rank(status string) int {
	switch status {
	case "sent":
		return 1
	case "delivered", "undelivered", "failed", "received":
		return 2
	case "read":
		return 3
	}
	return 0
}

// segments is the simulator's own estimate: 160/153 characters in ASCII, 70/67 otherwise.
func segments(body string) int {
	n, one, many := 0, 160, 153
	for _, r := range body {
		n++
		if r > 0x7f {
			one, many = 70, 67
		}
	}
	if n <= one {
		return 1
	}
	return (n + many - 1) / many
}

func newSID(prefix string) string {
	var b [16]byte
	rand.Read(b[:])
	return prefix + hex.EncodeToString(b[:])
}

// fill puts variables in place of {{n}}.
func fill(text string, variables map[string]string) string {
	pairs := make([]string, 0, 2*len(variables))
	for name, value := range variables {
		pairs = append(pairs, "{{"+name+"}}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
