package dialplan

import (
	"fmt"
	"time"

	"curlew/outreach"
)

// line is one application to run.
type line struct {
	app, arg string
	segment  outreach.Segment
	at       int  // index in the sequence, -1 if it is no part of it
	gate     bool // a question begins: earlier keys do not answer it
}

// player runs one line after the other.
type player struct {
	queue      []line
	current    *line
	id         ExecuteID
	started    time.Time
	stopping   bool
	breakTimer TimerID
	executed   int
	quietTold  bool
	deafAsk    bool // the queue leads to a question that takes no type-ahead

	played    map[int]bool          // parts of the sequence heard to their end, in this pass
	partly    map[int]time.Duration // of those cut short
	best      float64
	missing   map[string]bool
	missed    []string // categories without a file, each once
	lost      []string // the media of the first of each
	brokenApp string   // the response of a bridge that failed
}

// ask queues a question: first the variable that says so, for operators and the simulator.
func (c *Call) ask(name string, segments []outreach.Segment, typeAhead bool) {
	c.queue = append(c.queue, line{app: "set", arg: "curlew_ask=" + name, at: -1, gate: !typeAhead})
	c.deafAsk = !typeAhead
	c.say(segments)
}

func (c *Call) say(segments []outreach.Segment) {
	for _, s := range segments {
		c.queue = append(c.queue, line{app: "playback", arg: s.Media, segment: s, at: -1})
	}
}

// saySequence queues parts from to below to of the sequence.
func (c *Call) saySequence(from, to int) {
	for i := max(from, 0); i < min(to, len(c.flow.Sequence)); i++ {
		s := c.flow.Sequence[i]
		c.queue = append(c.queue, line{app: "playback", arg: s.Media, segment: s, at: i})
	}
}

func (c *Call) run(app, arg string) { c.queue = append(c.queue, line{app: app, arg: arg, at: -1}) }

// play starts the first line that waits. Nothing else runs.
func (c *Call) play() {
	next := c.queue[0]
	c.queue = c.queue[1:]
	if next.app == "playback" && next.arg == "" {
		return
	}
	c.executed++
	c.id = ExecuteID(string(c.route.Attempt) + "-" + itoa(c.executed))
	c.current, c.started, c.stopping = &next, c.now, false
	if next.app == "playback" {
		next.arg = c.route.fetched(next.segment, next.arg)
	}
	c.emit(Execute{ID: c.id, App: next.app, Arg: next.arg})
}

// hush drops what waits and breaks what plays.
func (c *Call) hush() {
	c.queue = nil
	if c.current == nil || c.stopping || c.current.app != "playback" && c.current.app != "record" {
		return
	}
	c.cutShort()
	c.breakPlay()
}

// breakPlay asks for a break and looks again in a while: one that comes before the playback has begun breaks nothing.
func (c *Call) breakPlay() {
	if c.current == nil {
		return
	}
	c.stopping = true
	c.emit(Break{})
	c.breakTimer = c.newTimer(breakAgain)
}

// cutShort counts what was heard of a part of the sequence that does not play to its end.
func (c *Call) cutShort() {
	if c.current == nil || c.current.at < 0 || c.stopping {
		return
	}
	heard := min(c.now.Sub(c.started), c.current.segment.Duration)
	if heard > c.partly[c.current.at] {
		c.partly[c.current.at] = heard
	}
	c.best = max(c.best, c.share())
}

// completed takes the end of the running line.
func (c *Call) completed(in Completed) {
	if c.current == nil || in.ID != c.id {
		return
	}
	done, stopped := *c.current, c.stopping
	c.current, c.stopping = nil, false
	if c.breakTimer != 0 {
		c.emit(StopTimer{ID: c.breakTimer})
		c.breakTimer = 0
	}
	switch done.app {
	case "playback":
		c.heardLine(done, in.Response, stopped)
	case "set":
		if done.gate {
			c.deafAsk = false
			c.keys.discard()
			c.deafUntil = c.at(in.At).Add(settleGap)
		}
	case "wait_for_silence":
		c.heardVoice(in.Voice)
	case "bridge":
		if in.Response != "" && in.Response != "SUCCESS" {
			c.brokenApp = in.Response
		}
		c.note("bridge_ended", map[string]any{"outcome": in.Response})
	}
}

func (c *Call) heardLine(done line, response string, stopped bool) {
	data := map[string]any{"category": done.segment.Category, "state": string(c.state)}
	switch {
	case response == "FILE NOT FOUND", response == "PLAYBACK ERROR" && !stopped:
		c.note("prompt_missing", data)
		if !c.missing[done.segment.Category] {
			c.missing[done.segment.Category] = true
			c.missed, c.lost = append(c.missed, done.segment.Category), append(c.lost, done.segment.Media)
		}
		return
	case stopped:
		data["cut_short"] = true
	case done.at >= 0:
		c.played[done.at] = true
		c.best = max(c.best, c.share())
		c.result.Completed = c.result.Completed || len(c.played) == len(c.flow.Sequence)
	}
	c.note("prompt", data)
}

// restart begins a new pass through the sequence.
func (c *Call) restart() {
	c.played, c.partly = map[int]bool{}, map[int]time.Duration{}
}

// share is how much of the sequence this pass has played, by length, or by number where a length is unknown.
func (c *Call) share() float64 {
	var total, heard time.Duration
	for i, s := range c.flow.Sequence {
		if s.Duration <= 0 {
			return float64(len(c.played)) / float64(len(c.flow.Sequence))
		}
		total += s.Duration
		if c.played[i] {
			heard += s.Duration
		} else {
			heard += c.partly[i]
		}
	}
	if total == 0 {
		return 0
	}
	return float64(heard) / float64(total)
}

func (c *Call) heard() float64 { return min(c.best, 1) }

func (c *Call) recordPath() string {
	return fmt.Sprintf("%s/%s", c.route.RecordDir, recordingName(c.route.Attempt))
}
