package hims

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"curlew/outreach"
	"curlew/strictjson"
)

// cloudEvent is a CloudEvent 1.0 in the JSON format. Extension attributes are allowed and not used.
// Source: CloudEvents 1.0.2, JSON Event Format and HTTP Protocol Binding.
type cloudEvent struct {
	SpecVersion     string         `json:"specversion"`
	ID              string         `json:"id"`
	Source          string         `json:"source"`
	Type            string         `json:"type"`
	Subject         string         `json:"subject"`
	Time            time.Time      `json:"time"`
	DataContentType string         `json:"datacontenttype"`
	DataSchema      string         `json:"dataschema"`
	Data            outreach.Event `json:"data"`
}

// decodeStructured reads a CloudEvent whose data is an event in Curlew's own JSON. What data leaves out is taken from
// the envelope: id, time, subject, and component and event from the last two words of type ("org.example.Appointment.Booked").
func decodeStructured(body []byte) (Decoded, outreach.Problems) {
	var e cloudEvent
	_, problems := strictjson.Decode(body, &e, strictjson.Options{MaxBytes: MaxBody, MaxDepth: maxDepth + 1, Null: true, Discreet: true, Extra: isExtension})
	problems = append(problems, e.check()...)
	if len(problems) > 0 {
		return Decoded{}, discreet(problems)
	}
	return e.event()
}

// isExtension accepts the names that extension attributes have.
func isExtension(pointer string) bool {
	name, ok := strings.CutPrefix(pointer, "/")
	return ok && name != "" && len(name) <= 40 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// decodeBinary reads a CloudEvent whose attributes are ce- headers and whose data is the body.
func decodeBinary(header http.Header, body []byte) (Decoded, outreach.Problems) {
	d, problems := Decode(body)
	if len(problems) > 0 {
		return Decoded{}, problems
	}
	e := cloudEvent{Data: d.Event}
	for name, to := range map[string]*string{"Specversion": &e.SpecVersion, "Id": &e.ID, "Source": &e.Source, "Type": &e.Type, "Subject": &e.Subject} {
		v, err := url.PathUnescape(header.Get("Ce-" + name))
		if err != nil {
			problems = append(problems, outreach.Problem{Detail: "header ce-" + strings.ToLower(name) + " is not percent-encoded as it should be"})
		}
		*to = v
	}
	if at := header.Get("Ce-Time"); at != "" {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			problems = append(problems, outreach.Problem{Detail: "header ce-time is no RFC 3339 time"})
		}
		e.Time = t
	}
	if problems = append(problems, e.check()...); len(problems) > 0 {
		return Decoded{}, problems
	}
	return e.event()
}

func (e *cloudEvent) check() outreach.Problems {
	var problems outreach.Problems
	if e.SpecVersion != "1.0" {
		problems = append(problems, outreach.Problem{Pointer: "/specversion", Detail: "is not 1.0", Hint: "CloudEvents 1.0 is read"})
	}
	for _, a := range []struct{ name, value string }{{"id", e.ID}, {"source", e.Source}, {"type", e.Type}} {
		if a.value == "" {
			problems = append(problems, outreach.Problem{Pointer: "/" + a.name, Detail: "is missing", Hint: "every CloudEvent has it"})
		}
	}
	return problems
}

func (e *cloudEvent) event() (Decoded, outreach.Problems) {
	ev := e.Data
	words := strings.Split(e.Type, ".")
	if n := len(words); n >= 2 {
		fill(&ev.Component, words[n-2])
		fill(&ev.Type, words[n-1])
	}
	fill(&ev.ID, e.ID)
	fill(&ev.Source, e.Source)
	fill(&ev.Subject.ID, e.Subject)
	if ev.OccurredAt.IsZero() {
		ev.OccurredAt = e.Time
	}
	return hashed(ev)
}

func fill(s *string, otherwise string) {
	if *s == "" {
		*s = otherwise
	}
}
