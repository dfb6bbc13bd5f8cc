package freeswitch

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// addChannel takes a new channel into the switch's tables. The lock is held.
func (s *Switch) addChannel(ch *channel) {
	s.stats.Sessions++
	ch.sessionID = s.stats.Sessions
	s.channels[ch.uuid] = ch
	s.order = append(s.order, ch)
	s.stats.Live++
	s.stats.Peak = max(s.stats.Peak, s.stats.Live)
}

// ring is the far end's 180.
func (ch *channel) ring() {
	if !ch.progress.IsZero() || !ch.answered.IsZero() {
		return
	}
	ch.progress = ch.s.clock.Now()
	ch.describeReply()
	ch.emit("CHANNEL_PROGRESS", source{"switch_channel.c", "switch_channel_perform_mark_ring_ready_value", 3505})
	ch.callStateTo("RINGING")
}

// earlyMedia is the far end's 183 with sound: unless it is to be ignored, the originate is satisfied.
func (ch *channel) earlyMedia() {
	if !ch.media.IsZero() || !ch.answered.IsZero() {
		return
	}
	ch.media = ch.s.clock.Now()
	ch.describeReply()
	ch.describeMedia()
	ch.set("endpoint_disposition", "EARLY MEDIA")
	ch.answerState = "early"
	ch.emit("CHANNEL_PROGRESS_MEDIA", source{"switch_channel.c", "switch_channel_perform_mark_pre_answered", 3569})
	ch.callStateTo("EARLY")
	if ch.get("ignore_early_media") != "true" {
		ch.after(step, ch.established)
	}
}

// answer is the far end's 200.
func (ch *channel) answer() {
	if !ch.answered.IsZero() {
		return
	}
	ch.answered = ch.s.clock.Now()
	ch.describeReply()
	ch.describeMedia()
	ch.answerState = "answered"
	ch.s.record(Record{Kind: "answer", UUID: ch.uuid, Number: ch.number, Gateway: ch.gateway})
	ch.emit("CHANNEL_ANSWER", source{"switch_channel.c", "switch_channel_perform_mark_answered", 3846})
	ch.callStateTo("ACTIVE")
	ch.set("endpoint_disposition", "ANSWER")
	ch.executeOn("execute_on_answer")
	if ch.live() && ch.job != nil {
		ch.after(step, ch.established)
	}
}

// executeOn runs the applications that the variables of that name, and of names that begin so, hold.
func (ch *channel) executeOn(prefix string) {
	for _, v := range slices.Clone(ch.vars) {
		if strings.HasPrefix(v.name, prefix) && v.value != "" && ch.live() {
			ch.executeOne(v.value)
		}
	}
}

// executeOne runs one application: "app arg", "app:arg" or "app::arg".
func (ch *channel) executeOne(text string) {
	name, arg := text, ""
	if i := strings.IndexAny(text, " :"); i >= 0 {
		name, arg = text[:i], strings.TrimLeft(text[i:], " :")
	}
	ch.execute(application{name, arg}, newUUID(), false, nil)
}

// established answers the originate and starts what the leg is to do.
func (ch *channel) established() {
	if ch.job == nil {
		return
	}
	if ch.second {
		ch.enter("CS_EXCHANGE_MEDIA")
		ch.finishJob("+OK " + ch.uuid + "\n")
		return
	}
	ch.flipped = true
	if ch.callerID.name != "" {
		ch.set("pre_transfer_caller_id_name", ch.callerID.name)
	}
	ch.set("pre_transfer_caller_id_number", ch.callerID.value)
	ch.set("channel_cid_flipped", "yes")
	ch.emit("CALL_UPDATE", source{"switch_channel.c", "switch_channel_flip_cid", 3277}, header{"Direction", "SEND"})
	ch.finishJob("+OK " + ch.uuid + "\n")
	ch.follow(ch.then)
}

// follow runs a plan's applications, or looks for its extension in vain.
func (ch *channel) follow(plan dialPlan) {
	if plan.extension != "" {
		ch.enter("CS_ROUTING")
		ch.hangUp("NO_ROUTE_DESTINATION")
		return
	}
	ch.enter("CS_EXECUTE")
	ch.apps = plan.then
	ch.nextApp()
}

// nextApp executes what is left of the extension; at its end the leg is hung up.
func (ch *channel) nextApp() {
	if len(ch.apps) == 0 {
		ch.hangUp("NORMAL_CLEARING")
		return
	}
	app := ch.apps[0]
	ch.apps = ch.apps[1:]
	ch.execute(app, newUUID(), false, nil)
}

// refuse is a final reply of the far end before any answer.
func (ch *channel) refuse(r sipReply) {
	ch.describePeer()
	ch.ending = sipEnd{status: r.status, phrase: r.phrase, failure: r.status, disposition: "recv_refuse"}
	ch.set("sip_hangup_disposition", "recv_refuse")
	ch.set("sip_invite_failure_status", strconv.Itoa(r.status))
	ch.set("sip_invite_failure_phrase", r.phrase)
	ch.set("sip_term_status", strconv.Itoa(r.status))
	ch.set("proto_specific_hangup_cause", "sip:"+strconv.Itoa(r.status))
	ch.set("sip_term_cause", strconv.Itoa(q850(r.cause)))
	if g := ch.s.gateway(ch.gateway); g != nil {
		g.failed++
	}
	ch.end(r.cause, 0)
}

