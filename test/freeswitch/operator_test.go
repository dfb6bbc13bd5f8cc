package freeswitch_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/config"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// hospitalFile writes a configuration for the switch, with recordings beside it, and returns its path.
func hospitalFile(t *testing.T, sw *freeswitch.Switch, change func(*outreach.Document)) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	doc := rig.Document(10)
	p := &doc.PBXs[0]
	p.ESL = outreach.ESLAddress{Host: "127.0.0.1", Port: sw.Ports.EventSocket, Password: sw.Password()}
	p.Callback = outreach.HostPort{Host: "127.0.0.1", Port: freePort(t)}
	for i := range doc.Prompts {
		doc.Prompts[i].Languages["en"] = outreach.PromptLanguage{Audio: filepath.Base(wav(t, dir, prompt))}
	}
	doc.Channels, doc.Webhooks, doc.Facility.PublicBaseURL = outreach.ChannelSettings{}, outreach.WebhookSettings{}, "http://127.0.0.1:8080"
	change(&doc)
	file, err := config.Export(doc)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "curlew.json")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestATestCallShowsItsEventsPromptsKeysAndCause: curlew call on a real switch, its lines in their order.
func TestATestCallShowsItsEventsPromptsKeysAndCause(t *testing.T) {
	t.Parallel()
	program, sw := curlew(t), shared.get(t)
	for number, want := range map[string]struct {
		status int
		lines  []string
	}{
		"+12125550101": {0, []string{"dialing", "ringing", "answered", "category=greeting", "key", "action=confirm", "cause=NORMAL_CLEARING", "answer: confirm"}},
		"+12125550111": {1, []string{"dialing", "cause=USER_BUSY", "sip_status=486", "no answer"}},
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			name := hospitalFile(t, sw, func(*outreach.Document) {})
			cmd := exec.CommandContext(t.Context(), program, "call", "--config", name, "--to", number, "--configuration", rig.Configuration)
			out, _ := cmd.CombinedOutput() // its status is looked at below
			if cmd.ProcessState.ExitCode() != want.status {
				t.Errorf("status %d", cmd.ProcessState.ExitCode())
			}
			rest := string(out)
			for _, line := range want.lines {
				_, after, found := strings.Cut(rest, line)
				if !found {
					t.Fatalf("no %q after the lines before it in\n%s", line, out)
				}
				rest = after
			}
		})
	}
}

// TestATestCallBesideARunningCurlew: its callback's port is taken, and the switch reads prompts by another path, or by HTTP.
func TestATestCallBesideARunningCurlew(t *testing.T) {
	t.Parallel()
	program, sw := curlew(t), shared.get(t)
	data := t.TempDir()
	if err := errors.Join(os.Chmod(data, 0o755), os.MkdirAll(filepath.Join(data, "audio"), 0o755), os.Symlink(filepath.Join(data, "audio"), filepath.Join(data, "seen"))); err != nil {
		t.Fatal(err)
	}
	byDir := func(d *outreach.Document) { d.PBXs[0].AudioDir = filepath.Join(data, "seen") }
	byURL := func(d *outreach.Document) { d.PBXs[0].AudioURL = "http://127.0.0.1:" + itoa(freePort(t)) }
	for name, c := range map[string]struct {
		change func(*outreach.Document)
		args   []string
		want   string
	}{
		"a taken port":            {func(*outreach.Document) {}, nil, "choose another address with --esl-listen"},
		"another port":            {func(*outreach.Document) {}, []string{"--esl-listen", "127.0.0.1:" + itoa(freePort(t))}, "answer: confirm"},
		"a shared directory":      {byDir, []string{"--esl-listen", "127.0.0.1:" + itoa(freePort(t)), "--data", data}, "answer: confirm"},
		"an unknown directory":    {byDir, []string{"--esl-listen", "127.0.0.1:" + itoa(freePort(t))}, "with --data"},
		"prompts that it fetches": {byURL, []string{"--esl-listen", "127.0.0.1:" + itoa(freePort(t))}, "answer: confirm"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer taken.Close()
			file := hospitalFile(t, sw, func(d *outreach.Document) {
				c.change(d)
				d.PBXs[0].Callback.Port = taken.Addr().(*net.TCPAddr).Port
			})
			out, _ := exec.CommandContext(t.Context(), program, append([]string{"call", "--config", file, "--to", "+12125550101", "--configuration", rig.Configuration}, c.args...)...).CombinedOutput()
			if !strings.Contains(string(out), c.want) { // its status is 0 with an answer and 1 without
				t.Errorf("no %q in\n%s", c.want, out)
			}
		})
	}
}

// TestAChangedGatewayIsAppliedByKillgwAndRescan with the commands that config freeswitch prints, while a call goes on.
func TestAChangedGatewayIsAppliedByKillgwAndRescan(t *testing.T) {
	t.Parallel()
	program, sw := curlew(t), alone(t)
	render := func(port int) {
		t.Helper()
		name := hospitalFile(t, sw, func(d *outreach.Document) {
			d.PBXs[0].Gateways = d.PBXs[0].Gateways[:1]
			d.PBXs[0].Gateways[0].Name, d.PBXs[0].Gateways[0].Proxy = "moves", "127.0.0.1:"+itoa(port)
		})
		out, err := exec.CommandContext(t.Context(), program, "config", "freeswitch", "--config", name, "--out", filepath.Dir(name)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, command := range []string{"killgw moves", "rescan"} {
			if !strings.Contains(string(out), command) {
				t.Errorf("it prints no %s:\n%s", command, out)
			}
		}
		body, err := os.ReadFile(filepath.Join(filepath.Dir(name), rig.PBX, "sip_profiles", "external", "curlew-moves.xml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sw.Path("conf"), "gateways", "moves.xml"), body, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"sofia profile caller killgw moves", "sofia profile caller rescan"} {
			if _, err := sw.API(t.Context(), command); err != nil {
				t.Fatalf("%s: %v", command, err)
			}
		}
		waitFor(t, "the gateway at its new proxy", func() bool {
			out, err := sw.API(t.Context(), "sofia xmlstatus gateway moves")
			return err == nil && strings.Contains(out, "127.0.0.1:"+itoa(port))
		})
	}
	render(sw.Ports.Dead)
	h := open(t, sw, hospitalOptions{pbx: func(p *outreach.PBX) { p.Gateways = []outreach.Gateway{{Name: "moves"}, {Name: "trunk1"}} }})
	talks := h.order("12025550100")
	talks.Script.Flows["en"].Sequence[0] = outreach.Segment{Category: "greeting", Media: wav(t, h.audio, 20*time.Second), Duration: 20 * time.Second}
	if err := h.d.Dial(t.Context(), talks); err != nil {
		t.Fatal(err)
	}
	h.j.await(t, talks.Attempt, "answered")
	render(sw.Ports.Callee1)
	h.placed(t, func() outreach.CallOrder {
		o := h.order("12025550101")
		o.Gateway = "moves"
		return o
	}, func(_ outreach.CallResult, lines []string) bool { return slices.Contains(lines, "respond confirm 1") })
	if slices.Contains(h.j.of(talks.Attempt, true), "note end") {
		t.Errorf("the call that went on: %v", h.j.of(talks.Attempt, true))
	}
	if err := h.d.Hangup(t.Context(), "main", talks.Attempt); err != nil {
		t.Error(err)
	}
	h.j.result(t, talks.Attempt)
}
