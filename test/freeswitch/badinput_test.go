package freeswitch_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"curlew/bench/rig"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// operator runs the doctor and a test call on a configuration, as somebody would who is told that nothing works.
func operator(t *testing.T, name string) (doctor, call string) {
	t.Helper()
	program := curlew(t)
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), program, append(args, "--config", name)...)
		out, _ := cmd.CombinedOutput() // its status is looked at below
		if cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("curlew %s ended with %d", args[0], cmd.ProcessState.ExitCode())
		}
		return string(out)
	}
	return run("doctor", "--db", filepath.Join(filepath.Dir(name), "curlew.db")), run("call", "--to", badInputPatient, "--configuration", rig.Configuration, "--data", filepath.Dir(name))
}

// linesOf is how many lines of the text hold the words.
func linesOf(text, words string) (n int) {
	for line := range strings.Lines(text) {
		if strings.Contains(line, words) {
			n++
		}
	}
	return n
}

// checkTold looks for one red row of the doctor and one line of the test call, and that no phone rang.
func checkTold(t *testing.T, name, row, line string) {
	t.Helper()
	doctor, call := operator(t, name)
	if linesOf(doctor, "  RED  ") != 1 || linesOf(doctor, row) != 1 {
		t.Errorf("the doctor, in search of %q:\n%s", row, doctor)
	}
	if linesOf(call, line) != 1 || strings.Contains(call, "ringing") || strings.Contains(call, "answered") {
		t.Errorf("the test call, in search of %q:\n%s", line, call)
	}
}

// TestWhatIsWrongIsOneRowOfTheDoctorAndOneLineOfATestCall on a real switch.
func TestWhatIsWrongIsOneRowOfTheDoctorAndOneLineOfATestCall(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	for name, c := range map[string]struct {
		change    func(*outreach.Document)
		spoil     func(dir string) error
		row, line string
	}{
		"a gateway that does not exist": {change: func(d *outreach.Document) { d.PBXs[0].Gateways[0].Name = "nosuch" },
			row: "does not know it", line: "gateway main/nosuch: FreeSWITCH does not know it"},
		"a wrong password": {change: func(d *outreach.Document) { d.PBXs[0].ESL.Password = "not-it" },
			row: "refuses the password", line: "refuses the password"},
		"no switch at all": {change: func(d *outreach.Document) { d.PBXs[0].ESL.Port = freePort(t) },
			row: "connection refused", line: "connection refused"},
		"an audio directory that the switch does not see": {change: func(d *outreach.Document) { d.PBXs[0].AudioDir = "/nowhere/audio" },
			row: "does not see audio_dir /nowhere/audio", line: "does not see a prompt"},
		"a recording that is gone": {spoil: func(dir string) error { return os.Remove(filepath.Join(dir, "prompt-300.wav")) },
			row: "prompt-300.wav: no such file", line: "prompt-300.wav: no such file"},
		"a recording in stereo": {spoil: func(dir string) error { return os.WriteFile(filepath.Join(dir, "prompt-300.wav"), stereo(), 0o600) },
			row: "2 channels", line: "2 channels"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := badFile(t, sw, c.change)
			if c.spoil != nil {
				if err := c.spoil(filepath.Dir(file)); err != nil {
					t.Fatal(err)
				}
			}
			checkTold(t, file, c.row, c.line)
		})
	}
}

// badFile is a configuration with one gateway and one recording, at which nothing else is wrong.
func badFile(t *testing.T, sw *freeswitch.Switch, change func(*outreach.Document)) string {
	t.Helper()
	other := wav(t, t.TempDir(), 2*prompt)
	sound, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	name := hospitalFile(t, sw, func(d *outreach.Document) {
		p := &d.PBXs[0]
		p.Gateways, p.CallsPerSecond = p.Gateways[:1], 20
		for i := range d.Prompts { // so that one file is one prompt
			if d.Prompts[i].Category != "greeting" {
				d.Prompts[i].Languages["en"] = outreach.PromptLanguage{Audio: filepath.Base(other)}
			}
		}
		if change != nil {
			change(d)
		}
	})
	if err := os.WriteFile(filepath.Join(filepath.Dir(name), filepath.Base(other)), sound, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
