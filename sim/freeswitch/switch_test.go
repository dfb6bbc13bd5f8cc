package freeswitch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const parked = "originate {originate_timeout=5}sofia/gateway/trunk1/12025550100 &park()"

func TestSessionsPerSecondAdmitOneLessThanTheyPromise(t *testing.T) {
	inBubble(t, Options{SessionsPerSecond: 4}, func(r *rig) {
		in := r.connect()
		in.ask("event plain CHANNEL_CREATE BACKGROUND_JOB")
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		for range 6 {
			in.ask("bgapi " + parked)
		}
		created, refused := 0, 0
		for range 6 {
			if in.event("BACKGROUND_JOB")["_body"] == "-ERR DESTINATION_OUT_OF_ORDER\n" {
				refused++
			}
		}
		for _, n := range in.names() {
			if n == "CHANNEL_CREATE" {
				created++
			}
		}
		if created != 3 || refused != 3 {
			r.t.Errorf("%d created, %d refused", created, refused)
		}
		time.Sleep(time.Second)
		if got := in.ask("api " + parked); !strings.HasPrefix(got, "+OK ") {
			r.t.Errorf("the next second refused too: %q", got)
		}
	})
}

func TestEveryThrottleOfTheSwitchLooksTheSame(t *testing.T) {
	for name, prepare := range map[string]func(*client){
		"max sessions": func(in *client) { in.ask("api " + parked); in.ask("api fsctl max_sessions 1") },
		"paused":       func(in *client) { in.ask("api fsctl pause") },
		"duplicate uuid": func(in *client) {
			in.ask("api originate {origination_uuid=leg-1}sofia/gateway/trunk1/12025550100 &park()")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{}, func(r *rig) {
				in := r.connect()
				prepare(in)
				in.ask("event plain CHANNEL_CREATE CHANNEL_DESTROY")
				got := in.ask("api originate {origination_uuid=leg-1}sofia/gateway/trunk1/12025550101 &park()")
				if got != "-ERR DESTINATION_OUT_OF_ORDER\n" {
					r.t.Errorf("originate: %q", got)
				}
				if n := in.names(); len(n) != 0 {
					r.t.Errorf("events of a call that was not admitted: %v", n)
				}
			})
		})
	}
}

func TestAGatewayThatIsDownRefusesAndTellsOfItsReturn(t *testing.T) {
	inBubble(t, Options{Gateways: []Gateway{{Name: "trunk1", Down: true}}}, func(r *rig) {
		in := r.connect()
		in.ask("event json CUSTOM sofia::gateway_state")
		if got := in.ask("api " + parked); got != "-ERR GATEWAY_DOWN\n" {
			r.t.Errorf("originate: %q", got)
		}
		if got := in.ask("api sofia status gateway trunk1"); !strings.Contains(got, "Status  \tDOWN\n") {
			r.t.Errorf("status: %q", got)
		}
		r.s.SetGateway("trunk1", true)
		e := in.event("CUSTOM")
		if e["Event-Subclass"] != "sofia::gateway_state" || e["Gateway"] != "trunk1" || e["Ping-Status"] != "UP" {
			r.t.Errorf("event: %v", e)
		}
		if got := in.ask("api sofia xmlstatus gateway trunk1"); !strings.Contains(got, "<status>UP</status>") {
			r.t.Errorf("status: %q", got)
		}
		if got := in.ask("api " + parked); !strings.HasPrefix(got, "+OK") {
			r.t.Errorf("originate: %q", got)
		}
	})
}

func TestHeartbeatsTellSessionsAndComeEveryTwentySeconds(t *testing.T) {
	inBubble(t, Options{MaxSessions: 77, SessionsPerSecond: 9}, func(r *rig) {
		in := r.connect()
		in.ask("event plain HEARTBEAT")
		in.ask("api " + parked)
		first := in.take("heartbeat", func(f frame) bool { return f.event["Event-Name"] == "HEARTBEAT" })
		second := in.take("heartbeat", func(f frame) bool { return f.event["Event-Name"] == "HEARTBEAT" })
		if d := second.at.Sub(first.at); d != 20*time.Second {
			r.t.Errorf("%v apart", d)
		}
		if e := first.event; e["Session-Count"] != "1" || e["Max-Sessions"] != "77" || e["Session-Per-Sec"] != "9" || e["Core-UUID"] != r.s.CoreUUID() {
			r.t.Errorf("heartbeat: %v", e)
		}
	})
}

