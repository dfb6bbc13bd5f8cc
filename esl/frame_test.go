package esl

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func recordings(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/rx/*.rx")
	if err != nil || len(files) < 20 {
		t.Fatalf("recordings: %d files, %v", len(files), err)
	}
	return files
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// framesOf reads all frames and says how the stream ended.
func framesOf(r io.Reader) ([]frame, error) {
	f := newFrameReader(r, 16, maxBody) // the smallest buffer: every head is longer
	var all []frame
	for {
		fr, err := f.next()
		if err != nil {
			return all, err
		}
		all = append(all, fr)
	}
}

func TestRecordingsOfARealFreeSWITCHAreCutIntoTheFramesTheGoldenFilesList(t *testing.T) {
	for _, path := range recordings(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			raw := readFile(t, path)
			frames, err := framesOf(strings.NewReader(raw))
			var b strings.Builder
			for _, fr := range frames {
				b.WriteString(describe(t, fr))
			}
			fmt.Fprintf(&b, "end: %v\n", err)
			golden := filepath.Join("testdata", "golden", strings.TrimSuffix(filepath.Base(path), ".rx")+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := readFile(t, golden); b.String() != want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), want)
			}
		})
	}
}

func describe(t *testing.T, fr frame) string {
	switch fr.kind {
	case kindPlain, kindJSON:
		e, err := newEvent(fr)
		if err != nil {
			t.Fatal(err)
		}
		h := fnv.New32a()
		n := 0
		for name, value := range e.All() {
			fmt.Fprintf(h, "%s=%s\n", name, value)
			n++
		}
		return fmt.Sprintf("%s %s headers=%d fnv=%08x body=%q\n", kindNames[fr.kind], e.Name(), n, h.Sum32(), e.Body())
	}
	head, err := parseHeadEvent(fr.head, encNone)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s headers=%d reply=%q body=%q\n", kindNames[fr.kind], len(head.spans), head.Get("Reply-Text"), fr.body)
}

func TestAFrameReadsTheSameHoweverTheNetworkCutsIt(t *testing.T) {
	for _, path := range recordings(t) {
		raw := readFile(t, path)
		whole, end := framesOf(strings.NewReader(raw))
		cut, cutEnd := framesOf(iotest.OneByteReader(strings.NewReader(raw)))
		if fmt.Sprint(whole, end) != fmt.Sprint(cut, cutEnd) {
			t.Errorf("%s: byte by byte gives other frames", path)
		}
	}
}

func TestTheTwoFramingHeadersMayStandInEitherOrderAndAnyCase(t *testing.T) {
	for _, head := range []string{
		"Content-Length: 2\nContent-Type: api/response\n\n",
		"Content-Type: api/response\nContent-Length: 2\n\n",
		"content-type:api/response\r\nCONTENT-LENGTH:  2 \r\n\r\n",
		"\n\r\n\nContent-Type: API/Response\nX: y\nContent-Length: 2\n\n",
	} {
		frames, err := framesOf(strings.NewReader(head + "vmContent-Type: auth/request\n\n"))
		if !errors.Is(err, io.EOF) || len(frames) != 2 || frames[0].kind != kindAPI || frames[0].body != "vm" || frames[1].kind != kindAuthRequest {
			t.Errorf("%q: got %+v, %v", head, frames, err)
		}
	}
}

func TestAFrameBeyondTheLimitsIsRefused(t *testing.T) {
	for name, in := range map[string]string{
		"negative length":       "Content-Length: -1\nContent-Type: text/event-plain\n\n",
		"signed length":         "Content-Length: +1\nContent-Type: text/event-plain\n\n",
		"length beyond 16 MiB":  "Content-Length: 16777217\nContent-Type: text/event-plain\n\n",
		"length beyond int64":   "Content-Length: 99999999999999999999999999\nContent-Type: text/event-plain\n\n",
		"length that is text":   "Content-Length: ten\nContent-Type: text/event-plain\n\n",
		"empty length":          "Content-Length:\nContent-Type: text/event-plain\n\n",
		"two lengths":           "Content-Length: 1\nContent-Length: 2\nContent-Type: text/event-plain\n\n",
		"two types":             "Content-Type: api/response\nContent-Type: command/reply\n\n",
		"no type":               "Content-Length: 0\n\n",
		"a line without colon":  "Content-Type: command/reply\ngarbage\n\n",
		"a line without a name": "Content-Type: command/reply\n: x\n\n",
		"too many headers":      "Content-Type: command/reply\n" + strings.Repeat("A: b\n", maxHeaders) + "\n",
		"a head too long":       "Content-Type: command/reply\nA: " + strings.Repeat("b", maxHead) + "\n\n",
		"a line without end":    strings.Repeat("b", maxHead+1),
		"blank lines for ever":  strings.Repeat("\n", maxHead+1),
	} {
		if _, err := framesOf(strings.NewReader(in)); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: got %v, want ErrFrame", name, err)
		}
	}
}

func TestAConnectionThatEndsInsideAFrameIsToldFromOneThatEndsBetweenFrames(t *testing.T) {
	whole := "Content-Type: api/response\nContent-Length: 4\n\nabcd"
	for n := range len(whole) {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if _, err := framesOf(strings.NewReader(whole[:n])); !errors.Is(err, want) {
			t.Errorf("cut at %d: got %v, want %v", n, err, want)
		}
	}
}

func TestAnAnnouncedLengthCostsNoMemoryUntilTheBytesCome(t *testing.T) {
	head := "Content-Type: api/response\nContent-Length: 16777216\n\nabcd"
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := framesOf(strings.NewReader(head)); !errors.Is(err, io.ErrUnexpectedEOF) {
				b.Fatal(err)
			}
		}
	})
	if got := r.AllocedBytesPerOp(); got > 128<<10 {
		t.Errorf("%d bytes allocated for four bytes of body", got)
	}
}

func TestContentOfAnUnknownTypeIsSkipped(t *testing.T) {
	in := "Content-Type: log/data\nContent-Length: 30\nLog-Level: 7\n\nContent-Type: auth/request\n\nxy" +
		"Content-Type: auth/request\n\n"
	frames, err := framesOf(strings.NewReader(in))
	if !errors.Is(err, io.EOF) || len(frames) != 2 || frames[0].kind != kindOther || frames[1].kind != kindAuthRequest {
		t.Errorf("got %+v, %v", frames, err)
	}
}

// FuzzFrames holds that no input crashes the reader, that a frame stays within its limits, and that
// how the network cuts the bytes does not matter.
func FuzzFrames(f *testing.F) {
	for _, path := range recordings(f) {
		raw := readFile(f, path)
		f.Add([]byte(raw[:min(len(raw), 4096)]))
	}
	f.Add([]byte("Content-Length: -1\nContent-Type: text/event-plain\n\n"))
	f.Add([]byte("Content-Type: command/reply\nReply-Text: -ERR\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, end := framesOf(bytes.NewReader(in))
		cut, cutEnd := framesOf(iotest.OneByteReader(bytes.NewReader(in)))
		if fmt.Sprint(whole, end) != fmt.Sprint(cut, cutEnd) {
			t.Fatalf("%q: whole %v %v, cut %v %v", in, whole, end, cut, cutEnd)
		}
		for _, fr := range whole {
			if len(fr.body) > len(in) || len(fr.head) > maxHead {
				t.Fatalf("frame larger than its input")
			}
			if fr.kind == kindPlain || fr.kind == kindJSON {
				if e, err := newEvent(fr); err == nil {
					for name, value := range e.All() {
						_, _ = name, value
					}
				}
			}
		}
	})
}
