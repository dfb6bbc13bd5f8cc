package dialplan

import (
	"strconv"
	"time"

	"curlew/outreach"
)

// Call is one answered leg as a step machine. It touches nothing: Step takes what happened and
// returns what to do. It is not safe for concurrent use.
//
// One application runs at a time, the next is asked for after its Completed: async executes nest in
// FreeSWITCH. Digits count from the answer on; a playback that a key cuts short is broken first.
type Call struct {
	script   outreach.Script
	route    Route
	state    State
	language string
	flow     outreach.Flow
	menu     []choice
	now      time.Time
	out      []Command

	player
	keys keys

	timer     TimerID   // the state's timer, 0 if none
	timers    TimerID   // the last id given
	deafUntil time.Time // by the switch's clock
	human     bool      // a key was pressed
	greeting  greeting  // what the callee says before anything is played
	hungUp    bool

	pending  choice // waits for its second press
	bridged  bool   // the patient has been connected to the desk
	answer   Commit // being stored
	tries    int    // of storing it
	noInput  int
	invalid  int
	repeats  int
	switches int
	result   Outcome

	moved func(from, to State) // for tests
}

// Route is what a call needs to know of its leg beyond the script.
type Route struct {
	Attempt outreach.AttemptID
	Gateway string           // transfers leave through it
	Trunk   outreach.Gateway // it, for how it wants numbers
	// Extensions is the dialplan context of the PBX's own extensions; empty: they are dialled through the gateway, too.
	Extensions string
	CallerID   string
	RecordDir  string // where the switch keeps recordings; empty refuses to record
	NoAVMD     bool   // the switch has no mod_avmd: starting it would kill the call
	HTTPCache  bool   // the switch has mod_http_cache: URLs are played from there
	HTTAPI     bool   // the switch has mod_httapi: URLs about the patient are played by that
	Location   *time.Location
	Holidays   []string // hours of transfers stay closed on them
}

// Outcome is what a call adds to its CallResult.
type Outcome struct {
	Machine       bool
	MachineWhy    string  // beep, long_greeting or no_key
	Left          bool    // the voicemail prompt, whole
	Heard         float64 // share of the sequence, 0…1, at best over its repeats
	Completed     bool    // the whole sequence was played once, nothing missing
	PromptMissing []string
	Lost          []string // the media of those
	Digits        string   // keys pressed after the human test
	Action        outreach.Action
	Accepted      bool // the answer was stored
}

const (
	settleGap    = 300 * time.Millisecond // a double press that passes a question must not answer it
	breakAgain   = 400 * time.Millisecond // a break that met no playback is repeated
	commitAgain  = 500 * time.Millisecond // between tries to store an answer
	commitTries  = 4                      // then the patient hears no confirmation
	transferStop = time.Hour              // the switch's hard stop of a bridged call
	transferRing = 30 * time.Second       // at the desk
	recordLimit  = "60 200 4"             // seconds; ended by 4 s below level 200
	recordTone   = "tone_stream://%(400,0,850)"
)

// NewCall returns a call that waits for Connected.
func NewCall(s outreach.Script, r Route) *Call {
	if r.Location == nil {
		r.Location = time.UTC
	}
	c := &Call{script: s, route: r, state: Connecting, language: s.Language, flow: s.Flows[s.Language]}
	c.menu = choices(s.Menu, s.RatingMax)
	c.player.missing = map[string]bool{}
	return c
}

// State returns where the call stands.
func (c *Call) State() State { return c.state }

// Outcome returns what is known so far; it is final in Over.
func (c *Call) Outcome() Outcome {
	o := c.result
	o.Heard = c.heard()
	o.Digits = c.keys.all
	o.PromptMissing = append([]string(nil), c.player.missed...)
	o.Lost = append([]string(nil), c.player.lost...)
	return o
}

// Step takes one input and returns the commands to carry out in order. now must not go backwards.
// Inputs that the state has no use for change nothing.
func (c *Call) Step(now time.Time, in Input) []Command {
	c.now, c.out = now, nil
	if c.state == Over {
		return nil
	}
	switch in := in.(type) {
	case HungUp:
		c.gone(in.Cause)
		return c.out
	case Completed:
		c.completed(in)
	case Pressed:
		if !c.keys.press(in.Digit, c.at(in.At), c.script.Debounce) {
			return nil
		}
		c.pressed()
	case Fired:
		c.fired(in)
	default:
		c.dispatch(in)
	}
	c.settle()
	return c.out
}

// settle starts what waits to be played, and tells a state once when there is nothing left.
func (c *Call) settle() {
	for !c.hungUp && c.current == nil {
		switch {
		case len(c.queue) > 0:
			c.play()
		case !c.quietTold:
			c.quietTold = true
			c.dispatch(quiet{})
		default:
			return
		}
	}
}

func (c *Call) dispatch(in Input) {
	switch c.state {
	case Connecting:
		c.inConnecting(in)
	case Answering:
		c.inAnswered(in)
	case Listening:
		c.inListening(in)
	case Greeted:
		c.inGreeted(in)
	case HumanTest:
		c.inHumanTest(in)
	case Message:
		c.inMessage(in)
	case Menu:
		c.inMenu(in)
	case Again:
		c.inAgain(in)
	case Rate:
		c.inRating(in)
	case Consent:
		c.inConsent(in)
	case Recording:
		c.inRecording(in)
	case Committing, Settling:
		c.inCommitting(in)
	case Confirming:
		c.inConfirming(in)
	case Transferring:
		c.inTransferring(in)
	case Voicemail:
		c.inVoicemail(in)
	case Goodbye:
		c.inGoodbye(in)
	}
}