func TestChannelsAreShownAsRows(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		if got := in.ask("api show channels as json"); got != "{\"row_count\": 0}\n" {
			r.t.Errorf("empty: %q", got)
		}
		in.ask("api originate {origination_uuid=leg-1}sofia/gateway/trunk1/12025550100 &park()")
		var shown struct {
			Count int                 `json:"row_count"`
			Rows  []map[string]string `json:"rows"`
		}
		if err := json.Unmarshal([]byte(in.ask("api show channels as json")), &shown); err != nil {
			r.t.Fatal(err)
		}
		if shown.Count != 1 || shown.Rows[0]["uuid"] != "leg-1" || shown.Rows[0]["callstate"] != "ACTIVE" || shown.Rows[0]["application"] != "park" {
			r.t.Errorf("shown: %+v", shown)
		}
		if got := in.ask("api show channels count"); got != "\n1 total.\n" {
			r.t.Errorf("count: %q", got)
		}
	})
}

func TestAPeerOutsideTheListIsTurnedAwayRudely(t *testing.T) {
	s, err := New(Options{AllowFrom: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{"192.0.2.9:4000": true, "198.51.100.7:4000": false, "pipe": false} {
		if got := s.allowed(namedAddr(address)); got != want {
			t.Errorf("%s allowed: %v", address, got)
		}
	}
	inBubble(t, Options{AllowFrom: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, func(r *rig) {
		nc, err := r.in.dial(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		c := r.client(nc)
		got := c.take("rejection", func(f frame) bool { return f.kind == "text/rude-rejection" })
		if got.body != "Access Denied, go away.\n" {
			r.t.Errorf("%q", got.body)
		}
		c.take("notice", func(f frame) bool { return f.kind == "text/disconnect-notice" })
		synctest.Wait()
		if !c.eof {
			r.t.Error("the connection stays open")
		}
	})
}

type namedAddr string

func (namedAddr) Network() string  { return "tcp" }
func (a namedAddr) String() string { return string(a) }

func TestARestartTakesCallsAndLinksAndHasANewName(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask("event plain ALL")
		in.ask("api originate {origination_uuid=leg-1}sofia/gateway/trunk1/12025550100 &park()")
		before := r.s.CoreUUID()
		r.s.Restart()
		synctest.Wait()
		for _, n := range in.names() {
			if strings.HasPrefix(n, "CHANNEL_HANGUP") {
				r.t.Error("a crash hung up properly")
			}
		}
		if !in.eof {
			r.t.Error("the link survived")
		}
		again := r.connect()
		if got := again.ask("api global_getvar core_uuid"); got == before || got != r.s.CoreUUID() {
			r.t.Errorf("core UUID %q, before %q", got, before)
		}
		if got := again.ask("api uuid_exists leg-1"); got != "false" {
			r.t.Errorf("the call exists: %q", got)
		}
		if r.s.Calls() != 0 {
			r.t.Errorf("%d calls", r.s.Calls())
		}
	})
}

func TestDroppedLinksLeaveTheirCallsAlone(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask("bgapi originate {origination_uuid=leg-1}sofia/gateway/trunk1/12025550100 &park()")
		r.s.DropLinks()
		synctest.Wait()
		if !in.eof {
			r.t.Fatal("the link is still there")
		}
		time.Sleep(2 * time.Second)
		if got := r.connect().ask("api uuid_exists leg-1"); got != "true" {
			r.t.Errorf("the call exists: %q", got)
		}
	})
}

func TestASwitchThatStallsAnswersWhenItIsOver(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		r.s.SetFaults(Faults{Stall: true})
		in.send("api hostname\n\n")
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := in.names(); len(n) != 0 {
			r.t.Errorf("a stalled switch said %v", n)
		}
		r.s.SetFaults(Faults{})
		if got := in.reply(); got != "sim" {
			r.t.Errorf("reply: %q", got)
		}
	})
}

