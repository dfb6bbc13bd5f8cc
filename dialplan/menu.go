package dialplan

import (
	"errors"
	"time"

	"curlew/outreach"
)

// toMenu asks for a key, after saying why it asks again.
func (c *Call) toMenu(first []outreach.Segment) {
	c.enter(Menu)
	c.say(first)
	c.ask("menu", nil, true)
	c.saySequence(c.menuAt(), len(c.flow.Sequence))
	c.takeKey(false)
}

// inMenu waits for a key while the menu plays and a while after.
func (c *Call) inMenu(in Input) {
	switch in.(type) {
	case Beep:
		c.machine(WhyBeep)
	case Pressed:
		c.takeKey(false)
	case quiet:
		if c.keys.waiting == "" {
			c.startTimer(c.script.KeyWait)
		}
	case Fired:
		if c.keys.waiting != "" {
			c.takeKey(true)
			return
		}
		c.nothingPressed()
	}
}

// takeKey acts on the first key that waits. In the message only a key of the menu counts.
func (c *Call) takeKey(final bool) {
	switch t := c.keys.take(c.menu, final); t.found {
	case part:
		c.moreDigits()
	case whole:
		c.act(t.choice)
	case wrong:
		if c.state == Message {
			c.takeKey(final)
			return
		}
		c.wrongKey()
	}
}

// moreDigits waits for the rest of a key. A question is cut short by its first digit, the message only by a whole key.
func (c *Call) moreDigits() {
	if c.state != Message {
		c.hush()
	}
	c.startTimer(c.script.InterDigit)
}

// nothingPressed asks again, or gives up.
func (c *Call) nothingPressed() {
	if c.noInput++; c.noInput > c.script.NoInput {
		c.toGoodbye()
		return
	}
	c.toMenu(c.flow.NoInput)
}

// wrongKey says so and asks again, or gives up.
func (c *Call) wrongKey() {
	if c.tooManyWrong() {
		c.toGoodbye()
		return
	}
	c.toMenu(c.flow.Invalid)
}

func (c *Call) tooManyWrong() bool {
	c.invalid++
	c.note("invalid_key", map[string]any{"state": string(c.state)})
	return c.invalid > c.script.Invalid
}

// act does what a key of the menu asks for.
func (c *Call) act(k choice) {
	switch k.Action {
	case outreach.Cancel, outreach.Reschedule, outreach.OptOut:
		c.pending = k
		c.enter(Again)
		c.ask("again", c.flow.AskOnceMore[k.Action], false)
	case outreach.Repeat:
		if c.repeats >= c.script.Repeat {
			c.wrongKey()
			return
		}
		c.repeats++
		c.toMessage()
	case outreach.Language:
		c.toLanguage(k)
	case outreach.Rating:
		if k.value != "" {
			c.store(c.commitOf(k))
			return
		}
		c.pending = k
		c.toRating(nil)
	case outreach.Record:
		c.pending = k
		c.toConsent()
	case outreach.Transfer:
		c.toTransfer(k)
	default:
		c.store(c.commitOf(k))
	}
}

// toLanguage starts over in another language. Going back and forth is bounded like wrong keys.
func (c *Call) toLanguage(k choice) {
	flow, ok := c.script.Flows[k.Target]
	if !ok || c.switches >= 2*len(c.script.Flows) {
		c.wrongKey()
		return
	}
	c.switches++
	c.hush() // counted in the language that it was heard in
	c.language, c.flow = k.Target, flow
	c.note("language", map[string]any{"language": k.Target})
	c.toMessage()
}

// inAgain takes only a press that comes after the question has begun. Another key of the menu is a change of mind.
func (c *Call) inAgain(in Input) {
	switch in.(type) {
	case quiet:
		if c.keys.waiting == "" {
			c.startTimer(c.script.KeyWait)
		}
	case Pressed:
		c.takeAgain(false)
	case Fired:
		if c.keys.waiting != "" {
			c.takeAgain(true)
			return
		}
		c.nothingPressed()
	}
}

func (c *Call) takeAgain(final bool) {
	switch t := c.keys.take(c.menu, final); {
	case t.found == part:
		c.moreDigits()
	case t.found == whole && t.choice.key == c.pending.key:
		c.store(c.commitOf(c.pending))
	case t.found == whole:
		c.act(t.choice)
	case t.found == wrong:
		c.wrongKey()
	}
}

func (c *Call) toRating(first []outreach.Segment) {
	c.enter(Rate)
	c.say(first)
	c.ask("rating", c.flow.AskOnceMore[outreach.Rating], true)
	c.takeRating()
}

func (c *Call) inRating(in Input) {
	switch in.(type) {
	case quiet:
		c.startTimer(c.script.KeyWait)
	case Pressed:
		c.takeRating()
	case Fired:
		if c.noInput++; c.noInput > c.script.NoInput {
			c.toGoodbye()
			return
		}
		c.toRating(c.flow.NoInput)
	}
}

func (c *Call) takeRating() {
	if c.keys.waiting == "" {
		return
	}
	digit := c.keys.waiting[:1]
	c.keys.waiting = c.keys.waiting[1:]
	if digit >= "1" && digit <= itoa(min(c.script.RatingMax, 9)) {
		c.store(Commit{Action: outreach.Rating, Digits: c.pending.key + digit, Value: digit})
		return
	}
	if c.tooManyWrong() {
		c.toGoodbye()
		return
	}
	c.toRating(c.flow.Invalid)
}

// toTransfer keeps its promise only within hours and to where the trunk may dial; else somebody calls back.
func (c *Call) toTransfer(k choice) {
	_, err := c.route.bridge(k.Target, transferRing)
	if err != nil || !c.deskOpen(k) {
		kind := "transfer_closed"
		if errors.Is(err, ErrBarred) {
			kind = "transfer_barred"
		}
		c.note(kind, nil)
		c.store(Commit{Action: outreach.CallBack, Digits: k.key})
		return
	}
	c.pending = k
	c.store(Commit{Action: outreach.Transfer, Digits: k.key, Value: k.Target})
}

func (c *Call) deskOpen(k choice) bool {
	if k.Hours == nil {
		return true
	}
	hours, err := outreach.NewHours(k.Hours, c.route.Location, c.route.Holidays)
	return err == nil && hours.Open(c.now)
}

func (c *Call) toConsent() {
	if c.route.RecordDir == "" {
		c.wrongKey()
		return
	}
	c.enter(Consent)
	c.ask("record", c.flow.RecordAsk, false)
}

// inConsent lets the notice be cut short by a key, then records.
func (c *Call) inConsent(in Input) {
	switch in.(type) {
	case Pressed:
		c.hush()
	case quiet:
		c.keys.discard()
		c.enter(Recording)
		c.queue = append(c.queue, line{app: "playback", arg: recordTone, at: -1},
			line{app: "record", arg: c.recordPath() + " " + recordLimit, at: -1})
	}
}

// inRecording ends with any key, silence, a hangup, or the limit.
func (c *Call) inRecording(in Input) {
	switch in.(type) {
	case Pressed:
		c.keys.discard()
		if c.current != nil && c.current.app == "record" {
			c.hush()
		}
	case quiet:
		c.store(Commit{Action: outreach.Record, Digits: c.pending.key, Value: recordingName(c.route.Attempt)})
	}
}

// retryIn is how long to wait before an answer is stored again.
func retryIn(tries int) time.Duration { return commitAgain << min(tries-1, 3) }
