package freeswitch

import (
	"strconv"
	"strings"
	"time"
)

// applicationNamed finds a dialplan application, nil if the switch has none of that name.
func applicationNamed(name string) func(*channel, *execution) {
	switch strings.ToLower(name) {
	case "playback", "endless_playback":
		return appPlayback
	case "play_and_get_digits":
		return appGather
	case "read":
		return appRead
	case "record":
		return appRecord
	case "sleep":
		return appSleep
	case "bridge":
		return appBridge
	case "park":
		return appPark
	case "socket":
		return appSocket
	case "hangup":
		return appHangup
	case "set", "export":
		return appSet
	case "unset":
		return appUnset
	case "multiset":
		return appMultiset
	case "answer":
		return appAnswer
	case "sched_hangup":
		return appSchedHangup
	case "sched_cancel":
		return appSchedCancel
	case "break":
		return appBreak
	case "avmd_start":
		return appAvmdStart
	case "avmd_stop":
		return appAvmdStop
	case "wait_for_silence":
		return appWaitForSilence
	case "transfer":
		return appTransfer
	case "say", "speak", "phrase":
		return appSpeak
	case "pre_answer", "ring_ready", "flush_dtmf", "start_dtmf", "stop_dtmf", "queue_dtmf", "send_dtmf", "log", "info", "event",
		"eval", "stop_record_session", "record_session", "limit", "hash", "db", "block_dtmf", "unblock_dtmf",
		"clear_digit_action", "bind_digit_action", "session_loglevel", "set_audio_level", "set_global", "push":
		return appAtOnce
	}
	return nil
}

// appAtOnce does nothing that could be seen.
func appAtOnce(ch *channel, x *execution) { ch.finish(x, "_none_") }

func appAnswer(ch *channel, x *execution) {
	if ch.answered.IsZero() {
		ch.answer()
	}
	ch.finish(x, "_none_")
}

func appHangup(ch *channel, x *execution) {
	cause := "NORMAL_CLEARING"
	if x.app.arg != "" {
		cause = knownCause(strings.ToUpper(x.app.arg))
	}
	ch.hangUp(cause)
}

func appSet(ch *channel, x *execution) {
	name, value, _ := strings.Cut(x.app.arg, "=")
	ch.set(name, value)
	ch.finish(x, "_none_")
	ch.patient.told(name, value)
}

func appUnset(ch *channel, x *execution) {
	ch.set(x.app.arg, "")
	ch.finish(x, "_none_")
}

func appMultiset(ch *channel, x *execution) {
	list := x.app.arg
	var pairs []header
	if strings.HasPrefix(list, "^^") {
		pairs = parseVariables(list)
	} else {
		for _, pair := range strings.Fields(list) {
			name, value, _ := strings.Cut(pair, "=")
			pairs = append(pairs, header{name, value})
		}
	}
	for _, p := range pairs {
		ch.set(p.name, p.value)
	}
	ch.finish(x, "_none_")
	for _, p := range pairs {
		ch.patient.told(p.name, p.value)
	}
}

func appSleep(ch *channel, x *execution) {
	ms, err := strconv.Atoi(strings.TrimSpace(x.app.arg))
	if err != nil {
		ms = 0
	}
	ch.lasts(x, time.Duration(ms)*time.Millisecond, "_none_")
}

// appSpeak takes 70 ms for each letter of the text, and say 750 ms for each of what it spells.
func appSpeak(ch *channel, x *execution) {
	ch.patient.hears(x.app.arg, false)
	letter, separator := 70*time.Millisecond, "|"
	if x.app.name == "say" {
		letter, separator = 750*time.Millisecond, " "
	}
	text := x.app.arg[strings.LastIndex(x.app.arg, separator)+1:]
	ch.lasts(x, time.Duration(len(text))*letter, "_none_")
}

// lasts ends an application after d, or earlier when it is broken.
func (ch *channel) lasts(x *execution, d time.Duration, response string) {
	x.stop = func() { ch.finish(x, response) }
	x.timer = ch.after(d, x.stop)
}

func appBreak(ch *channel, x *execution) {
	ch.finish(x, "_none_")
	ch.interrupt(strings.EqualFold(x.app.arg, "all"))
}

// appSchedHangup reads "+seconds [cause]" or a UNIX time.
func appSchedHangup(ch *channel, x *execution) {
	when, cause, _ := strings.Cut(strings.TrimSpace(x.app.arg), " ")
	ch.schedHangup(when, cause)
	ch.finish(x, "_none_")
}

