package dialplan

import (
	"slices"
	"testing"
	"time"

	"curlew/outreach"
)

func TestCancelRescheduleAndOptOutNeedASecondPress(t *testing.T) {
	for key, action := range map[string]outreach.Action{"2": outreach.Cancel, "3": outreach.Reschedule, "8": outreach.OptOut} {
		f := newFake(t, testScript(), Route{})
		f.answer()
		f.until("menu")
		f.press(key)
		if len(f.commits) != 0 {
			t.Fatalf("%s: the first press was stored", action)
		}
		f.press(key)
		f.idle()
		if len(f.commits) != 1 || f.commits[0].Action != action || f.commits[0].Digits != key {
			t.Errorf("%s: commits %+v", action, f.commits)
		}
		same(t, "asked", f.asks, []string{"menu", "again"})
		same(t, "played", f.played, []string{"greeting", "date", "menu", "sure_" + string(action), "did_" + string(action), "goodbye"})
	}
}

func TestTypeAheadDoesNotCancel(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("menu")
	for range 10 { // hammering the key, across the break and into the question
		f.now = f.now.Add(150 * time.Millisecond)
		f.pressAt('2')
		if f.running != nil && (f.call.stopping || f.running.App == "set") {
			f.done(20*time.Millisecond, "_none_")
		}
	}
	if len(f.commits) != 0 {
		t.Fatalf("stored %+v", f.commits)
	}
	f.idle()
	if len(f.commits) != 0 {
		t.Errorf("stored %+v without a second press", f.commits)
	}
}

func TestAnotherKeyAtTheSecondQuestionIsAChangeOfMind(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("menu")
	f.press("21")
	f.idle()
	same(t, "stored", f.actions(), []string{"confirm"})
}

func TestTheSecondQuestionUnansweredGoesBackToTheMenu(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("menu")
	f.press("2")
	f.quiet()
	f.fire()
	f.quiet()
	same(t, "played", f.played, []string{"greeting", "date", "menu", "sure_cancel", "no_input", "menu"})
	f.press("0")
	f.quiet()
	f.press("2")
	f.press("0")
	same(t, "played", f.played[6:], []string{"invalid", "menu", "sure_cancel", "invalid"})
	f.idle()
	same(t, "stored", f.actions(), nil)
}

func TestRepeatPlaysAgainUntilItIsUsedUp(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	for range 3 {
		f.until("menu")
		f.press("9")
	}
	f.until("menu")
	f.press("9")
	same(t, "after the third repeat", f.played[len(f.played)-1:], []string{"invalid"})
	f.press("1")
	f.idle()
	same(t, "stored", f.actions(), []string{"confirm"})
}

func TestInvalidKeysAreAskedAgainTwice(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("menu")
	f.press("0")
	f.until("menu")
	f.press("#")
	f.until("menu")
	f.press("0")
	f.idle()
	same(t, "played", f.played, []string{"greeting", "date", "menu", "invalid", "menu", "invalid", "menu", "goodbye"})
}

func TestAnotherLanguageStartsOverInIt(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("menu")
	f.press("5")
	f.until("menu_ar")
	f.press("1")
	f.idle()
	same(t, "played", f.played[3:], []string{"greeting_ar", "date_ar", "menu_ar", "did_confirm_ar", "goodbye_ar"})
}

func TestWhatWasHeardIsMeasuredInTheLanguageItWasHeardIn(t *testing.T) {
	s := testScript()
	ar := s.Flows["ar"]
	ar.Sequence = []outreach.Segment{{Category: "all", Media: "/audio/all.wav", Duration: 100 * time.Second}}
	s.Flows["ar"] = ar
	f := newFake(t, s, Route{})
	f.answer()
	f.until("greeting")
	f.now = f.now.Add(1100 * time.Millisecond)
	f.press("5") // 1.5 s into 6 s
	f.hangUp()
	if got := f.call.Outcome().Heard; got != 0.25 {
		t.Errorf("heard %v, want 0.25", got)
	}
}

func TestALanguageThatTheCallLacksIsAWrongKey(t *testing.T) {
	s := testScript()
	s.Menu[4].Target = "ur"
	f := newFake(t, s, Route{})
	f.answer()
	f.until("menu")
	f.press("5")
	same(t, "played", f.played[3:], []string{"invalid"})
}

func TestARatingTakesADigitOfItsScale(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("menu")
	f.press("*")
	f.until("sure_rating")
	f.press("6")
	f.until("sure_rating")
	f.quiet()
	f.fire()
	f.press("4")
	f.idle()
	if len(f.commits) != 1 || f.commits[0] != (Commit{Action: outreach.Rating, Digits: "*4", Value: "4"}) {
		t.Errorf("commits %+v", f.commits)
	}
	same(t, "asked", f.asks, []string{"menu", "rating", "rating"})
}

