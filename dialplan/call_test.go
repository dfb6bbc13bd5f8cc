package dialplan

import (
	"testing"
	"time"

	"curlew/outreach"
)

func TestASilentPatientHearsEverythingTwiceMoreAndIsLetGo(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.idle()
	same(t, "played", f.played, []string{"greeting", "date", "menu", "no_input", "menu", "no_input", "menu", "goodbye"})
	same(t, "asked", f.asks, []string{"menu", "menu", "menu"})
	o := f.call.Outcome()
	if !o.Completed || o.Heard != 1 || o.Machine || len(f.commits) != 0 {
		t.Errorf("outcome %+v, commits %v", o, f.commits)
	}
}

func TestAKeyIsStoredBeforeItsConfirmationPlays(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answers = func(Commit) []Committed { return nil }
	f.answer()
	f.until("menu")
	f.press("1")
	if len(f.commits) != 1 || f.commits[0] != (Commit{Action: outreach.Confirm, Digits: "1"}) {
		t.Fatalf("commits %+v", f.commits)
	}
	same(t, "played before it is stored", f.played, []string{"greeting", "date", "menu"})
	f.step(Committed{Accepted: true})
	f.idle()
	same(t, "played", f.played, []string{"greeting", "date", "menu", "did_confirm", "goodbye"})
	if o := f.call.Outcome(); !o.Accepted || o.Action != outreach.Confirm || o.Digits != "1" || o.Completed {
		t.Errorf("outcome %+v", o)
	}
}

func TestTheMessageIsCutShortByAKeyAndItsHeardShareCounts(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("date")
	f.now = f.now.Add(600 * time.Millisecond)
	f.press("1") // after another 0.4 s
	f.idle()
	same(t, "played", f.played, []string{"greeting", "date", "did_confirm", "goodbye"})
	if f.breaks != 1 {
		t.Errorf("%d breaks, want 1", f.breaks)
	}
	if o := f.call.Outcome(); o.Heard != 0.5 || o.Completed {
		t.Errorf("heard %v of 6 s after 3 s, completed %v", o.Heard, o.Completed)
	}
}

func TestTheFirstDigitOfALongKeyCutsTheMenuShortAndNotTheMessage(t *testing.T) {
	for at, breaks := range map[string]int{"date": 0, "menu": 1} {
		s := testScript()
		s.Menu = []outreach.KeyAction{{Key: "11", Action: outreach.Confirm}, {Key: "12", Action: outreach.CallBack}}
		f := newFake(t, s, Route{})
		f.answer()
		f.until(at)
		f.now = f.now.Add(time.Second)
		f.pressAt('1')
		if f.breaks != breaks {
			t.Errorf("in the %s: %d breaks after the first digit, want %d", at, f.breaks, breaks)
		}
		f.press("2")
		f.idle()
		same(t, at, f.actions(), []string{"call_back"})
	}
}

func TestAnUnknownKeyDuringTheMessageChangesNothing(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("greeting")
	f.press("0")
	f.until("menu")
	f.press("1")
	f.idle()
	same(t, "played", f.played, []string{"greeting", "date", "menu", "did_confirm", "goodbye"})
}

func TestAnsweredTooLateIsNotConfirmed(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answers = func(Commit) []Committed { return []Committed{{Accepted: false}} }
	f.answer()
	f.until("menu")
	f.press("1")
	f.idle()
	same(t, "played", f.played, []string{"greeting", "date", "menu", "goodbye"})
	if f.call.Outcome().Accepted {
		t.Error("a refused answer counts as accepted")
	}
}

func TestAnAnswerThatCouldNotBeStoredIsTriedAgainThenNotConfirmed(t *testing.T) {
	for _, c := range []struct {
		failures int
		last     string
		commits  int
	}{{1, "did_confirm", 2}, {3, "did_confirm", 4}, {9, "menu", 4}} {
		f := newFake(t, testScript(), Route{})
		failures := c.failures
		f.answers = func(Commit) []Committed {
			failures--
			return []Committed{{Failed: failures >= 0, Accepted: failures < 0}}
		}
		f.answer()
		f.until("menu")
		f.press("1")
		f.idle()
		if got := f.played[len(f.played)-2]; got != c.last || len(f.commits) != c.commits {
			t.Errorf("%d failures: before goodbye played %s after %d commits, want %s after %d", c.failures, got, len(f.commits), c.last, c.commits)
		}
	}
}

