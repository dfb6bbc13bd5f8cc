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
			o := h.order(c.number)
			o.Script.Machine.Policy = c.policy
			r := h.place(t, o)
			lines := h.j.of(o.Attempt, true)
			if r.MachineWhy != c.why || slices.Contains(lines, "note prompt secret") {
				t.Errorf("%+v\n%v", r, lines)
			}
			for at, want := range c.lines {
				i := slices.Index(lines, want)
				if i < 0 || at > 0 && i < slices.Index(lines, c.lines[at-1]) {
					t.Errorf("no %q in its place\n%v", want, lines)
				}
			}
			if heard := slices.Contains(lines, "note prompt greeting"); c.why != "" && heard {
				t.Errorf("a machine heard the message\n%v", lines)
			}
		})
	}
}
