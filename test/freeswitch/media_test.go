package freeswitch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/test/freeswitch"
)

func TestAnAnnouncementBeforeTheAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	t.Run("then answered", func(t *testing.T) {
		t.Parallel()
		o := h.order("1" + freeswitch.AreaEarly + "5550101")
		r := h.place(t, o)
		answers("respond confirm 1").check(t, h, o, r)
		if early := r.AnsweredAt.Sub(r.ProgressAt); early < time.Second {
			t.Errorf("answered %s after the announcement began", early)
		}
	})
	t.Run("never answered", func(t *testing.T) {
		t.Parallel()
		o := h.order("1" + freeswitch.AreaEarly + "5550112")
		unanswered.check(t, h, o, h.place(t, o))
		if lines := h.j.of(o.Attempt, true); slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "note prompt") }) {
			t.Errorf("it spoke to the announcement: %v", lines)
		}
	})
}

func TestKeysCountAsTonesInTheSoundWhereTheGatewaySaysSo(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	for _, ms := range []int{300, 1500, 3000} {
		for _, inband := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d ms, inband %v", ms, inband), func(t *testing.T) {
				t.Parallel()
				o := h.order(fmt.Sprintf("1%s%04d159", freeswitch.AreaInband, ms))
				o.InbandDTMF = inband
				o.Script.Menu = []outreach.KeyAction{{Key: "159", Action: outreach.Confirm}}
				want := ""
				if inband {
					want = "159"
				}
				if r := h.place(t, o); r.Digits != want {
					t.Errorf("%+v\n%v", r, h.j.of(o.Attempt, true))
				}
			})
		}
	}
}

func TestAMachineIsToldByItsGreetingAndAHumanByTheirHello(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	h := open(t, sw, hospitalOptions{})
	for name, c := range map[string]struct {
		number, policy, why string
		lines               []string
	}{
		"a machine, hung up on":           {"1" + freeswitch.AreaGreeting + "5550116", "hang_up", "long_greeting", []string{"note machine long_greeting"}},
		"a machine, its beep":             {"1" + freeswitch.AreaGreeting + "5550116", "voicemail", "long_greeting", []string{"note machine long_greeting", "note beep", "note prompt voicemail", "note voicemail"}},
		"a machine that does not beep":    {"1" + freeswitch.AreaGreeting + "5550100", "voicemail", "long_greeting", []string{"note machine long_greeting", "note no_beep", "note prompt voicemail", "note voicemail"}},
		"a human who says hello":          {"1" + freeswitch.AreaHello + "5550101", "hang_up", "", []string{"note greeting short_greeting", "respond confirm 1"}},
		"a human who says hello, if left": {"1" + freeswitch.AreaHello + "5550101", "voicemail", "", []string{"note greeting short_greeting", "respond confirm 1"}},
		"a human who says nothing":        {"12025550104", "hang_up", "", []string{"respond call_back 4"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(name, "its beep") && !hasAVMD(t, sw) {
				t.Skip("this FreeSWITCH has no mod_avmd")
			}
			r, lines := h.placed(t, func() outreach.CallOrder {
				o := h.order(c.number)
				o.Script.Machine.Policy = c.policy
				return o
			}, func(r outreach.CallResult, lines []string) bool {
				return r.MachineWhy == c.why && inOrder(lines, c.lines)
			})
			if slices.Contains(lines, "note prompt secret") {
				t.Errorf("%+v\n%v", r, lines)
			}
			if left := slices.Contains(c.lines, "note voicemail"); r.Left != left {
				t.Errorf("left %v: %+v", r.Left, lines)
			}
			if heard := slices.Contains(lines, "note prompt greeting"); c.why != "" && heard {
				t.Errorf("a machine heard the message\n%v", lines)
			}
		})
	}
}

// TestWhereOnlyABeepTellsAMachineAPersonalMessageIsNotBegunInItsGreeting, and one about nobody is.
func TestWhereOnlyABeepTellsAMachineAPersonalMessageIsNotBegunInItsGreeting(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	if !hasAVMD(t, sw) {
		t.Skip("this FreeSWITCH has no mod_avmd")
	}
	h := open(t, sw, hospitalOptions{})
	for personal, why := range map[bool]string{true: "long_greeting", false: "beep"} {
		t.Run(fmt.Sprint(personal), func(t *testing.T) {
			t.Parallel()
			h.placed(t, func() outreach.CallOrder {
				o := h.order("1" + freeswitch.AreaGreeting + "5550116")
				o.Script.Machine = outreach.MachinePolicy{Policy: "hang_up", Detect: []string{outreach.DetectBeep}}
				o.Script.Flows["en"].Sequence[0].Personal = personal
				return o
			}, func(r outreach.CallResult, lines []string) bool {
				return r.MachineWhy == why && slices.Contains(lines, "note prompt greeting") != personal
			})
		})
	}
}

