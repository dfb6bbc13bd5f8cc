package freeswitch

import (
	"strconv"
	"strings"
	"time"
)

const (
	voiceFrame = 20 * time.Millisecond
	helloAfter = 300 * time.Millisecond
	beepLength = time.Second
)

// speaks reports whether there is sound from the callee at that moment: a hello, or a greeting and its beep.
func (p *patient) speaks(at time.Time) bool {
	if p == nil || p.ch.answered.IsZero() {
		return false
	}
	since, b := at.Sub(p.ch.answered), p.ch.s.opt.Behaviour
	if p.profile.machine {
		return since >= 0 && since < b.Greeting+beepLength
	}
	return since >= helloAfter && since < helloAfter+b.Hello
}

// appWaitForSilence takes "threshold silence_hits listen_hits timeout_ms", all but the last in frames: it ends after
// that much silence, once there was more sound than listen_hits, or at the timeout.
func appWaitForSilence(ch *channel, x *execution) {
	var n [4]int
	for i, word := range strings.Fields(x.app.arg) {
		if i < len(n) {
			n[i], _ = strconv.Atoi(word)
		}
	}
	if n[0] <= 0 || n[1] <= 0 {
		ch.finish(x, "_none_")
		return
	}
	limit, voice, silent, t := time.Duration(n[3])*time.Millisecond, 0, 0, time.Duration(0)
	if limit == 0 {
		limit = forever
	}
	for ; t < limit && silent < n[1]; t += voiceFrame {
		if ch.patient.speaks(ch.s.clock.Now().Add(t)) {
			voice, silent = voice+1, 0
		} else if n[2] == 0 || voice > n[2] {
			silent++
		} else if t > time.Minute { // nobody speaks any more
			t = limit
		}
	}
	timedOut := silent < n[1]
	if !timedOut {
		t += 25 * voiceFrame
	}
	x.stop = nil // uuid_break does not reach it
	x.timer = ch.after(t, func() {
		ch.set("wait_for_silence_timeout", strconv.FormatBool(timedOut))
		ch.set("wait_for_silence_listenhits", strconv.Itoa(voice))
		ch.set("wait_for_silence_silence_hits", strconv.Itoa(n[1]-silent))
		ch.finish(x, "_none_")
	})
}
