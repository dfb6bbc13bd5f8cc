package freeswitch

import (
	"slices"
	"strings"
)

// appBridge joins the leg to another number: it answers after the ring time, talks and hangs up.
// A number whose patient would refuse or not answer does so here too. The other leg has no events of its own.
func appBridge(ch *channel, x *execution) {
	plan, ok := parseOriginate("'" + x.app.arg + "' &park()")
	if !ok || len(plan.endpoints) == 0 {
		ch.bridgeFailed(x, "DESTINATION_OUT_OF_ORDER")
		return
	}
	number, _, cause := ch.s.route(plan.endpoints[0].url)
	b := ch.s.opt.Behaviour
	if cause == "" {
		switch p := profileOf(number); {
		case p.status != 0:
			cause = sipReplies[p.status].cause
		case p.silent:
			cause = "NO_ANSWER"
		}
	}
	x.stop = func() { ch.bridgeOver(x, "NORMAL_CLEARING") }
	if cause != "" {
		x.timer = ch.after(b.RingTime, func() { ch.bridgeFailed(x, cause) })
		return
	}
	other := newUUID()
	x.timer = ch.after(b.RingTime, func() {
		ch.set("signal_bond", other)
		ch.set("bridge_channel", "sofia/external/"+number)
		ch.set("bridge_uuid", other)
		ch.emit("CHANNEL_BRIDGE", source{"switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", 1678},
			header{"Bridge-A-Unique-ID", ch.uuid}, header{"Bridge-B-Unique-ID", other}, header{"Other-Leg-Unique-ID", other})
		x.outcome = func() { ch.unbridge(other) }
		x.timer = ch.after(b.TalkTime, func() {
			ch.unbridge(other)
			ch.bridgeOver(x, "NORMAL_CLEARING")
		})
	})
}

func (ch *channel) unbridge(other string) {
	ch.emit("CHANNEL_UNBRIDGE", source{"switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", 1785},
		header{"Bridge-A-Unique-ID", ch.uuid}, header{"Bridge-B-Unique-ID", other})
}

// bridgeFailed ends a bridge that came to nothing, and the leg with it unless continue_on_fail allows the
// cause. Without that variable only silence at the other end does (switch_channel_handle_cause).
func (ch *channel) bridgeFailed(x *execution, cause string) {
	goesOn := ch.get("continue_on_fail")
	if goesOn == "" {
		goesOn = "NO_ANSWER,NO_USER_RESPONSE,ORIGINATOR_CANCEL"
	}
	ch.bridgeOver(x, cause)
	if goesOn != "true" && !slices.Contains(strings.Split(goesOn, ","), cause) {
		ch.hangUp(cause)
	}
}

// bridgeOver ends the bridge and sets what it says of its end.
func (ch *channel) bridgeOver(x *execution, cause string) {
	disposition := cause
	if cause == "NORMAL_CLEARING" {
		disposition = "SUCCESS"
	}
	ch.set("originate_disposition", disposition)
	ch.set("DIALSTATUS", strings.ReplaceAll(disposition, "USER_BUSY", "BUSY"))
	ch.set("bridge_hangup_cause", cause)
	ch.set("last_bridge_hangup_cause", cause)
	if ch.get("hangup_after_bridge") == "true" && cause == "NORMAL_CLEARING" {
		ch.hangUp("NORMAL_CLEARING")
		return
	}
	ch.finish(x, "_none_")
}