// inOrder reports whether all of want are in lines, in that order.
func inOrder(lines, want []string) bool {
	for _, l := range lines {
		if len(want) > 0 && l == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func TestTheHardStopOfACallOutlivesCurlew(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	h := open(t, sw, hospitalOptions{})
	o := h.order("12025550100")
	o.MaxDuration = 5 * time.Second
	o.Script.Flows["en"].Sequence[0] = outreach.Segment{Category: "greeting", Media: wav(t, h.audio, 30*time.Second), Duration: 30 * time.Second}
	if err := h.d.Dial(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	h.j.await(t, o.Attempt, "answered")
	answered := time.Now()
	time.AfterFunc(time.Second, h.stop) // in the middle of the prompt: its socket is gone, the file plays on
	waitFor(t, "the switch ended the call", func() bool {
		out, err := sw.API(t.Context(), "uuid_exists "+string(o.Attempt))
		return err == nil && out == "false"
	})
	if took := time.Since(answered); took > 25*time.Second {
		t.Errorf("it took %s: the prompt ended the call and not the switch", took)
	}
}

func TestATransferMovesTheHardStopAndOutsideItsHoursItIsACallBack(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	transfer := func(o *outreach.CallOrder) *outreach.KeyAction {
		i := slices.IndexFunc(o.Script.Menu, func(a outreach.KeyAction) bool { return a.Action == outreach.Transfer })
		return &o.Script.Menu[i]
	}
	t.Run("a talk longer than the longest call", func(t *testing.T) {
		t.Parallel()
		o := h.order("12025550107")
		o.MaxDuration = 9 * time.Second
		transfer(&o).Target = "1" + freeswitch.AreaTones + "9900000"
		r := h.place(t, o)
		if talked := r.EndedAt.Sub(r.AnsweredAt); r.Cause != "NORMAL_CLEARING" || talked < 10*time.Second {
			t.Errorf("%s: %+v\n%v", talked, r, h.j.of(o.Attempt, true))
		}
	})
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		o := h.order("12025550107")
		today := strings.ToLower(time.Now().UTC().Weekday().String()[:3])
		days := slices.DeleteFunc([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, func(d string) bool { return d == today })
		transfer(&o).Hours = &outreach.Window{From: "08:00", To: "16:00", Days: days}
		h.place(t, o)
		if lines := h.j.of(o.Attempt, true); !inOrder(lines, []string{"note transfer_closed", "respond call_back 7", "note prompt did_call_back"}) {
			t.Errorf("%v", lines)
		}
	})
}

func TestALanguageByKeyAndAKeyThatCouldGoOn(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	o := h.order("1" + freeswitch.AreaKeysAt + "1500511") // 5: Arabic, then 1, which could become 12
	ar := h.script().Flows["en"]
	ar.Confirmation = map[outreach.Action][]outreach.Segment{outreach.Confirm: {{Category: "did_confirm_ar", Media: ar.Goodbye[0].Media}}}
	o.Script.Flows["ar"] = ar
	o.Script.Menu = []outreach.KeyAction{{Key: "5", Action: outreach.Language, Target: "ar"}, {Key: "11", Action: outreach.Confirm}, {Key: "112", Action: outreach.Cancel}}
	o.Script.KeyWait = 30 * time.Second // not that ends a key, but the second after its last digit
	r := h.place(t, o)
	if took := r.EndedAt.Sub(r.AnsweredAt); took > 20*time.Second || took < 1500*time.Millisecond+o.Script.InterDigit {
		t.Errorf("the call took %s", took)
	}
	if lines := h.j.of(o.Attempt, true); !inOrder(lines, []string{"note language", "respond confirm 11", "note prompt did_confirm_ar"}) || r.Digits != "511" {
		t.Errorf("%+v\n%v", r, lines)
	}
}

func TestSilenceAndWrongKeysAreToldAndAskedAgain(t *testing.T) {
	t.Parallel()
	h := open(t, shared.get(t), hospitalOptions{})
	for number, want := range map[string][]string{
		"12025550100":                           {"note prompt greeting", "note prompt menu", "note prompt no_input", "note prompt menu", "note prompt goodbye"},
		"12025550110":                           {"note invalid_key", "note prompt invalid", "respond confirm 1"},
		"1" + freeswitch.AreaKeysAt + "2500555": {"note invalid_key", "note invalid_key", "note invalid_key", "note prompt goodbye"},
	} {
		t.Run(number[9:], func(t *testing.T) {
			t.Parallel()
			h.placed(t, func() outreach.CallOrder {
				o := h.order(number)
				o.Script.KeyWait = time.Second
				o.Script.Flows["en"].Sequence[1] = outreach.Segment{Category: "menu", Media: wav(t, h.audio, 2*time.Second), Duration: 2 * time.Second}
				return o
			}, func(_ outreach.CallResult, lines []string) bool { return inOrder(lines, want) })
		})
	}
}