// leave is the far end's BYE.
func (ch *channel) leave() {
	ch.ending = sipEnd{status: 200, disposition: "recv_bye"}
	ch.set("sip_term_status", "200")
	ch.set("proto_specific_hangup_cause", "sip:200")
	ch.set("sip_term_cause", "16")
	ch.end("NORMAL_CLEARING", 0)
}

// hangUp ends the leg from this side: with BYE if it was answered, else with CANCEL.
func (ch *channel) hangUp(cause string) {
	ch.endHere()
	ch.end(cause, 0)
}

// kill is uuid_kill: the leg says HANGUP at once and the rest a step later.
func (ch *channel) kill(cause string) {
	ch.endHere()
	ch.end(cause, step)
}

func (ch *channel) endHere() {
	if !ch.live() {
		return
	}
	ch.ending.disposition = "send_bye"
	if ch.answered.IsZero() {
		ch.ending = sipEnd{phrase: "CANCEL", failure: 487, disposition: "send_cancel"}
	}
}

// end is the first half of every hangup: the leg is marked, and says so. The rest follows in wait.
func (ch *channel) end(cause string, wait time.Duration) {
	if !ch.live() {
		return
	}
	ch.hungUp, ch.cause, ch.answerState = ch.s.clock.Now(), cause, "hangup"
	ch.emit("CHANNEL_HANGUP", source{"switch_channel.c", "switch_channel_perform_hangup", 3445})
	if ch.ending.disposition == "recv_bye" {
		ch.set("sip_hangup_disposition", "recv_bye")
	}
	ch.s.record(Record{Kind: "end", UUID: ch.uuid, Number: ch.number, Gateway: ch.gateway, Cause: cause, Answered: !ch.answered.IsZero()})
	if ch.jobFirst {
		ch.finishJob("-ERR " + cause + "\n")
	}
	ch.patient.ended()
	if left := ch.left; left != nil {
		ch.left = nil
		left()
	}
	if wait > 0 {
		ch.s.after(wait, ch.unwind)
		return
	}
	ch.unwind()
}

// unwind is the second half: applications end from the innermost out, and the leg reports.
func (ch *channel) unwind() {
	if ch.state == "CS_REPORTING" || ch.gone {
		return
	}
	ch.unwindStack()
	if ch.socket != nil && !ch.socket.async {
		ch.socket.callEnded() // nobody reads a synchronous socket any more
	}
	if ch.base != nil {
		ch.emit("CHANNEL_UNPARK", source{"switch_ivr.c", "switch_ivr_park", 1213})
		response := ch.get("current_application_response")
		ch.complete(ch.base, orNone(response))
		ch.base = nil
	}
	ch.enter("CS_HANGUP")
	ch.callStateTo("HANGUP")
	ch.enter("CS_REPORTING")
	ch.report()
}

// report sends the last word on a leg and lets go of its socket.
func (ch *channel) report() {
	ch.describeEnd()
	ch.set("sip_hangup_disposition", ch.ending.disposition)
	if ch.ending.failure != 0 {
		ch.set("sip_invite_failure_status", strconv.Itoa(ch.ending.failure))
		ch.set("sip_invite_failure_phrase", ch.ending.phrase)
	}
	if ch.s.wanted("CHANNEL_HANGUP_COMPLETE", "", ch.uuid) {
		e := ch.s.newEvent("CHANNEL_HANGUP_COMPLETE", "", source{"switch_core_state_machine.c", "switch_core_session_reporting_state", 943})
		e.add("Hangup-Cause", ch.cause)
		ch.describe(e)
		ch.variables(e)
		ch.s.fire(e)
	}
	delete(ch.s.channels, ch.uuid)
	ch.finishJob("-ERR " + ch.cause + "\n")
	if ch.socket != nil && ch.socket.callEnded() {
		return // the socket lingers and holds the session
	}
	ch.destroy()
}

// destroy gives the session back.
func (ch *channel) destroy() {
	if ch.gone {
		return
	}
	ch.gone = true
	ch.stateNumber = states["CS_DESTROY"]
	ch.emit("CHANNEL_DESTROY", source{"switch_core_session.c", "switch_core_session_perform_destroy", 1584})
	ch.enter("CS_DESTROY")
	ch.s.drop(ch)
}

// drop takes a channel out of the switch's tables.
func (s *Switch) drop(ch *channel) {
	if s.channels[ch.uuid] == ch {
		delete(s.channels, ch.uuid)
	}
	for i, o := range s.order {
		if o == ch {
			s.order = append(s.order[:i], s.order[i+1:]...)
			s.stats.Live--
			return
		}
	}
}

func orNone(response string) string {
	if response == "" {
		return "_none_"
	}
	return response
}
