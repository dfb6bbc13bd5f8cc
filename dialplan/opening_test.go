package dialplan

import (
	"testing"
	"time"

	"curlew/outreach"
)

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
		policy string
		allow  bool
		at     string
		played []string
		left   bool
	}{
		{"hang_up", false, "greeting", []string{"avmd_start", "greeting"}, false},
		{"voicemail", false, "greeting", []string{"avmd_start", "greeting", "voicemail"}, true},
		{"voicemail", true, "menu", []string{"avmd_start", "greeting", "date", "menu", "voicemail", "secret"}, true},
		{"human_test", false, "greeting", []string{"greeting"}, false},
	} {
		s := testScript()
		s.Machine = outreach.MachinePolicy{Policy: c.policy, AllowPersonal: c.allow, Detect: []string{"beep"}}
		f := newFake(t, s, Route{})
		f.answer()
		f.until(c.at)
		f.step(Beep{})
		f.idle()
		same(t, c.policy, f.played, c.played)
		if o := f.call.Outcome(); !o.Machine || o.Left != c.left || o.MachineWhy != WhyBeep {
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

// A beep comes when the message has begun: one that is about the patient waits for what the callee says first.
func TestAMessageAboutThePatientIsNotBegunWhereOnlyABeepTellsAMachine(t *testing.T) {
	for name, c := range map[string]struct {
		personal, allow bool
		first           string
	}{
		"about the patient":                     {true, false, "wait_for_silence"},
		"about the patient, a machine may hear": {true, true, "greeting"},
		"about nobody":                          {false, false, "greeting"},
	} {
		s := testScript()
		s.Machine = outreach.MachinePolicy{Policy: "hang_up", Detect: []string{outreach.DetectBeep}, AllowPersonal: c.allow}
		s.Flows["ar"].Sequence[1].Personal = c.personal // the patient may choose it
		f := newFake(t, s, Route{})
		f.voice = talk(100)
		f.step(Connected{})
		if f.call.State() == Answering {
			f.fire()
		}
		f.idle()
		if len(f.played) < 2 || f.played[0] != "avmd_start" || f.played[1] != c.first {
			t.Errorf("%s: played %v", name, f.played)
		}
		if o := f.call.Outcome(); o.Machine != (c.first == "wait_for_silence") {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestABeepInTheLastWordsIsAMachine(t *testing.T) {
	s := testScript()
	s.Menu = nil
	s.Machine = outreach.MachinePolicy{Policy: "voicemail", Detect: []string{outreach.DetectBeep}}
	f := newFake(t, s, Route{})
	f.answer()
	f.until("goodbye")
	f.step(Beep{})
	f.idle()
	if o := f.call.Outcome(); o.MachineWhy != WhyBeep || f.played[len(f.played)-1] != "voicemail" {
		t.Errorf("%+v, played %v", o, f.played)
	}
}

func TestABeepAfterAKeyIsNoMachine(t *testing.T) {
	s := testScript()
	s.Machine = outreach.MachinePolicy{Policy: "hang_up", Detect: []string{"beep"}}
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
	s.Machine = outreach.MachinePolicy{Policy: "voicemail", Detect: []string{"beep"}}
	f := newFake(t, s, Route{NoAVMD: true})
	f.answer()
	f.idle()
	if f.played[0] != "greeting" {
		t.Errorf("played %v", f.played)
	}
}
