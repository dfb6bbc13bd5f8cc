package freeswitch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/dialplan"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// TestKeysCountFrom20msAfterTheAnswer: before anything is said the phone counts the milliseconds, from then on the keys
// come as a prompt begins.
func TestKeysCountFrom20msAfterTheAnswer(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	h, ears := open(t, sw, hospitalOptions{}), watch(t, sw.Addr, sw.Password())
	counts := func(t *testing.T, number string, during func(outreach.CallOrder)) {
		t.Parallel()
		o := h.order(number)
		o.Script.Menu = []outreach.KeyAction{{Key: "123", Action: outreach.Confirm}}
		o.Script.KeyWait, o.Script.InterDigit = 20*time.Second, 20*time.Second // a key may be late, none may be lost
		if err := h.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		during(o)
		if r := h.j.result(t, o.Attempt); r.Digits != "123" || !slices.Contains(h.j.of(o.Attempt, false), "respond confirm 123") {
			t.Errorf("%+v\n%v", r, h.j.of(o.Attempt, true))
		}
	}
	for n := range 3 {
		for _, ms := range []int{20, 40, 60, 100, 200} {
			t.Run(fmt.Sprintf("%d ms, %d", ms, n), func(t *testing.T) {
				counts(t, fmt.Sprintf("1%s%04d123", freeswitch.AreaKeysAt, ms), func(outreach.CallOrder) {})
			})
		}
		for _, prompt := range []int{1, 2} {
			t.Run(fmt.Sprintf("prompt %d, %d", prompt, n), func(t *testing.T) {
				counts(t, fmt.Sprintf("1202555%d%d00", 4+prompt, n), func(o outreach.CallOrder) {
					ears.await(t, o.Attempt, "execute playback", prompt)
					press(t, sw, o.Destination, "123")
				})
			})
		}
	}
}

func TestAKeyCutsThePromptShort(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	o := h.order("1" + freeswitch.AreaKeysAt + "5000100") // the first key answers, the others have no effect
	greeting := &o.Script.Flows["en"].Sequence[0]
	greeting.Media, greeting.Duration = wav(t, h.audio, 30*time.Second), 30*time.Second
	r := h.place(t, o)
	lines := h.j.of(o.Attempt, true)
	if !slices.Contains(lines, "note prompt greeting cut short") || !slices.Contains(lines, "note prompt did_confirm") || r.Completed || r.Heard <= 0 || r.Heard > 0.9 {
		t.Errorf("%+v\n%v", r, lines)
	}
}

func TestAPromptThatTheSwitchLacksIsReportedAndTheCallGoesOn(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	o := h.order("12025550100")
	o.Script.Flows["en"].Sequence[0].Media = filepath.Join(h.audio, "nowhere.wav")
	broken := filepath.Join(h.audio, "broken.wav")
	if err := os.WriteFile(broken, []byte("no sound at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Script.Flows["en"].Goodbye[0].Media = broken
	r := h.place(t, o)
	if !slices.Equal(r.PromptMissing, []string{"greeting", "goodbye"}) || r.Completed || r.Cause != "NORMAL_CLEARING" {
		t.Errorf("%+v\n%v", r, h.j.of(o.Attempt, true))
	}
}

func TestAHangupInTheMiddleOfAPromptEndsTheCallAndCountsWhatWasHeard(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	o := h.order("1" + freeswitch.AreaTones + "2500000")
	o.Script.Flows["en"].Sequence[1] = outreach.Segment{Category: "menu", Media: wav(t, h.audio, 20*time.Second), Duration: 20 * time.Second}
	if r := h.place(t, o); r.Cause != "NORMAL_CLEARING" || r.Completed || r.Heard <= 0 || r.Heard > 0.5 || len(r.PromptMissing) > 0 {
		t.Errorf("%+v\n%v", r, h.j.of(o.Attempt, true))
	}
}

// TestWithTheHumanTestAMachineHearsNothingAndPatientsAnswerAsEver presses each key while its prompt plays, the first
// of them at the human test.
func TestWithTheHumanTestAMachineHearsNothingAndPatientsAnswerAsEver(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	h, ears := open(t, sw, hospitalOptions{}), watch(t, sw.Addr, sw.Password())
	for name, c := range map[string]struct {
		number string
		keys   []atPrompt
		want   string
	}{
		"presses nothing": {"3100", nil, ""}, "is a machine": {"3116", nil, ""},
		"1":             {"3200", []atPrompt{{1, "0"}, {3, "1"}}, "respond confirm 1"},
		"2, twice":      {"3300", []atPrompt{{1, "0"}, {3, "2"}, {4, "2"}}, "respond cancel 2"},
		"9, and then 1": {"3400", []atPrompt{{1, "0"}, {3, "9"}, {5, "1"}}, "respond confirm 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := h.order("1" + freeswitch.AreaHumanTest + "555" + c.number)
			o.Script.HumanTest = true
			if c.keys != nil {
				o.Script.KeyWait = 20 * time.Second // a key may be late
			}
			if err := h.d.Dial(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			for _, k := range c.keys {
				ears.await(t, o.Attempt, "execute playback", k.prompt)
				press(t, sw, o.Destination, k.key)
			}
			r := h.j.result(t, o.Attempt)
			lines := h.j.of(o.Attempt, true)
			heard := slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "note prompt greeting") })
			if r.Machine != (c.want == "") || heard != (c.want != "") || c.want != "" && !slices.Contains(lines, c.want) || r.Machine && r.MachineWhy != "no_key" {
				t.Errorf("%+v\n%v", r, lines)
			}
		})
	}
}

