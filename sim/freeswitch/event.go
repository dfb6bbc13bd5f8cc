package freeswitch

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// header is one line of an event. Names may repeat.
type header struct{ name, value string }

// event is what listeners are told. It is written once per format and shared by all of them.
type event struct {
	name     string
	subclass string
	uuid     string // Unique-ID, for listeners that follow one channel
	headers  []header
	body     string
	plain    []byte
	json     []byte
}

// source is where in FreeSWITCH an event comes from: file, function, line.
type source struct {
	file, function string
	line           int
}

func (e *event) add(name, value string)      { e.headers = append(e.headers, header{name, value}) }
func (e *event) addInt(name string, v int64) { e.add(name, strconv.FormatInt(v, 10)) }

// find returns the first header of that name, in any case.
func (e *event) find(name string) (string, bool) {
	for _, h := range e.headers {
		if strings.EqualFold(h.name, name) {
			return h.value, true
		}
	}
	return "", false
}

// newEvent starts an event with the headers that every event has. The lock is held.
func (s *Switch) newEvent(name, subclass string, from source) *event {
	s.sequence++
	now := s.clock.Now()
	e := &event{name: name, subclass: subclass, headers: make([]header, 0, 160)}
	if subclass != "" {
		e.add("Event-Subclass", subclass)
	}
	e.add("Event-Name", name)
	e.add("Core-UUID", s.core)
	e.add("FreeSWITCH-Hostname", s.opt.Hostname)
	e.add("FreeSWITCH-Switchname", s.opt.Hostname)
	e.add("FreeSWITCH-IPv4", "127.0.0.1")
	e.add("FreeSWITCH-IPv6", "::1")
	e.add("Event-Date-Local", now.UTC().Format(time.DateTime))
	e.add("Event-Date-GMT", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	e.addInt("Event-Date-Timestamp", now.UnixMicro())
	e.add("Event-Calling-File", from.file)
	e.add("Event-Calling-Function", from.function)
	e.addInt("Event-Calling-Line-Number", int64(from.line))
	e.addInt("Event-Sequence", s.sequence)
	return e
}

// asPlain is the event as text/event-plain, its frame included.
func (e *event) asPlain() []byte {
	if e.plain != nil {
		return e.plain
	}
	b := make([]byte, 0, 64*len(e.headers))
	for _, h := range e.headers {
		b = append(b, h.name...)
		b = append(b, ": "...)
		b = appendEncoded(b, h.value)
		b = append(b, '\n')
	}
	if e.body != "" {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(e.body)), 10)
		b = append(b, "\n\n"...)
		b = append(b, e.body...)
	} else {
		b = append(b, '\n')
	}
	e.plain = framed("text/event-plain", b)
	return e.plain
}

// asJSON is the event as text/event-json, its frame included; a repeated name stays repeated.
func (e *event) asJSON() []byte {
	if e.json != nil {
		return e.json
	}
	var b bytes.Buffer
	b.WriteByte('{')
	write := func(name, value string) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(quoteJSON(name))
		b.WriteByte(':')
		b.Write(quoteJSON(value))
	}
	for _, h := range e.headers {
		write(h.name, h.value)
	}
	if e.body != "" {
		write("Content-Length", strconv.Itoa(len(e.body)))
		write("_body", e.body)
	}
	b.WriteByte('}')
	e.json = framed("text/event-json", b.Bytes())
	return e.json
}

// framed puts the outer headers of an event before it: Content-Length comes first.
func framed(contentType string, payload []byte) []byte {
	out := make([]byte, 0, len(payload)+64)
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, int64(len(payload)), 10)
	out = append(out, "\nContent-Type: "...)
	out = append(out, contentType...)
	out = append(out, "\n\n"...)
	return append(out, payload...)
}

func quoteJSON(v string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // a string always encodes
		return []byte(`""`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

const (
	hexDigits = "0123456789ABCDEF"
	unsafe    = "\r\n #%&+:;<=>?@[\\]^`{|}\""
)

// appendEncoded writes v the way FreeSWITCH does: unsafe bytes as %XX, an existing %XX left alone, so
// that "a b" and "a%20b" look alike to the reader.
func appendEncoded(b []byte, v string) []byte {
	for i := 0; i < len(v); i++ {
		c := v[i]
		encoded := c == '%' && i+2 < len(v) && strings.IndexByte(hexDigits, v[i+1]) >= 0 && strings.IndexByte(hexDigits, v[i+2]) >= 0
		if !encoded && (c < ' ' || c > '~' || strings.IndexByte(unsafe, c) >= 0) {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		b = append(b, c)
	}
	return b
}