func TestRepliesCanBeSlowAndLinksHalfOpen(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		r.s.SetFaults(Faults{SlowReplies: 3 * time.Second})
		start := time.Now()
		in.ask("api hostname")
		if took := time.Since(start); took < 3*time.Second || took > 3100*time.Millisecond {
			r.t.Errorf("a slow reply took %v", took)
		}
		r.s.SetFaults(Faults{HalfOpen: true})
		in.send("api hostname\n\n")
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := in.names(); len(n) != 0 || in.eof {
			r.t.Errorf("a half-open link said %v, closed %v", n, in.eof)
		}
	})
}

func TestEventsCanGetLost(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask("event plain CHANNEL_EXECUTE")
		r.s.SetFaults(Faults{DropEvents: 2})
		in.ask("api originate sofia/gateway/trunk1/12025550100 'set:a=1,set:a=2,set:a=3,set:a=4,park' inline")
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(in.names()); n >= 5 || n == 0 {
			r.t.Errorf("%d of 5 events arrived", n)
		}
	})
}

func TestAnAnsweredCallWhoseSocketNeverOpensStaysParked(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		r.s.SetFaults(Faults{SkipSocket: 1})
		in := r.connect()
		in.ask("event plain CHANNEL_ANSWER")
		in.ask("bgapi originate {origination_uuid=leg-1}sofia/gateway/trunk1/12025550100" + fullSocket)
		in.event("CHANNEL_ANSWER")
		time.Sleep(time.Minute)
		if got := in.ask("api uuid_getvar leg-1 current_application"); got != "socket" {
			r.t.Errorf("application: %q", got)
		}
		if got := in.ask("api uuid_kill leg-1"); got != "+OK\n" {
			r.t.Errorf("kill: %q", got)
		}
	})
}

func TestNobodyListeningEndsTheCallAndSilenceLeavesItParked(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		r.listens = false
		in := r.connect()
		in.ask("event plain CHANNEL_HANGUP_COMPLETE")
		in.ask("bgapi originate sofia/gateway/trunk1/12025550100" + fullSocket)
		if end := in.event("CHANNEL_HANGUP_COMPLETE"); end["Hangup-Cause"] != "NORMAL_CLEARING" {
			r.t.Errorf("ended with %s", end["Hangup-Cause"])
		}
		r.listens = true
		in.ask("bgapi originate {origination_uuid=leg-2}sofia/gateway/trunk1/12025550100" + fullSocket)
		silent := r.accept()
		time.Sleep(26 * time.Second)
		synctest.Wait()
		if !silent.eof {
			r.t.Error("a socket that never says connect stays open")
		}
		if got := in.ask("api uuid_exists leg-2"); got != "true" {
			r.t.Errorf("its call exists: %q", got)
		}
	})
}

func TestTheAccountOfCallsIsKeptInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.jsonl")
	inBubble(t, Options{LogPath: path}, func(r *rig) {
		in := r.connect()
		in.ask("event plain CHANNEL_HANGUP_COMPLETE")
		in.ask("bgapi originate {origination_uuid=leg-1}sofia/gateway/trunk2/12025550111 &park()")
		in.event("CHANNEL_HANGUP_COMPLETE")
		in.ask("api originate {origination_uuid=leg-2}sofia/gateway/nowhere/12025550111 &park()")
		var kinds []string
		for _, rec := range r.s.Records() {
			kinds = append(kinds, rec.Kind+" "+rec.UUID+" "+rec.Number+" "+rec.Gateway+" "+rec.Cause)
		}
		want := "originate leg-1 12025550111 trunk2 |end leg-1 12025550111 trunk2 USER_BUSY|refused leg-2 12025550111 nowhere INVALID_GATEWAY"
		if got := strings.Join(kinds, "|"); got != want {
			r.t.Errorf("records: %s", got)
		}
	})
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "\n"); n != 3 || !strings.Contains(string(b), `"uuid":"leg-1"`) {
		t.Errorf("file: %s", b)
	}
}

func TestAShutdownTellsEveryone(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask("event plain SHUTDOWN CHANNEL_HANGUP_COMPLETE")
		in.ask("api " + parked)
		r.s.Shutdown()
		in.event("SHUTDOWN")
		if end := in.event("CHANNEL_HANGUP_COMPLETE"); end["Hangup-Cause"] != "SYSTEM_SHUTDOWN" {
			r.t.Errorf("ended with %s", end["Hangup-Cause"])
		}
		if n := in.take("notice", func(f frame) bool { return f.kind == "text/disconnect-notice" }); n.body != "The system is being shut down.\n" {
			r.t.Errorf("notice: %q", n.body)
		}
	})
}