// atPrompt is a key that is pressed once so many prompts have begun.
type atPrompt struct {
	prompt int
	key    string
}

// press has the phone of a number press keys, as telephone-events to the hospital.
func press(t *testing.T, sw *freeswitch.Switch, number, keys string) {
	t.Helper()
	phoneOf(t, sw, number, func(leg string) { ask(t, sw, "uuid_send_dtmf "+leg+" "+keys) })
}

// phoneOf does something to the phone of a number, by the leg it has on the switch.
func phoneOf(t *testing.T, sw *freeswitch.Switch, number string, do func(leg string)) {
	t.Helper()
	var shown struct {
		Rows []struct{ UUID, Direction, Dest string }
	}
	if err := json.Unmarshal([]byte(ask(t, sw, "show channels as json")), &shown); err != nil {
		t.Fatal(err)
	}
	for _, c := range shown.Rows {
		if c.Direction == "inbound" && c.Dest == number {
			do(c.UUID)
			return
		}
	}
	t.Errorf("no phone of %s is in a call", number)
}

func TestABeepIsHeardByAVMD(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	if !hasAVMD(t, sw) {
		t.Skip("this FreeSWITCH has no mod_avmd")
	}
	h := open(t, sw, hospitalOptions{})
	for policy, voicemail := range map[string]bool{"voicemail": true, "hang_up": false} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			o := h.order("12025550116")
			o.Script.Machine.Policy = policy
			o.Script.Flows["en"].Sequence[0] = outreach.Segment{Category: "greeting", Media: wav(t, h.audio, 8*time.Second), Duration: 8 * time.Second}
			r := h.place(t, o)
			lines := h.j.of(o.Attempt, true)
			if !r.Machine || r.MachineWhy != "beep" || r.Left != voicemail || slices.Contains(lines, "note prompt voicemail") != voicemail || slices.Contains(lines, "note prompt secret") {
				t.Errorf("%+v\n%v", r, lines)
			}
		})
	}
}

func TestARecordingIsOnDisk(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	h := open(t, sw, hospitalOptions{})
	h.placed(t, func() outreach.CallOrder { return h.order("12025550106") }, func(r outreach.CallResult, lines []string) bool {
		name := string(r.Attempt) + ".wav"
		info, err := os.Stat(filepath.Join(sw.Path("recordings"), name))
		return err == nil && info.Size() >= 8000 && inOrder(lines, []string{"note prompt record_ask", "respond record 6 " + name, "note prompt did_record"})
	})
}

// TestARecordingThatTheSwitchCannotWriteIsNoAnswer: it ends the call there and then.
func TestARecordingThatTheSwitchCannotWriteIsNoAnswer(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{dialer: func(o *dialplan.Options) { o.RecordDir = "/proc/nowhere" }})
	h.placed(t, func() outreach.CallOrder { return h.order("12025550106") }, func(r outreach.CallResult, lines []string) bool {
		return r.Cause == "DESTINATION_OUT_OF_ORDER" && r.Answered && slices.Contains(lines, "note recording_failed") &&
			!slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "respond ") })
	})
}

