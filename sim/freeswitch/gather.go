package freeswitch

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// gather is play_and_get_digits or read under way: play, collect, check, try again.
type gather struct {
	ch *channel
	x  *execution

	least, most, tries int
	first, between     time.Duration // waits for the first and for further digits
	terminators        string
	prompt, invalid    string
	variable           string
	pattern            *regexp.Regexp

	digits  string
	playing string // what plays, "" while it only waits
	from    time.Time
	length  time.Duration
	failing bool // the invalid prompt plays
	isRead  bool
}

// appGather is "play_and_get_digits min max tries timeout terminators file invalid var regexp digit_timeout".
func appGather(ch *channel, x *execution) {
	a := splitBlanks(x.app.arg)
	for len(a) < 10 {
		a = append(a, "")
	}
	g := &gather{
		ch: ch, x: x, least: number(a[0], 1), most: number(a[1], 1), tries: max(number(a[2], 1), 1),
		first: max(milliseconds(a[3], 1000), time.Second), terminators: a[4], prompt: a[5], invalid: a[6], variable: a[7],
		between: milliseconds(a[9], 0),
	}
	if g.between == 0 {
		g.between = g.first
	}
	if g.terminators == "" {
		g.terminators = "#"
	}
	if a[8] != "" {
		if re, err := regexp.Compile("^(?:" + a[8] + ")$"); err == nil {
			g.pattern = re
		}
	}
	ch.set(g.variable, "")
	ch.set(g.variable+"_invalid", "")
	g.begin()
}

// appRead is "read min max file var timeout terminators".
func appRead(ch *channel, x *execution) {
	a := splitBlanks(x.app.arg)
	for len(a) < 6 {
		a = append(a, "")
	}
	g := &gather{
		ch: ch, x: x, least: number(a[0], 1), most: number(a[1], 1), tries: 1, prompt: a[2], variable: a[3],
		first: milliseconds(a[4], 1000), terminators: a[5], isRead: true,
	}
	g.between = g.first
	ch.set(g.variable, "")
	g.begin()
}

func number(text string, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return otherwise
	}
	return n
}

func milliseconds(text string, otherwise int) time.Duration {
	return time.Duration(number(text, otherwise)) * time.Millisecond
}

// begin is one try.
func (g *gather) begin() {
	g.digits, g.failing = "", false
	g.x.digit = g.press
	g.x.stop = func() { g.over("failure") }
	g.x.outcome = func() {
		if g.playing != "" {
			g.ch.notePlayed(g.from, g.length, g.playing)
		}
	}
	g.play(g.prompt, g.wait)
}

// play plays a prompt and goes on with next; a prompt that is not there is passed over.
func (g *gather) play(path string, next func()) {
	d, ok := g.ch.s.duration(path)
	if path == "" || !ok {
		next()
		return
	}
	g.playing, g.from, g.length = path, g.ch.s.clock.Now(), d
	g.ch.sayPlaying("PLAYBACK_START", path)
	g.ch.patient.hears(path, true)
	g.x.timer = g.ch.after(d, func() {
		g.hush()
		next()
	})
}

// hush ends what plays.
func (g *gather) hush() {
	g.ch.s.cancel(g.x.timer)
	if g.playing == "" {
		return
	}
	g.ch.notePlayed(g.from, g.length, g.playing)
	g.ch.patient.quiet()
	g.playing = ""
}

// wait waits for the first digit.
func (g *gather) wait() { g.x.timer = g.ch.after(g.first, g.check) }

// press takes a digit: it silences the prompt and may complete the input.
func (g *gather) press(digit string) {
	if g.failing {
		return
	}
	g.hush()
	if strings.Contains(g.terminators, digit) {
		g.ch.set("read_terminator_used", digit)
		g.check()
		return
	}
	g.digits += digit
	if len(g.digits) >= g.most {
		g.check()
		return
	}
	g.x.timer = g.ch.after(g.between, g.check)
}

// check judges the input of one try.
func (g *gather) check() {
	if len(g.digits) >= g.least && (g.pattern == nil || g.pattern.MatchString(g.digits)) {
		g.over("success")
		return
	}
	if g.isRead {
		g.over("failure")
		return
	}
	g.ch.set(g.variable+"_invalid", g.digits)
	g.tries--
	g.failing = true
	g.play(g.invalid, func() {
		if g.tries <= 0 {
			g.over("failure")
			return
		}
		g.begin()
	})
}

// over ends the application. A short last try leaves its digits in the variable.
func (g *gather) over(result string) {
	g.hush()
	g.ch.set("read_result", result)
	g.ch.set(g.variable, g.digits)
	g.ch.finish(g.x, "_none_")
}
