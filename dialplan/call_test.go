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

func TestTheHumanTestTakesAnyKeyAndNeverAsAnAction(t *testing.T) {
	s := testScript()
	s.HumanTest = true
	f := newFake(t, s, Route{})
	f.step(Connected{})
	f.press("1") // before the question: kept, and thrown away by it
	f.fire()
	f.until("human_test")
	f.press("1")
	if f.call.State() != Message || len(f.commits) != 0 {
		t.Fatalf("%s, stored %+v", f.call.State(), f.commits)
	}
	f.now = f.now.Add(-200 * time.Millisecond) // a double press
	f.pressAt('1')
	f.until("menu")
	f.press("4")
	f.idle()
	same(t, "played", f.played, []string{"human_test", "greeting", "date", "menu", "did_call_back", "goodbye"})
	same(t, "asked", f.asks, []string{"human_test", "menu"})
	if o := f.call.Outcome(); o.Machine || o.Digits != "14" && o.Digits != "4" {
		t.Errorf("outcome %+v", o)
	}
}

func TestAnUnansweredHumanTestIsAMachineThatHearsNothingPersonal(t *testing.T) {
	s := testScript()
	s.HumanTest = true
	f := newFake(t, s, Route{})
	f.answer()
	f.idle()
	same(t, "played", f.played, []string{"human_test", "human_test", "human_test"})
	if o := f.call.Outcome(); !o.Machine || o.MachineWhy != WhyNoKey || o.Heard != 0 {
		t.Errorf("outcome %+v", o)
	}
}

func TestAKeyBeforeTheHumanTestDoesNotAnswerIt(t *testing.T) {
	s := testScript()
	s.HumanTest, s.NoInput = true, 0
	f := newFake(t, s, Route{})
	f.step(Connected{})
	f.press("1")
	f.idle()
	if o := f.call.Outcome(); o.MachineWhy != WhyNoKey || len(f.commits) != 0 {
		t.Errorf("outcome %+v, stored %+v", o, f.commits)
	}
}

func TestABeepHangsUpOrGetsTheVoicemailWithoutPersonalDetails(t *testing.T) {
	for _, c := range []struct {
		policy  string
		allow   bool
		at      string
		played  []string
		machine bool
	}{
		{"hang_up", false, "greeting", []string{"avmd_start", "greeting"}, true},
		{"voicemail", false, "greeting", []string{"avmd_start", "greeting", "voicemail"}, true},
		{"voicemail", true, "menu", []string{"avmd_start", "greeting", "date", "menu", "voicemail", "secret"}, true},
		{"human_test", false, "greeting", []string{"greeting"}, true},
	} {
		s := testScript()
		s.Machine = outreach.MachinePolicy{Policy: c.policy, AllowPersonal: c.allow}
		f := newFake(t, s, Route{})
		f.answer()
		f.until(c.at)
		f.step(Beep{})
		f.idle()
		same(t, c.policy, f.played, c.played)
		if o := f.call.Outcome(); o.Machine != c.machine || o.MachineWhy != WhyBeep {
			t.Errorf("%s: outcome %+v", c.policy, o)
		}
	}
}

func TestABeepInTheFirstMomentAndInTheHumanTestCounts(t *testing.T) {
	s := testScript()
	s.HumanTest, s.Machine.Policy = true, "voicemail"
	f := newFake(t, s, Route{})
	f.step(Connected{})
	f.step(Beep{})
	f.idle()
	same(t, "played", f.played, []string{"voicemail"})
	f = newFake(t, s, Route{})
	f.answer()
	f.until("human_test")
	f.step(Beep{})
	f.idle()
	same(t, "played", f.played, []string{"avmd_start", "human_test", "voicemail"})
}

func TestABeepAfterAKeyIsNoMachine(t *testing.T) {
	s := testScript()
	s.Machine.Policy = "hang_up"
	f := newFake(t, s, Route{})
	f.answer()
	f.until("greeting")
	f.press("0")
	f.step(Beep{})
	f.until("menu")
	f.press("1")
	f.idle()
	same(t, "stored", f.actions(), []string{"confirm"})
	if f.call.Outcome().Machine {
		t.Error("a patient who pressed a key was taken for a machine")
	}
}

func TestASwitchWithoutAVMDIsNeverAskedForIt(t *testing.T) {
	s := testScript()
	s.Machine.Policy = "voicemail"
	f := newFake(t, s, Route{NoAVMD: true})
	f.answer()
	f.idle()
	if f.played[0] != "greeting" {
		t.Errorf("played %v", f.played)
	}
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
	if want := "{originate_timeout=30,origination_caller_id_number=+12025550199}sofia/gateway/trunk1/1000"; f.running.Arg != want {
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

func TestATransferOutsideItsHoursOrToAnUnsafeTargetBecomesACallBack(t *testing.T) {
	closed := testScript()
	closed.Menu[6].Hours = &outreach.Window{From: "11:00", To: "12:00"}
	unsafe := testScript()
	unsafe.Menu[6].Target = "1000@evil"
	for name, s := range map[string]outreach.Script{"closed": closed, "unsafe": unsafe} {
		f := newFake(t, s, Route{Gateway: "trunk1"})
		f.answer()
		f.until("menu")
		f.press("7")
		f.idle()
		same(t, name, f.actions(), []string{"call_back"})
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

func TestARecordingCutOffByAHangupIsKept(t *testing.T) {
	f := newFake(t, testScript(), Route{RecordDir: "/rec"})
	f.answer()
	f.until("menu")
	f.press("6")
	f.until("record")
	f.hangUp()
	same(t, "stored", f.actions(), []string{"record"})
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
