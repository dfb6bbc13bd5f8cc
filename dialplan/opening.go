package dialplan

import "curlew/outreach"

// Why a call was taken for a machine.
const (
	WhyBeep     = "beep"
	WhyGreeting = "long_greeting" // it talked on where a human says hello and waits
	WhyNoKey    = "no_key"        // the human test stayed unanswered
)

const policyVoicemail = "voicemail"

func (c *Call) inConnecting(in Input) {
	if _, ok := in.(Connected); ok {
		c.enter(Answering)
		if !c.script.HumanTest && c.listensFirst() {
			c.toListening()
			return
		}
		c.startTimer(max(c.script.FirstPrompt, 0))
	}
}

// inAnswered waits a moment, since people say hello first. Digits are kept from here on.
func (c *Call) inAnswered(in Input) {
	switch in.(type) {
	case Beep:
		c.machine(WhyBeep)
	case Fired:
		if c.listensForBeep() {
			c.run("avmd_start", "")
		}
		if c.script.HumanTest {
			c.toHumanTest()
		} else {
			c.toMessage()
		}
	}
}

// listensFirst reports whether the callee is heard before anything is said. A beep tells of a machine when the message has
// begun: one that is about the patient is not begun on a beep's word alone, unless a machine may hear it.
func (c *Call) listensFirst() bool {
	m := c.script.Machine
	return m.Detects(outreach.DetectSilence) || m.Detects(outreach.DetectBeep) && !m.AllowPersonal && c.script.Personal()
}

func (c *Call) listensForBeep() bool {
	return !c.route.NoAVMD && c.script.Machine.Detects(outreach.DetectBeep)
}

func (c *Call) toHumanTest() {
	waiting := c.queue
	c.enter(HumanTest)
	c.queue = waiting
	c.ask("human_test", c.flow.HumanTest, true)
}

// inHumanTest takes any key, and never as an action. Nothing personal has been said yet.
func (c *Call) inHumanTest(in Input) {
	switch in.(type) {
	case Beep:
		c.machine(WhyBeep)
	case quiet:
		c.startTimer(c.script.KeyWait)
	case Pressed:
		c.keys.reset()
		c.noInput = 0
		c.note("human", nil)
		c.deafUntil = c.keys.at.Add(settleGap)
		c.toMessage()
	case Fired:
		if c.noInput++; c.noInput > c.script.NoInput {
			c.machine(WhyNoKey)
			return
		}
		c.quietTold = false
		c.ask("human_test", c.flow.HumanTest, true)
	}
}

// machine ends the call, or leaves the message that a machine may hear.
func (c *Call) machine(why string) {
	if c.human && why == WhyBeep {
		return // a tone on the patient's side
	}
	c.result.Machine, c.result.MachineWhy = true, why
	c.note("machine", map[string]any{"why": why, "voice_ms": c.greeting.voice.Milliseconds(), "listened_ms": c.greeting.heard.Milliseconds()})
	switch {
	case why == WhyNoKey || c.script.Machine.Policy != policyVoicemail:
		c.hangUp()
	case why == WhyGreeting:
		c.toGreeted()
	default:
		c.toVoicemail()
	}
}

func (c *Call) toVoicemail() {
	c.enter(Voicemail)
	for _, s := range c.flow.Voicemail {
		if !s.Personal || c.script.Machine.AllowPersonal {
			c.say([]outreach.Segment{s})
		}
	}
}

func (c *Call) inVoicemail(in Input) {
	if _, ok := in.(quiet); ok {
		if c.result.Left = len(c.flow.Voicemail) > 0 && len(c.missed) == 0; c.result.Left {
			c.note("voicemail", nil)
		}
		c.hangUp()
	}
}

// toMessage plays the sequence from its start, in the language that now holds.
func (c *Call) toMessage() {
	waiting := c.queue
	from := c.state
	c.enter(Message)
	if from == Answering {
		c.queue = waiting
	}
	c.restart()
	c.saySequence(0, c.menuAt())
	c.takeKey(false)
}

// menuAt is where the menu begins; without one the whole sequence is message.
func (c *Call) menuAt() int {
	if len(c.menu) == 0 {
		return len(c.flow.Sequence)
	}
	return min(max(c.flow.MenuAt, 0), len(c.flow.Sequence))
}

// inMessage cuts the message short for a key of the menu; another key changes nothing yet.
func (c *Call) inMessage(in Input) {
	switch in.(type) {
	case Beep:
		c.machine(WhyBeep)
	case Pressed:
		c.takeKey(false)
	case Fired:
		c.takeKey(true)
	case quiet:
		if len(c.menu) == 0 {
			c.toGoodbye()
		} else {
			c.toMenu(nil)
		}
	}
}

func (c *Call) toGoodbye() {
	c.enter(Goodbye)
	c.say(c.flow.Goodbye)
}

func (c *Call) inGoodbye(in Input) {
	switch in.(type) {
	case Beep:
		c.machine(WhyBeep)
	case quiet:
		c.hangUp()
	}
}

// hangUp ends the leg; the switch does so at once, whatever plays.
func (c *Call) hangUp() {
	c.cutShort()
	c.move(Ending)
	c.stopTimer()
	c.queue, c.quietTold = nil, true
	c.emit(HangUp{})
}
