package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"curlew/config"
	"curlew/esl/esltest"
	"curlew/outreach"
)

// scripted is a FreeSWITCH whose every answer is written down, by the command that it answers or begins so.
type scripted map[string]string

// sound is one at which the doctor finds nothing red.
func sound() scripted {
	return scripted{
		"auth ": "+OK accepted", "global_getvar core_uuid": "core", "version": "FreeSWITCH Version 1.10.12-release~64bit ( 64bit)\n",
		"status":        "0 session(s) - peak 0, last 5min 0\n0 session(s) per Sec out of max 100, peak 0, last 5min 0\n1000 session(s) max\n",
		"module_exists": "true", "strepoch": "now", "file_exists": "true", "show codec": "type,name,ikey\ncodec,G.711 alaw,CORE\ncodec,G.711 ulaw,CORE\n",
		"sofia xmlstatus gateway": "<gateway><name>g</name><state>NOREG</state><status>UP</status><pingfreq>30</pingfreq></gateway>",
		"originate":               "-ERR CHAN_NOT_IMPLEMENTED\n", "uuid_kill": "+OK\n",
	}
}

// answer is what the longest beginning of the command says.
func (s scripted) answer(command string) string {
	best, text := -1, "-ERR no reply\n"
	for begins, says := range s {
		if strings.HasPrefix(command, begins) && len(begins) > best {
			best, text = len(begins), says
		}
	}
	if text == "now" {
		return strconv.FormatInt(time.Now().Unix(), 10)
	}
	return text
}

// serve listens until the test ends and returns the port.
func (s scripted) serve(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if err := s.talk(esltest.NewPeer(conn)); err != nil && !errors.Is(err, net.ErrClosed) {
				conn.Close() // the doctor has gone
			}
		}
	}()
	t.Cleanup(func() { l.Close(); <-gone })
	return l.Addr().(*net.TCPAddr).Port
}

func (s scripted) talk(p *esltest.Peer) error {
	defer p.Close()
	if refusal, refuses := s["connect"]; refuses {
		return p.Raw(fmt.Sprintf("Content-Type: text/rude-rejection\nContent-Length: %d\n\n%s", len(refusal), refusal))
	}
	if err := p.Raw("Content-Type: auth/request\n\n"); err != nil {
		return err
	}
	for {
		line, err := p.Command()
		if err != nil {
			return err
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "api":
			err = p.API(s.answer(rest))
		case "bgapi":
			command, _, _ := strings.Cut(rest, "\n")
			job := esltest.Job(line)
			err = errors.Join(p.Accept(job), p.Event("BACKGROUND_JOB", "Job-UUID", job, "_body", s.answer(command)))
		case "auth":
			err = p.Reply(s.answer(line))
		default:
			err = p.Reply("+OK")
		}
		if err != nil {
			return err
		}
	}
}

// TestEveryRowOfAPBXCanTurn: one answer of an otherwise sound switch is changed, and one row says so.
func TestEveryRowOfAPBXCanTurn(t *testing.T) {
	t.Parallel()
	long := strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
	for name, c := range map[string]struct {
		command, answer string
		state           health
		row             string
	}{
		"nothing wrong":                        {"uuid_kill", "+OK\n", ok, "password accepted"},
		"an access list that refuses":          {"connect", "Access Denied, go away.\n", red, "access list"},
		"a wrong password":                     {"auth ", "-ERR invalid", red, "password"},
		"a release below the patched":          {"version", "FreeSWITCH Version 1.10.9-release~64bit ( 64bit)\n", warn, "below the patched releases"},
		"1.11 below the patched":               {"version", "FreeSWITCH Version 1.11.1-release~64bit ( 64bit)\n", warn, "below the patched releases"},
		"a module that is not loaded":          {"module_exists mod_sofia", "false", red, "lacks mod_sofia"},
		"fewer sessions than asked for":        {"status", "0 session(s) per Sec out of max 100\n10 session(s) max\n", warn, "max-sessions 10"},
		"fewer sessions a second":              {"status", "0 session(s) per Sec out of max 2\n1000 session(s) max\n", warn, "sessions-per-second 2"},
		"a clock that is off":                  {"strepoch", long, red, "its clock is"},
		"prompts that it does not see":         {"file_exists", "false", red, "does not see"},
		"a callback that it does not reach":    {"originate", "+OK 0193a000-0000-7000-8000-000000000001\n", red, "does not reach the callback"},
		"a gateway that it does not know":      {"sofia xmlstatus gateway", "Invalid Gateway!\n", red, "does not know it"},
		"a gateway that does not answer pings": {"sofia xmlstatus gateway", "<gateway><state>NOREG</state><status>DOWN</status></gateway>", red, "is DOWN"},
		"a gateway that is not registered":     {"sofia xmlstatus gateway", "<gateway><state>FAIL_WAIT</state><status>UP</status></gateway>", red, "is not registered"},
		"a gateway that is never pinged":       {"sofia xmlstatus gateway", "<gateway><state>NOREG</state><status>UP</status><pingfreq>0</pingfreq></gateway>", warn, "does not ping it"},
		"a codec that it lacks":                {"show codec", "type,name,ikey\ncodec,G.711 ulaw,CORE\n", red, "codec PCMA"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, doc := outside(t)
			s := sound()
			s[c.command] = c.answer
			p := &doc.PBXs[0]
			p.ESL.Port, p.Gateways = s.serve(t), p.Gateways[:1]
			p.Gateways[0].Codec = "PCMA"
			status, table := examined(t, doc)
			turned, reds := 0, 0
			for line := range strings.Lines(table) {
				if strings.Contains(line, "  "+string(red)+"  ") {
					reds++
				}
				if strings.Contains(line, "  "+string(c.state)+"  ") && strings.Contains(line, c.row) {
					turned++
				}
			}
			if turned != 1 || (c.state == red) != (reds == 1) || (status == exitWanted) != (c.state == red) {
				t.Errorf("status %d, %d red\n%s", status, reds, table)
			}
		})
	}
}

