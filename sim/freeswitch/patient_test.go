package freeswitch

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const fullSocket = " '&socket(127.0.0.1:8084 async full)'"

// driver is a minimal IVR on one outbound socket: it asks as Curlew does and takes DTMF events.
type driver struct {
	*client
	n int
}

func (r *rig) driven() *driver {
	r.t.Helper()
	c := r.accept()
	c.send("connect\n\n")
	c.take("connect reply", func(f frame) bool { return f.event["Event-Name"] == "CHANNEL_DATA" })
	c.ask("linger 1")
	c.ask("myevents json")
	return &driver{client: c}
}

// question says what it asks, plays for d and returns the keys of that time and of the time until the answer is due.
func (d *driver) question(r *rig, hinted string, play time.Duration) string {
	d.n++
	id := hinted + "-" + string(rune('a'+d.n))
	if hinted != "" {
		d.execute("set", "curlew_ask="+hinted, id+"-set")
	}
	d.execute("playback", "silence_stream://"+strconv.FormatInt(play.Milliseconds(), 10), id)
	time.Sleep(play + 3*time.Second)
	synctest.Wait()
	return d.keys()
}

// keys takes the digits that have arrived.
func (d *driver) keys() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var digits strings.Builder
	kept := d.frames[:0]
	for _, f := range d.frames {
		if f.event["Event-Name"] == "DTMF" {
			digits.WriteString(f.event["DTMF-Digit"])
			continue
		}
		kept = append(kept, f)
	}
	d.frames = kept
	return digits.String()
}

func call(number, gateway string) string {
	return "bgapi originate {origination_uuid=leg-" + number + ",ignore_early_media=true,playback_terminators=none,originate_timeout=35}sofia/gateway/" + gateway + "/" + number + fullSocket
}

func TestPatientsAnswerTheQuestionsThatAreAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		number string
		asks   []string
		keys   []string
	}{
		"01 presses 1, and 0 to prove that it is human":       {"12025550101", []string{"human_test", "menu"}, []string{"0", "1"}},
		"02 presses the same again when asked once more":      {"12025550102", []string{"menu", "again"}, []string{"2", "2"}},
		"09 has it repeated, then confirms":                   {"12025550109", []string{"menu", "menu"}, []string{"9", "1"}},
		"10 errs, then confirms":                              {"12025550110", []string{"menu", "menu"}, []string{"*", "1"}},
		"00 presses nothing, not even as a proof":             {"12025550100", []string{"human_test", "menu"}, []string{"", ""}},
		"16 is a machine and presses nothing":                 {"12025550116", []string{"human_test"}, []string{""}},
		"05 presses 5 again if nobody took it the first time": {"12025550105", []string{"menu", "menu"}, []string{"5", "5"}},
		"nothing is pressed before anything is asked":         {"12025550103", []string{"", "menu"}, []string{"", "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{}, func(r *rig) {
				in := r.connect()
				in.ask(call(tc.number, "trunk1"))
				d := r.driven()
				for i, ask := range tc.asks {
					if got := d.question(r, ask, 4*time.Second); got != tc.keys[i] {
						r.t.Errorf("question %d (%s): pressed %q, want %q", i, ask, got, tc.keys[i])
					}
				}
			})
		})
	}
}

func TestThePatientsKeyComesASecondIntoTheLastPromptOfTheQuestion(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask(call("12025550101", "trunk1"))
		d := r.driven()
		d.execute("set", "curlew_ask=menu", "s")
		d.completed("s")
		d.execute("playback", "silence_stream://700", "p1")
		d.completed("p1")
		d.execute("playback", "silence_stream://3000", "p2")
		begun := d.take("execute of p2", func(f frame) bool {
			return f.event["Event-Name"] == "CHANNEL_EXECUTE" && f.event["Application-UUID"] == "p2"
		})
		pressed := d.take("DTMF", func(f frame) bool { return f.event["Event-Name"] == "DTMF" })
		if after := pressed.at.Sub(begun.at); after != time.Second {
			r.t.Errorf("pressed %v after the prompt began", after)
		}
	})
}

