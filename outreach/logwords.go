package outreach

import (
	"fmt"
	"strings"
)

// logWords say what a line of the log means; {name} stands for a fact of the line.
var logWords = map[string]string{
	"event_accepted":       "The event was taken in.",
	"event_stale":          "An event that is older than one already known: nothing changes.",
	"event_joined":         "The event came again; this goes on as it is.",
	"claimed":              "A line was taken.",
	"dialing":              "The PBX is told to dial.",
	"ringing":              "The phone rings.",
	"answered":             "The call is answered.",
	"human":                "A key was pressed: this is a person.",
	"machine":              "This is an answering machine: {why}.",
	"voicemail":            "A message is left on the answering machine.",
	"prompt":               "Heard: {category}.",
	RecordingArrived:       "What the patient said has arrived at node {node}.",
	"recording_failed":     "What the patient said was not kept: it did not arrive, or could not be written or stored.",
	"prompt_missing":       "A prompt could not be played: {category}{detail}.",
	"key":                  "The patient presses {key}.",
	"invalid_key":          "That key means nothing here.",
	"language":             "The call goes on in {language}.",
	"transfer_closed":      "Nobody can take a transfer at this hour; a call back is noted instead.",
	"transfer_barred":      "The gateway may not dial the number of the transfer; a call back is noted instead.",
	"transfer_full":        "No line is free for a transfer; a call back is noted instead.",
	"bridged":              "The patient is connected.",
	"bridge_ended":         "The transfer ended: {outcome}.",
	"answer":               "The answer is {action}.",
	"response":             "Saved: {action}, by {channel} ({via}).",
	"ended":                "The call ended: {disposition}.",
	"no_socket":            "The PBX did not connect back for the call.",
	"unknown":              "Nobody can tell how the call ended; it is not dialled again.",
	"settled_unknown":      "It stays unknown how the attempt ended.",
	"released":             "Nothing left the house; its place in the queue is kept ({reason}).",
	"next_number":          "The next number of the patient is tried.",
	"retry_scheduled":      "It is tried again ({disposition} this time).",
	"retry_by_admin":       "An administrator asks for another try now.",
	"step_started":         "On to {channel}, because of: {because}.",
	"step_skipped":         "{channel} is left out: {reason}.",
	"window_closed":        "The window for {channel} is closed now.",
	"cancelled":            "Cancelled: {reason}.",
	"link_opened":          "The patient opens the link.",
	"reply_not_understood": "The patient wrote something that is no answer.",
	"transaction_ended":    "It is over: {state} ({reason}).",
	"message_sent":         "A message is on its way.",
}

// messageWords say what became of a message.
var messageWords = map[Disposition]string{
	Accepted: "The provider took the message.", Delivered: "The message was delivered.", Undelivered: "The message could not be delivered.",
	Refused: "The provider refuses the message.", OptedOut: "The patient has opted out at the provider.", Throttled: "The provider asks us to slow down.",
	Misconfig: "The provider refuses our account or sender.", Unknown: "Nobody can tell whether the message left.",
}

// Words says in plain words what the line means; a kind without words of its own is named.
func (e LogEntry) Words() string {
	if d, ok := strings.CutPrefix(e.Kind, "message_"); ok && messageWords[Disposition(d)] != "" {
		return messageWords[Disposition(d)]
	}
	words, ok := logWords[e.Kind]
	if !ok {
		return sentence(strings.ReplaceAll(e.Kind, "_", " ") + ".")
	}
	var b strings.Builder
	for rest := words; ; {
		before, after, more := strings.Cut(rest, "{")
		b.WriteString(before)
		if !more {
			return sentence(b.String())
		}
		name, tail, _ := strings.Cut(after, "}")
		if v, ok := e.Data[name]; ok {
			b.WriteString(strings.ReplaceAll(fmt.Sprint(v), "_", " "))
		}
		rest = tail
	}
}

// sentence begins with a capital.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
