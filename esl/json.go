package esl

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// parseJSONEvent indexes the flat object that switch_event_serialize_json prints: every value is a
// string, or an array of strings for a header with several values. Other JSON values are kept as
// they stand. The event's own body is the header _body.
func parseJSONEvent(raw string) (*Event, error) {
	x := jsonIndex{raw: raw, escapes: strings.IndexByte(raw, '\\') >= 0, spans: make([]span, 0, len(raw)/36+8)}
	if err := x.object(); err != nil {
		return nil, err
	}
	if len(x.names) > 0 {
		x.raw += string(x.names)
	}
	e := &Event{raw: x.raw, spans: x.spans, enc: encJSON}
	for i := range e.spans {
		s := &e.spans[i]
		if s.nameLen == 5 && e.raw[s.name:s.name+5] == "_body" {
			e.body = e.decode(s)
			e.spans = append(e.spans[:i], e.spans[i+1:]...)
			break
		}
	}
	return e, nil
}

type jsonIndex struct {
	raw   string
	at    int
	spans []span

	escapes bool   // there is a backslash somewhere
	names   []byte // decoded names of the members whose name holds an escape; appended to raw at the end
}

func (x *jsonIndex) object() error {
	if !x.take('{') {
		return malformed("json event is no object")
	}
	for first := true; !x.take('}'); first = false {
		if !first && !x.take(',') {
			return malformed("json event lacks a comma at %d", x.at)
		}
		if err := x.member(); err != nil {
			return err
		}
	}
	x.space()
	if x.at != len(x.raw) {
		return malformed("bytes after the json event")
	}
	return nil
}

func (x *jsonIndex) member() error {
	if len(x.spans) == maxHeaders {
		return malformed("more than %d headers", maxHeaders)
	}
	if x.simple() {
		return nil
	}
	name, nameEnd, ok := x.str()
	if !ok || nameEnd-name > 1<<16-1 {
		return malformed("json event has no name at %d", x.at)
	}
	if !x.take(':') {
		return malformed("json event lacks a colon at %d", x.at)
	}
	kind, value, valueEnd, ok := x.value()
	if !ok {
		return malformed("json event has no value at %d", x.at)
	}
	if x.escapes && strings.IndexByte(x.raw[name:nameEnd], '\\') >= 0 {
		decoded := unescapeJSON(x.raw[name:nameEnd])
		name = len(x.raw) + len(x.names)
		nameEnd = name + len(decoded)
		x.names = append(x.names, decoded...)
	}
	x.spans = append(x.spans, span{
		name: uint32(name), nameLen: uint16(nameEnd - name),
		value: uint32(value), valueLen: uint32(valueEnd - value), kind: kind,
	})
	return nil
}

// simple consumes a member as FreeSWITCH prints nearly all of them, "name":"value" without a blank or
// an escaped quote, and leaves any other alone.
func (x *jsonIndex) simple() bool {
	raw := x.raw[x.at:]
	if len(raw) == 0 || raw[0] != '"' {
		return false
	}
	n := strings.IndexByte(raw[1:], '"')
	if n < 1 || n > 1<<16-1 || !strings.HasPrefix(raw[1+n:], `":"`) {
		return false
	}
	if x.escapes && strings.IndexByte(raw[1:1+n], '\\') >= 0 {
		return false
	}
	value := n + 4
	m := strings.IndexByte(raw[value:], '"')
	if m < 0 || m > 0 && raw[value+m-1] == '\\' {
		return false
	}
	x.spans = append(x.spans, span{
		name: uint32(x.at + 1), nameLen: uint16(n), value: uint32(x.at + value), valueLen: uint32(m),
	})
	x.at += value + m + 1
	return true
}

func (x *jsonIndex) space() {
	for x.at < len(x.raw) && (x.raw[x.at] == ' ' || x.raw[x.at] == '\n' || x.raw[x.at] == '\t' || x.raw[x.at] == '\r') {
		x.at++
	}
}

// take consumes c, and blanks before it, if c is next.
func (x *jsonIndex) take(c byte) bool {
	x.space()
	if x.at < len(x.raw) && x.raw[x.at] == c {
		x.at++
		return true
	}
	return false
}

// str consumes a quoted string and returns the bounds of what is between the quotes.
func (x *jsonIndex) str() (from, to int, ok bool) {
	if !x.take('"') {
		return 0, 0, false
	}
	from = x.at
	for at := from; ; {
		i := strings.IndexByte(x.raw[at:], '"')
		if i < 0 {
			return 0, 0, false
		}
		at += i
		slashes := 0
		for at-slashes > from && x.raw[at-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			x.at = at + 1
			return from, at, true
		}
		at++
	}
}

func (x *jsonIndex) value() (kind valueKind, from, to int, ok bool) {
	x.space()
	if x.at == len(x.raw) {
		return 0, 0, 0, false
	}
	switch x.raw[x.at] {
	case '"':
		from, to, ok = x.str()
		return valueString, from, to, ok
	case '[':
		kind = valueArray
	default:
		kind = valueLiteral
	}
	from = x.at
	if !x.skip() {
		return 0, 0, 0, false
	}
	return kind, from, x.at, true
}

// skip consumes a value that is no string: a literal, or brackets with all that stands in them.
func (x *jsonIndex) skip() bool {
	start, depth := x.at, 0
	for x.at < len(x.raw) {
		switch x.raw[x.at] {
		case '"':
			if depth == 0 {
				return false
			}
			if _, _, ok := x.str(); !ok {
				return false
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return x.at > start
			}
			depth--
			if depth == 0 {
				x.at++
				return true
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return x.at > start
			}
		}
		x.at++
	}
	return false
}

// joinArray prints a JSON array of strings the way FreeSWITCH prints it in plain events.
func joinArray(raw string) string {
	x := jsonIndex{raw: raw, at: 1}
	parts := []string{}
	for !x.take(']') {
		if len(parts) > 0 && !x.take(',') {
			return raw
		}
		kind, from, to, ok := x.value()
		if !ok || kind != valueString {
			return raw
		}
		parts = append(parts, unescapeJSON(raw[from:to]))
	}
	return "ARRAY::" + strings.Join(parts, "|:")
}

// unescapeJSON decodes what stands between the quotes. An escape that JSON does not know stands as
// it is, and so do bytes that are no UTF-8: FreeSWITCH passes on what the network sent.
func unescapeJSON(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i >= 0 {
		b.WriteString(s[:i])
		s = s[i+unescapeOne(&b, s[i:]):]
		i = strings.IndexByte(s, '\\')
	}
	b.WriteString(s)
	return b.String()
}

// unescapeOne decodes the escape that s begins with and returns its length.
func unescapeOne(b *strings.Builder, s string) int {
	if len(s) < 2 {
		b.WriteByte('\\')
		return 1
	}
	if s[1] == 'u' {
		return unescapeUnicode(b, s)
	}
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		return 2
	}
	b.WriteByte('\\')
	return 1
}

func unescapeUnicode(b *strings.Builder, s string) int {
	r, ok := hex4(s)
	if !ok {
		b.WriteByte('\\')
		return 1
	}
	if utf16.IsSurrogate(r) {
		if low, ok := hex4(s[6:]); ok {
			if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
				b.WriteRune(full)
				return 12
			}
		}
		r = utf8.RuneError
	}
	b.WriteRune(r)
	return 6
}

// hex4 reads \uXXXX at the beginning of s.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for i := 2; i < 6; i++ {
		d := unhex(s[i])
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