func TestAMissingFileIsReportedAndTheCallGoesOn(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.file = func(path string) string {
		if path == "/audio/date.wav" {
			return "FILE NOT FOUND"
		}
		return "FILE PLAYED"
	}
	f.answer()
	f.until("menu")
	f.press("9")
	f.idle()
	o := f.call.Outcome()
	same(t, "missing", o.PromptMissing, []string{"date"})
	if o.Completed || o.Heard > 0.67 {
		t.Errorf("outcome %+v: a part that was missing counts as heard", o)
	}
}

func TestACallWithoutAMenuPlaysThroughAndEnds(t *testing.T) {
	s := testScript()
	s.Menu = nil
	f := newFake(t, s, Route{})
	f.answer()
	f.until("greeting")
	f.press("1")
	f.idle()
	same(t, "played", f.played, []string{"greeting", "date", "menu", "goodbye"})
	if o := f.call.Outcome(); !o.Completed || len(f.asks) != 0 {
		t.Errorf("outcome %+v, asked %v", o, f.asks)
	}
}

func TestAnEmptyScriptStillEnds(t *testing.T) {
	for _, human := range []bool{false, true} {
		f := newFake(t, outreach.Script{HumanTest: human}, Route{})
		f.answer()
		f.idle()
		if f.call.State() != Over {
			t.Errorf("human test %v: stuck in %s", human, f.call.State())
		}
	}
}

func TestABreakThatCameTooEarlyIsRepeated(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("menu")
	f.now = f.now.Add(time.Second)
	f.pressAt('1')
	f.fire()
	if f.breaks != 2 {
		t.Errorf("%d breaks, want a second one", f.breaks)
	}
}

func TestWhatWasPressedSurvivesTheHangup(t *testing.T) {
	ten := testScript()
	ten.Menu = []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}, {Key: "10", Action: outreach.CallBack}, {Key: "2", Action: outreach.Cancel}, {Key: "25", Action: outreach.Repeat}}
	for _, c := range []struct {
		name string
		act  func(*fake)
		want []string
	}{
		{"right after a key", func(f *fake) { f.until("menu"); f.pressAt('1') }, []string{"confirm"}},
		{"a key that could go on", func(f *fake) { f.until("menu"); f.press("1") }, []string{"confirm"}},
		{"the same during the message", func(f *fake) { f.until("date"); f.press("1") }, []string{"confirm"}},
		{"a longer key", func(f *fake) { f.until("menu"); f.press("10") }, []string{"call_back"}},
		{"one press of cancel", func(f *fake) { f.until("menu"); f.press("2") }, nil},
		{"nothing", func(f *fake) { f.until("menu") }, nil},
	} {
		f := newFake(t, ten, Route{})
		f.answer()
		c.act(f)
		f.hangUp()
		same(t, c.name, f.actions(), c.want)
		if f.call.State() != Over {
			t.Errorf("%s: %s after the hangup", c.name, f.call.State())
		}
	}
}

func TestAnAnswerUnderWayAtTheHangupIsStoredToTheEnd(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answers = func(Commit) []Committed { return nil }
	f.answer()
	f.until("menu")
	f.press("1")
	f.step(Committed{Failed: true})
	f.hangUp()
	if f.call.State() != Settling || len(f.commits) != 2 {
		t.Fatalf("%s with %d commits", f.call.State(), len(f.commits))
	}
	f.step(Committed{Failed: true})
	f.fire()
	f.step(Committed{Accepted: true})
	if o := f.call.Outcome(); f.call.State() != Over || !o.Accepted || len(f.commits) != 3 {
		t.Errorf("%s, outcome %+v, %d commits", f.call.State(), o, len(f.commits))
	}
}

func TestAKeyPressedInTheFirstPauseIsTypeAhead(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.step(Connected{})
	f.press("1")
	if len(f.commits) != 0 {
		t.Fatal("stored before the first prompt")
	}
	f.fire()
	f.idle()
	same(t, "stored", f.actions(), []string{"confirm"})
	f = newFake(t, testScript(), Route{})
	f.step(Connected{})
	f.press("1")
	f.hangUp()
	same(t, "stored at the hangup", f.actions(), []string{"confirm"})
}
