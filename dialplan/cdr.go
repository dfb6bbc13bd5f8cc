package dialplan

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

// ErrNoRecord is a call detail record that cannot be read.
var ErrNoRecord = errors.New("is no call detail record of mod_json_cdr")

// ReadCDR reads what mod_json_cdr posts: the document itself, or a form that holds it as cdr. Values may be
// URL-encoded (encode-values). It tells how the channel of that UUID ended, ours or not.
func ReadCDR(contentType string, body []byte) (outreach.CallResult, error) {
	if strings.HasPrefix(contentType, "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return outreach.CallResult{}, fmt.Errorf("form: %w", ErrNoRecord)
		}
		body = []byte(form.Get("cdr"))
	}
	var cdr struct {
		Variables map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(body, &cdr); err != nil {
		return outreach.CallResult{}, fmt.Errorf("JSON: %w", ErrNoRecord)
	}
	value := func(name string) string {
		text, _ := cdr.Variables[name].(string)
		if plain, err := url.PathUnescape(text); err == nil {
			return plain
		}
		return text
	}
	at := func(name string) time.Time {
		if us, err := strconv.ParseInt(value(name), 10, 64); err == nil && us > 0 {
			return time.UnixMicro(us)
		}
		return time.Time{}
	}
	r := outreach.CallResult{Attempt: outreach.AttemptID(value("uuid")), Sent: true, Accepted: true, Created: true, Cause: value("hangup_cause"),
		AnsweredAt: at("answer_uepoch"), ProgressAt: at("progress_uepoch"), EndedAt: at("end_uepoch")}
	if r.ProgressAt.IsZero() {
		r.ProgressAt = at("progress_mediauepoch")
	}
	if !isUUID(string(r.Attempt)) || r.Cause == "" {
		return outreach.CallResult{}, fmt.Errorf("no uuid or hangup_cause: %w", ErrNoRecord)
	}
	r.Progress, r.Answered = !r.ProgressAt.IsZero(), !r.AnsweredAt.IsZero()
	for _, name := range []string{"sip_term_status", "sip_invite_failure_status"} {
		if n, err := strconv.Atoi(value(name)); err == nil && n >= 300 && n <= 699 && r.SIPStatus == 0 && !r.Answered {
			r.SIPStatus = n
		}
	}
	return r, nil
}
