package dialplan

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var arrow = regexp.MustCompile(`(?m)^    (\w+) --> (\w+)`)

func arrows() []string {
	var all []string
	for from, to := range callTransitions() {
		for _, s := range to {
			all = append(all, fmt.Sprintf("%s --> %s", from, s))
		}
	}
	slices.Sort(all)
	return all
}

func TestTheDiagramInTheDocsIsTheTableInTheCode(t *testing.T) {
	text, err := os.ReadFile("../docs/call-states.md")
	if err != nil {
		t.Fatal(err)
	}
	var drawn []string
	for _, m := range arrow.FindAllStringSubmatch(string(text), -1) {
		drawn = append(drawn, m[1]+" --> "+m[2])
	}
	slices.Sort(drawn)
	if want := arrows(); !slices.Equal(drawn, want) {
		for _, a := range want {
			if !slices.Contains(drawn, a) {
				t.Errorf("the diagram lacks %s", a)
			}
		}
		for _, a := range drawn {
			if !slices.Contains(want, a) {
				t.Errorf("the code has no %s", a)
			}
		}
	}
	for from := range callTransitions() {
		if !strings.Contains(string(text), "| "+string(from)+" |") {
			t.Errorf("the table does not say what %s is", from)
		}
	}
}

// TestEveryArrowCanBeTaken walks each arrow of the table once, so that none is drawn for nothing.
func TestEveryArrowCanBeTaken(t *testing.T) {
	seen := map[string]bool{}
	walk := func(human bool, policy string, way func(f *fake)) {
		s := testScript()
		s.HumanTest, s.Machine.Policy, s.Machine.Detect = human, policy, []string{"beep"}
		s.Menu[0].Key, s.Menu[3].Key = "1", "11" // "1" could go on
		f := newFake(t, s, Route{Gateway: "trunk1", RecordDir: "/rec"})
		way(f)
		for _, m := range f.moves {
			seen[fmt.Sprintf("%s --> %s", m[0], m[1])] = true
		}
	}
	at := func(place string, then func(f *fake)) func(*fake) {
		return func(f *fake) {
			f.answer()
			f.until(place)
			then(f)
		}
	}
	press := func(keys string) func(*fake) { return func(f *fake) { f.press(keys); f.idle() } }
	drop := func(keys string) func(*fake) {
		return func(f *fake) { f.press(keys); f.hangUp(); f.idle() }
	}
	beep := func(f *fake) { f.step(Beep{}); f.idle() }
	beepThenDrop := func(f *fake) { f.step(Beep{}); f.hangUp() }
	for _, place := range []string{"greeting", "menu"} {
		for _, key := range []string{"1", "11", "2", "3", "5", "6", "7", "8", "9", "*", "0", "", "22", "20", "2000", "200000", "000", "999999", "21", "29", "25", "26", "2*", "*3", "*000", "28"} {
			walk(false, "human_test", at(place, press(key)))
			walk(false, "human_test", at(place, drop(key)))
		}
		for _, policy := range []string{"hang_up", "voicemail"} {
			walk(false, policy, at(place, beep))
			walk(false, policy, at(place, beepThenDrop))
		}
	}
	walk(false, "hang_up", func(f *fake) { f.hangUp() })
	listening := func(voice []time.Duration, then func(f *fake)) func(*fake) {
		return func(f *fake) {
			f.call.script.Machine.Detect, f.voice = nil, voice
			f.step(Connected{})
			f.until("wait_for_silence")
			then(f)
		}
	}
	for _, policy := range []string{"hang_up", "voicemail"} {
		walk(false, policy, listening(nil, (*fake).idle))
		walk(false, policy, listening(nil, beep))
		walk(false, policy, listening(nil, (*fake).hangUp))
		walk(false, policy, listening(nil, drop("11")))
		walk(false, policy, listening(talk(100), (*fake).idle))
		walk(false, policy, listening(talk(6), (*fake).idle))
		walk(false, policy, listening(talk(100), func(f *fake) {
			for f.call.State() == Listening {
				f.done(f.length(), f.response())
			}
			f.hangUp()
		}))
	}
	for _, policy := range []string{"hang_up", "voicemail"} {
		walk(false, policy, func(f *fake) { f.step(Connected{}); f.step(Beep{}); f.idle() })
		walk(true, policy, at("human_test", beep))
	}
	for _, policy := range []string{"hang_up", "voicemail"} {
		walk(false, policy, func(f *fake) { f.call.menu = nil; f.answer(); f.until("goodbye"); beep(f) })
	}
	walk(false, "", func(f *fake) { f.step(Connected{}); f.hangUp() })
	walk(false, "", func(f *fake) { f.step(Connected{}); f.press("1"); f.hangUp() })
	walk(true, "", at("human_test", press("0")))
	walk(true, "", at("human_test", func(f *fake) { f.hangUp() }))
	walk(false, "", at("menu", func(f *fake) {
		f.answers = func(Commit) []Committed { return nil }
		f.press("11")
		f.hangUp()
		f.step(Committed{Accepted: true})
	}))
	walk(false, "", at("menu", func(f *fake) {
		f.answers = func(Commit) []Committed { return []Committed{{}} }
		f.press("11")
		f.idle()
	}))
	walk(false, "", at("menu", func(f *fake) {
		f.quiet()
		f.fire()
		f.quiet()
		f.fire()
		f.press("2")
		f.idle()
	}))
	walk(false, "", at("menu", func(f *fake) { // "2" could go on as 25, also the second time
		f.call.menu = append(f.call.menu, choice{key: "25"})
		f.press("2")
		f.fire()
		f.until("sure_cancel")
		f.now = f.call.deafUntil
		f.press("2")
		f.hangUp()
	}))
	walk(false, "", func(f *fake) { f.call.menu = nil; f.answer(); f.idle() })
	walk(false, "", at("menu", func(f *fake) { f.press("7"); f.until("bridge"); f.done(time.Second, "SUCCESS"); f.idle() }))
	walk(false, "", at("menu", func(f *fake) { f.press("7"); f.until("bridge"); f.step(Bridged{}); f.hangUp() }))
	for _, end := range []string{"bridge", "goodbye", "did_confirm", "record", "record_ask", recordTone, "sure_rating", "sure_cancel"} {
		key := map[string]string{"bridge": "7", "record": "6", "record_ask": "6", recordTone: "6", "sure_rating": "*", "sure_cancel": "2", "did_confirm": "1"}[end]
		walk(false, "", at("menu", func(f *fake) {
			f.press(key)
			f.idleUntil(end)
			f.hangUp()
		}))
	}
	walk(false, "", at("menu", func(f *fake) { f.press("7"); f.until("bridge"); f.done(time.Second, "USER_BUSY"); f.idle() }))
	for _, a := range arrows() {
		if !seen[a] {
			t.Errorf("nothing takes %s", a)
		}
	}
	for a := range seen {
		if !slices.Contains(arrows(), a) {
			t.Errorf("the table lacks %s", a)
		}
	}
}

// idleUntil is idle up to the beginning of name, if it comes.
func (f *fake) idleUntil(name string) {
	for n := 0; f.call.State() != Over && n < 200; n++ {
		switch {
		case f.running != nil && len(f.played) > 0 && f.played[len(f.played)-1] == name:
			return
		case f.running != nil:
			f.done(f.length(), f.response())
		default:
			f.fire()
		}
	}
}
