package freeswitch

import (
	"testing"
	"time"
)

const callEvents = "event plain BACKGROUND_JOB CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_ANSWER CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY DTMF"

func TestAnAnsweredCallIsHandedToTheSocketAndItsKeyArrives(t *testing.T) {
	inBubble(t, Options{}, func(r *rig) {
		in := r.connect()
		in.ask(callEvents)
		in.ask("bgapi originate {origination_uuid=leg-1,curlew_attempt=1}sofia/gateway/trunk1/12025550101 '&socket(127.0.0.1:8084 async full)'\nJob-UUID: job-1")
		out := r.accept()
		out.send("connect\n\n")
		data := out.take("connect reply", func(f frame) bool { return f.event["Event-Name"] == "CHANNEL_DATA" })
		if data.event["Unique-ID"] != "leg-1" || data.event["variable_curlew_attempt"] != "1" || data.event["Reply-Text"] != "+OK\n" {
			t.Errorf("connect reply: %v", data.event)
		}
		if n := len(data.order); n < 150 {
			t.Errorf("connect reply has %d headers", n)
		}
		out.ask("linger 2")
		out.ask("myevents")
		out.execute("set", "curlew_ask=menu", "x-1")
		out.execute("playback", "silence_stream://5000", "x-2")
		if d := out.event("DTMF"); d["DTMF-Digit"] != "1" || d["DTMF-Source"] != "RTP" {
			t.Errorf("DTMF: %v", d)
		}
		if got := out.completed("x-2"); got != "FILE PLAYED" {
			t.Errorf("playback ended with %q", got)
		}
		out.execute("hangup", "NORMAL_CLEARING", "x-3")
		end := in.event("CHANNEL_HANGUP_COMPLETE")
		if end["variable_hangup_cause"] != "NORMAL_CLEARING" || end["variable_hangup_cause_q850"] != "16" {
			t.Errorf("end: %v", end)
		}
		if job := in.event("BACKGROUND_JOB"); job["_body"] != "+OK leg-1\n" || job["Job-UUID"] != "job-1" {
			t.Errorf("job: %v", job)
		}
		start := time.Now()
		in.event("CHANNEL_DESTROY")
		if held := time.Since(start); held < 2*time.Second || held > 3*time.Second {
			t.Errorf("linger 2 held the session for %v", held)
		}
		if st := r.s.Stats(); st.Live != 0 || st.Peak != 1 {
			t.Errorf("stats: %+v", st)
		}
	})
}
