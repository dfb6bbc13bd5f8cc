package freeswitch_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/test/freeswitch"
)

// TestATransferReachesAnExtensionOfThePBXItself through its dialplan, not through a trunk; one that is busy becomes a
// call back.
func TestATransferReachesAnExtensionOfThePBXItself(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	const desks = `<extension name="desk"><condition field="destination_number" expression="^7000$">
<action application="answer"/><action application="sleep" data="1000"/><action application="hangup"/></condition></extension>
<extension name="busy desk"><condition field="destination_number" expression="^7001$"><action application="hangup" data="USER_BUSY"/></condition></extension>`
	if err := os.WriteFile(filepath.Join(sw.Path("conf"), "dialplan", "desks.xml"), []byte(desks), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(t, sw, "reloadxml")
	h := open(t, sw, hospitalOptions{pbx: func(p *outreach.PBX) { p.ExtensionContext = "public" }})
	for desk, want := range map[string][]string{
		"7000": {"respond transfer 7 7000", "note end"}, "7001": {"respond transfer 7 7001", "respond call_back 7", "note prompt did_call_back"},
	} {
		t.Run(desk, func(t *testing.T) {
			t.Parallel()
			r, lines := h.placed(t, func() outreach.CallOrder {
				o := h.order("12025550107")
				i := slices.IndexFunc(o.Script.Menu, func(a outreach.KeyAction) bool { return a.Action == outreach.Transfer })
				o.Script.Menu[i].Target = desk
				return o
			}, func(_ outreach.CallResult, lines []string) bool { return inOrder(lines, want) })
			if called := slices.Contains(lines, "respond call_back 7"); called != (desk == "7001") || r.Cause != "NORMAL_CLEARING" {
				t.Errorf("%+v\n%q", r, lines)
			}
		})
	}
}

// TestATalkLastsAndItsSecondLegIsOurs: both sides talk, by a trunk and to a telephone behind an extension. It goes on, under
// a hard stop of its own; of what the switch counts two sessions are ours, as many as lines are held. Where a loopback
// leads to a telephone the other two are the dialplan's.
func TestATalkLastsAndItsSecondLegIsOurs(t *testing.T) {
	t.Parallel()
	network := shared.get(t)
	for name, c := range map[string]struct {
		target   string
		patient  string
		sessions int
	}{
		"a number": {"+17075555100", "13045555107", 2}, "a telephone behind an extension": {"7002", "13045555207", 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sw := aloneWith(t, freeswitch.Options{Heartbeat: 1})
			trunks(t, sw, trunk{name: "out", port: network.Ports.Callee1})
			const telephone = `<extension name="telephone"><condition field="destination_number" expression="^7002$">
<action application="bridge" data="sofia/gateway/out/1` + freeswitch.AreaGreeting + `5555200"/></condition></extension>`
			if err := os.WriteFile(filepath.Join(sw.Path("conf"), "dialplan", "desks.xml"), []byte(telephone), 0o600); err != nil {
				t.Fatal(err)
			}
			ask(t, sw, "reloadxml")
			h := open(t, sw, hospitalOptions{pbx: func(p *outreach.PBX) {
				p.ExtensionContext, p.Gateways = "public", []outreach.Gateway{{Name: "out", Strip: "+", AllowedPrefixes: []string{"+1"}}}
			}})
			ears := watch(t, sw.Addr, sw.Password())
			o := h.connected(t, func() outreach.CallOrder {
				o := h.order(c.patient)
				o.Gateway = "out"
				i := slices.IndexFunc(o.Script.Menu, func(a outreach.KeyAction) bool { return a.Action == outreach.Transfer })
				o.Script.Menu[i].Target = c.target
				return o
			})
			phoneOf(t, network, o.Destination, func(leg string) { ask(t, network, "uuid_broadcast "+leg+" tone_stream://%(20000,0,300,500)") })
			h.await("counted the second leg as ours", func(s outreach.PBXStatus) bool { return s.Sessions == c.sessions && s.OwnSessions == 2 })
			stopsIn(t, sw, o.Attempt, time.Hour)
			if ears.within(5*time.Second, string(o.Attempt), "UNBRIDGE") { // a loopback that bows out does so after two seconds of sound
				life, _, _ := ears.seen(o.Attempt)
				t.Errorf("the talk was cut off: %q\n%q", life, h.j.of(o.Attempt, true))
			}
			phoneOf(t, network, o.Destination, func(leg string) { ask(t, network, "uuid_kill "+leg) })
			if r := h.j.result(t, o.Attempt); r.Cause != "NORMAL_CLEARING" || slices.Contains(h.j.of(o.Attempt, false), "respond call_back 7") {
				t.Errorf("%+v\n%q", r, h.j.of(o.Attempt, true))
			}
			h.await("saw everybody go", func(s outreach.PBXStatus) bool { return s.Sessions == 0 && s.OwnSessions == 0 })
		})
	}
}

