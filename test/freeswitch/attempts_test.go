package freeswitch_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// wholeOptions say what is wrong with an installation.
type wholeOptions struct {
	change   func(*outreach.Document)
	spoil    func(dir string) // the files beside the configuration
	profiles bool
	audioURL bool // the switch fetches prompts over HTTP
}

// whole is the installed program on a switch, ready to take events.
func whole(t *testing.T, program string, sw *freeswitch.Switch, o wholeOptions) *ringers {
	t.Helper()
	doc := rig.Document(20)
	doc.PBXs[0].ESL.Password = sw.Password()
	if o.change != nil {
		o.change(&doc)
	}
	r := rigOn(t, sw, rig.Options{Program: []string{program}, Document: doc, Profiles: o.profiles, AudioURL: o.audioURL})
	if o.spoil != nil {
		o.spoil(filepath.Dir(r.Nodes[0].Config))
	}
	begin(t, r.Nodes[0])
	return &ringers{Rig: r, sw: sw, ids: map[string]string{}}
}

// fire posts the event of a patient, who is known by the number from then on.
func (w *ringers) fire(t *testing.T, phone string) {
	t.Helper()
	answer, err := w.Nodes[0].Client(nil).Post(t.Context(), rig.Event("evt-"+phone[1:], phone))
	if err != nil || len(answer.Transactions) != 1 {
		t.Fatalf("%+v, %v", answer, err)
	}
	w.ids[phone] = answer.Transactions[0]
}

// warned is how many warnings and errors of the log hold the words.
func (w *ringers) warned(t *testing.T, words string) (n int) {
	t.Helper()
	log, err := w.Nodes[0].Log()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, words) && !strings.Contains(line, `"level":"INFO"`) {
			n++
		}
	}
	return n
}

func used(a activity) (n int) {
	for _, try := range a.Attempts {
		if try.Counted {
			n++
		}
	}
	return n
}

const badInputPatient = "+12125550101" // answers whatever rings, and confirms

// TestWhatIsWrongWithTheInstallationUsesUpNoAttempt: the patient waits with a reason or goes on to the next
// channel, the log says once what is wrong, and no try is used up.
func TestWhatIsWrongWithTheInstallationUsesUpNoAttempt(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	program := curlew(t)
	broken := func(name string, body []byte) func(string) {
		return func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
				t.Error(err)
			}
		}
	}
	for name, c := range map[string]struct {
		wholeOptions
		state, reason string
		said          string
	}{
		"a gateway that does not exist": {wholeOptions{change: func(d *outreach.Document) {
			d.PBXs[0].Gateways = d.PBXs[0].Gateways[:1]
			d.PBXs[0].Gateways[0].Name = "nosuch"
		}}, "queued", "line_not_available", `"nosuch"`},
		"a wrong password": {wholeOptions{change: func(d *outreach.Document) { d.PBXs[0].ESL.Password = "not-it" }},
			"queued", "unable_to_connect", "password"},
		"a recording that is gone": {wholeOptions{spoil: func(dir string) {
			if err := os.Remove(filepath.Join(dir, "greeting.wav")); err != nil {
				t.Error(err)
			}
		}}, "failed", "", `"script"`},
		"a recording that is no sound": {wholeOptions{spoil: broken("greeting.wav", []byte("no sound at all"))}, "failed", "", `"script"`},
		"an audio directory that the switch does not see": {wholeOptions{change: func(d *outreach.Document) { d.PBXs[0].AudioDir = "/nowhere/audio" }},
			"failed", "", "does not see a prompt"},
		"a recording in stereo": {wholeOptions{spoil: broken("greeting.wav", stereo())}, "failed", "", `"script"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := whole(t, program, sw, c.wholeOptions)
			w.fire(t, badInputPatient)
			a := w.until(t, badInputPatient, func(a activity) bool {
				return a.State == c.state && (c.reason == "" || a.Reason == c.reason) && w.warned(t, c.said) > 0
			})
			if n := used(a); n != 0 {
				t.Errorf("%d tries are used up: %+v", n, a)
			}
			if n := w.warned(t, c.said); n != 1 {
				t.Errorf("said %d times", n)
			}
			if n := w.warned(t, "panic"); n != 0 {
				t.Error("it crashed")
			}
		})
	}
}

// stereo is a tenth of a second on two channels.
func stereo() []byte {
	const data = 3200
	b := append([]byte("RIFF"), 36+data&0xff, (36+data)>>8, 0, 0)
	b = append(b, "WAVEfmt "...)
	b = append(b, 16, 0, 0, 0, 1, 0, 2, 0, 0x40, 0x1f, 0, 0, 0, 0x7d, 0, 0, 4, 0, 16, 0)
	b = append(b, "data"...)
	return append(append(b, data&0xff, data>>8, 0, 0), make([]byte, data)...)
}

// TestAnAccessListThatRefusesUsUsesUpNoAttempt and once it lets us in the patient is called.
func TestAnAccessListThatRefusesUsUsesUpNoAttempt(t *testing.T) {
	t.Parallel()
	sw := alone(t)
	admit := func(from net.IP, who string) {
		t.Helper()
		name := sw.Path("conf/freeswitch.xml")
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list, rest, _ := bytes.Cut(body, []byte(`<node type="allow" cidr="`))
		_, rest, _ = bytes.Cut(rest, []byte(`"/>`))
		body = append(append(bytes.Clone(list), `<node type="allow" cidr="`+who+`"/>`...), rest...)
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
		order(t, sw, from, "reloadxml", "reloadacl")
	}
	admit(net.IPv4(127, 0, 0, 1), "127.0.0.2/32")
	w := whole(t, curlew(t), sw, wholeOptions{})
	w.fire(t, badInputPatient)
	a := w.until(t, badInputPatient, func(a activity) bool { return a.Reason == "unable_to_connect" && w.warned(t, "access list") > 0 })
	if used(a) != 0 || w.warned(t, "access list") != 1 {
		t.Errorf("said %d times, %+v", w.warned(t, "access list"), a)
	}
	checkTold(t, badFile(t, sw, nil), "access list refuses", "access list refuses")
	admit(net.IPv4(127, 0, 0, 2), "127.0.0.1/32")
	a = w.until(t, badInputPatient, isOver)
	if used(a) != 1 || a.Response == nil || a.Response.Action != "confirm" {
		t.Errorf("%+v", a)
	}
}

