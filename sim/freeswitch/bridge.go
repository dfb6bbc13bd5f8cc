package freeswitch

import (
	"slices"
	"strings"
)

// appBridge joins the leg to a second one, whose phone acts as any: it refuses, rings in vain, or answers, talks and hangs
// up. The far end of a loopback, and what is dialled from there, are not simulated.
func appBridge(ch *channel, x *execution) {
	plan, ok := parseOriginate("'" + x.app.arg + "' &park()")
	if !ok || len(plan.endpoints) == 0 {
		ch.bridgeFailed(x, "DESTINATION_OUT_OF_ORDER")
		return
	}
	to := plan.endpoints[0]
	number, gateway, cause := ch.s.route(to.url)
	if cause == "" && !ch.s.admitSession("") {
		cause = "DESTINATION_OUT_OF_ORDER"
	}
	if cause != "" {
		ch.bridgeFailed(x, cause)
		return
	}
	second := ch.s.newLeg(slices.Concat(plan.given, to.given), number, gateway, to.url)
	second.second = true
	second.job = func(result string) {
		if cause, failed := strings.CutPrefix(result, "-ERR "); failed {
			ch.bridgeFailed(x, strings.TrimSpace(cause))
			return
		}
		ch.bridgedTo(x, second)
	}
	x.outcome = func() { second.hangUp("ORIGINATOR_CANCEL") }
	x.stop = func() {
		second.hangUp("NORMAL_CLEARING")
		ch.bridgeOver(x, "NORMAL_CLEARING")
	}
	ch.s.place(second, plan)
}

// bridgedTo lets both talk until one hangs up.
func (ch *channel) bridgedTo(x *execution, second *channel) {
	ch.set("signal_bond", second.uuid)
	ch.set("bridge_channel", second.name)
	ch.set("bridge_uuid", second.uuid)
	ch.emit("CHANNEL_BRIDGE", source{"switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", 1678},
		header{"Bridge-A-Unique-ID", ch.uuid}, header{"Bridge-B-Unique-ID", second.uuid}, header{"Other-Leg-Unique-ID", second.uuid})
	second.left = func() {
		if ch.live() {
			ch.unbridge(second.uuid)
			ch.bridgeOver(x, "NORMAL_CLEARING")
		}
	}
	x.outcome = func() {
		ch.unbridge(second.uuid)
		second.hangUp("NORMAL_CLEARING")
	}
	second.after(ch.s.opt.Behaviour.TalkTime, second.leave)
}

func (ch *channel) unbridge(other string) {
	ch.emit("CHANNEL_UNBRIDGE", source{"switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", 1785},
		header{"Bridge-A-Unique-ID", ch.uuid}, header{"Bridge-B-Unique-ID", other})
}

// bridgeFailed ends a bridge that came to nothing, and the leg with it unless continue_on_fail allows the
// cause. Without that variable only silence at the other end does (switch_channel_handle_cause).
func (ch *channel) bridgeFailed(x *execution, cause string) {
	if !ch.live() {
		return
	}
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
	if !ch.live() {
		return
	}
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
