package freeswitch

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// originate places a call and tells done how it went: "+OK uuid\n" or "-ERR CAUSE\n". The lock is held.
func (s *Switch) originate(arg string, done func(result string)) {
	plan, ok := parseOriginate(arg)
	if !ok {
		done(originateSyntax)
		return
	}
	s.try(plan, plan.endpoints, done)
}

// try goes through the endpoints until one answers. A leg's own UUID is used up by the first that got a channel.
func (s *Switch) try(plan dialPlan, left []endpoint, done func(string)) {
	next := func(cause string) {
		if len(left) == 1 {
			done("-ERR " + cause + "\n")
			return
		}
		s.try(plan, left[1:], done)
	}
	given := slices.Concat(plan.given, left[0].given)
	number, gateway, cause := s.route(left[0].url)
	if cause != "" {
		s.log.Info("originate refused", "cause", cause)
		s.record(Record{Kind: "refused", UUID: value(given, "origination_uuid"), Number: number, Gateway: gateway, Cause: cause})
		if s.failsWithChannel(cause) {
			s.destroyUnborn(value(given, "origination_uuid"))
		}
		next(cause)
		return
	}
	if !s.admitSession(value(given, "origination_uuid")) {
		s.record(Record{Kind: "refused", UUID: value(given, "origination_uuid"), Number: number, Gateway: gateway, Cause: "DESTINATION_OUT_OF_ORDER"})
		next("DESTINATION_OUT_OF_ORDER")
		return
	}
	ch := s.newLeg(given, number, gateway, left[0].url)
	ch.then = plan
	ch.job = func(result string) {
		if cause, failed := strings.CutPrefix(result, "-ERR "); failed && len(left) > 1 {
			if value(given, "origination_uuid") != "" {
				cause = "DESTINATION_OUT_OF_ORDER"
				done("-ERR " + cause + "\n")
				return
			}
			next(strings.TrimSpace(cause))
			return
		}
		done(result)
	}
	s.place(ch, plan)
}

// value returns the last header of that name.
func value(headers []header, name string) string {
	for _, h := range slices.Backward(headers) {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

// failsWithChannel reports whether a cause comes from an endpoint that had begun a channel.
func (s *Switch) failsWithChannel(cause string) bool {
	return cause == "INVALID_GATEWAY" || cause == "INVALID_PROFILE" || cause == "GATEWAY_DOWN"
}

// route finds the number and the gateway of a dial string, or the cause for which there is none.
func (s *Switch) route(url string) (number, gateway, cause string) {
	parts := strings.Split(url, "/")
	switch strings.ToLower(parts[0]) {
	case "sofia":
		if len(parts) < 3 {
			return "", "", "INVALID_URL"
		}
		if strings.EqualFold(parts[1], "gateway") {
			return s.routeGateway(parts[2], strings.Join(parts[3:], "/"))
		}
		if parts[1] != "external" && parts[1] != "internal" {
			return "", "", "INVALID_PROFILE"
		}
		number, _, _ = strings.Cut(parts[2], "@")
		return strings.TrimPrefix(number, "sip:"), "", ""
	case "loopback":
		return strings.Join(parts[1:min(2, len(parts))], ""), "", ""
	case "error":
		return "", "", knownCause(strings.ToUpper(strings.Join(parts[1:], "")))
	case "user":
		return "", "", "USER_NOT_REGISTERED"
	}
	return "", "", "CHAN_NOT_IMPLEMENTED"
}

func (s *Switch) routeGateway(name, number string) (string, string, string) {
	name = strings.TrimPrefix(name, "external::")
	g := s.gateway(name)
	switch {
	case g == nil:
		return number, name, "INVALID_GATEWAY"
	case number == "":
		return "", name, "INVALID_URL"
	case g.Down:
		g.failed++
		return number, name, "GATEWAY_DOWN"
	}
	return number, name, ""
}

// destroyUnborn is all that is heard of a channel that failed before it had a profile.
func (s *Switch) destroyUnborn(uuid string) {
	if uuid == "" {
		uuid = newUUID()
	}
	e := s.newEvent("CHANNEL_DESTROY", "", source{"switch_core_session.c", "switch_core_session_perform_destroy", 1584})
	e.uuid = uuid
	e.headers = append(e.headers, []header{{"Channel-State", "CS_NONE"}, {"Channel-Call-State", "DOWN"}, {"Channel-State-Number", "0"},
		{"Channel-Name", "N/A"}, {"Unique-ID", uuid}, {"Call-Direction", "outbound"}, {"Presence-Call-Direction", "outbound"},
		{"Channel-HIT-Dialplan", "false"}, {"Channel-Call-UUID", uuid}, {"Answer-State", "ringing"}}...)
	s.fire(e)
}

// newLeg makes the channel of an outbound call.
func (s *Switch) newLeg(given []header, number, gateway, url string) *channel {
	uuid := value(given, "origination_uuid")
	if uuid == "" {
		uuid = newUUID()
	}
	ch := &channel{
		s: s, uuid: uuid, number: number, gateway: gateway, name: "sofia/external/" + number,
		state: "CS_NONE", callState: "DOWN", answerState: "ringing", globalTo: s.clock.Now(),
		callerID: header{value(given, "origination_caller_id_name"), value(given, "origination_caller_id_number")},
	}
	if ch.callerID.value == "" {
		ch.callerID.value = "0000000000"
	}
	if strings.HasPrefix(url, "loopback/") {
		ch.name = "loopback/" + number + "-a"
	}
	s.addChannel(ch)
	ch.describeGateway(given)
	if g := s.gateway(gateway); g != nil {
		g.out++
	}
	s.record(Record{Kind: "originate", UUID: uuid, Number: number, Gateway: gateway})
	return ch
}

// place tells of the new channel and lets the far end act.
func (s *Switch) place(ch *channel, plan dialPlan) {
	ch.brief("CHANNEL_OUTGOING", source{"switch_core_session.c", "switch_core_session_outgoing_channel", 768})
	ch.enter("CS_INIT")
	ch.emit("CHANNEL_CREATE", source{"switch_core_state_machine.c", "switch_core_session_run", 626})
	ch.emit("CHANNEL_ORIGINATE", source{"switch_core_state_machine.c", "switch_core_session_run", 632})
	ch.enter("CS_ROUTING")
	ch.enter("CS_CONSUME_MEDIA")
	ch.timeout = ch.after(ringTimeout(ch, plan.timeout), func() {
		ch.jobFirst = true
		ch.hangUp("NO_ANSWER")
	})
	if leg := seconds(ch.get("leg_timeout")); leg > 0 {
		ch.after(leg+650*time.Millisecond, func() {
			if ch.answered.IsZero() {
				ch.hangUp("ALLOTTED_TIMEOUT")
			}
		})
	}
	ch.patient = s.newPatient(ch)
	ch.after(step, ch.patient.invited)
}

// ringTimeout is how long an originate waits: the real one gives up a quarter of a second early.
func ringTimeout(ch *channel, argument string) time.Duration {
	for _, text := range []string{ch.get("originate_timeout"), ch.get("call_timeout"), argument} {
		if d := seconds(text); d > 0 {
			return d - 250*time.Millisecond
		}
	}
	return 60*time.Second - 250*time.Millisecond
}

func seconds(text string) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// finishJob tells the originate that waits how it went.
func (ch *channel) finishJob(result string) {
	if ch.job == nil {
		return
	}
	job := ch.job
	ch.job = nil
	ch.s.cancel(ch.timeout)
	job(result)
}