// order gives the switch commands from an address of the loopback net.
func order(t *testing.T, sw *freeswitch.Switch, from net.IP, commands ...string) {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext(t.Context(), "tcp", sw.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "auth %s\n\n", sw.Password())
	for _, command := range commands {
		fmt.Fprintf(c, "api %s\n\n", command)
	}
	var got []byte
	for b := make([]byte, 4096); bytes.Count(got, []byte("api/response")) < len(commands); {
		n, err := c.Read(b)
		if got = append(got, b[:n]...); err != nil {
			t.Fatalf("%v: %s", err, got)
		}
	}
}

// TestRoguePeersOnTheCallsPortLeaveNothingBehind: garbage, huge lengths, half frames and a thousand idle
// connections; the patient is called with one try, and every goroutine of theirs ends.
func TestRoguePeersOnTheCallsPortLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	w := whole(t, curlew(t), shared.get(t), wholeOptions{profiles: true})
	w.fire(t, badInputPatient) // links, pools and caches are warm
	w.until(t, badInputPatient, isOver)
	before := w.goroutines(t)
	rogues := []string{"", "", "", "GET / HTTP/1.1\r\n\r\n", "Content-Type: command/reply\nContent-Length: 99999999999\n\n",
		"Content-Type: command/reply\nContent-Len", "Content-Type: command/reply\nReply-Text: -ERR\nContent-Length: -1\n\n", strings.Repeat("x", 1<<16)}
	var peers []net.Conn
	for i := range 2000 {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.Nodes[0].Calls())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		peers = append(peers, c)
		fmt.Fprint(c, rogues[i%len(rogues)]) // one that is refused at once may not take it
	}
	const other = "+12125550109"
	w.fire(t, other)
	if a := w.until(t, other, isOver); used(a) != 1 || len(a.Attempts) != 1 {
		t.Errorf("%+v", a)
	}
	for _, c := range peers {
		c.Close()
	}
	waitFor(t, fmt.Sprintf("as few goroutines as the %d before", before), func() bool { return w.goroutines(t) <= before+10 })
	if lines := w.warned(t, "peer") + w.warned(t, "refuse"); lines > 100 || w.warned(t, "panic") > 0 {
		t.Errorf("2,000 peers wrote %d lines", lines)
	}
}

func (w *ringers) goroutines(t *testing.T) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	profile, err := w.Nodes[0].Profile(ctx, "goroutine", "?debug=1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(profile), "goroutine profile: total %d", &n); err != nil {
		t.Fatalf("%v: %.200s", err, profile)
	}
	return n
}