func TestAPatientCanRingTheSwitch(t *testing.T) {
	inBubble(t, Options{InboundSocket: "127.0.0.1:8084"}, func(r *rig) {
		id, err := r.s.CallIn("12025550101", "12025550199")
		if err != nil {
			r.t.Fatal(err)
		}
		out := r.accept()
		out.send("connect\n\n")
		data := out.take("connect reply", func(f frame) bool { return f.event["Event-Name"] == "CHANNEL_DATA" }).event
		if data["Unique-ID"] != id || data["Call-Direction"] != "inbound" || data["Caller-Caller-ID-Number"] != "12025550101" || data["Caller-Destination-Number"] != "12025550199" {
			r.t.Errorf("connect: %v", data)
		}
		out.ask("myevents")
		out.execute("answer", "", "x-1")
		out.completed("x-1")
		out.execute("set", "curlew_ask=menu", "x-2")
		if d := out.event("DTMF"); d["DTMF-Digit"] != "1" {
			r.t.Errorf("pressed %s", d["DTMF-Digit"])
		}
	})
}

// TestAThousandCallsAreHeld keeps a thousand calls up on one switch and loses none of their keys.
func TestAThousandCallsAreHeld(t *testing.T) {
	const calls = 1000
	inBubble(t, Options{SessionsPerSecond: calls + 2, MaxSessions: calls}, func(r *rig) {
		in := r.connect()
		in.ask("event json DTMF")
		for i := range calls {
			in.ask(fmt.Sprintf("bgapi originate {origination_uuid=leg-%d,curlew_ask=wait}sofia/gateway/trunk1/1202555%02d01 'set:curlew_ask=menu,playback:silence_stream://600000' inline", i, i%100))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if st := r.s.Stats(); st.Live != calls || st.Peak != calls {
			r.t.Errorf("stats: %+v", st)
		}
		if n := len(in.names()); n != calls {
			r.t.Errorf("%d keys of %d calls", n, calls)
		}
		in.ask("api hupall")
		time.Sleep(time.Second)
		synctest.Wait()
		if n := r.s.Calls(); n != 0 {
			r.t.Errorf("%d calls are left", n)
		}
	})
}

func TestARecordingEndsWithThePatientsSilenceAndIsOnlyWrittenWhereItMayBe(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	inBubble(t, Options{Recordings: dir, Behaviour: Behaviour{Speech: 4 * time.Second}}, func(r *rig) {
		in := r.connect()
		in.ask(call("12025550100", "trunk1"))
		d := r.driven()
		for i, folder := range []string{dir, elsewhere} {
			id := fmt.Sprintf("r-%d", i)
			d.execute("record", filepath.Join(folder, "a.wav")+" 30 200 2", id)
			start := time.Now()
			d.completed(id)
			if took := time.Since(start); took < 6*time.Second || took > 6100*time.Millisecond {
				r.t.Errorf("recorded for %v", took)
			}
		}
	})
	f, err := os.Open(filepath.Join(dir, "a.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if length, ok := wavDuration(f); !ok || length != 6*time.Second {
		t.Errorf("the file lasts %v, a WAV: %v", length, ok)
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "a.wav")); err == nil {
		t.Error("a file was written where none may be")
	}
}

// A recording at a URL is put there before the application ends, as both modules do, and a refusal ends it no less.
func TestARecordingAtAURLIsPutThereBeforeItEnds(t *testing.T) {
	inBubble(t, Options{Behaviour: Behaviour{Speech: 4 * time.Second}}, func(r *rig) {
		in := r.connect()
		in.ask(call("12025550100", "trunk1"))
		d := r.driven()
		for i, status := range []string{"201 Created", "507 Insufficient Storage"} {
			id := fmt.Sprintf("u-%d", i)
			d.execute("record", "http_cache://http://curlew.example/audio/answers/a.wav 30 200 2", id)
			conn, err := r.sockets.Accept()
			if err != nil {
				r.t.Fatal(err)
			}
			req, err := http.ReadRequest(bufio.NewReader(conn))
			if err != nil {
				r.t.Fatal(err)
			}
			wav, err := io.ReadAll(req.Body)
			if err != nil || req.Method != http.MethodPut || req.Host != "curlew.example" || req.URL.Path != "/audio/answers/a.wav" {
				r.t.Errorf("%v %s %s%s", err, req.Method, req.Host, req.URL)
			}
			if length, ok := wavDuration(bytes.NewReader(wav)); !ok || length != 6*time.Second {
				r.t.Errorf("%d bytes last %v, a WAV: %v", len(wav), length, ok)
			}
			synctest.Wait()
			if slices.Contains(d.names(), "CHANNEL_EXECUTE_COMPLETE") {
				r.t.Error("it ended before it was put")
			}
			fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", status)
			d.completed(id)
			conn.Close()
		}
	})
}

// Sound at a URL lasts as long as what is fetched, is FILE NOT FOUND where nothing is, and is fetched once by mod_http_cache.
func TestSoundAtAURLIsFetched(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask(call("12025550100", "trunk1"))
		d := r.driven()
		answer := func(status string, body []byte) {
			conn, err := r.sockets.Accept()
			if err != nil {
				r.t.Fatal(err)
			}
			if req, err := http.ReadRequest(bufio.NewReader(conn)); err != nil || req.Method != http.MethodGet || req.URL.Path != "/audio/a.wav" {
				r.t.Errorf("%v %+v", err, req)
			}
			fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
			conn.Close()
		}
		play := func(id, media string) { d.execute("playback", media, id) }
		const at = "http://curlew.example/audio/a.wav"
		for i, media := range []string{at, "http_cache://" + at} {
			id := fmt.Sprintf("w-%d", i)
			play(id, media)
			answer("200 OK", silentWAV(3*time.Second))
			start := time.Now()
			if said := d.completed(id); said != "FILE PLAYED" || time.Since(start) < 3*time.Second {
				r.t.Errorf("%s: %s after %v", media, said, time.Since(start))
			}
		}
		play("kept", "http_cache://"+at)
		if said := d.completed("kept"); said != "FILE PLAYED" { // nobody answers: it was kept
			r.t.Error(said)
		}
		play("gone", at)
		answer("404 Not Found", nil)
		if said := d.completed("gone"); said != "FILE NOT FOUND" {
			r.t.Error(said)
		}
	})
}

