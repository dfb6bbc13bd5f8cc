package dialplan

import (
	"time"

	"curlew/outreach"
)

// Input is one thing that happened to a call.
type Input interface{ input() }

// ExecuteID names one executed application: FreeSWITCH returns it as Application-UUID.
type ExecuteID string

// TimerID names one started timer; an id is never used again.
type TimerID int

type (
	// Connected: the leg is answered and listens to us.
	Connected struct{}
	// Completed: the application ended. Response is its Application-Response, for a bridge the
	// originate disposition. Voice is how much sound wait_for_silence heard. At is the switch's time of
	// it, zero for now.
	Completed struct {
		ID       ExecuteID
		Response string
		Voice    time.Duration
		At       time.Time
	}
	// Pressed: one DTMF digit. At is the switch's time of it, which tells bounces and type-ahead apart
	// however late it reaches us; zero for now.
	Pressed struct {
		Digit byte
		At    time.Time
	}
	// Beep: avmd heard an answering machine's beep.
	Beep struct{}
	// Fired: a timer ran out.
	Fired struct{ ID TimerID }
	// Committed answers a Commit. Failed: nothing was stored, it may be tried again. Stored is what counts, if that
	// is another action than the one asked for.
	Committed struct {
		Accepted, Failed bool
		Stored           outreach.Action
	}
	// Bridged: the patient talks to the desk.
	Bridged struct{}
	// HungUp: the leg is over, whoever ended it. Cause is empty where it is not known.
	HungUp struct{ Cause string }

	// quiet: all that the state queued has been played.
	quiet struct{}
)

func (Connected) input() {}
func (Completed) input() {}
func (Pressed) input()   {}
func (Beep) input()      {}
func (Fired) input()     {}
func (Committed) input() {}
func (Bridged) input()   {}
func (HungUp) input()    {}
func (quiet) input()     {}

// Command is one thing to do for a call, in the order given.
type Command interface{ command() }

type (
	// Execute runs an application. No other one runs: the next is asked for after Completed or HungUp.
	Execute struct {
		ID       ExecuteID
		App, Arg string
	}
	// Break ends the running playback (uuid_break); its Completed still comes.
	Break struct{}
	// StartTimer asks for Fired after a while.
	StartTimer struct {
		ID    TimerID
		After time.Duration
	}
	// StopTimer: Fired is no longer of interest, and is ignored if it comes.
	StopTimer struct{ ID TimerID }
	// Commit stores an answer; Committed comes back, also after a hangup.
	Commit struct {
		Action        outreach.Action
		Digits, Value string
	}
	// HangUp ends the leg; HungUp comes back.
	HangUp struct{}
	// Note is a line for the call's log.
	Note struct {
		Kind string
		Data map[string]any
	}
)

func (Execute) command()    {}
func (Break) command()      {}
func (StartTimer) command() {}
func (StopTimer) command()  {}
func (Commit) command()     {}
func (HangUp) command()     {}
func (Note) command()       {}
