package freeswitch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/config"
	"curlew/esl"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// merged are the files to which freeswitch-conf has lines, below autoload_configs.
var merged = []string{"event_socket.conf.xml", "acl.conf.xml", "json_cdr.conf.xml"}

// shipped reads a file of freeswitch-conf.
func shipped(name string) (string, error) {
	b, err := os.ReadFile(filepath.Join("..", "..", "freeswitch-conf", filepath.FromSlash(name)))
	return string(b), err
}

var (
	paramLine = regexp.MustCompile(`<param name="([^"]+)" value="[^"]*"/>`)
	comment   = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// mergeParams does what the files of merge/ say: it changes these params there and keeps the rest.
func mergeParams(into, lines string) string {
	into = comment.ReplaceAllString(into, "")
	for _, line := range paramLine.FindAllStringSubmatch(lines, -1) {
		old := regexp.MustCompile(`<param name="` + line[1] + `" value="[^"]*"/>`)
		if old.MatchString(into) {
			into = old.ReplaceAllLiteralString(into, line[0])
			continue
		}
		into = strings.Replace(into, "<settings>", "<settings>\n"+line[0], 1)
	}
	return into
}

// vanillaWith is what FreeSWITCH ships with plus what freeswitch-conf's README says, for a hospital with one trunk. Only the
// ports, and which modules are loaded, are the test's own.
func vanillaWith(vanilla string, conf string, p freeswitch.Ports, hospital outreach.PBX) error {
	if err := os.CopyFS(conf, os.DirFS(vanilla)); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	edit := func(name string, change func(string) string) error {
		b, err := os.ReadFile(filepath.Join(conf, name))
		if errors.Is(err, os.ErrNotExist) && strings.HasSuffix(name, "json_cdr.conf.xml") { // a package of its own
			b, err = []byte(`<configuration name="json_cdr.conf"><settings></settings></configuration>`), nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(conf, name), []byte(change(string(b))), 0o600)
	}
	vars, err := shipped("merge/vars.xml")
	if err != nil {
		return err
	}
	errs := []error{edit("vars.xml", func(was string) string {
		was = strings.NewReplacer("external_sip_port=5080", "external_sip_port="+itoa(p.Caller), "internal_sip_port=5060", "internal_sip_port="+itoa(p.Callee1),
			`cmd="stun-set" data="external_rtp_ip=stun:stun.freeswitch.org"`, `cmd="set" data="external_rtp_ip=127.0.0.1"`,
			`cmd="stun-set" data="external_sip_ip=stun:stun.freeswitch.org"`, `cmd="set" data="external_sip_ip=127.0.0.1"`).Replace(was)
		return strings.Replace(was, "</include>", vars+"</include>", 1)
	}), os.WriteFile(filepath.Join(conf, "autoload_configs", "modules.conf.xml"), []byte(`<configuration name="modules.conf"><modules>
<load module="mod_logfile"/><load module="mod_event_socket"/><load module="mod_commands"/><load module="mod_dptools"/><load module="mod_dialplan_xml"/>
<load module="mod_json_cdr"/><load module="mod_sndfile"/><load module="mod_tone_stream"/><load module="mod_sofia"/></modules></configuration>`), 0o600)}
	for _, name := range merged {
		lines, err := shipped("merge/" + name)
		errs = append(errs, err, edit(filepath.Join("autoload_configs", name), func(was string) string {
			if name == "acl.conf.xml" {
				return strings.Replace(was, "<network-lists>", "<network-lists>\n"+comment.ReplaceAllString(lines, ""), 1)
			}
			return mergeParams(was, strings.ReplaceAll(lines, "8021", itoa(p.EventSocket)))
		}))
	}
	errs = append(errs, edit(filepath.Join("autoload_configs", "event_socket.conf.xml"), func(was string) string {
		return strings.Replace(was, `"8021"`, `"`+itoa(p.EventSocket)+`"`, 1)
	}))
	files, err := config.SwitchFiles(hospital, []netip.Addr{netip.MustParseAddr("127.0.0.1")})
	errs = append(errs, err)
	for _, f := range files {
		if !strings.HasPrefix(f.Path, "merge/") {
			errs = append(errs, os.WriteFile(filepath.Join(conf, filepath.FromSlash(f.Path)), f.Body, 0o600))
		}
	}
	return errors.Join(errs...)
}

// TestVanillaWithFreeswitchConfIsWhatTheReadmeSays: FreeSWITCH's own configuration with the files and lines of freeswitch-conf
// in it. Its password is the environment's and no other, nobody but the list is let in, and trunk and callback are there.
func TestVanillaWithFreeswitchConfIsWhatTheReadmeSays(t *testing.T) {
	t.Parallel()
	vanilla := freeswitch.Vanilla()
	if vanilla == "" {
		t.Skip("this FreeSWITCH has not kept the configuration that it ships with")
	}
	const password, secret = "from-the-environment", "callback-secret-of-the-environment"
	hospital := outreach.PBX{Name: rig.PBX, CallbackDIDs: []string{"+12025550199"}, Callback: outreach.HostPort{Host: "127.0.0.1", Port: 8084},
		Gateways: []outreach.Gateway{{Name: "trunk1", Proxy: "127.0.0.1:5999", Username: "u", Password: `p"<w`}}}
	sw := aloneWith(t, freeswitch.Options{Password: password, Profiles: 2, Env: []string{"CURLEW_ESL_PASSWORD=" + password, "CURLEW_CALLBACK_SECRET=" + secret},
		Configure: func(conf string, p freeswitch.Ports) error { return vanillaWith(vanilla, conf, p, hospital) }})
	for command, want := range map[string]string{
		"sofia xmlstatus gateway trunk1":                                "<state>NOREG</state>",
		"xml_locate dialplan":                                           `expression="^\+?(12025550199)$"`,
		"xml_locate configuration configuration name json_cdr.conf":     `value="` + rig.PBX + ":" + secret + `"`,
		"xml_locate configuration configuration name event_socket.conf": `name="listen-ip" value="127.0.0.1"`,
		"global_getvar curlew_callback_secret":                          secret,
	} {
		if got := ask(t, sw, command); !strings.Contains(got, want) {
			t.Errorf("%s: no %s in\n%.2000s", command, want, got)
		}
	}
	name := hospitalFile(t, sw, func(d *outreach.Document) {
		p := &d.PBXs[0]
		p.Gateways, p.CDRHook, p.CallbackDIDs, p.CallbackSecret = p.Gateways[:1], true, hospital.CallbackDIDs, "${env:CURLEW_CALLBACK_SECRET}"
	})
	doctor := exec.CommandContext(t.Context(), curlew(t), "doctor", "--config", name, "--db", filepath.Join(filepath.Dir(name), "curlew.db"))
	doctor.Env = append(os.Environ(), "CURLEW_CALLBACK_SECRET="+secret)
	table, _ := doctor.CombinedOutput() // its status is that of a trunk where nobody answers
	for _, want := range []string{"password accepted", "has the dialplan of 1 callback_dids", "posts its call detail records to Curlew"} {
		if !strings.Contains(string(table), want) {
			t.Errorf("the doctor says no %q in\n%s", want, table)
		}
	}
	if why := refusal(t, sw.Addr, "ClueCon"); !errors.Is(why, esl.ErrAuth) {
		t.Errorf("the password that FreeSWITCH ships with: %v", why)
	}
	stranger, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext(t.Context(), "tcp", sw.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if err := stranger.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if greeting, err := io.ReadAll(stranger); err != nil || !strings.Contains(string(greeting), "rude-rejection") {
		t.Errorf("somebody who is not in the list: %v %s", err, greeting)
	}
}

// refusal is why the switch lets nobody in with that password.
func refusal(t *testing.T, addr, password string) error {
	t.Helper()
	c := esl.NewClient(esl.ClientOptions{Addr: addr, Password: password, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	waitFor(t, fmt.Sprintf("an answer to the password %s", password), func() bool { _, up := c.Up(); return up || c.Down() != nil })
	why := c.Down()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return why
}