func TestATransferTellsThePatientAndABusyDeskBecomesACallBack(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	for desk, want := range map[string][]string{
		"12025550115": {"ringing", "answered", "respond transfer 7 12025550115"},
		"12025550111": {"ringing", "answered", "respond transfer 7 12025550111", "respond call_back 7"},
	} {
		t.Run(desk, func(t *testing.T) {
			t.Parallel()
			o := h.order("12025550107")
			for i := range o.Script.Menu {
				if o.Script.Menu[i].Action == outreach.Transfer {
					o.Script.Menu[i].Target = desk
				}
			}
			r := h.place(t, o)
			if got := h.j.of(o.Attempt, false); !slices.Equal(got, want) || !slices.Contains(h.j.of(o.Attempt, true), "note prompt transferring") || r.Cause != "NORMAL_CLEARING" {
				t.Errorf("%+v\n%v", r, h.j.of(o.Attempt, true))
			}
		})
	}
}

// TestAPatientWhoHangsUpBeforeTheDeskAnswersIsCalledBack; who was connected is not.
func TestAPatientWhoHangsUpBeforeTheDeskAnswersIsCalledBack(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	h, ears := open(t, sw, hospitalOptions{}), watch(t, sw.Addr, sw.Password())
	for name, c := range map[string]struct {
		number, desk, event string
		want                []string
	}{
		"while it rings": {"13015555107", "12025550112", "execute bridge", []string{"respond transfer 7 12025550112", "respond call_back 7"}},
		"in the talk":    {"13015555207", "12025550100", "BRIDGE", []string{"respond transfer 7 12025550100"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := h.order(c.number)
			for i := range o.Script.Menu {
				if o.Script.Menu[i].Action == outreach.Transfer {
					o.Script.Menu[i].Target = c.desk
				}
			}
			if err := h.d.Dial(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			ears.await(t, o.Attempt, c.event, 1)
			phoneOf(t, sw, o.Destination, func(leg string) { ask(t, sw, "uuid_kill "+leg) })
			r := h.j.result(t, o.Attempt)
			all := h.j.of(o.Attempt, true)
			answers := slices.DeleteFunc(slices.Clone(all), func(l string) bool { return !strings.HasPrefix(l, "respond ") })
			if !slices.Equal(answers, c.want) || slices.Contains(all, "note bridged") != (c.event == "BRIDGE") || r.Cause != "NORMAL_CLEARING" {
				t.Errorf("%+v\n%q", r, all)
			}
		})
	}
}

func TestTheSwitchItselfEndsACallThatIsTooLong(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	o := h.order("12025550100")
	o.MaxDuration = 3 * time.Second
	o.Script.Flows["en"].Sequence[0] = outreach.Segment{Category: "greeting", Media: wav(t, h.audio, 30*time.Second), Duration: 30 * time.Second}
	if r := h.place(t, o); r.Cause != "ALLOTTED_TIMEOUT" || !r.Answered || r.Completed {
		t.Errorf("%+v\n%v", r, h.j.of(o.Attempt, true))
	}
}

func TestACallThatIsNotWantedAnyMoreIsEndedWhileItRings(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	o := h.order("12025550112")
	o.RingTimeout = 30 * time.Second
	if err := h.d.Dial(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	h.j.await(t, o.Attempt, "ringing")
	if err := h.d.Hangup(t.Context(), "main", o.Attempt); err != nil {
		t.Fatal(err)
	}
	if r := h.j.result(t, o.Attempt); r.Cause != "ORIGINATOR_CANCEL" || r.Answered || !r.Progress {
		t.Errorf("%+v", r)
	}
	if err := h.d.Hangup(t.Context(), "main", o.Attempt); err != nil {
		t.Errorf("a leg that is over: %v", err)
	}
}

func hasAVMD(t *testing.T, sw *freeswitch.Switch) bool { return hasModule(t, sw, "mod_avmd") }

func hasModule(t *testing.T, sw *freeswitch.Switch, name string) bool {
	t.Helper()
	out, err := sw.API(t.Context(), "module_exists "+name)
	if err != nil {
		t.Fatal(err)
	}
	return out == "true"
}