func TestADriverWithoutHintsGetsTheKeyDuringItsFirstPrompt(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask("bgapi originate sofia/gateway/trunk1/12025550101" + fullSocket)
		d := r.driven()
		d.execute("play_and_get_digits", `1 1 3 5000 # silence_stream://4000 silence_stream://100 choice \d 2000`, "g")
		d.completed("g")
		if got := d.ask("getvar choice"); got != "1" {
			r.t.Errorf("gathered %q", got)
		}
	})
}

func TestPatientsWhoCannotBeReached(t *testing.T) {
	for name, tc := range map[string]struct {
		number, cause, status string
		rings                 bool
	}{
		"11 is busy":                         {"12025550111", "USER_BUSY", "486", false},
		"12 rings until the caller gives up": {"12025550112", "NO_ANSWER", "", true},
		"13 declines":                        {"12025550113", "CALL_REJECTED", "603", false},
		"14 does not exist":                  {"12025550114", "UNALLOCATED_NUMBER", "404", false},
		"18 is not reachable":                {"12025550118", "NO_USER_RESPONSE", "480", false},
		"20 rings":                           {"12025550120", "NO_ANSWER", "", true},
		"23 rings":                           {"12025550123", "NO_ANSWER", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{}, func(r *rig) {
				in := r.connect()
				in.ask("event json CHANNEL_PROGRESS CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE BACKGROUND_JOB")
				in.ask(call(tc.number, "trunk1"))
				end := in.event("CHANNEL_HANGUP_COMPLETE")
				if end["Hangup-Cause"] != tc.cause || end["variable_sip_term_status"] != tc.status {
					r.t.Errorf("ended with %s %s", end["Hangup-Cause"], end["variable_sip_term_status"])
				}
				if job := in.event("BACKGROUND_JOB"); job["_body"] != "-ERR "+tc.cause+"\n" {
					r.t.Errorf("job: %q", job["_body"])
				}
				var rang, answered bool
				for _, n := range in.names() {
					rang, answered = rang || n == "CHANNEL_PROGRESS", answered || n == "CHANNEL_ANSWER"
				}
				if rang != tc.rings || answered {
					r.t.Errorf("rang %v, answered %v", rang, answered)
				}
			})
		})
	}
}

// outcome dials and returns the cause of the end; an answered call is hung up at once.
func outcome(r *rig, in *client, number, gateway string) string {
	r.t.Helper()
	in.ask(strings.ReplaceAll(call(number, gateway), fullSocket, " &hangup(NORMAL_CLEARING)"))
	end := in.event("CHANNEL_HANGUP_COMPLETE")
	if end["variable_endpoint_disposition"] == "ANSWER" {
		return "answered"
	}
	return end["Hangup-Cause"]
}

func TestNumbersRememberUntilTheyAnswer(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask("event plain CHANNEL_HANGUP_COMPLETE")
		const fault = "NORMAL_TEMPORARY_FAILURE"
		for i, c := range []struct{ number, gateway, want string }{
			{"12025550117", "trunk1", fault}, {"12025550117", "trunk1", fault}, {"12025550117", "trunk2", "answered"},
			{"12025550117", "trunk2", fault}, {"12025550117", "trunk1", "answered"},
			{"12025550119", "trunk1", "USER_BUSY"}, {"12025550219", "trunk1", "USER_BUSY"}, {"12025550119", "trunk1", "USER_BUSY"},
			{"12025550119", "trunk1", "answered"}, {"12025550119", "trunk1", "USER_BUSY"},
		} {
			if got := outcome(r, in, c.number, c.gateway); got != c.want {
				r.t.Errorf("call %d to …%s through %s: %s, want %s", i, c.number[9:], c.gateway, got, c.want)
			}
		}
	})
}