// connected places calls of order until a patient is connected to the desk, and returns that one's.
func (h *hospital) connected(t *testing.T, order func() outreach.CallOrder) outreach.CallOrder {
	t.Helper()
	for range stalls { // a key that came late on a machine with other work was none
		o := order()
		if err := h.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		bridged := false
		waitFor(t, "the talk, or the end", func() bool {
			lines := h.j.of(o.Attempt, true)
			bridged = slices.Contains(lines, "note bridged")
			return bridged || slices.Contains(lines, "note end")
		})
		if bridged {
			return o
		}
	}
	t.Fatal("nobody was connected")
	return outreach.CallOrder{}
}

// stopsIn checks that the switch has one hard stop of the call, and when.
func stopsIn(t *testing.T, sw *freeswitch.Switch, id outreach.AttemptID, in time.Duration) {
	t.Helper()
	var stops []string
	for line := range strings.Lines(ask(t, sw, "show tasks")) {
		if strings.Contains(line, string(id)) {
			stops = append(stops, strings.Split(line, ",")[3])
		}
	}
	if len(stops) != 1 {
		t.Errorf("hard stops: %q", stops)
		return
	}
	at, err := strconv.ParseInt(stops[0], 10, 64)
	if left := time.Until(time.Unix(at, 0)); err != nil || left > in || left < in-time.Minute {
		t.Errorf("the hard stop is in %s, %v", left, err)
	}
}

// TestTheSecondLegOfATransferCountsInTheCaps of the PBX and of its gateway, by the program as a whole: while a patient talks
// to a desk the next one waits, though one line of the two would be free; where there is only one line there is no
// transfer, and the patient is called back.
func TestTheSecondLegOfATransferCountsInTheCaps(t *testing.T) {
	t.Parallel()
	sw, network := alone(t), shared.get(t)
	seen := register(t, sw)
	for name, c := range map[string]struct {
		pbx, gateway int
		digits       string // of the numbers
		reason       string // why the next patient waits; "": there is no transfer
	}{
		"pbx": {2, 20, "1", "pbx_limit_reached"}, "gateway": {20, 2, "2", "line_not_available"}, "full": {1, 20, "3", ""},
	} {
		trunks(t, sw, trunk{name: name, port: network.Ports.Callee1})
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := "+1" + freeswitch.AreaGreeting + "5556" + c.digits + "00"
			w := whole(t, curlew(t), sw, wholeOptions{change: func(d *outreach.Document) {
				p := &d.PBXs[0]
				p.MaxConcurrentCalls, p.Gateways = c.pbx, p.Gateways[:1]
				p.Gateways[0].Name, p.Gateways[0].MaxConcurrentCalls = name, c.gateway
				step := &d.Configurations[0].Steps[0]
				step.Actions = append(step.Actions, outreach.KeyAction{Key: "7", Action: outreach.Transfer, Target: desk})
				d.Prompts = append(d.Prompts, outreach.Prompt{Category: "transferring", Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Audio: "goodbye.wav"}}})
			}})
			talker, calls := w.presses(t, "+1212555", c.digits+"07")
			next := "+12125559" + c.digits + "01"
			if c.reason == "" {
				if talker.Response.Action != "call_back" || len(seen.dialled(name)) != calls {
					t.Errorf("%+v, %d channels", talker, len(seen.dialled(name)))
				}
				return
			}
			if talker.Response.Action != "transfer" {
				t.Fatalf("%+v", talker)
			}
			waitFor(t, "the desk's telephone", func() bool { return strings.Contains(ask(t, network, "show channels"), desk[1:]) })
			if n := w.pbx(t); n.InUse != 2 || len(seen.dialled(name)) != calls+1 {
				t.Errorf("%d lines in use, %d channels", n.InUse, len(seen.dialled(name)))
			}
			w.fire(t, next)
			w.until(t, next, func(a activity) bool { return a.State == "queued" && a.Reason == c.reason })
			phoneOf(t, network, desk[1:], func(leg string) { ask(t, network, "uuid_kill "+leg) })
			w.until(t, next, func(a activity) bool { return len(a.Attempts) == 1 && a.Attempts[0].State == "answered" })
			if n := len(seen.dialled(name)); n != calls+2 {
				t.Errorf("%d channels", n)
			}
		})
	}
}

// presses has patients called, one after the other, until one presses keys in time, and returns that one and how many calls
// it took. Their numbers begin and end so.
func (w *ringers) presses(t *testing.T, begin, end string) (a activity, calls int) {
	t.Helper()
	for calls = range stalls { // a key that came late on a machine with other work was none
		phone := begin + itoa(8-calls) + end
		w.fire(t, phone)
		a = w.until(t, phone, func(a activity) bool { return a.Response != nil || a.State == "awaiting_response" })
		if a.Response != nil {
			return a, calls + 1
		}
	}
	t.Fatalf("%+v", a)
	return a, calls
}
