package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/examples"
	"curlew/outreach"
)

// outside runs the demo's simulators and returns its configuration, which points at them.
func outside(t *testing.T) (*world, outreach.Document) {
	t.Helper()
	doc, problems := config.Parse(examples.Demo)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	w, err := newWorld(worldOptions{clock: clock.NewDemo(time.Now(), 1), doc: doc, public: "http://127.0.0.1:1", callback: freePort(t), log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.WithoutCancel(t.Context()))
	gone := make(chan error, 1)
	go func() { gone <- w.run(ctx) }()
	t.Cleanup(func() { leave(); <-gone })
	return w, w.doc
}

// configFile is doc as a file in dir.
func configFile(t *testing.T, dir string, doc outreach.Document) (name string) {
	t.Helper()
	file, err := config.Export(doc)
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(dir, "curlew.json")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// examined runs the doctor on doc.
func examined(t *testing.T, doc outreach.Document) (status int, table string) {
	t.Helper()
	dir := t.TempDir()
	name := configFile(t, dir, doc)
	status, out, errOut := curlew(t, "doctor", "--config", name, "--db", filepath.Join(dir, "curlew.db"))
	return status, out + errOut
}

func TestTheDoctorFindsNothingRedInTheDemoAndSaysThatItsPasswordIsKnownToAll(t *testing.T) {
	t.Parallel()
	_, doc := outside(t)
	status, table := examined(t, doc)
	if status != exitDone || strings.Contains(table, string(red)) {
		t.Fatalf("status %d\n%s", status, table)
	}
	for _, want := range []string{"password accepted", "runs 1.10.12", "takes the account and its token", "greets", "its clock agrees", "does not exist yet"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if strings.Contains(table, "ships with") != (doc.PBXs[0].ESL.Password == vanillaPassword) {
		t.Errorf("the shipped password:\n%s", table)
	}
}

func TestEachFaultIsOneRedRow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*world, *outreach.Document)
		row   string
	}{
		"password":                 {func(_ *world, d *outreach.Document) { d.PBXs[0].ESL.Password = "not-it" }, "password"},
		"no switch":                {func(_ *world, d *outreach.Document) { d.PBXs[0].ESL.Port = 1 }, "connection refused"},
		"unknown gateway":          {func(_ *world, d *outreach.Document) { d.PBXs[0].Gateways[0].Name = "nosuch" }, "does not know it"},
		"gateway down":             {func(w *world, d *outreach.Document) { w.freeswitch.SetGateway(d.PBXs[0].Gateways[0].Name, false) }, "DOWN"},
		"twilio token":             {func(_ *world, d *outreach.Document) { d.Channels.Twilio.AuthToken = "wrong" }, "refuses the account"},
		"no mail server":           {func(_ *world, d *outreach.Document) { d.Channels.SMTP.Port = 1 }, "connection refused"},
		"a secret that is not set": {func(_ *world, d *outreach.Document) { d.Webhooks.Out[0].Secret = "${env:CURLEW_TEST_NEVER_SET}" }, "CURLEW_TEST_NEVER_SET"},
		"a recording that is not there": {func(_ *world, d *outreach.Document) {
			d.Prompts[0].Languages["en"] = outreach.PromptLanguage{Audio: "nosuch.wav"}
		}, "nosuch.wav"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, doc := outside(t)
			c.spoil(w, &doc)
			status, table := examined(t, doc)
			var reds []string
			for line := range strings.Lines(table) {
				if strings.Contains(line, "  "+string(red)+"  ") {
					reds = append(reds, line)
				}
			}
			if status != exitWanted || len(reds) != 1 || !strings.Contains(reds[0], c.row) {
				t.Errorf("status %d, red rows %q\n%s", status, reds, table)
			}
		})
	}
}

func TestASwitchThatAdmitsLessThanIsAskedOfItIsToldBeforeItMatters(t *testing.T) {
	t.Parallel()
	_, doc := outside(t)
	doc.PBXs[0].MaxConcurrentCalls = 5000
	if status, table := examined(t, doc); status != exitDone || !strings.Contains(table, "max-sessions 1000") {
		t.Errorf("status %d\n%s", status, table)
	}
}

func TestGatewaysBecomeFilesOfFreeSWITCH(t *testing.T) {
	_, doc := outside(t)
	doc.PBXs[0].Gateways[0].Proxy = "127.0.0.1:5080"
	dir := t.TempDir()
	name := configFile(t, dir, doc)
	status, out, errOut := curlew(t, "config", "freeswitch", "--config", name, "--out", dir)
	gateway := filepath.Join(dir, doc.PBXs[0].Name, "sip_profiles", "external", "curlew-"+doc.PBXs[0].Gateways[0].Name+".xml")
	body, err := os.ReadFile(gateway)
	if status != exitDone || err != nil || !strings.Contains(string(body), `value="127.0.0.1:5080"`) || !strings.Contains(out, "killgw") {
		t.Errorf("status %d %v\n%s%s%s", status, err, out, errOut, body)
	}
	if _, err := os.Stat(filepath.Join(dir, doc.PBXs[0].Name, "merge", "acl.conf.xml")); err != nil {
		t.Error(err)
	}
	was := doc.PBXs[0].Gateways[0].Name
	doc.PBXs[0].Gateways = doc.PBXs[0].Gateways[1:]
	_, out, _ = curlew(t, "config", "freeswitch", "--config", configFile(t, dir, doc), "--out", dir)
	if !strings.Contains(out, "rm "+gateway) || !strings.Contains(out, "killgw "+was) {
		t.Errorf("of a gateway that is gone: %s", out)
	}
	doc.PBXs[0].Gateways[0].Password, doc.PBXs[0].Gateways[0].Proxy = "${env:CURLEW_TEST_NEVER_SET}", "127.0.0.1:5080"
	_, _, errOut = curlew(t, "config", "freeswitch", "--config", configFile(t, dir, doc), "--out", dir)
	if strings.Count(errOut, "PBX main") != 1 || !strings.Contains(errOut, "CURLEW_TEST_NEVER_SET") {
		t.Errorf("a secret that is not set: %s", errOut)
	}
}
