package dialplan

import "curlew/outreach"

// store hands the answer over; its confirmation plays only once it is stored. After a hangup the
// call waits for nothing else.
func (c *Call) store(a Commit) {
	c.answer, c.tries = a, 1
	if !c.hungUp {
		c.enter(Committing)
	}
	c.emit(a)
}

// inCommitting waits for the store, with the leg or without it.
func (c *Call) inCommitting(in Input) {
	switch in := in.(type) {
	case Committed:
		if in.Failed && c.tries < commitTries {
			c.startTimer(retryIn(c.tries))
			return
		}
		c.committed(in)
	case Fired:
		c.tries++
		c.emit(c.answer)
	}
}

func (c *Call) committed(in Committed) {
	ok := in.Accepted && !in.Failed
	if ok {
		if c.answer.Action == outreach.Transfer && in.Stored == outreach.CallBack {
			c.answer.Action = outreach.CallBack
			c.note("transfer_full", nil)
		}
		c.result.Action, c.result.Accepted = c.answer.Action, true
	}
	c.note("answer", map[string]any{"action": string(c.answer.Action), "accepted": ok, "failed": in.Failed})
	if in.Failed && c.answer.Action == outreach.Record {
		c.note("recording_failed", nil)
	}
	switch {
	case c.hungUp && ok && c.answer.Action == outreach.Transfer: // nobody is left to be connected
		c.store(Commit{Action: outreach.CallBack, Digits: c.answer.Digits})
	case c.hungUp:
		c.stopTimer()
		c.move(Over)
	case !ok:
		c.toGoodbye()
	case c.answer.Action == outreach.Transfer:
		c.toBridge()
	default:
		c.enter(Confirming)
		c.say(c.flow.Confirmation[c.answer.Action])
	}
}

func (c *Call) inConfirming(in Input) {
	if _, ok := in.(quiet); ok {
		c.toGoodbye()
	}
}

// toBridge tells the patient first, then moves the switch's hard stop: the one of the call would cut the talk off.
func (c *Call) toBridge() {
	target, err := c.route.bridge(c.pending.Target, transferRing)
	if err != nil {
		c.toGoodbye()
		return
	}
	c.enter(Transferring)
	c.brokenApp = ""
	c.say(c.flow.Transferring)
	c.run("sched_cancel", "")
	c.run("sched_hangup", "+"+seconds(transferStop))
	c.run("set", "continue_on_fail=true") // else a desk that is busy ends the patient's call, too
	c.run("bridge", target)
}

// inTransferring ends after the talk; a desk that did not answer becomes a call back.
func (c *Call) inTransferring(in Input) {
	if _, ok := in.(Bridged); ok {
		c.bridged = true
		c.note("bridged", nil)
	}
	if _, ok := in.(quiet); !ok {
		return
	}
	if c.brokenApp != "" {
		c.store(Commit{Action: outreach.CallBack, Digits: c.pending.key})
		return
	}
	c.hangUp()
}
