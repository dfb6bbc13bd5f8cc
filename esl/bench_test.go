package esl

import (
	"bytes"
	"os"
	"testing"
)

// twelve are the headers that a dialer looks at in an event of a leg.
var twelve = [12]string{
	"Event-Name", "Unique-ID", "Core-UUID", "Event-Date-Timestamp", "Channel-State", "Channel-Call-State",
	"Answer-State", "Call-Direction", "Caller-Channel-Progress-Time", "Caller-Channel-Answered-Time",
	"variable_sip_gateway_name", "variable_sip_call_id",
}

// decoder returns a function that reads one event of 112 headers from a connection's bytes, looks at
// twelve of them and says how many were there.
func decoder(tb testing.TB, path string) func() int {
	tb.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	in := bytes.NewReader(raw)
	frames := newFrameReader(in, 32<<10, maxBody)
	return func() int {
		in.Reset(raw)
		fr, err := frames.next()
		if err != nil {
			tb.Fatal(err)
		}
		e, err := newEvent(fr)
		if err != nil {
			tb.Fatal(err)
		}
		found := 0
		for _, name := range twelve {
			if e.Get(name) != "" {
				found++
			}
		}
		return found
	}
}

func TestAnEventTakesAtMostSixteenAllocations(t *testing.T) {
	for _, path := range []string{"testdata/progress.json", "testdata/progress.plain"} {
		decode := decoder(t, path)
		if found := decode(); found != 12 {
			t.Fatalf("%s: %d of 12 headers", path, found)
		}
		if n := testing.AllocsPerRun(100, func() { decode() }); n > 16 {
			t.Errorf("%s: %.0f allocations", path, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, format := range []string{"json", "plain"} {
		b.Run(format, func(b *testing.B) {
			decode := decoder(b, "testdata/progress."+format)
			b.ReportAllocs()
			for b.Loop() {
				decode()
			}
		})
	}
}