func TestAPatientInAHurryHangsUpAfterASecond(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask("event plain CHANNEL_ANSWER CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE")
		in.ask(call("12025550115", "trunk1"))
		d := r.driven()
		d.execute("playback", "silence_stream://10000", "p")
		if got := d.completed("p"); got != "PLAYBACK ERROR" {
			r.t.Errorf("the prompt ended with %q", got)
		}
		answered := in.take("answer", func(f frame) bool { return f.event["Event-Name"] == "CHANNEL_ANSWER" })
		end := in.take("end", func(f frame) bool { return f.event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE" })
		if took := end.at.Sub(answered.at); took != time.Second || end.event["variable_sip_hangup_disposition"] != "recv_bye" {
			r.t.Errorf("hung up after %v, %s", took, end.event["variable_sip_hangup_disposition"])
		}
	})
}

func TestAMachineBeepsForWhoeverListensForBeeps(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask(call("12025550116", "trunk1"))
		d := r.driven()
		d.ask("event json CHANNEL_EXECUTE_COMPLETE CUSTOM avmd::beep avmd::start")
		d.execute("avmd_start", "", "a")
		d.completed("a")
		beep := d.take("beep", func(f frame) bool { return f.event["Event-Subclass"] == "avmd::beep" })
		if beep.event["Beep-Status"] != "DETECTED" || !strings.HasPrefix(beep.event["Unique-ID"], "leg-") {
			r.t.Errorf("beep: %v", beep.event)
		}
	})
}

func TestTheHardStopOnTheSwitchEndsACallThatNobodyEnds(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask("event plain CHANNEL_ANSWER CHANNEL_EXECUTE CHANNEL_HANGUP_COMPLETE")
		in.ask("bgapi originate {execute_on_answer=sched_hangup:+7}sofia/gateway/trunk1/12025550100 &park()")
		answered := in.take("answer", func(f frame) bool { return f.event["Event-Name"] == "CHANNEL_ANSWER" })
		if x := in.event("CHANNEL_EXECUTE"); x["Application"] != "sched_hangup" || x["Application-Data"] != "+7" {
			r.t.Errorf("executed %s %s", x["Application"], x["Application-Data"])
		}
		end := in.take("end", func(f frame) bool { return f.event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE" })
		if took := end.at.Sub(answered.at); took < 7*time.Second || took > 7100*time.Millisecond || end.event["Hangup-Cause"] != "ALLOTTED_TIMEOUT" {
			r.t.Errorf("ended after %v with %s", took, end.event["Hangup-Cause"])
		}
	})
}

func TestAPhoneIsAnsweredPressedAndHungUpByHand(t *testing.T) {
	texts := func(media string) string { return "says " + media }
	inBubble(t, Options{Text: texts}, func(r *rig) {
		const number = "12025550142"
		r.s.Interactive(number, true)
		events, stop := r.s.Watch()
		defer stop()
		if err := r.s.Answer(number); err == nil {
			r.t.Error("a phone that does not ring was answered")
		}
		in := r.connect()
		in.ask("event plain CHANNEL_HANGUP_COMPLETE")
		in.ask(call(number, "trunk1"))
		for e := range events {
			if e.State == PhoneRinging {
				break
			}
		}
		if err := r.s.Answer(number); err != nil {
			r.t.Fatal(err)
		}
		d := r.driven()
		d.execute("set", "curlew_ask=menu", "s")
		d.execute("playback", "silence_stream://9000", "p")
		for e := range events {
			if e.Text == "says silence_stream://9000" && e.Asked == "menu" && e.State == PhoneTalking {
				break
			}
		}
		if err := r.s.Press(number, "42"); err != nil {
			r.t.Fatal(err)
		}
		synctest.Wait()
		if got := d.keys(); got != "42" {
			r.t.Errorf("pressed %q", got)
		}
		if err := r.s.HangUp(number); err != nil {
			r.t.Fatal(err)
		}
		if end := in.event("CHANNEL_HANGUP_COMPLETE"); end["variable_sip_term_status"] != "200" {
			r.t.Errorf("end: %v", end["variable_sip_term_status"])
		}
		if p := r.s.Phones(); len(p) != 1 || p[0].State != PhoneIdle || p[0].Cause != "NORMAL_CLEARING" {
			r.t.Errorf("phones: %+v", p)
		}
	})
}
