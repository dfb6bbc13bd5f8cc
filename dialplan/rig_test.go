package dialplan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

const testAttempt = "0193a000-0000-7000-8000-000000000001"

var began = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)

func said(categories ...string) []outreach.Segment {
	var all []outreach.Segment
	for _, c := range categories {
		all = append(all, outreach.Segment{Category: c, Media: "/audio/" + c + ".wav", Duration: 2 * time.Second})
	}
	return all
}

func testFlow(suffix string) outreach.Flow {
	one := func(name string) []outreach.Segment { return said(name + suffix) }
	f := outreach.Flow{
		HumanTest: one("human_test"), Sequence: said("greeting"+suffix, "date"+suffix, "menu"+suffix), MenuAt: 2,
		Invalid: one("invalid"), NoInput: one("no_input"), Goodbye: one("goodbye"),
		Voicemail:    append(one("voicemail"), outreach.Segment{Category: "secret" + suffix, Media: "/audio/secret.wav", Personal: true}),
		Transferring: one("transferring"), RecordAsk: one("record_ask"),
		Confirmation: map[outreach.Action][]outreach.Segment{}, AskOnceMore: map[outreach.Action][]outreach.Segment{},
	}
	for _, a := range []outreach.Action{outreach.Confirm, outreach.Cancel, outreach.Reschedule, outreach.CallBack, outreach.OptOut, outreach.Record, outreach.Rating} {
		f.Confirmation[a] = one("did_" + string(a))
		f.AskOnceMore[a] = one("sure_" + string(a))
	}
	return f
}

func testScript() outreach.Script {
	return outreach.Script{
		Language: "en", Flows: map[string]outreach.Flow{"en": testFlow(""), "ar": testFlow("_ar")},
		Menu: []outreach.KeyAction{
			{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}, {Key: "3", Action: outreach.Reschedule},
			{Key: "4", Action: outreach.CallBack}, {Key: "5", Action: outreach.Language, Target: "ar"},
			{Key: "6", Action: outreach.Record}, {Key: "7", Action: outreach.Transfer, Target: "1000"},
			{Key: "8", Action: outreach.OptOut}, {Key: "9", Action: outreach.Repeat}, {Key: "*", Action: outreach.Rating},
		},
		KeyWait: 6 * time.Second, InterDigit: 3 * time.Second, NoInput: 2, Invalid: 2, Repeat: 3,
		FirstPrompt: 700 * time.Millisecond, Debounce: 100 * time.Millisecond, RatingMax: 5,
		Machine: outreach.MachinePolicy{Policy: "human_test"},
	}
}

// fake is the least switch that a Call can talk to: one clock, one application at a time, timers.
// It fails the test when the Call breaks the rules of the outbound socket.
type fake struct {
	fail    func(format string, args ...any)
	call    *Call
	now     time.Time
	running *Execute
	timers  map[TimerID]time.Time
	breaks  int
	ended   bool

	played  []string // categories that began to play, and other applications
	asks    []string
	commits []Commit
	answers func(Commit) []Committed // nil: accepted at once; none: the test answers
	notes   []string
	moves   [][2]State
	file    func(path string) string
	voice   []time.Duration // of the callee, slice by slice; then silence
}

func newFake(t interface{ Fatalf(string, ...any) }, s outreach.Script, route Route) *fake {
	if route.Attempt == "" {
		route.Attempt = testAttempt
	}
	f := &fake{fail: t.Fatalf, now: began, timers: map[TimerID]time.Time{}, call: NewCall(s, route)}
	f.call.moved = func(a, b State) { f.moves = append(f.moves, [2]State{a, b}) }
	return f
}

func (f *fake) step(in Input) {
	for _, c := range f.call.Step(f.now, in) {
		f.do(c)
	}
}