func TestARatingWithoutAKeyOfItsOwnTakesTheMenusFreeDigits(t *testing.T) {
	s := testScript()
	s.Menu = []outreach.KeyAction{{Action: outreach.Rating}, {Key: "5", Action: outreach.CallBack}}
	for key, want := range map[string]Commit{
		"4": {Action: outreach.Rating, Digits: "4", Value: "4"},
		"5": {Action: outreach.CallBack, Digits: "5"},
	} {
		f := newFake(t, s, Route{})
		f.answer()
		f.until("menu")
		f.press(key)
		f.idle()
		if len(f.commits) != 1 || f.commits[0] != want {
			t.Errorf("key %s: commits %+v", key, f.commits)
		}
	}
}

func TestATransferTellsThePatientThenMovesTheStopThenBridges(t *testing.T) {
	f := newFake(t, testScript(), Route{Gateway: "trunk1", CallerID: "+12025550199"})
	f.answer()
	f.until("menu")
	f.press("7")
	if len(f.commits) != 1 || f.commits[0] != (Commit{Action: outreach.Transfer, Digits: "7", Value: "1000"}) {
		t.Fatalf("commits %+v", f.commits)
	}
	f.until("bridge")
	if want := "{originate_timeout=30,curlew_asks=true,origination_caller_id_number=+12025550199}sofia/gateway/trunk1/1000"; f.running.Arg != want {
		t.Errorf("bridge %s, want %s", f.running.Arg, want)
	}
	f.done(time.Minute, "SUCCESS")
	same(t, "played", f.played[3:], []string{"transferring", "sched_cancel", "sched_hangup", "bridge"})
	if f.call.State() != Over {
		t.Errorf("still %s after the talk", f.call.State())
	}
}

func TestADeskThatDoesNotAnswerBecomesACallBack(t *testing.T) {
	f := newFake(t, testScript(), Route{Gateway: "trunk1"})
	f.answer()
	f.until("menu")
	f.press("7")
	f.until("bridge")
	f.done(30*time.Second, "NO_ANSWER")
	f.idle()
	same(t, "stored", f.actions(), []string{"transfer", "call_back"})
	same(t, "played", f.played[7:], []string{"did_call_back", "goodbye"})
}

// The scheduler has no line for a second leg: the patient is told of the call back, not sent off with a goodbye.
func TestATransferWithoutAFreeLineIsACallBackOfWhichThePatientIsTold(t *testing.T) {
	f := newFake(t, testScript(), Route{Gateway: "trunk1"})
	f.answers = func(Commit) []Committed { return []Committed{{Accepted: true, Stored: outreach.CallBack}} }
	f.answer()
	f.until("menu")
	f.press("7")
	f.idle()
	same(t, "played", f.played[3:], []string{"did_call_back", "goodbye"})
	if o := f.call.Outcome(); o.Action != outreach.CallBack || !slices.Contains(f.notes, "transfer_full") {
		t.Errorf("%+v %v", o, f.notes)
	}
}

func TestAPatientWhoHangsUpBeforeTheDeskAnswersIsCalledBack(t *testing.T) {
	for name, c := range map[string]struct {
		until func(*fake)
		want  []string
	}{
		"while it is stored":      {func(f *fake) { f.hangUp(); f.step(Committed{Accepted: true, Stored: outreach.Transfer}) }, []string{"transfer", "call_back"}},
		"while the patient hears": {func(f *fake) { f.step(Committed{Accepted: true}); f.hangUp() }, []string{"transfer", "call_back"}},
		"while the desk rings":    {func(f *fake) { f.step(Committed{Accepted: true}); f.until("bridge"); f.hangUp() }, []string{"transfer", "call_back"}},
		"after the talk":          {func(f *fake) { f.step(Committed{Accepted: true}); f.until("bridge"); f.step(Bridged{}); f.hangUp() }, []string{"transfer"}},
	} {
		f := newFake(t, testScript(), Route{Gateway: "trunk1"})
		f.answers = func(c Commit) []Committed { return nil }
		f.answer()
		f.until("menu")
		f.press("7")
		c.until(f)
		f.step(Committed{Accepted: true})
		same(t, name, f.actions(), c.want)
		if f.call.State() != Over {
			t.Errorf("%s: still %s", name, f.call.State())
		}
	}
}