// TestWhatRingBacksAndRecordsOfCallsNeedIsLookedFor on the switch: the dialplan, its secret, and where records are posted.
func TestWhatRingBacksAndRecordsOfCallsNeedIsLookedFor(t *testing.T) {
	t.Parallel()
	const plan, conf = "xml_locate dialplan", "xml_locate configuration configuration name json_cdr.conf"
	for name, c := range map[string]struct {
		command, answer string
		state           health
		row             string
	}{
		"a dialplan":               {"", "", ok, "has the dialplan of 1 callback_dids"},
		"records":                  {"", "", ok, "posts its call detail records"},
		"no dialplan":              {plan, "<section/>", red, "has no dialplan for +12025550199"},
		"another number":           {plan, `<extension name="curlew_callback" expression="12025550198"/>`, red, "has no dialplan for +12025550199"},
		"another secret":           {"global_getvar curlew_callback_secret", "another-secret", red, "is not the config's callback_secret"},
		"a switch that says less":  {plan, "-ERR no such command", warn, "does not say whether"},
		"records to somebody else": {conf, `<configuration><param name="url" value="http://elsewhere/"/></configuration>`, red, "does not post its records to Curlew"},
		"records without a queue":  {conf, `<configuration><param value="http://curlew/webhooks/freeswitch/cdr"/><param value="main:x"/></configuration>`, warn, "keeps the session of each ended call"},
		"no module for records":    {"module_exists mod_json_cdr", "false", red, "lacks mod_json_cdr"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, doc := outside(t)
			s := sound()
			s[plan] = `<extension name="curlew_callback"><condition expression="^(12025550199)$"/></extension>`
			s[conf] = `<configuration><param value="http://curlew/webhooks/freeswitch/cdr"/><param value="` + doc.PBXs[0].Name + `:x"/><param name="queue-capacity" value="5000"/></configuration>`
			s["global_getvar curlew_callback_secret"] = "twenty-four-characters-x"
			if c.command != "" {
				s[c.command] = c.answer
			}
			secret := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(secret, []byte("twenty-four-characters-x"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := &doc.PBXs[0]
			p.ESL.Port, p.CallbackDIDs, p.CallbackSecret, p.CDRHook = s.serve(t), []string{"+12025550199"}, "${file:"+secret+"}", true
			_, table := examined(t, doc)
			if !slices.ContainsFunc(strings.Split(table, "\n"), func(line string) bool {
				return strings.Contains(line, "  "+string(c.state)+"  ") && strings.Contains(line, c.row)
			}) || c.state == red && strings.Count(table, "  "+string(red)+"  ") != 1 {
				t.Errorf("%s", table)
			}
			if strings.Contains(table, "twenty-four") || strings.Contains(table, "another-secret") {
				t.Error("a secret is in the table")
			}
		})
	}
}

// TestTheDoctorTriesWhereRecordingsGo: a leg that ends without a file in our directory is red, a switch without such legs a warning.
func TestTheDoctorTriesWhereRecordingsGo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		originate string
		state     health
		row       string
	}{
		"nothing comes": {"+OK 0193a000-0000-7000-8000-000000000001\n", red, "does not record into"},
		"no such leg":   {"-ERR CHAN_NOT_IMPLEMENTED\n", warn, "were not tried"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, doc := outside(t)
			s := sound()
			s["originate {origination_caller_id_number=0,originate_timeout=3,execute_on_answer=sched_hangup:+4}"] = c.originate
			doc.PBXs[0].ESL.Port = s.serve(t)
			step := &doc.Configurations[0].Steps[0]
			step.Actions = append(slices.Clone(step.Actions), outreach.KeyAction{Key: "6", Action: outreach.Record})
			if _, table := examined(t, doc); !slices.ContainsFunc(strings.Split(table, "\n"), func(line string) bool {
				return strings.Contains(line, "  "+string(c.state)+"  ") && strings.Contains(line, c.row)
			}) {
				t.Errorf("%s", table)
			}
		})
	}
}

