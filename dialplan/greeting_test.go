package dialplan

import (
	"slices"
	"testing"
	"time"

	"curlew/outreach"
)

// talk is n slices full of sound.
func talk(n int) []time.Duration { return slices.Repeat([]time.Duration{listenSlice}, n) }

func TestALongGreetingIsAMachineAndAHelloIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		voice         []time.Duration
		policy, why   string
		played, notes []string
	}{
		"hello":                  {talk(1), "hang_up", "", []string{"greeting", "date", "menu"}, []string{"greeting"}},
		"silence":                {nil, "hang_up", "", []string{"greeting", "date", "menu"}, []string{"greeting"}},
		"now and then a word":    {[]time.Duration{0, 300e6, 0, 300e6, 0, 300e6, 0, 300e6}, "voicemail", "", []string{"greeting", "date", "menu"}, []string{"greeting"}},
		"a click":                {[]time.Duration{40e6}, "hang_up", "", []string{"greeting", "date", "menu"}, []string{"greeting"}},
		"a machine, hung up on":  {talk(100), "hang_up", WhyGreeting, nil, []string{"machine"}},
		"a machine without beep": {talk(6), "voicemail", WhyGreeting, []string{"voicemail"}, []string{"machine", "no_beep"}},
		"one that never ends":    {talk(1000), "voicemail", WhyGreeting, nil, []string{"machine", "no_end"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := testScript()
			s.Menu, s.Machine.Policy = s.Menu[:1], c.policy
			f := newFake(t, s, Route{})
			f.voice = c.voice
			f.step(Connected{})
			f.idle()
			played := slices.DeleteFunc(f.played, func(p string) bool { return p == "avmd_start" || p == "wait_for_silence" })
			if len(c.played) == 3 {
				played = played[:3] // the menu is asked again
			}
			if !slices.Equal(played, c.played) {
				t.Errorf("played %v", played)
			}
			if o := f.call.Outcome(); o.Machine != (c.why != "") || o.MachineWhy != c.why {
				t.Errorf("%+v", o)
			}
			for _, kind := range c.notes {
				if !slices.Contains(f.notes, kind) {
					t.Errorf("no %q in %v", kind, f.notes)
				}
			}
		})
	}
}

func TestTheVoicemailBeginsAfterTheBeepAndNotBefore(t *testing.T) {
	s := testScript()
	s.Machine.Policy = "voicemail"
	f := newFake(t, s, Route{})
	f.voice = talk(100)
	f.step(Connected{})
	for f.call.State() != Greeted {
		f.done(listenSlice, "_none_")
	}
	for range 20 {
		f.done(listenSlice, "_none_")
	}
	if slices.Contains(f.played, "voicemail") {
		t.Fatal("it spoke into the greeting")
	}
	f.step(Beep{})
	f.done(listenSlice, "_none_")
	f.idle()
	if last := f.played[len(f.played)-1]; last != "voicemail" || f.call.Outcome().Heard != 0 {
		t.Errorf("played %v, %+v", f.played, f.call.Outcome())
	}
}

func TestAKeyWhileWeListenIsAHumanAndCounts(t *testing.T) {
	s := testScript()
	s.Machine = outreach.MachinePolicy{Policy: "hang_up"}
	f := newFake(t, s, Route{})
	f.voice = talk(100)
	f.step(Connected{})
	f.until("wait_for_silence")
	f.press("1")
	f.idle()
	if o := f.call.Outcome(); o.Machine || o.Action != outreach.Confirm {
		t.Errorf("%+v, played %v", o, f.played)
	}
}
