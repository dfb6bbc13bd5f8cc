package dialplan

import (
	"fmt"
	"time"
)

// A human says hello and waits; a machine talks on. FreeSWITCH has no module that tells them apart, so
// the call listens in slices of wait_for_silence, each of which says how much sound there was, and keeps
// count itself. Nothing is played meanwhile, and a key ends it.
const (
	voiceFrame   = 20 * time.Millisecond  // what wait_for_silence counts in
	listenSlice  = 500 * time.Millisecond // long enough to be cheap, short enough for a beep or a key
	voiceLevel   = 100                    // mean amplitude of a frame that is sound; comfort noise is below
	voiceOfSlice = 100 * time.Millisecond // less is a click

	longGreeting = 1800 * time.Millisecond // of sound: nobody's hello
	helloPause   = 2                       // slices of silence after a hello
	sayNothing   = 2500 * time.Millisecond // a machine would have begun
	listenLimit  = 4 * time.Second         // for whoever says a word now and then
	greetingEnd  = 4                       // slices of silence after a machine's greeting: its beep was missed
	greetingMost = 45 * time.Second        // then it never ends
)

// greeting is what has been heard of the callee since the answer.
type greeting struct {
	voice, heard time.Duration
	silent       int // slices since the last sound
}

// listen queues another slice.
func (c *Call) listen() {
	c.quietTold = false
	c.run("wait_for_silence", fmt.Sprintf("%d 1000 0 %d", voiceLevel, listenSlice.Milliseconds()))
}

// heardVoice takes the end of a slice.
func (c *Call) heardVoice(voice time.Duration) {
	g := &c.greeting
	g.heard += listenSlice
	g.voice += voice
	g.silent++
	if voice >= voiceOfSlice {
		g.silent = 0
	}
}

// toListening begins at the answer: a hello comes at once.
func (c *Call) toListening() {
	c.enter(Listening)
	if c.listensForBeep() {
		c.run("avmd_start", "")
	}
	c.listen()
}

// inListening makes up its mind after each slice.
func (c *Call) inListening(in Input) {
	switch in.(type) {
	case Beep:
		c.machine(WhyBeep)
	case quiet:
		g := c.greeting
		switch {
		case c.human:
			c.humanHeard("key")
		case g.voice >= longGreeting:
			c.machine(WhyGreeting)
		case g.voice > 0 && g.silent >= helloPause:
			c.humanHeard("short_greeting")
		case g.heard >= sayNothing && g.voice == 0:
			c.humanHeard("silence") // whoever says nothing is told
		case g.heard >= listenLimit:
			c.humanHeard("unclear")
		default:
			c.listen()
		}
	}
}

func (c *Call) humanHeard(why string) {
	c.note("greeting", map[string]any{"why": why, "voice_ms": c.greeting.voice.Milliseconds(), "listened_ms": c.greeting.heard.Milliseconds()})
	c.toMessage()
}

// toGreeted waits for the beep of a machine that is still greeting.
func (c *Call) toGreeted() {
	c.enter(Greeted)
	c.listen()
}

// inGreeted speaks after the beep, or into the silence where none was heard.
func (c *Call) inGreeted(in Input) {
	switch in.(type) {
	case Beep:
		c.note("beep", nil)
		c.toVoicemail()
	case quiet:
		switch g := c.greeting; {
		case g.silent >= greetingEnd:
			c.note("no_beep", map[string]any{"listened_ms": g.heard.Milliseconds()})
			c.toVoicemail()
		case g.heard >= greetingMost:
			c.note("no_end", map[string]any{"listened_ms": g.heard.Milliseconds()})
			c.hangUp()
		default:
			c.listen()
		}
	}
}
