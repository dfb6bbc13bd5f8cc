package freeswitch

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// PhoneState is where a phone is in its call.
type PhoneState string

// The states of a phone.
const (
	PhoneIdle    PhoneState = "idle"
	PhoneRinging PhoneState = "ringing"
	PhoneTalking PhoneState = "talking"
)

// PhoneEvent is the whole state of one phone after a change.
type PhoneEvent struct {
	Number   string     `json:"number"`
	ByHand   bool       `json:"by_hand"` // waits for Answer and Press; the others act alone
	State    PhoneState `json:"state"`
	Leg      string     `json:"leg,omitempty"`
	CallerID string     `json:"caller_id,omitempty"` // "" in a call that the phone made
	Since    time.Time  `json:"since"`
	Media    string     `json:"media,omitempty"` // what plays into it
	Text     string     `json:"text,omitempty"`  // what that says, if Options.Text knows
	Asked    string     `json:"asked,omitempty"` // the driver's hint: human_test, menu, again…
	Pressed  string     `json:"pressed,omitempty"`
	Cause    string     `json:"cause,omitempty"` // of the last end
}

// ErrNoCall means that the phone is not in a state for what was asked of it.
var ErrNoCall = errors.New("the phone has no such call")

// phone is the telephone of one number. It is known once it was called or made interactive.
type phone struct {
	s     *Switch
	ch    *channel
	state PhoneEvent
}

// phoneOf finds or makes the phone of a number.
func (s *Switch) phoneOf(number string) *phone {
	p := s.phones[number]
	if p == nil {
		p = &phone{s: s, state: PhoneEvent{Number: number, State: PhoneIdle, Since: s.clock.Now()}}
		s.phones[number] = p
	}
	return p
}

// Interactive hands the phone of a number to whoever calls Answer, Press and HangUp, or takes it back.
// It acts on calls that begin later.
func (s *Switch) Interactive(number string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.phoneOf(number)
	p.state.ByHand = on
	p.tell()
}

// Phones returns the state of every phone that was called or made interactive, by number.
func (s *Switch) Phones() []PhoneEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]PhoneEvent, 0, len(s.phones))
	for _, p := range s.phones {
		out = append(out, p.state)
	}
	slices.SortFunc(out, func(a, b PhoneEvent) int {
		if a.Number < b.Number {
			return -1
		}
		return 1
	})
	return out
}

// Watch returns a channel of phone events and a function that closes it. A watcher that lags by more than
// 256 events loses some; each event is a whole state, so the next one makes up for them.
func (s *Switch) Watch() (<-chan PhoneEvent, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := make(chan PhoneEvent, 256)
	s.watchers[w] = struct{}{}
	return w, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, open := s.watchers[w]; open {
			delete(s.watchers, w)
			close(w)
		}
	}
}

// Answer picks up a ringing phone.
func (s *Switch) Answer(number string) error {
	return s.withPhone(number, "answer", PhoneRinging, func(p *phone) {
		p.ch.patient.pickUp()
	})
}

// Decline refuses a ringing call with 603.
func (s *Switch) Decline(number string) error {
	return s.withPhone(number, "decline", PhoneRinging, func(p *phone) { p.ch.refuse(sipReplies[603]) })
}

// Press presses keys on a phone in a call, one after another.
func (s *Switch) Press(number, digits string) error {
	return s.withPhone(number, "press", PhoneTalking, func(p *phone) {
		for _, d := range digits {
			p.ch.dtmf(string(d))
		}
	})
}

// HangUp ends the call of a phone, or declines one that rings.
func (s *Switch) HangUp(number string) error {
	s.mu.Lock()
	ringing := s.phones[number] != nil && s.phones[number].state.State == PhoneRinging
	s.mu.Unlock()
	if ringing {
		return s.Decline(number)
	}
	return s.withPhone(number, "hang up", PhoneTalking, func(p *phone) { p.ch.leave() })
}

func (s *Switch) withPhone(number, what string, want PhoneState, do func(*phone)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.phones[number]
	if p == nil || p.ch == nil || p.state.State != want {
		return fmt.Errorf("%s phone: %w", what, ErrNoCall)
	}
	do(p)
	p.tell()
	return nil
}

// tell sends the phone's state to every watcher.
func (p *phone) tell() {
	for w := range p.s.watchers {
		select {
		case w <- p.state:
		default:
		}
	}
}

// begin is a call that rings at the phone.
func (p *phone) begin(ch *channel) {
	p.ch = ch
	p.state = PhoneEvent{Number: p.state.Number, ByHand: p.state.ByHand, State: PhoneRinging, Leg: ch.uuid, Since: p.s.clock.Now()}
	if !ch.inbound {
		p.state.CallerID = ch.callerID.value
	}
	p.tell()
}

func (p *phone) talking() {
	p.state.State, p.state.Since = PhoneTalking, p.s.clock.Now()
	p.tell()
}

// pressed is a key of the patient.
func (p *phone) pressed(digit string) {
	p.state.Pressed += digit
	p.tell()
}

func (p *phone) hears(media string) {
	if p.ch == nil || p.state.Media == media {
		return
	}
	p.state.Media, p.state.Text = media, ""
	if media != "" {
		p.state.Text = p.s.opt.Text(media)
	}
	p.tell()
}

func (p *phone) asked(question string) {
	if p.ch == nil {
		return
	}
	p.state.Asked = question
	p.tell()
}

func (p *phone) end(ch *channel) {
	if p.ch != ch {
		return
	}
	p.ch = nil
	p.state = PhoneEvent{Number: p.state.Number, ByHand: p.state.ByHand, State: PhoneIdle, Since: p.s.clock.Now(), Cause: ch.cause}
	p.tell()
}