func (ch *channel) schedHangup(when, cause string) {
	cause, _, _ = strings.Cut(strings.TrimSpace(cause), " ")
	if cause == "" {
		cause = "ALLOTTED_TIMEOUT"
	}
	d := seconds(strings.TrimPrefix(when, "+"))
	if !strings.HasPrefix(when, "+") {
		d -= time.Duration(ch.s.clock.Now().Unix()) * time.Second
	}
	ch.hangAt = append(ch.hangAt, ch.after(max(d, 0), func() { ch.hangUp(knownCause(strings.ToUpper(cause))) }))
}

func appSchedCancel(ch *channel, x *execution) {
	ch.schedCancel()
	ch.finish(x, "_none_")
}

func (ch *channel) schedCancel() {
	for _, t := range ch.hangAt {
		ch.s.cancel(t)
	}
	ch.hangAt = nil
}

// appPark waits under everything until the call ends.
func appPark(ch *channel, x *execution) {
	if ch.base != nil {
		return // parked inside a park: it ends with the call
	}
	ch.stack = ch.stack[:len(ch.stack)-1]
	ch.base = x
	ch.sayParked()
	ch.resume()
}

func (ch *channel) sayParked() {
	ch.emit("CHANNEL_PARK", source{"switch_ivr.c", "switch_ivr_park", 1002})
}

func appTransfer(ch *channel, x *execution) {
	words := strings.Fields(x.app.arg)
	ch.finish(x, "_none_")
	if ch.live() {
		ch.transfer(words)
	}
}

// transfer goes on in another extension; only the inline dialplan has any here.
func (ch *channel) transfer(words []string) {
	plan := dialPlan{extension: "?"}
	if len(words) > 1 {
		plan.then, plan.extension = parseExtension(words[0], words[1])
	}
	ch.unwindStack()
	if ch.base != nil {
		ch.emit("CHANNEL_UNPARK", source{"switch_ivr.c", "switch_ivr_park", 1213})
		ch.complete(ch.base, "_none_")
		ch.base = nil
	}
	if ch.socket != nil {
		ch.socket.release()
	}
	ch.follow(plan)
}

func appAvmdStart(ch *channel, x *execution) {
	ch.avmd, ch.avmdFrom = true, ch.s.clock.Now()
	ch.avmdEvent("avmd::start", header{"Start-time", strconv.FormatInt(ch.avmdFrom.UnixMicro(), 10)})
	ch.finish(x, "_none_")
}

func appAvmdStop(ch *channel, x *execution) {
	if ch.avmd {
		ch.avmd = false
		ch.avmdEvent("avmd::stop", header{"Stop-time", strconv.FormatInt(ch.s.clock.Now().UnixMicro(), 10)})
	}
	ch.finish(x, "_none_")
}

// beep tells whoever listens for one that a machine's beep was heard.
func (ch *channel) beep() {
	if !ch.avmd {
		return
	}
	took := ch.s.clock.Now().Sub(ch.avmdFrom)
	ch.set("avmd_total_time", "["+strconv.FormatInt(took.Milliseconds(), 10)+"]")
	ch.set("avmd_detect", "TRUE")
	ch.avmd = false
	ch.avmdEvent("avmd::beep", header{"Beep-Status", "DETECTED"}, header{"Frequency", "995.054793"}, header{"Frequency-variance", "0.000047"},
		header{"Amplitude", "14346.310289"}, header{"Amplitude-variance", "5649.829783"},
		header{"Detection-time", strconv.FormatInt(took.Microseconds(), 10)}, header{"Detector-resolution", "2"},
		header{"Detector-offset", "1"}, header{"Detector-index", "2"})
}

// avmdEvent fires a bare event first and then one with the channel's data, as mod_avmd does.
func (ch *channel) avmdEvent(subclass string, extra ...header) {
	if !ch.s.wanted("CUSTOM", subclass, ch.uuid) {
		return
	}
	for _, full := range []bool{false, true} {
		e := ch.s.newEvent("CUSTOM", subclass, source{"mod_avmd.c", "avmd_fire_event", 700})
		e.uuid = ch.uuid
		e.add("Unique-ID", ch.uuid)
		e.add("Call-command", "avmd")
		e.headers = append(e.headers, extra...)
		if full {
			ch.describe(e)
			ch.variables(e)
		}
		ch.s.fire(e)
	}
}