func TestATransferOutsideItsHoursOrToAnUnsafeTargetBecomesACallBack(t *testing.T) {
	closed := testScript()
	closed.Menu[6].Hours = &outreach.Window{From: "11:00", To: "12:00"}
	unsafe := testScript()
	unsafe.Menu[6].Target = "1000@evil"
	barred := testScript()
	barred.Menu[6].Target = "+882130000000"
	for name, s := range map[string]outreach.Script{"closed": closed, "unsafe": unsafe, "barred": barred} {
		f := newFake(t, s, Route{Gateway: "trunk1"})
		f.answer()
		f.until("menu")
		f.press("7")
		f.idle()
		same(t, name, f.actions(), []string{"call_back"})
		if told := slices.Contains(f.notes, "transfer_barred"); told != (name == "barred") {
			t.Errorf("%s: noted %q", name, f.notes)
		}
	}
	f := newFake(t, closed, Route{Gateway: "trunk1", Location: time.FixedZone("+1:30", 5400)})
	f.answer()
	f.until("menu")
	f.press("7")
	same(t, "open in the facility's zone", f.actions(), []string{"transfer"})
}

func TestARecordingIsAnnouncedAndEndsWithAnyKey(t *testing.T) {
	f := newFake(t, testScript(), Route{RecordDir: "/rec"})
	f.answer()
	f.until("menu")
	f.press("6")
	f.until("record")
	if want := "/rec/" + testAttempt + ".wav 60 200 4"; f.running.Arg != want {
		t.Errorf("record %q, want %q", f.running.Arg, want)
	}
	f.press("1")
	f.idle()
	same(t, "played", f.played[3:], []string{"record_ask", recordTone, "record", "did_record", "goodbye"})
	same(t, "asked", f.asks, []string{"menu", "record"})
	if len(f.commits) != 1 || f.commits[0] != (Commit{Action: outreach.Record, Digits: "6", Value: testAttempt + ".wav"}) {
		t.Errorf("commits %+v", f.commits)
	}
}

// A recording that did not arrive is asked for again, and never called recorded: no confirmation, and the log says so.
func TestARecordingThatDoesNotArriveIsNoAnswer(t *testing.T) {
	for tries, want := range map[int]string{commitTries - 1: "did_record", commitTries: "record"} {
		f := newFake(t, testScript(), Route{RecordDir: "/rec"})
		failures := tries
		f.answers = func(Commit) []Committed {
			failures--
			return []Committed{{Failed: failures >= 0, Accepted: failures < 0}}
		}
		f.answer()
		f.until("menu")
		f.press("6")
		f.until("record")
		f.press("1")
		f.idle()
		if last := f.played[len(f.played)-2]; last != want || len(f.commits) != commitTries {
			t.Errorf("%d failures: %s before goodbye, after %d tries", tries, last, len(f.commits))
		}
		lost := slices.Contains(f.notes, "recording_failed")
		if lost != (tries == commitTries) || f.call.Outcome().Accepted == lost {
			t.Errorf("%d failures: %+v %+v", tries, f.notes, f.call.Outcome())
		}
	}
}

func TestARecordingCutOffByAHangupIsKept(t *testing.T) {
	f := newFake(t, testScript(), Route{RecordDir: "/rec"})
	f.answer()
	f.until("menu")
	f.press("6")
	f.until("record")
	f.hangUp()
	same(t, "stored", f.actions(), []string{"record"})
}

// The switch hangs up where it cannot write: nothing was said that anybody could hear.
func TestARecordingThatTheSwitchCannotWriteIsNoAnswer(t *testing.T) {
	f := newFake(t, testScript(), Route{RecordDir: "/rec"})
	f.answer()
	f.until("menu")
	f.press("6")
	f.until("record")
	f.running = nil
	f.step(HungUp{Cause: unwritable})
	same(t, "stored", f.actions(), nil)
	if !slices.Contains(f.notes, "recording_failed") || f.call.State() != Over {
		t.Errorf("%v, %s", f.notes, f.call.State())
	}
}

func TestTheNoticeOfARecordingCannotBeSkippedByADoublePress(t *testing.T) {
	f := newFake(t, testScript(), Route{RecordDir: "/rec"})
	f.answer()
	f.until("menu")
	f.press("6")
	f.now = f.now.Add(150 * time.Millisecond)
	f.pressAt('6')
	if f.breaks != 1 {
		t.Errorf("%d breaks: the notice was cut short by a double press", f.breaks)
	}
	f.press("6")
	if f.breaks != 2 {
		t.Errorf("%d breaks: a later key does not skip the notice", f.breaks)
	}
}

func TestWithoutAPlaceForRecordingsTheKeyIsWrong(t *testing.T) {
	f := newFake(t, testScript(), Route{})
	f.answer()
	f.until("menu")
	f.press("6")
	same(t, "played", f.played[3:], []string{"invalid"})
}