// TestAPBXThatFetchesAudioIsToldWhatItsModulesCannotDo: one of two does, with a warning; none does not.
func TestAPBXThatFetchesAudioIsToldWhatItsModulesCannotDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lacks []string
		state health
		row   string
	}{
		"no mod_http_cache": {[]string{"mod_http_cache"}, warn, "not before the answer"},
		"no mod_httapi":     {[]string{"mod_httapi"}, warn, "audio about patients and their recordings stay"},
		"neither":           {[]string{"mod_http_cache", "mod_httapi"}, red, "lacks mod_httapi"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, doc := outside(t)
			s := sound()
			for _, module := range c.lacks {
				s["module_exists "+module] = "false"
			}
			p := &doc.PBXs[0]
			p.ESL.Port, p.AudioDir, p.AudioURL = s.serve(t), "", "http://127.0.0.1:8080"
			_, table := examined(t, doc)
			turned := 0
			for line := range strings.Lines(table) {
				if strings.Contains(line, "  "+string(c.state)+"  ") && strings.Contains(line, c.row) {
					turned++
				}
			}
			if turned != 1 {
				t.Errorf("%s", table)
			}
		})
	}
}

// TestAWrongAudioDirSaysWhatIsWrongWithIt: one that is not there, or is closed, and one that is another directory.
func TestAWrongAudioDirSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	for want, answers := range map[string]scripted{
		"there is no such directory on the switch": {"file_exists": "false"},
		"that is another directory than our":       {"file_exists /srv/prompts": "true", "file_exists /srv/prompts/doctor": "false"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			_, doc := outside(t)
			s := sound()
			maps.Copy(s, answers)
			p := &doc.PBXs[0]
			p.ESL.Port, p.AudioDir = s.serve(t), "/srv/prompts"
			if status, table := examined(t, doc); status != exitWanted || strings.Count(table, "  "+string(red)+"  ") != 1 || !strings.Contains(table, want) {
				t.Errorf("status %d\n%s", status, table)
			}
		})
	}
}

func TestAPasswordThatEverybodyKnowsIsRefused(t *testing.T) {
	t.Parallel()
	_, doc := outside(t)
	doc.PBXs[0].ESL.Port, doc.PBXs[0].ESL.Password = sound().serve(t), vanillaPassword
	if status, table := examined(t, doc); status != exitWanted || !strings.Contains(table, "ships with") {
		t.Errorf("status %d\n%s", status, table)
	}
}

func TestAFileThatIsNoDatabaseIsRed(t *testing.T) {
	t.Parallel()
	_, doc := outside(t)
	dir := t.TempDir()
	file, err := config.Export(doc)
	if err != nil {
		t.Fatal(err)
	}
	name, db := filepath.Join(dir, "curlew.json"), filepath.Join(dir, "curlew.db")
	for path, body := range map[string][]byte{name: file, db: []byte(strings.Repeat("no database ", 1000))} {
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status, out, errOut := curlew(t, "doctor", "--config", name, "--db", db)
	if status != exitWanted || !strings.Contains(out, "database  ") || strings.Count(out, "  "+string(red)+"  ") != 1 {
		t.Errorf("status %d\n%s%s", status, out, errOut)
	}
}

// TestARecordingIsJudgedAsServeWouldPlayIt: what serve converts is a warning, what it cannot use is red, each with its file.
func TestARecordingIsJudgedAsServeWouldPlayIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate  uint32
		state health
		row   string
	}{
		"8 kHz":       {8000, ok, "1 prompts are recordings"},
		"22 kHz":      {22050, warn, "tone.wav is no 8 or 16 kHz mono PCM: serve plays a converted copy"},
		"no duration": {0, red, "tone.wav: audio refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, doc := outside(t)
			doc.PBXs = nil
			for i := range doc.Configurations {
				doc.Configurations[i].Active = false
			}
			doc.Prompts = doc.Prompts[:1]
			doc.Prompts[0].Languages = map[string]outreach.PromptLanguage{"en": {Audio: "tone.wav"}}
			dir := t.TempDir()
			d := &doctor{doctorCommand: doctorCommand{Config: configFile(t, dir, doc), Data: dir}, snap: &outreach.Snapshot{Document: doc}}
			if err := os.WriteFile(filepath.Join(dir, "tone.wav"), squareWave(c.rate), 0o600); err != nil {
				t.Fatal(err)
			}
			d.recordings(t.Context())
			if !slices.ContainsFunc(d.findings, func(f finding) bool { return f.health == c.state && strings.Contains(f.text, c.row) }) {
				t.Errorf("%+v", d.findings)
			}
		})
	}
}

// squareWave is a second of 200 Hz: 16 bit, mono.
func squareWave(rate uint32) []byte {
	b := append([]byte("RIFF"), make([]byte, 4)...)
	b = append(b, "WAVEfmt "...)
	for _, v := range []any{uint32(16), uint16(1), uint16(1), rate, 2 * rate, uint16(2), uint16(16)} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), 2*rate)
	for i := range rate {
		level := int16(6000)
		if i*400/rate%2 == 1 {
			level = -level
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(level))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}
