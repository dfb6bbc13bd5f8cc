package freeswitch

import (
	"bufio"
	"strings"
	"testing"
)

func FuzzPacketsNeverPanic(f *testing.F) {
	for _, seed := range []string{"auth ClueCon\n\n", "\r\nsendmsg\r\ncall-command: execute\r\n\r\n", "sendmsg\ncontent-length: 3\n\nabc", "a\rb: c\nd: e\n\n", "x\ncontent-length: -1\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := bufio.NewReader(strings.NewReader(text))
		for range 10 {
			p, err := readPacket(r)
			if err != nil {
				return
			}
			if p.command == "" || strings.ContainsAny(p.command, "\r\n") {
				t.Fatalf("command %q", p.command)
			}
		}
	})
}

func FuzzDialStringsNeverPanic(f *testing.F) {
	for _, seed := range []string{"{a=1,b='x y'}sofia/gateway/g/1 &park()", "{^^:a=1:b=2}[c=3]loopback/1|error/X '&socket(h:1 async full)' inline", "{{}}", "{a=\\,} &"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plan, ok := parseOriginate(text)
		if ok && len(plan.endpoints) == 0 {
			t.Fatal("a plan without an endpoint")
		}
	})
}

// TestDialStringsAreReadAsTheRealOneReadsThem has its cases from a recording of FreeSWITCH's own answers.
func TestDialStringsAreReadAsTheRealOneReadsThem(t *testing.T) {
	for text, want := range map[string]string{
		`{a='x,y',b=2}l/1 &park()`:   "x",
		`{a=x\,y,b=2}l/1 &park()`:    "x,y",
		`{^^:a=x,y:b=2}l/1 &park()`:  "x,y",
		`{a="x,y",b=2}l/1 &park()`:   `"x`,
		`{a='it\'s',b=2}l/1 &park()`: "it's",
		`{a=,b=2}l/1 &park()`:        "",
		`{a=x=y,b=2}l/1 &park()`:     "x=y",
		`{a=100%,b=2}l/1 &park()`:    "100%",
		`{a=[z],b=2}l/1 &park()`:     "[z]",
		`{a=x;y|z,b=2}l/1 &park()`:   "x;y|z",
		`{a=<b>&,b=2}l/1 &park()`:    "<b>&",
		`{a='x\ny',b=2}l/1 &park()`:  "x\ny",
	} {
		plan, ok := parseOriginate(text)
		if got := value(plan.given, "a"); !ok || got != want || value(plan.given, "b") != "2" {
			t.Errorf("%s: a is %q, want %q; b is %q", text, got, want, value(plan.given, "b"))
		}
	}
	for _, text := range []string{"", "foo", `{a=it's,b=2}l/1 &park()`} {
		if _, ok := parseOriginate(text); ok {
			t.Errorf("%s: taken, the real one prints its usage", text)
		}
	}
}
