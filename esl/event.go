package esl

import (
	"iter"
	"strings"
)

// Event is one event of FreeSWITCH, or the channel data that answers connect. It is immutable and
// safe to keep and to share.
//
// A value that is returned can share memory with the whole event (some 6 KB): strings.Clone what
// outlives it by much. If a header stands twice, the first one counts, as in FreeSWITCH itself.
type Event struct {
	raw   string
	spans []span
	enc   encoding
	body  string
}

// span says where one header stands in raw.
type span struct {
	name, value uint32 // offsets
	valueLen    uint32
	nameLen     uint16
	kind        valueKind
}

type encoding uint8

const (
	encPercent encoding = iota // plain events and the connect reply: %XX
	encJSON
	encNone // ordinary replies
)

type valueKind uint8

const (
	valueString  valueKind = iota
	valueLiteral           // JSON number, true, false, null, object: as it stands
	valueArray             // JSON array
)

// Name is the Event-Name, such as CHANNEL_ANSWER.
func (e *Event) Name() string { return e.Get("Event-Name") }

// Get returns the decoded value of a header, whatever its case, or "".
// A header that FreeSWITCH holds as an array reads ARRAY::a|:b in every format.
func (e *Event) Get(header string) string {
	v, _ := e.Lookup(header)
	return v
}

// Lookup is Get that tells an empty header from an absent one.
//
// Plain events are ambiguous: FreeSWITCH leaves a %XX that was in the value as it is, so that
// "a%20b" and "a b" arrive alike. JSON is exact.
func (e *Event) Lookup(header string) (string, bool) {
	if len(header) == 0 {
		return "", false
	}
	last := lowerASCII(header[len(header)-1])
	for i := range e.spans {
		s := &e.spans[i]
		if int(s.nameLen) != len(header) {
			continue
		}
		name := e.raw[s.name : s.name+uint32(s.nameLen)]
		if lowerASCII(name[len(name)-1]) == last && equalASCIIFold(name, header) {
			return e.decode(s), true
		}
	}
	return "", false
}

// All yields the headers in FreeSWITCH's order, decoded.
func (e *Event) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range e.spans {
			s := &e.spans[i]
			if !yield(e.raw[s.name:s.name+uint32(s.nameLen)], e.decode(s)) {
				return
			}
		}
	}
}

// Body is the event's own body, for instance the output of a background job. It is a copy.
func (e *Event) Body() []byte { return []byte(e.body) }

func (e *Event) decode(s *span) string {
	v := e.raw[s.value : s.value+s.valueLen]
	switch {
	case e.enc == encPercent:
		return unescapePercent(v)
	case e.enc == encNone || s.kind == valueLiteral:
		return v
	case s.kind == valueArray:
		return joinArray(v)
	}
	return unescapeJSON(v)
}

func equalASCIIFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	if a == b {
		return true
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}

// newEvent decodes an event's frame.
func newEvent(fr frame) (*Event, error) {
	if fr.kind == kindJSON {
		return parseJSONEvent(fr.body)
	}
	return parsePlainEvent(fr.body)
}

// parsePlainEvent indexes "Name: value" lines; after a blank line, Content-Length bytes of body follow.
func parsePlainEvent(raw string) (*Event, error) {
	spans, end, err := indexLines(raw)
	if err != nil {
		return nil, err
	}
	e := &Event{raw: raw, spans: spans}
	if v, ok := e.Lookup("Content-Length"); ok {
		n, err := parseLength([]byte(strings.TrimSpace(v)), len(raw)-end)
		if err != nil {
			return nil, err
		}
		e.body = raw[end : end+n]
	}
	return e, nil
}

// parseHeadEvent indexes the head of a reply; the connect reply is percent-encoded, the others are not.
func parseHeadEvent(head string, enc encoding) (*Event, error) {
	spans, _, err := indexLines(head)
	if err != nil {
		return nil, err
	}
	return &Event{raw: head, spans: spans, enc: enc}, nil
}

// indexLines finds the headers up to a blank line or the end, and says where the rest begins.
func indexLines(raw string) ([]span, int, error) {
	spans := make([]span, 0, len(raw)/40+4)
	for at := 0; at < len(raw); {
		end, next := len(raw), len(raw)
		if i := strings.IndexByte(raw[at:], '\n'); i >= 0 {
			end, next = at+i, at+i+1
		}
		if end > at && raw[end-1] == '\r' {
			end--
		}
		if end == at {
			return spans, next, nil
		}
		colon := strings.IndexByte(raw[at:end], ':')
		if colon <= 0 || colon > 1<<16-1 {
			return nil, 0, malformed("header %d has no name", len(spans)+1)
		}
		if len(spans) == maxHeaders {
			return nil, 0, malformed("more than %d headers", maxHeaders)
		}
		value := at + colon + 1
		for value < end && (raw[value] == ' ' || raw[value] == '\t') {
			value++
		}
		spans = append(spans, span{name: uint32(at), nameLen: uint16(colon), value: uint32(value), valueLen: uint32(end - value)})
		at = next
	}
	return spans, len(raw), nil
}

// unescapePercent undoes switch_url_encode: %XX only, a plus is a plus, anything else stands as it is.
func unescapePercent(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i >= 0 {
		b.WriteString(s[:i])
		hi, lo := -1, -1
		if i+2 < len(s) {
			hi, lo = unhex(s[i+1]), unhex(s[i+2])
		}
		if hi >= 0 && lo >= 0 {
			b.WriteByte(byte(hi<<4 | lo))
			s = s[i+3:]
		} else {
			b.WriteByte('%')
			s = s[i+1:]
		}
		i = strings.IndexByte(s, '%')
	}
	b.WriteString(s)
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
