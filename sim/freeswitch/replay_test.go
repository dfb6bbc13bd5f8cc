package freeswitch

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// recording is one connection to a real FreeSWITCH.
type recording struct {
	sent   []chunk // by the client
	frames []frame // by FreeSWITCH; at is since the connection opened
}

type chunk struct {
	at   time.Duration
	text string
}

var epoch = time.Unix(0, 0)

// load reads a recording of testdata.
func load(t *testing.T, name string) recording {
	t.Helper()
	z, err := zip.OpenReader("testdata/recordings.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	read := func(suffix string) []byte {
		f, err := z.Open(name + suffix)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	rx, tx := read(".rx"), read(".tx")
	var r recording
	var ends []int // of the received chunks
	var times []time.Duration
	for _, line := range strings.Split(string(read(".idx")), "\n") {
		var at float64
		var direction string
		var from, length int
		if n, _ := fmt.Sscan(line, &at, &direction, &from, &length); n != 4 {
			continue
		}
		d := time.Duration(at * float64(time.Second))
		if direction == ">" {
			r.sent = append(r.sent, chunk{d, string(tx[from : from+length])})
			continue
		}
		ends, times = append(ends, from+length), append(times, d)
	}
	whole := bytes.NewReader(rx)
	br := bufio.NewReader(whole)
	for {
		f, err := readFrame(br)
		if err != nil {
			break
		}
		read := len(rx) - whole.Len() - br.Buffered()
		for i, end := range ends {
			if read <= end {
				f.at = epoch.Add(times[i])
				break
			}
		}
		if !strings.Contains(f.event["Channel-Name"], "/callee/") {
			r.frames = append(r.frames, f)
		}
	}
	return r
}

// told is what of an event must be the same.
var told = []string{"Channel-State", "Channel-State-Number", "Channel-Call-State", "Answer-State", "Channel-HIT-Dialplan", "Hangup-Cause",
	"Application", "Application-Data", "Application-Response", "DTMF-Digit", "DTMF-Duration", "DTMF-Source", "Event-Subclass",
	"variable_hangup_cause", "variable_hangup_cause_q850", "variable_sip_term_status", "variable_sip_invite_failure_status",
	"variable_sip_invite_failure_phrase", "variable_proto_specific_hangup_cause", "variable_sip_hangup_disposition", "variable_sip_term_cause",
	"variable_endpoint_disposition", "variable_current_application", "variable_current_application_response",
	"variable_playback_terminator_used", "variable_read_result", "variable_dig", "variable_dig_invalid", "variable_camp_id", "variable_call_ref"}

var (
	anyUUID  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anySound = regexp.MustCompile(`\S*/(\w+)\.wav`)
)

func key(e map[string]string) string {
	s := e["Event-Name"]
	for _, name := range told {
		if v, ok := e[name]; ok {
			s += " " + strings.TrimPrefix(name, "variable_") + "=" + anySound.ReplaceAllString(v, "$1")
		}
	}
	if b := e["_body"]; b != "" {
		s += " body=" + anyUUID.ReplaceAllString(b, "UUID")
	}
	return s
}

// lines splits a connection's frames into events, replies and notices, each as comparable text.
func lines(frames []frame) (events, replies, notices []string, at []time.Time) {
	for _, f := range frames {
		switch {
		case f.event["Event-Name"] == "CHANNEL_DATA":
			replies = append(replies, "connect "+f.event["Socket-Mode"]+" "+f.event["Control"])
		case f.event != nil:
			switch f.event["Event-Name"] {
			case "CHANNEL_PARK": // early enough to be missed, or not
				if f.event["variable_current_application"] == "socket" {
					continue
				}
			case "CODEC", "API", "CALL_UPDATE", "HEARTBEAT", "RE_SCHEDULE", "PRIVATE_COMMAND":
				continue // of no interest to a driver of calls, or another clock's
			}
			events, at = append(events, key(f.event)), append(at, f.at)
		case f.kind == "text/disconnect-notice":
			notices = append(notices, anyUUID.ReplaceAllString(f.headers["Content-Disposition"]+f.headers["Linger-Time"]+f.body, "UUID"))
		case f.kind == "command/reply":
			replies = append(replies, anyUUID.ReplaceAllString(f.headers["Reply-Text"], "UUID"))
		case f.kind == "api/response":
			if strings.HasPrefix(f.body, "{\"Event-Name\"") {
				f.body = "(dump)"
			}
			replies = append(replies, anyUUID.ReplaceAllString(f.body, "UUID"))
		}
	}
	return events, replies, notices, at
}

// callee is how the far end of a recording is played again.
type callee struct {
	number  string
	gateway Gateway
	byHand  bool          // a phone that answers answerIn after it is called and repeats the recorded keys and hangup
	answer  time.Duration // after the originate
}

// sounds makes files that last as long as the recorded ones and returns their folder.
func sounds(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, ms := range map[string]uint32{"prompt": 5938, "thanks": 1701, "tone10s": 10000, "tone1s": 1000, "invalid": 1400} {
		b := silentWAV(0)
		data := ms * 16
		binary.LittleEndian.PutUint32(b[40:], data)
		b = append(b, make([]byte, data)...)
		if err := os.WriteFile(filepath.Join(dir, name+".wav"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// far makes the phone of the recording do what it did: answer, press the recorded keys, hang up.
func (r *rig) far(c callee, rec recording) (agenda []doing) {
	for _, f := range rec.frames {
		at := f.at.Sub(epoch)
		switch f.event["Event-Name"] {
		case "DTMF":
			digit := f.event["DTMF-Digit"]
			agenda = append(agenda, doing{at, func() error { return r.s.Press(c.number, digit) }})
		case "CHANNEL_HANGUP":
			if f.event["variable_sip_term_status"] == "200" {
				agenda = append(agenda, doing{at, func() error { return r.s.HangUp(c.number) }})
			}
		}
	}
	return agenda
}

type doing struct {
	at time.Duration
	do func() error
}

// perform does an agenda at its times, counted from opened.
func (r *rig) perform(opened time.Time, agenda []doing) {
	r.t.Helper()
	for len(agenda) > 0 {
		first := 0
		for i, a := range agenda {
			if a.at < agenda[first].at {
				first = i
			}
		}
		a := agenda[first]
		agenda = append(agenda[:first], agenda[first+1:]...)
		time.Sleep(time.Until(opened.Add(a.at)))
		synctest.Wait()
		if err := a.do(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			r.t.Errorf("at %v: %v", a.at, err)
		}
		synctest.Wait()
	}
}

// said returns the agenda of the client's commands with the recording's names replaced by the rig's.
func said(rec recording, nc io.Writer, replace *strings.Replacer) (agenda []doing) {
	for _, s := range rec.sent {
		agenda = append(agenda, doing{s.at, func() error {
			_, err := io.WriteString(nc, replace.Replace(s.text))
			return err
		}})
	}
	return agenda
}

var dialled = regexp.MustCompile(`sofia/gateway/loop/([a-z0-9_]+)`)

// replacer maps the recording's callee, gateway and sounds to the rig's.
func replacer(in recording, c callee, sounds string) *strings.Replacer {
	pairs := []string{"/srv/fsbuild/sounds", sounds}
	for _, s := range in.sent {
		for _, m := range dialled.FindAllString(s.text, -1) {
			pairs = append(pairs, m+" ", "sofia/gateway/loop/"+c.number+" ")
		}
	}
	return strings.NewReplacer(pairs...)
}

// compare holds what the simulator said against the recording.
func compare(t *testing.T, want recording, got []frame, opened time.Time, tolerance time.Duration) {
	t.Helper()
	wantEvents, wantReplies, wantNotices, wantAt := lines(want.frames)
	gotEvents, gotReplies, gotNotices, gotAt := lines(got)
	same(t, "reply", wantReplies, gotReplies)
	same(t, "notice", wantNotices, gotNotices)
	if !same(t, "event", wantEvents, gotEvents) {
		return
	}
	for i := range wantAt {
		w, g := wantAt[i].Sub(epoch), gotAt[i].Sub(opened)
		if d := (g - w).Abs(); d > tolerance {
			t.Errorf("event %d %s: at %v, the real one at %v", i, strings.Fields(wantEvents[i])[0], g, w)
		}
	}
}

var moving = regexp.MustCompile(`(?m)(^UP [^\n]*|\d+ session[^\n]*|min idle[^\n]*|^\d{10}$)`)

func same(t *testing.T, what string, want, got []string) bool {
	t.Helper()
	ok := true
	for i := range max(len(want), len(got)) {
		w, g := "(none)", "(none)"
		if i < len(want) {
			w = moving.ReplaceAllString(want[i], "…")
		}
		if i < len(got) {
			g = moving.ReplaceAllString(got[i], "…")
		}
		if w != g {
			t.Errorf("%s %d:\n real %q\n sim  %q", what, i, w, g)
			ok = false
			if what == "event" {
				return false
			}
		}
	}
	return ok
}

func quietTrunk() Gateway { return Gateway{Name: "loop", NoProgress: true} }

// TestInboundRecordingsReplayAlike sends what the recorded client sent, when it did, and compares all that comes back.
func TestInboundRecordingsReplayAlike(t *testing.T) {
	const hand = "12025550100"
	for name, c := range map[string]callee{
		"03-command-before-auth":                             {},
		"07-crlf-and-blank-lines":                            {},
		"11-bgapi-originate-ok-sip":                          {number: hand, byHand: true},
		"13-bgapi-originate-ok-sip-json":                     {number: hand, byHand: true},
		"12-bgapi-originate-ok-sip-all-events":               {number: hand, byHand: true},
		"15-fail-sip-busy":                                   {number: "12025550111"},
		"15-fail-sip-reject":                                 {number: "12025550113"},
		"15-fail-sip-nosuchext":                              {number: "12025550114"},
		"15-fail-sip-resp480":                                {number: "12025550118"},
		"15-fail-sip-resp503":                                {number: "12025550117"},
		"15-fail-sip-resp403":                                {number: hand, gateway: Gateway{Name: "loop", Reply: 403}},
		"15-fail-sip-resp408":                                {number: hand, gateway: Gateway{Name: "loop", Reply: 408}},
		"17-fail-originate-timeout-sip":                      {number: "12025550112", gateway: Gateway{Name: "loop"}},
		"17b-fail-leg-timeout-sip":                           {number: "12025550112", gateway: Gateway{Name: "loop"}},
		"18-fail-noringing-timeout-sip":                      {number: "12025550112"},
		"19c-early-media-then-answer-ignore-early-media-sip": {number: hand, byHand: true, answer: 2 * time.Second, gateway: Gateway{Name: "loop", EarlyMedia: true}},
		"20-answer-then-remote-hangup-sip":                   {number: hand, byHand: true},
		"21-invalid-gateway":                                 {number: hand},
		"24-unknown-endpoint-type":                           {number: hand},
		"24b-unknown-profile":                                {number: hand},
		"26-bad-app":                                         {number: hand, byHand: true},
		"27-extension-not-app":                               {number: hand, byHand: true},
		"58-uuid_kill-while-ringing":                         {number: "12025550112", gateway: Gateway{Name: "loop"}},
		"57-inbound-control-of-a-parked-call":                {number: hand, byHand: true},
	} {
		t.Run(name, func(t *testing.T) {
			rec, dir := load(t, name), sounds(t)
			if c.gateway.Name == "" {
				c.gateway = quietTrunk()
			}
			inBubble(t, Options{Gateways: []Gateway{c.gateway}, SessionsPerSecond: 1000, Hostname: "vm"}, func(r *rig) {
				r.s.Interactive(c.number, c.byHand)
				nc, err := r.in.dial(r.t.Context())
				if err != nil {
					t.Fatal(err)
				}
				peer, opened := r.client(nc), time.Now()
				agenda := append(r.far(c, rec), said(rec, nc, replacer(rec, c, dir))...)
				if c.byHand {
					answer := max(c.answer, 21*time.Millisecond)
					for _, s := range rec.sent {
						if strings.Contains(s.text, "originate {") {
							answer += s.at
						}
					}
					agenda = append(agenda, doing{answer, func() error { return r.s.Answer(c.number) }})
				}
				r.perform(opened, agenda)
				time.Sleep(time.Minute)
				synctest.Wait()
				compare(r.t, rec, peer.frames, opened, 150*time.Millisecond)
			})
		})
	}
}

// TestOutboundRecordingsReplayAlike does the same for the sockets of answered calls.
func TestOutboundRecordingsReplayAlike(t *testing.T) {
	const hand = "12025550100"
	for _, name := range []string{
		"30-outbound-async-full-press1", "32-callee-hangup-mid-playback-linger", "33-callee-hangup-mid-playback-no-linger",
		"34-callee-hangup-mid-playback-linger-2s", "37-outbound-sync-full", "38-outbound-async-not-full", "42-app-sends-exit-mid-call",
		"43-queue-lock-break-body", "44-newlines-and-encoding-in-args", "45-press9then1-repeat-confirm", "46-no-digits",
		"49-unknown-app-kills-the-call", "61-typeahead-dtmf", "61b-typeahead-during-playback-then-pagd", "62-playback-terminators-any",
		"64-linger-holds-the-session",
	} {
		t.Run(name, func(t *testing.T) {
			in, out, dir := load(t, name+"-in"), load(t, name+"-out"), sounds(t)
			c := callee{number: hand}
			inBubble(t, Options{Gateways: []Gateway{quietTrunk()}, SessionsPerSecond: 1000, Hostname: "vm"}, func(r *rig) {
				r.s.Interactive(hand, true)
				replace := replacer(in, c, dir)
				starter := r.connect()
				for _, s := range in.sent {
					if strings.HasPrefix(s.text, "bgapi originate") {
						starter.ask(strings.TrimRight(replace.Replace(s.text), "\n"))
					}
				}
				time.Sleep(step)
				synctest.Wait()
				if err := r.s.Answer(hand); err != nil {
					t.Fatal(err)
				}
				peer := r.accept()
				opened := time.Now()
				r.perform(opened, append(r.far(c, out), said(out, peer.nc, replace)...))
				time.Sleep(time.Minute)
				synctest.Wait()
				tolerance := 150 * time.Millisecond
				if strings.HasPrefix(name, "37-") {
					tolerance = time.Second // events wait for commands that were sent ahead
				}
				compare(r.t, out, peer.frames, opened, tolerance)
			})
		})
	}
}
