package dialplan

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"curlew/outreach"
)

// drawScript varies everything that a configuration can vary.
func drawScript(t *rapid.T) outreach.Script {
	s := testScript()
	s.HumanTest = rapid.Bool().Draw(t, "human test")
	s.Machine.Policy = rapid.SampledFrom([]string{"human_test", "hang_up", "voicemail"}).Draw(t, "machine")
	s.NoInput = rapid.IntRange(0, 2).Draw(t, "no input")
	s.Invalid = rapid.IntRange(0, 2).Draw(t, "invalid")
	s.Repeat = rapid.IntRange(0, 2).Draw(t, "repeat")
	s.Menu = s.Menu[:rapid.IntRange(0, len(s.Menu)).Draw(t, "menu")]
	if rapid.Bool().Draw(t, "long keys") {
		s.Menu = append(s.Menu, outreach.KeyAction{Key: "11", Action: outreach.CallBack}, outreach.KeyAction{Key: "25", Action: outreach.Confirm})
	}
	for lang, f := range s.Flows {
		f.MenuAt = rapid.IntRange(0, len(f.Sequence)).Draw(t, "menu at "+lang)
		if rapid.Bool().Draw(t, "bare "+lang) {
			f = outreach.Flow{Sequence: f.Sequence, MenuAt: f.MenuAt}
		}
		s.Flows[lang] = f
	}
	return s
}

// TestNoOrderOfEventsBreaksACall throws keys, ends of playbacks, beeps, timers, answers of the store and
// the hangup at a call in any order.
func TestNoOrderOfEventsBreaksACall(t *testing.T) {
	legal := callTransitions()
	rapid.Check(t, func(t *rapid.T) {
		f := newFake(t, drawScript(t), Route{Gateway: "trunk1", RecordDir: rapid.SampledFrom([]string{"", "/rec"}).Draw(t, "records")})
		open := 0
		f.answers = func(Commit) []Committed {
			if open++; open > 1 {
				t.Fatalf("a second answer is sent while the first is being stored")
			}
			return nil
		}
		play := map[string]func(*rapid.T){
			"connect": func(*rapid.T) { f.step(Connected{}) },
			"key": func(t *rapid.T) {
				f.now = f.now.Add(time.Duration(rapid.IntRange(0, 800).Draw(t, "ms")) * time.Millisecond)
				f.pressAt(rapid.SampledFrom([]byte("0123456789*#")).Draw(t, "digit"))
			},
			"played": func(t *rapid.T) {
				if f.running != nil {
					f.done(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms"))*time.Millisecond,
						rapid.SampledFrom([]string{"FILE PLAYED", "FILE NOT FOUND", "PLAYBACK ERROR", "_none_", "SUCCESS", ""}).Draw(t, "response"))
				}
			},
			"timer": func(*rapid.T) {
				if len(f.timers) > 0 {
					f.fire()
				}
			},
			"stale":  func(*rapid.T) { f.step(Fired{ID: 9999}); f.step(Completed{ID: "nobody's"}) },
			"beep":   func(*rapid.T) { f.step(Beep{}) },
			"hangup": func(*rapid.T) { f.hangUp() },
			"stored": func(t *rapid.T) {
				if open > 0 {
					open--
					failed := rapid.Bool().Draw(t, "failed")
					f.step(Committed{Failed: failed, Accepted: !failed && rapid.Bool().Draw(t, "accepted")})
				}
			},
			"": func(t *rapid.T) {
				for _, m := range f.moves {
					if !slices.Contains(legal[m[0]], m[1]) {
						t.Fatalf("%s → %s is in no diagram", m[0], m[1])
					}
				}
				f.moves = nil
				if f.ended != f.call.hungUp {
					t.Fatalf("the leg has ended: %v, the call thinks %v", f.ended, f.call.hungUp)
				}
				if o := f.call.Outcome(); o.Heard < 0 || o.Heard > 1 || o.Completed && o.Heard < 1 && len(f.call.flow.Sequence) > 0 && f.call.switches == 0 {
					t.Fatalf("outcome %+v", o)
				}
			},
		}
		t.Repeat(play)
		// However it stands now, a patient who does nothing more is let go.
		if f.call.State() == Connecting {
			f.step(Connected{})
		}
		for n := 0; f.call.State() != Over; n++ {
			switch {
			case n > 500:
				t.Fatalf("never ends: %s", f.call.State())
			case open > 0:
				open--
				f.step(Committed{Accepted: true})
			case f.running != nil:
				f.done(time.Second, "FILE PLAYED")
			default:
				f.fire()
			}
		}
		if f.call.Step(f.now, Pressed{Digit: '1', At: f.now}) != nil {
			t.Fatalf("a call that is over still acts")
		}
	})
}

