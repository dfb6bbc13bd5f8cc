package freeswitch

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// appRecord is "record path [limit_seconds] [silence_threshold] [silence_seconds]". The patient speaks for
// a while; the recording ends by limit, silence or a key.
func appRecord(ch *channel, x *execution) {
	words := splitBlanks(x.app.arg)
	path, limit, silent := "", forever, time.Duration(0)
	if len(words) > 0 {
		path = words[0]
	}
	if len(words) > 1 && seconds(words[1]) > 0 {
		limit = seconds(words[1])
	}
	if len(words) > 3 {
		silent = seconds(words[3])
	}
	if ch.s.unwritable(path) {
		ch.hangUp("DESTINATION_OUT_OF_ORDER")
		return
	}
	ch.emit("RECORD_START", source{"switch_ivr_play_say.c", "switch_ivr_record_file", 773}, header{"Record-File-Path", path})
	reason := "NORMAL_CLEARING"
	x.outcome = func() {
		d := min(ch.s.clock.Now().Sub(x.started), limit)
		ms := d.Milliseconds()
		ch.set("record_ms", strconv.FormatInt(ms, 10))
		ch.set("record_seconds", strconv.FormatInt(ms/1000, 10))
		ch.set("record_samples", strconv.FormatInt(ms*8, 10))
		ch.set("record_completion_cause", reason)
		if to := uploadedTo(path); to != "" {
			ch.s.upload(to, d, func() { ch.finish(x, "_none_") })
		} else {
			ch.s.writeRecording(path, d)
		}
		ch.emit("RECORD_STOP", source{"switch_ivr_play_say.c", "switch_ivr_record_file", 1005}, header{"Record-File-Path", path})
	}
	x.stop = func() {
		ch.s.cancel(x.timer)
		outcome := x.outcome
		x.stop, x.digit, x.outcome = nil, nil, nil // a hangup does not end it a second time
		outcome()
		if uploadedTo(path) == "" { // else it ends when the recording has been put
			ch.finish(x, "_none_")
		}
	}
	x.digit = func(digit string) {
		t := ch.get("playback_terminators")
		if t == "" {
			t = "*"
		}
		if strings.EqualFold(t, "any") || !strings.EqualFold(t, "none") && strings.Contains(t, digit) {
			ch.set("playback_terminator_used", digit)
			reason = "success-terminator"
			x.stop()
		}
	}
	end, spoken := limit, ch.s.opt.Behaviour.Speech+silent
	if reason = "success-maxtime"; silent > 0 && spoken < limit {
		end, reason = spoken, "success-silence"
	}
	x.timer = ch.after(end, x.stop)
}

// unwritable reports whether a recording would go into a directory of Options.Recordings that is not there.
func (s *Switch) unwritable(path string) bool {
	below, err := filepath.Rel(s.opt.Recordings, path)
	if s.opt.Recordings == "" || err != nil || !filepath.IsLocal(below) {
		return false
	}
	info, err := os.Stat(filepath.Dir(path))
	return err != nil || !info.IsDir()
}

// writeRecording leaves a silent WAV where a recording was asked for, if that is below Options.Recordings.
func (s *Switch) writeRecording(path string, d time.Duration) {
	below, err := filepath.Rel(s.opt.Recordings, path)
	if s.opt.Recordings == "" || err != nil || !filepath.IsLocal(below) {
		return
	}
	if err := os.WriteFile(path, silentWAV(min(d, 5*time.Minute)), 0o640); err != nil {
		s.log.Warn("recording was not written", "error", err)
	}
}