func TestABridgeTalksAndReportsHowItEnded(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask(call("12025550100", "trunk1"))
		d := r.driven()
		d.ask("event json CHANNEL_EXECUTE_COMPLETE CHANNEL_BRIDGE CHANNEL_UNBRIDGE")
		d.execute("set", "continue_on_fail=true", "on")
		d.completed("on")
		for i, c := range []struct{ target, disposition string }{{"12025550101", "SUCCESS"}, {"12025550111", "USER_BUSY"}, {"12025550120", "NO_ANSWER"}} {
			id := fmt.Sprintf("b-%d", i)
			d.execute("bridge", "{originate_timeout=20}sofia/gateway/trunk1/"+c.target, id)
			done := d.take("end of the bridge", func(f frame) bool { return f.event["Application-UUID"] == id && f.event["Application-Response"] != "" })
			if got := done.event["variable_originate_disposition"]; got != c.disposition {
				r.t.Errorf("bridge to …%s: %q", c.target[9:], got)
			}
		}
		d.event("CHANNEL_BRIDGE")
		d.event("CHANNEL_UNBRIDGE")
	})
}

func TestABridgeThatFailsEndsTheCallUnlessItMayGoOn(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask(call("12025550100", "trunk1"))
		d := r.driven()
		d.ask("linger 5")
		d.ask("event json CHANNEL_HANGUP_COMPLETE")
		d.execute("bridge", "sofia/gateway/trunk1/12025550111", "b")
		if got := d.event("CHANNEL_HANGUP_COMPLETE")["Hangup-Cause"]; got != "USER_BUSY" {
			r.t.Errorf("the leg ended with %q", got)
		}
	})
}

func TestTheFirstCommandOfASocketIsNotAnsweredUnlessItIsConnect(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask(call("12025550101", "trunk1"))
		d := r.accept()
		d.send("myevents json\n\nconnect\n\n")
		d.take("the channel's data", func(f frame) bool { return f.kind == "command/reply" })
		if got := d.ask("linger 5"); got != "+OK will linger 5 seconds" {
			r.t.Errorf("linger was answered by %q", got)
		}
		d.event("CHANNEL_PARK")
	})
}
