package freeswitch

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoInbound means that the options have neither InboundSocket nor InboundPlan, or that the switch takes no more calls.
var ErrNoInbound = errors.New("the switch takes no inbound calls")

// CallIn is a patient who rings the switch: an inbound leg from one number to another, handed to
// Options.InboundSocket, or through Options.InboundPlan. It returns the leg's UUID. The caller presses the keys that a callee of that number would.
func (s *Switch) CallIn(from, to string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opt.InboundSocket == "" && len(s.opt.InboundPlan) == 0 || s.ctx == nil || !s.admitSession("") {
		return "", fmt.Errorf("call in: %w", ErrNoInbound)
	}
	ch := &channel{
		s: s, uuid: newUUID(), number: from, inbound: true, name: "sofia/external/" + from + "@127.0.0.1",
		state: "CS_NONE", callState: "DOWN", answerState: "ringing", globalTo: s.clock.Now(), callerID: header{from, from},
	}
	s.addChannel(ch)
	for _, v := range []header{{"direction", "inbound"}, {"uuid", ch.uuid}, {"call_uuid", ch.uuid}, {"channel_name", ch.name},
		{"destination_number", to}, {"sip_from_user", from}, {"sip_to_user", to}, {"endpoint_disposition", "RECEIVED"}} {
		ch.set(v.name, v.value)
	}
	ch.reached = true
	ch.patient = s.newPatient(ch)
	ch.patient.phone.begin(ch)
	ch.patient.phone.talking()
	ch.enter("CS_INIT")
	ch.emit("CHANNEL_CREATE", source{"switch_core_state_machine.c", "switch_core_session_run", 626})
	ch.enter("CS_ROUTING")
	ch.callStateTo("RINGING")
	plan := dialPlan{then: []application{{"socket", s.opt.InboundSocket + " async full"}}}
	if len(s.opt.InboundPlan) > 0 {
		plan.then = nil
	}
	for _, line := range s.opt.InboundPlan {
		name, data, _ := strings.Cut(line, " ")
		plan.then = append(plan.then, application{name, ch.expand(data)})
	}
	ch.after(step, func() { ch.follow(plan) })
	return ch.uuid, nil
}