func (f *fake) do(c Command) {
	switch c := c.(type) {
	case Execute:
		if f.running != nil {
			f.fail("%s started while %s runs", c.App, f.running.App)
		}
		if f.ended {
			f.fail("%s after the hangup", c.App)
		}
		f.running = &c
		f.saw(c)
	case Break:
		if f.running == nil || f.running.App != "playback" && f.running.App != "record" {
			f.fail("break with nothing to break")
		}
		f.breaks++
	case StartTimer:
		f.timers[c.ID] = f.now.Add(c.After)
	case StopTimer:
		delete(f.timers, c.ID)
	case Commit:
		f.commits = append(f.commits, c)
		if f.answers == nil {
			f.step(Committed{Accepted: true})
			return
		}
		for _, a := range f.answers(c) {
			f.step(a)
		}
	case HangUp:
		f.hangUp()
	case Note:
		f.notes = append(f.notes, c.Kind)
	}
}

func (f *fake) saw(c Execute) {
	switch {
	case c.App == "playback":
		name := strings.TrimSuffix(strings.TrimPrefix(c.Arg, "/audio/"), ".wav")
		f.played = append(f.played, name)
	case c.App == "set":
		f.asks = append(f.asks, strings.TrimPrefix(c.Arg, "curlew_ask="))
	default:
		f.played = append(f.played, c.App)
	}
}

func (f *fake) hangUp() {
	if !f.ended {
		f.ended, f.running = true, nil
		f.step(HungUp{})
	}
}

// answer connects and waits for the first prompt.
func (f *fake) answer() { f.step(Connected{}); f.fire() }

// done ends what runs, after d.
func (f *fake) done(d time.Duration, response string) {
	if f.running == nil {
		f.fail("nothing runs in %s", f.call.State())
	}
	f.now = f.now.Add(d)
	in := Completed{ID: f.running.ID, Response: response, At: f.now}
	if f.running.App == "wait_for_silence" && len(f.voice) > 0 {
		in.Voice, f.voice = f.voice[0], f.voice[1:]
	}
	f.running = nil
	f.step(in)
}

// quiet lets everything play to its end and then the switch's small applications, until the call waits.
func (f *fake) quiet() {
	for f.running != nil {
		f.done(f.length(), f.response())
	}
}

func (f *fake) length() time.Duration {
	if f.running.App == "playback" {
		return 2 * time.Second
	}
	return 20 * time.Millisecond
}

func (f *fake) response() string {
	if f.running.App != "playback" {
		return "_none_"
	}
	if f.file != nil {
		return f.file(f.running.Arg)
	}
	return "FILE PLAYED"
}

// until plays to the point where app or prompt name has begun.
func (f *fake) until(name string) {
	for n := 0; len(f.played) == 0 || f.played[len(f.played)-1] != name || f.running == nil; n++ {
		if n > 100 || f.running == nil {
			f.fail("%s never plays; played %v in %s", name, f.played, f.call.State())
			return
		}
		f.done(f.length(), f.response())
	}
}

// press is one key, long after the one before it; what it breaks ends.
func (f *fake) press(keys string) {
	for i := range len(keys) {
		f.now = f.now.Add(400 * time.Millisecond)
		f.pressAt(keys[i])
		if f.running != nil && f.call.stopping {
			f.done(20*time.Millisecond, "FILE PLAYED")
		}
		for f.running != nil && f.running.App == "set" {
			f.done(20*time.Millisecond, "_none_")
		}
	}
}

func (f *fake) pressAt(digit byte) { f.step(Pressed{Digit: digit, At: f.now}) }

// fire lets the next timer run out.
func (f *fake) fire() {
	var next TimerID
	for id, at := range f.timers {
		if next == 0 || at.Before(f.timers[next]) {
			next = id
		}
	}
	if next == 0 {
		f.fail("no timer in %s", f.call.State())
		return
	}
	if at := f.timers[next]; at.After(f.now) {
		f.now = at
	}
	delete(f.timers, next)
	f.step(Fired{ID: next})
}

// idle lets the patient be silent until the call ends.
func (f *fake) idle() {
	for n := 0; f.call.State() != Over && n < 200; n++ {
		if f.running != nil {
			f.quiet()
			continue
		}
		f.fire()
	}
}

func (f *fake) actions() []string {
	var all []string
	for _, c := range f.commits {
		all = append(all, string(c.Action))
	}
	return all
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s\n got %v\nwant %v", what, got, want)
	}
}
