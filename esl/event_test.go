package esl

import (
	"encoding/json"
	"maps"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func eventsOf(t testing.TB, kind frameKind) []frame {
	t.Helper()
	var all []frame
	for _, path := range recordings(t) {
		frames, _ := framesOf(strings.NewReader(readFile(t, path)))
		for _, fr := range frames {
			if fr.kind == kind {
				all = append(all, fr)
			}
		}
	}
	if len(all) < 50 {
		t.Fatalf("only %d events of that kind in the recordings", len(all))
	}
	return all
}

func TestRecordedJSONEventsReadAsEncodingJSONReadsThem(t *testing.T) {
	for _, fr := range eventsOf(t, kindJSON) {
		var want map[string]string
		if err := json.Unmarshal([]byte(fr.body), &want); err != nil {
			t.Fatal(err)
		}
		e, err := newEvent(fr)
		if err != nil {
			t.Fatal(err)
		}
		if got := want["_body"]; got != string(e.Body()) {
			t.Errorf("%s: body %q, want %q", e.Name(), e.Body(), got)
		}
		delete(want, "_body")
		got := maps.Collect(e.All())
		if !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", e.Name(), got, want)
		}
		for name, value := range want {
			if e.Get(strings.ToUpper(name)) != value || e.Get(name) != value {
				t.Errorf("%s: Get(%q) = %q, want %q", e.Name(), name, e.Get(name), value)
			}
		}
	}
}

func TestRecordedPlainEventsReadAsNetURLReadsThem(t *testing.T) {
	for _, fr := range eventsOf(t, kindPlain) {
		e, err := newEvent(fr)
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(fr.body, "\n\n")
		n := 0
		for line := range strings.SplitSeq(strings.TrimSpace(head), "\n") {
			name, value, _ := strings.Cut(line, ": ")
			want, err := url.PathUnescape(value)
			if err != nil {
				want = value // a stray percent that FreeSWITCH let through
			}
			if got := e.Get(name); got != want {
				t.Errorf("%s: Get(%q) = %q, want %q", e.Name(), name, got, want)
			}
			n++
		}
		if n != len(e.spans) || string(e.Body()) != body {
			t.Errorf("%s: %d headers and body %q, want %d and %q", e.Name(), len(e.spans), e.Body(), n, body)
		}
	}
}

func TestTheURLEncodedConnectReplyIsDecoded(t *testing.T) {
	frames, _ := framesOf(strings.NewReader(readFile(t, "testdata/rx/30-outbound-async-full-press1-out.rx")))
	e, err := parseHeadEvent(frames[0].head, encPercent)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Reply-Text": "+OK\n", "Event-Name": "CHANNEL_DATA", "control": "full",
		"UNIQUE-ID":         "d03c35c3-7bd7-449b-9acc-8ad412f6008f",
		"variable_say_text": "a b", "Event-Date-Local": "2026-11-23 00:26:06",
		"variable_sip_req_uri": "press1@127.0.0.1:5090",
	} {
		if got, ok := e.Lookup(name); !ok || got != want {
			t.Errorf("%s: got %q %v, want %q", name, got, ok, want)
		}
	}
	if len(e.spans) != 177 {
		t.Errorf("%d headers", len(e.spans))
	}
}

