package freeswitch_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/dialplan"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// machines are calls that a machine answers, or that ask who is there.
func machines() []scenario {
	policy := func(p outreach.MachinePolicy) func(*hospital, *outreach.CallOrder) {
		return func(h *hospital, o *outreach.CallOrder) {
			o.Script.Machine = p
			const long = 8 * time.Second
			o.Script.Flows["en"].Sequence[0] = outreach.Segment{Category: "greeting", Duration: long, Media: wav(h.t, h.audio, long)}
		}
	}
	asks := func(_ *hospital, o *outreach.CallOrder) { o.Script.HumanTest = true }
	beep, greeting := []string{outreach.DetectBeep}, []string{outreach.DetectBeep, outreach.DetectSilence}
	return []scenario{
		{name: "a beep, hung up on", number: "13065550116", order: policy(outreach.MachinePolicy{Policy: "hang_up", Detect: beep})},
		{name: "a beep, and the message is left", number: "13065550116", order: policy(outreach.MachinePolicy{Policy: "voicemail", Detect: beep})},
		{name: "a long greeting, hung up on", number: "1" + freeswitch.AreaGreeting + "5550116", order: policy(outreach.MachinePolicy{Policy: "hang_up", Detect: greeting})},
		{name: "a long greeting, and the message after its beep", number: "1" + freeswitch.AreaGreeting + "5550116",
			order: policy(outreach.MachinePolicy{Policy: "voicemail", Detect: greeting})},
		{name: "a machine presses no key", number: "1" + freeswitch.AreaHumanTest + "5550116", order: asks},
		{name: "a human who is asked presses one", number: "1" + freeswitch.AreaHumanTest + "5550101", order: asks},
	}
}

// ask has the switch carry out a command.
func (w *witness) ask(t *testing.T, command string) string {
	t.Helper()
	out, err := w.link.Job(t.Context(), command)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return out
}

// TestTheSimulatedSwitchThrottlesAsTheRealOneDoes: full, too many a second, paused; and it lets calls in again.
func TestTheSimulatedSwitchThrottlesAsTheRealOneDoes(t *testing.T) {
	t.Parallel()
	sw, fake := alone(t), simulated(t)
	imitation := &freeswitch.Switch{Ports: freeswitch.Ports{EventSocket: fake.Port}}
	hospitals := [2]*hospital{open(t, sw, hospitalOptions{}), open(t, imitation, hospitalOptions{pbx: func(p *outreach.PBX) { p.ESL.Password = "test-only" }})}
	ears := [2]*witness{watch(t, sw.Addr, sw.Password()), watch(t, fake.String(), "test-only")}
	const holds = "originate {ignore_early_media=true}sofia/gateway/trunk1/13065550100 &park()"
	for _, c := range []struct{ name, tighten, loosen string }{
		{"full", "fsctl max_sessions 1", "fsctl max_sessions 1000"}, {"too fast", "fsctl sps 1", "fsctl sps 200"}, {"paused", "fsctl pause", "fsctl resume"},
	} {
		for _, w := range ears {
			if out := w.ask(t, holds); !strings.HasPrefix(out, "+OK") {
				t.Fatalf("before it is %s: %s", c.name, out)
			}
			w.ask(t, c.tighten)
			waitFor(t, c.name, func() bool { return strings.TrimSpace(w.ask(t, holds)) == throttled })
		}
		k := alike(t, hospitals, ears, scenario{name: c.name, number: "13065550111"})
		if r := k.result; r.Cause != "DESTINATION_OUT_OF_ORDER" || r.Created || len(k.life) != 0 || k.job != throttled {
			t.Errorf("%s: %+v", c.name, k)
		}
		for _, w := range ears {
			w.ask(t, c.loosen)
			w.ask(t, "hupall NORMAL_CLEARING")
			waitFor(t, "room again", func() bool { return strings.HasPrefix(w.ask(t, holds), "+OK") })
		}
	}
	if k := alike(t, hospitals, ears, scenario{number: "13065550111"}); k.result.Cause != "USER_BUSY" || !slices.Contains(k.life, "DESTROY") {
		t.Errorf("when there is room: %+v", k)
	}
}

// TestARecordingThatCannotBeWrittenEndsTheCallOnBoth: its directory is not there.
func TestARecordingThatCannotBeWrittenEndsTheCallOnBoth(t *testing.T) {
	t.Parallel()
	sw, dir := shared.get(t), t.TempDir()
	_, fake := simulatedWith(t, nil, dir)
	nowhere := func(o *dialplan.Options) { o.RecordDir = filepath.Join(dir, "gone") }
	real := open(t, sw, hospitalOptions{dialer: nowhere})
	imitation := open(t, &freeswitch.Switch{Ports: freeswitch.Ports{EventSocket: fake.Port}},
		hospitalOptions{dialer: nowhere, pbx: func(p *outreach.PBX) { p.ESL.Password = "test-only" }})
	k := alike(t, [2]*hospital{real, imitation}, [2]*witness{watch(t, sw.Addr, sw.Password()), watch(t, fake.String(), "test-only")},
		scenario{name: "06", number: "13065550106"})
	if !slices.Contains(k.lines, "note recording_failed") || k.result.Cause != "DESTINATION_OUT_OF_ORDER" {
		t.Errorf("%+v", k)
	}
}
