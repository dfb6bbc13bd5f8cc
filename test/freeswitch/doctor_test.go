package freeswitch_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"curlew/bench/rig"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

func freePort(t *testing.T) int {
	t.Helper()
	address, err := rig.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	port, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return port.Port
}

// TestTheDoctorSaysThatTheSwitchDoesNotReachUs: a callback at an address where nobody is.
func TestTheDoctorSaysThatTheSwitchDoesNotReachUs(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	program := curlew(t)
	name := hospitalFile(t, sw, func(d *outreach.Document) { d.PBXs[0].Callback.Host = "192.0.2.1" }) // TEST-NET-1
	dir := filepath.Dir(name)
	out, err := exec.CommandContext(t.Context(), program, "doctor", "--config", name, "--db", filepath.Join(dir, "curlew.db")).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "does not reach the callback 192.0.2.1") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestARenderedGatewayIsTakenByTheSwitchAndFoundByTheDoctor renders a trunk from the configuration, gives
// it to the switch without a restart, and has everything examined.
func TestARenderedGatewayIsTakenByTheSwitchAndFoundByTheDoctor(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	program := curlew(t)
	name := hospitalFile(t, sw, func(d *outreach.Document) {
		p := &d.PBXs[0]
		p.Gateways, p.CallsPerSecond = p.Gateways[:1], 20
		p.Gateways[0].Name, p.Gateways[0].Proxy = "rendered", "127.0.0.1:"+itoa(sw.Ports.Callee1)
	})
	dir := filepath.Dir(name)
	examine := func() (string, error) {
		out, err := exec.CommandContext(t.Context(), program, "doctor", "--config", name, "--db", filepath.Join(dir, "curlew.db")).CombinedOutput()
		return string(out), err
	}
	if table, err := examine(); err == nil || !strings.Contains(table, "does not know it") {
		t.Errorf("a gateway that is not there: %v\n%s", err, table)
	}
	if out, err := exec.CommandContext(t.Context(), program, "config", "freeswitch", "--config", name, "--out", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	body, err := os.ReadFile(filepath.Join(dir, rig.PBX, "sip_profiles", "external", "curlew-rendered.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(sw.Path("conf"), "gateways", "rendered.xml"), body, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"reloadxml", "sofia profile caller rescan"} {
		if out, err := sw.API(t.Context(), command); err != nil || strings.HasPrefix(out, "-ERR") {
			t.Fatalf("%s: %s %v", command, out, err)
		}
	}
	var table string
	for range 100 { // the profile takes it in its own time
		if table, err = examine(); err == nil {
			break
		}
	}
	for _, want := range []string{"password accepted", "runs 1.", "its clock agrees", "sees the prompts", "reaches the callback", "gateway main/rendered"} {
		if err != nil || !strings.Contains(table, want) {
			t.Errorf("%v, no %q in\n%s", err, want, table)
		}
	}
	waitFor(t, "the doctor's leg gone", func() bool {
		out, err := sw.API(t.Context(), "show channels like null/")
		return err == nil && !strings.Contains(out, "null/")
	})
	h := open(t, sw, hospitalOptions{pbx: func(p *outreach.PBX) { p.Gateways = []outreach.Gateway{{Name: "rendered"}} }})
	o := h.order("12025550111")
	o.Gateway = "rendered"
	if r := h.place(t, o); r.Cause != "USER_BUSY" || r.SIPStatus != 486 {
		t.Errorf("a call through it: %+v", r)
	}
}

// TestTheDoctorHasTheSwitchFetchAndRecord: a prompt from audio_url, by either module, and a recording into the shared directory.
func TestTheDoctorHasTheSwitchFetchAndRecord(t *testing.T) {
	t.Parallel()
	examine := func(sw *freeswitch.Switch, change func(*outreach.Document)) string {
		name := hospitalFile(t, sw, func(d *outreach.Document) {
			step := &d.Configurations[0].Steps[0]
			step.Actions = append(step.Actions, outreach.KeyAction{Key: "6", Action: outreach.Record})
			change(d)
		})
		out, _ := exec.CommandContext(t.Context(), curlew(t), "doctor", "--config", name, "--db", filepath.Join(filepath.Dir(name), "curlew.db")).CombinedOutput()
		return string(out) // its status is that of the gateways
	}
	here := "http://127.0.0.1:" + itoa(freePort(t))
	fetches := func(d *outreach.Document) { d.PBXs[0].AudioURL = here }
	unreachable := "http://192.0.2.1:" + itoa(freePort(t)) // TEST-NET-1
	for _, c := range []struct{ row, table string }{
		{"ok fetches prompts from " + here, examine(shared.get(t), fetches)},
		{"ok records into /", examine(shared.get(t), func(*outreach.Document) {})},
		{"RED does not reach " + unreachable, examine(shared.get(t), func(d *outreach.Document) { d.PBXs[0].AudioURL = unreachable })},
		{"ok fetches prompts from " + here, examine(aloneWith(t, freeswitch.Options{WithoutHTTPCache: true}), fetches)},
	} {
		if !strings.Contains(strings.Join(strings.Fields(c.table), " "), c.row) {
			t.Errorf("no %q in\n%s", c.row, c.table)
		}
	}
}
