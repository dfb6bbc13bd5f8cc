package freeswitch

import (
	"strings"
	"time"
)

// message is a sendmsg that waits for the channel to look at it.
type message struct {
	packet packet
	done   func() // of a synchronous socket: answers the command
}

// execution is one application under way. Those above it in the stack run inside it, and its time stands still.
type execution struct {
	app  application
	uuid string
	lock bool // nothing may start inside it
	done func()

	timer   *timer
	left    time.Duration // on its timer when another began inside it
	paused  bool
	media   bool // it plays: the far end's hangup ends it with PLAYBACK ERROR
	started time.Time
	digit   func(d string)
	stop    func() // uuid_break; nil if it cannot be
	outcome func() // sets its variables when the call ends under it; may be nil
}

// queueMessage takes a message for the next look at the channel.
func (ch *channel) queueMessage(p packet, done func()) {
	if !ch.live() {
		if done != nil {
			done()
		}
		return
	}
	ch.queue = append(ch.queue, message{p, done})
	if ch.poll == nil {
		ch.poll = ch.after(step, func() {
			ch.poll = nil
			ch.look()
		})
	}
}

// look carries out queued messages until one runs for longer under a lock.
func (ch *channel) look() {
	for ch.live() && len(ch.queue) > 0 && !ch.broken {
		if n := len(ch.stack); n > 0 && ch.stack[n-1].lock {
			return
		}
		m := ch.queue[0]
		ch.queue = ch.queue[1:]
		ch.obey(m)
	}
}

// obey carries out one message.
func (ch *channel) obey(m message) {
	done := m.done
	if done == nil {
		done = func() {}
	}
	switch strings.ToLower(m.packet.get("call-command")) {
	case "execute":
		arg := m.packet.get("execute-app-arg")
		if arg == "" {
			arg = m.packet.body
		}
		uuid := m.packet.get("Event-UUID")
		if uuid == "" {
			uuid = newUUID()
		}
		lock := strings.EqualFold(m.packet.get("event-lock"), "true")
		ch.execute(application{m.packet.get("execute-app-name"), arg}, uuid, lock, done)
	case "hangup":
		cause := m.packet.get("hangup-cause")
		done()
		ch.hangUp(knownCause(strings.ToUpper(cause)))
	default:
		done()
	}
}

// execute starts an application on the channel. One that does not exist ends the call.
func (ch *channel) execute(app application, uuid string, lock bool, done func()) {
	run := applicationNamed(app.name)
	if run == nil {
		ch.hangUp("DESTINATION_OUT_OF_ORDER")
		if done != nil {
			done()
		}
		return
	}
	app.arg = ch.expand(app.arg)
	x := &execution{app: app, uuid: uuid, lock: lock, done: done, started: ch.s.clock.Now()}
	ch.set("current_application_response", "")
	ch.set("current_application_data", app.arg)
	ch.set("current_application", app.name)
	extra := append(make([]header, 0, 3), header{"Application", app.name})
	if app.arg != "" {
		extra = append(extra, header{"Application-Data", app.arg})
	}
	ch.emit("CHANNEL_EXECUTE", source{"switch_core_session.c", "switch_core_session_exec", 2944}, append(extra, header{"Application-UUID", uuid})...)
	if n := len(ch.stack); n > 0 {
		ch.stack[n-1].pause(ch.s)
	}
	ch.stack = append(ch.stack, x)
	run(ch, x)
}

// pause stops the time of an application inside which another begins.
func (x *execution) pause(s *Switch) {
	if x.timer == nil || x.timer.index < 0 {
		return
	}
	x.left, x.paused = x.timer.due.Sub(s.clock.Now()), true
	s.cancel(x.timer)
}

func (x *execution) unpause(s *Switch) {
	if x.paused {
		x.paused = false
		x.timer = s.after(x.left, x.timer.do)
	}
}

// finish ends an application that ran to its end.
func (ch *channel) finish(x *execution, response string) {
	n := len(ch.stack)
	if n == 0 || !ch.live() {
		return
	}
	if ch.stack[n-1] != x {
		return
	}
	ch.s.cancel(x.timer)
	ch.stack = ch.stack[:n-1]
	if response != "_none_" {
		ch.set("current_application_response", response)
	}
	ch.complete(x, response)
	ch.resume()
}

// resume goes on after an application: with the one around it, with what is queued, or with the end.
func (ch *channel) resume() {
	if !ch.live() {
		return
	}
	if n := len(ch.stack); n > 0 {
		ch.stack[n-1].unpause(ch.s)
	}
	if ch.poll == nil {
		ch.look()
	}
	if !ch.live() || len(ch.stack) > 0 || ch.base != nil && !ch.orphan || ch.state != "CS_EXECUTE" {
		return
	}
	if ch.orphan {
		ch.hangUp("NORMAL_CLEARING")
		return
	}
	ch.nextApp()
}

// complete says that an application has ended.
func (ch *channel) complete(x *execution, response string) {
	extra := append(make([]header, 0, 4), header{"Application", x.app.name})
	if x.app.arg != "" {
		extra = append(extra, header{"Application-Data", x.app.arg})
	}
	extra = append(extra, header{"Application-Response", response}, header{"Application-UUID", x.uuid})
	ch.emit("CHANNEL_EXECUTE_COMPLETE", source{"switch_core_session.c", "switch_core_session_exec", 2967}, extra...)
	if x.done != nil {
		x.done()
	}
}

// unwindStack ends everything under way because the call is over.
func (ch *channel) unwindStack() {
	for n := len(ch.stack); n > 0; n = len(ch.stack) {
		x := ch.stack[n-1]
		ch.stack = ch.stack[:n-1]
		ch.s.cancel(x.timer)
		response := "_none_"
		if x.media {
			if x.outcome != nil {
				x.outcome()
			}
			response = "PLAYBACK ERROR"
			if ch.ending.disposition == "send_bye" {
				response = "FILE PLAYED" // the switch's own hangup only makes it stop
			}
			ch.set("current_application_response", response)
		} else if x.outcome != nil {
			x.outcome()
		}
		ch.complete(x, response)
	}
	for _, m := range ch.queue {
		if m.done != nil {
			m.done()
		}
	}
	ch.queue = nil
}

// interrupt is uuid_break: one application after another ends, from the innermost out; all empties the queue too.
func (ch *channel) interrupt(all bool) {
	if all {
		for _, m := range ch.queue {
			if m.done != nil {
				m.done()
			}
		}
		ch.queue = nil
	}
	if ch.broken || len(ch.stack) == 0 {
		return
	}
	ch.broken = true
	ch.after(step, ch.breakInnermost)
}

// breakInnermost ends the innermost application and comes back for the one around it.
func (ch *channel) breakInnermost() {
	n := len(ch.stack)
	if n > 0 && ch.stack[n-1].stop != nil {
		ch.stack[n-1].stop()
	}
	if len(ch.stack) > 0 && len(ch.stack) < n {
		ch.after(step, ch.breakInnermost)
		return
	}
	ch.broken = false
	if ch.live() && len(ch.queue) > 0 && ch.poll == nil {
		ch.after(step, ch.look)
	}
}