func TestPercentDecodingLeavesWhatIsNoEscapeAlone(t *testing.T) {
	for in, want := range map[string]string{
		"a%20b": "a b", "a+b": "a+b", "100%": "100%", "%": "%", "%4": "%4", "%zz": "%zz", "%%41": "%A",
		"%C3%A9": "é", "%00": "\x00", "x%2Fy%2fz": "x/y/z", "": "",
	} {
		if got := unescapePercent(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAHeaderWithSeveralValuesReadsAlikeInBothFormats(t *testing.T) {
	plain, err := parsePlainEvent("Event-Name: X\nvariable_DP_MATCH: ARRAY%3A%3Ahang1000%7C%3A1000\n\n")
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := parseJSONEvent(`{"Event-Name":"X","variable_DP_MATCH":["hang1000","1000"],"n":12,"o":{"a":[1,"}"]},"t":true}`)
	if err != nil {
		t.Fatal(err)
	}
	want := "ARRAY::hang1000|:1000"
	if a, b := plain.Get("variable_dp_match"), fromJSON.Get("variable_dp_match"); a != want || b != want {
		t.Errorf("plain %q, json %q, want %q", a, b, want)
	}
	if fromJSON.Get("n") != "12" || fromJSON.Get("o") != `{"a":[1,"}"]}` || fromJSON.Get("t") != "true" {
		t.Errorf("literals: %q %q %q", fromJSON.Get("n"), fromJSON.Get("o"), fromJSON.Get("t"))
	}
}

func TestAHeaderNameMayHoldAnEscape(t *testing.T) {
	e, err := parseJSONEvent(`{"a":"1","variable_q\"\u0041":"2","z\\":"3"}`)
	if err != nil {
		t.Fatal(err)
	}
	if e.Get(`variable_q"a`) != "2" || e.Get(`Z\`) != "3" || e.Get("a") != "1" {
		t.Errorf("got %v", maps.Collect(e.All()))
	}
}

func TestOfAHeaderThatStandsTwiceTheFirstCounts(t *testing.T) {
	a, err := parseJSONEvent(`{"x":"1","X":"2"}`)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parsePlainEvent("x: 1\nX: 2\n")
	if err != nil {
		t.Fatal(err)
	}
	if a.Get("X") != "1" || b.Get("X") != "1" {
		t.Errorf("json %q, plain %q", a.Get("X"), b.Get("X"))
	}
}

func TestABrokenEventIsRefused(t *testing.T) {
	for _, in := range []string{
		"", "[]", `"x"`, "{", `{"a"}`, `{"a":}`, `{"a":"b"`, `{"a":"b",}`, `{"a":"b" "c":"d"}`, `{"a":"b"}x`,
		`{"a":"\"}`, `{a:"b"}`, `{"a":[}`, `{"a":["b"}`, `{"a":1"b":2}`, `{,"a":"b"}`,
	} {
		if _, err := parseJSONEvent(in); err == nil {
			t.Errorf("json %q was taken", in)
		}
	}
	for _, in := range []string{"no header\n\n", ": x\n", "Content-Length: 5\n\nabc", "Content-Length: -1\n\nabc"} {
		if _, err := parsePlainEvent(in); err == nil {
			t.Errorf("plain %q was taken", in)
		}
	}
}

func TestAnAbsentHeaderIsToldFromAnEmptyOne(t *testing.T) {
	e, err := parseJSONEvent(`{"a":""}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := e.Lookup("a"); !ok {
		t.Error("empty header reported absent")
	}
	if _, ok := e.Lookup("b"); ok {
		t.Error("absent header reported present")
	}
	if _, ok := e.Lookup(""); ok {
		t.Error("the empty name is no header")
	}
}

// FuzzJSONEvent holds the index against encoding/json: what that accepts as an object of strings
// reads alike, and nothing crashes.
func FuzzJSONEvent(f *testing.F) {
	for i, fr := range eventsOf(f, kindJSON) {
		if i%8 == 0 {
			f.Add(fr.body)
		}
	}
	f.Add(`{"a\u0041\ud83d\ude00":"\ud83d\ude00\ud83d\b\f\/","b":["x","y|:z"],"c":1e9}`)
	f.Fuzz(func(t *testing.T, in string) {
		e, err := parseJSONEvent(in)
		var want map[string]any
		if json.Unmarshal([]byte(in), &want) != nil {
			return
		}
		if want == nil { // null
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if !utf8.ValidString(in) {
			return // encoding/json replaces what is no UTF-8, FreeSWITCH's bytes are kept here
		}
		seen := map[string]bool{}
		for name, value := range e.All() {
			text, isString := want[name].(string)
			if !seen[name] && isString && strings.Count(in, `"`) == 4*len(want) && value != text {
				t.Fatalf("%q: %q is %q, want %q", in, name, value, text)
			}
			seen[name] = true
		}
		for name := range want {
			if name != "_body" && !seen[name] {
				t.Fatalf("%q: %q is missing", in, name)
			}
		}
	})
}

// FuzzPlainEvent holds that decoding never crashes and that every header of the index is found by name.
func FuzzPlainEvent(f *testing.F) {
	for i, fr := range eventsOf(f, kindPlain) {
		if i%16 == 0 {
			f.Add(fr.body)
		}
	}
	f.Add("A: %2\nContent-Length: 3\n\nxyz")
	f.Fuzz(func(t *testing.T, in string) {
		e, err := parsePlainEvent(in)
		if err != nil {
			return
		}
		for name, value := range e.All() {
			if got, ok := e.Lookup(name); !ok || (got != value && !strings.Contains(strings.ToLower(in), strings.ToLower(name)+":")) {
				t.Fatalf("%q: %q not found", in, name)
			}
			if len(value) > len(in) {
				t.Fatalf("%q: a value longer than its event", in)
			}
		}
		if len(e.Body()) > len(in) {
			t.Fatalf("%q: body longer than its event", in)
		}
	})
}