// pressed hands a new digit to the state. A question that takes no type-ahead hears nothing until it has
// begun and the keys have rested for settleGap: hammering on a key never answers it.
func (c *Call) pressed() {
	deaf := c.keys.at.Before(c.deafUntil) || c.asking()
	c.note("key", map[string]any{"key": c.keys.last(), "state": string(c.state), "discarded": deaf})
	if deaf {
		c.keys.discard()
		c.deafUntil = c.keys.at.Add(settleGap)
		return
	}
	c.human = c.human || c.state != Connecting
	c.dispatch(Pressed{})
}

// at is the switch's time of an input, or now.
func (c *Call) at(t time.Time) time.Time {
	if t.IsZero() {
		return c.now
	}
	return t
}

// asking reports whether a question that takes no type-ahead is about to be asked.
func (c *Call) asking() bool {
	return c.deafAsk && (c.current != nil || len(c.queue) > 0)
}

func (c *Call) fired(in Fired) {
	switch {
	case in.ID == 0:
	case in.ID == c.breakTimer:
		c.breakTimer = 0
		c.breakPlay()
	case in.ID == c.timer:
		c.timer = 0
		c.dispatch(in)
	}
}

// enter moves to a state and forgets the old one's timer and what it had still to play.
func (c *Call) enter(s State) {
	c.move(s)
	c.quietTold = false
	c.deafAsk = false
	c.stopTimer()
	c.hush()
}

func (c *Call) move(to State) {
	if c.moved != nil {
		c.moved(c.state, to)
	}
	c.state = to
}

func (c *Call) startTimer(d time.Duration) {
	c.stopTimer()
	c.timer = c.newTimer(d)
}

func (c *Call) newTimer(d time.Duration) TimerID {
	c.timers++
	c.emit(StartTimer{ID: c.timers, After: d})
	return c.timers
}

func (c *Call) stopTimer() {
	if c.timer != 0 {
		c.emit(StopTimer{ID: c.timer})
		c.timer = 0
	}
}

func (c *Call) emit(cmd Command) { c.out = append(c.out, cmd) }

func (c *Call) note(kind string, data map[string]any) { c.emit(Note{Kind: kind, Data: data}) }

// unwritable is how FreeSWITCH ends a call whose recording it cannot write.
const unwritable = "DESTINATION_OUT_OF_ORDER"

// gone takes the hangup: what was pressed in full still counts.
func (c *Call) gone(cause string) {
	if c.hungUp {
		return
	}
	c.hungUp = true
	c.cutShort()
	last := c.lastWish()
	if last.Action == outreach.Record && cause == unwritable {
		last = Commit{}
		c.note("recording_failed", nil)
	}
	c.queue, c.current = nil, nil
	if c.breakTimer != 0 {
		c.emit(StopTimer{ID: c.breakTimer})
		c.breakTimer = 0
	}
	switch {
	case c.state == Committing:
		c.move(Settling)
		if c.timer != 0 { // between two tries
			c.stopTimer()
			c.emit(c.answer)
		}
	case last.Action != "":
		c.stopTimer()
		c.move(Settling)
		c.store(last)
	default:
		c.stopTimer()
		c.move(Over)
	}
}

// lastWish is the answer that a hangup leaves behind: a whole key that was waiting for another digit,
// what was recorded, or a transfer that reached nobody. Keys that need a second press leave none.
func (c *Call) lastWish() Commit {
	switch c.state {
	case Recording:
		if c.current != nil && c.current.app == "record" {
			return Commit{Action: outreach.Record, Digits: c.pending.key, Value: recordingName(c.route.Attempt)}
		}
	case Answering:
		if c.script.HumanTest {
			return Commit{}
		}
		return c.wishOf(c.keys.take(c.menu, true))
	case Listening, Message, Menu:
		return c.wishOf(c.keys.take(c.menu, true))
	case Transferring:
		if !c.bridged {
			return Commit{Action: outreach.CallBack, Digits: c.pending.key}
		}
	case Again:
		if t := c.keys.take(c.menu, true); t.found == whole && t.choice.key == c.pending.key {
			return c.commitOf(t.choice)
		}
	}
	return Commit{}
}

func (c *Call) wishOf(t taken) Commit {
	if t.found != whole || t.choice.Action.AsksOnceMore() {
		return Commit{}
	}
	switch t.choice.Action {
	case outreach.Confirm, outreach.CallBack:
		return c.commitOf(t.choice)
	case outreach.Transfer:
		return Commit{Action: outreach.CallBack, Digits: t.choice.key}
	case outreach.Rating:
		if t.choice.value != "" {
			return c.commitOf(t.choice)
		}
	}
	return Commit{}
}

func (c *Call) commitOf(k choice) Commit {
	return Commit{Action: k.Action, Digits: k.key, Value: k.value}
}

func recordingName(id outreach.AttemptID) string { return string(id) + ".wav" }

func itoa(n int) string { return strconv.Itoa(n) }
