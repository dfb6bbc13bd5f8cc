package outreach

import "slices"

// calleeReplies are the final SIP replies that are about the callee: they use up a try even when
// nothing rang (design.md rule 2).
var calleeReplies = []int{404, 410, 480, 484, 486, 600, 603, 604, 607}

// shippedMatrix is read from the top; SIP status refines the Q.850 cause. Source: freeswitch.md,
// "Causes → verdict", measured on 1.10.12.
var shippedMatrix = []CauseRule{
	{SIP: []int{607}, Verdict: VerdictSuppress, Disposition: Unwanted},
	{Cause: "UNWANTED", Verdict: VerdictSuppress, Disposition: Unwanted},
	{SIP: []int{404, 410, 604}, Verdict: VerdictNextChannel, Disposition: InvalidNumber},
	{SIP: []int{401, 402, 403, 407}, Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
	{SIP: []int{603, 608}, Verdict: VerdictNextChannel, Disposition: Rejected},
	{SIP: []int{486, 600}, Verdict: VerdictRetryLater, Disposition: Busy},
	{SIP: []int{484, 485}, Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
	{SIP: []int{488, 606}, Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
	{SIP: []int{480}, Cause: "NO_ANSWER", Verdict: VerdictRetryLater, Disposition: NoAnswer},
	{SIP: []int{480}, Verdict: VerdictRetryLater, Disposition: Unreachable},
	{SIP: []int{400, 408, 500, 502, 503, 504}, Verdict: VerdictNextGateway, Disposition: TrunkFault},
	{Cause: "NO_ANSWER", Progress: boolean(false), Verdict: VerdictNextGateway, Disposition: TrunkFault},
	{Cause: "NO_ANSWER", Verdict: VerdictRetryLater, Disposition: NoAnswer},
	{Cause: "ORIGINATOR_CANCEL", Verdict: VerdictOurs, Disposition: Hangup},
	{Cause: "UNALLOCATED_NUMBER", Verdict: VerdictNextChannel, Disposition: InvalidNumber},
	{Cause: "NUMBER_CHANGED", Verdict: VerdictNextChannel, Disposition: InvalidNumber},
	{Cause: "INVALID_NUMBER_FORMAT", Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
	{Cause: "NO_ROUTE_DESTINATION", Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
	{Cause: "CALL_REJECTED", Verdict: VerdictNextChannel, Disposition: Rejected},
	{Cause: "USER_BUSY", Verdict: VerdictRetryLater, Disposition: Busy},
	{Cause: "NO_USER_RESPONSE", Verdict: VerdictRetryLater, Disposition: Unreachable},
	{Cause: "RECOVERY_ON_TIMER_EXPIRE", Verdict: VerdictNextGateway, Disposition: TrunkFault},
	{Cause: "NORMAL_TEMPORARY_FAILURE", Verdict: VerdictNextGateway, Disposition: TrunkFault},
	{Cause: "NETWORK_OUT_OF_ORDER", Verdict: VerdictNextGateway, Disposition: TrunkFault},
	{Cause: "GATEWAY_DOWN", Verdict: VerdictNextGateway, Disposition: TrunkFault},
	{Cause: "INVALID_GATEWAY", Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
	{Cause: "INVALID_PROFILE", Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
	{Cause: "CHAN_NOT_IMPLEMENTED", Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
	{Cause: "INCOMPATIBLE_DESTINATION", Verdict: VerdictNextGateway, Disposition: TrunkFault, Alert: true},
}

func boolean(b bool) *bool { return &b }

// ShippedMatrix returns the cause matrix that applies after a hospital's own rows.
func ShippedMatrix() []CauseRule { return slices.Clone(shippedMatrix) }

// NoKey is CallResult.MachineWhy where nobody pressed a key at the human test: perhaps a machine, perhaps
// a patient without a free hand. It is treated as answered without a key, so nobody is dialled again for it.
const NoKey = "no_key"

// Conclusion is what one ended originate means.
type Conclusion struct {
	Verdict     Verdict
	Disposition Disposition
	Counted     bool // uses up a try
	Alert       bool // somebody should look at the trunk or the configuration
}

// Conclude reads r by the hospital's rows, then the shipped ones. After ringing, a trunk fault is
// never taken to another gateway; an unlisted cause is retried later and uses one try.
func Conclude(own []CauseRule, r CallResult) Conclusion {
	switch {
	case r.Indeterminate:
		return Conclusion{Verdict: VerdictNextChannel, Disposition: Unknown, Counted: true}
	case !r.Sent:
		return Conclusion{Verdict: VerdictBackPressure, Disposition: BackPressure}
	case r.Answered && r.Machine && r.MachineWhy != NoKey: // silence after the human test proves no machine
		return Conclusion{Verdict: VerdictRetryLater, Disposition: Machine, Counted: true}
	case r.Answered:
		return Conclusion{Verdict: VerdictAnswered, Disposition: Answered, Counted: true}
	case r.Cause == "DESTINATION_OUT_OF_ORDER" && !r.Created && r.SIPStatus == 0:
		return Conclusion{Verdict: VerdictBackPressure, Disposition: BackPressure}
	}
	c := Conclusion{Verdict: VerdictRetryLater, Disposition: Unreachable}
	if rule, ok := match(own, r); ok {
		c = Conclusion{Verdict: rule.Verdict, Disposition: rule.Disposition, Alert: rule.Alert}
	} else if rule, ok := match(shippedMatrix, r); ok {
		c = Conclusion{Verdict: rule.Verdict, Disposition: rule.Disposition, Alert: rule.Alert}
	}
	if c.Verdict == VerdictNextGateway && r.Progress {
		c.Verdict = VerdictRetryLater
	}
	free := c.Verdict == VerdictNextGateway || c.Verdict == VerdictBackPressure
	c.Counted = r.Progress || !free || slices.Contains(calleeReplies, r.SIPStatus)
	if c.Verdict == VerdictOurs {
		c.Counted = r.Progress
	}
	return c
}

func match(rules []CauseRule, r CallResult) (CauseRule, bool) {
	for _, rule := range rules {
		if rule.Cause != "" && rule.Cause != r.Cause {
			continue
		}
		if len(rule.SIP) > 0 && !slices.Contains(rule.SIP, r.SIPStatus) {
			continue
		}
		if rule.Progress != nil && *rule.Progress != (r.Progress || r.Answered) {
			continue
		}
		return rule, true
	}
	return CauseRule{}, false
}