// TestAKeyThatAnswersIsNeverLost: whatever plays, a single confirm key pressed at any moment after the
// human test ends in exactly one stored confirm, even when the hangup follows at once.
func TestAKeyThatAnswersIsNeverLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testScript()
		s.HumanTest = rapid.Bool().Draw(t, "human test")
		if rapid.Bool().Draw(t, "ambiguous") {
			s.Menu = append(s.Menu, outreach.KeyAction{Key: "11", Action: outreach.CallBack})
		}
		f := newFake(t, s, Route{})
		failures := rapid.IntRange(0, commitTries-1).Draw(t, "failures")
		f.answers = func(Commit) []Committed {
			failures--
			return []Committed{{Failed: failures >= 0, Accepted: failures < 0}}
		}
		f.step(Connected{})
		if s.HumanTest {
			f.fire()
			f.until("human_test")
			f.press("0")
			f.now = f.now.Add(settleGap)
		} else if rapid.Bool().Draw(t, "after the pause") {
			f.fire()
		}
		for range rapid.IntRange(0, 4).Draw(t, "parts heard") {
			if f.running != nil {
				f.done(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms"))*time.Millisecond, "FILE PLAYED")
			}
		}
		f.now = f.now.Add(time.Duration(rapid.IntRange(1, 1500).Draw(t, "into it")) * time.Millisecond)
		f.pressAt('1')
		if rapid.Bool().Draw(t, "hangs up at once") {
			f.hangUp()
		}
		f.idle()
		if o := f.call.Outcome(); o.Action != outreach.Confirm || !o.Accepted {
			t.Fatalf("outcome %+v after %v", o, f.commits)
		}
		for _, c := range f.commits {
			if c != (Commit{Action: outreach.Confirm, Digits: "1"}) {
				t.Fatalf("stored %+v", c)
			}
		}
	})
}

// TestACommitNeverFollowsItsConfirmation: nothing of an answer's confirmation plays before the store has it.
func TestACommitNeverFollowsItsConfirmation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFake(t, testScript(), Route{Gateway: "trunk1", RecordDir: "/rec"})
		accepted := map[string]bool{}
		f.answers = func(c Commit) []Committed {
			ok := rapid.Bool().Draw(t, "accepted")
			accepted["did_"+string(c.Action)] = ok
			return []Committed{{Accepted: ok}}
		}
		f.answer()
		for range 30 {
			if f.call.State() == Over {
				break
			}
			if n := len(f.played); n > 0 && len(f.played[n-1]) > 4 && f.played[n-1][:4] == "did_" && !accepted[f.played[n-1]] {
				t.Fatalf("%s played without being stored", f.played[n-1])
			}
			switch {
			case rapid.Bool().Draw(t, "key"):
				f.press(rapid.SampledFrom([]string{"1", "2", "3", "4", "6", "7", "8", "9", "*", "0"}).Draw(t, "which"))
			case f.running != nil:
				f.done(f.length(), f.response())
			case len(f.timers) > 0:
				f.fire()
			}
		}
	})
}
