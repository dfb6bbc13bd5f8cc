package scheduler

import (
	"context"
	"fmt"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// Gateways is what the scheduler keeps of gateways beyond one run: how calls through them ended, and probes.
type Gateways interface {
	GatewayOutcomes(ctx context.Context, since time.Time) ([]outreach.GatewayOutcome, error)
	// ClaimProbe takes the tokens for a probe and writes it ahead; false: not now, or another node has begun one since due.
	ClaimProbe(ctx context.Context, now time.Time, o outreach.GatewayOutcome, caps outreach.Caps, due time.Time) (bool, error)
	ClaimBridge(ctx context.Context, now time.Time, id outreach.AttemptID, token int64, gateway string, caps outreach.Caps) (bool, error)
	EndProbe(ctx context.Context, o outreach.GatewayOutcome) error
}

const (
	rememberGateways = 30 * time.Minute // of calls, after a restart
	overlapGateways  = 2 * time.Minute  // of calls read again, for those that other nodes ended late
	probeRing        = 20 * time.Second
	probeLength      = 5 * time.Second
)

// recallGateways feeds the breakers with how calls ended since then, on every node: a restart does not
// hammer a trunk that was left alone.
func (s *Scheduler) recallGateways(ctx context.Context, since time.Duration) error {
	outcomes, err := s.Store.GatewayOutcomes(ctx, s.Clock.Now().Add(-since))
	if err != nil {
		return fmt.Errorf("recall gateways: %w", err)
	}
	for _, o := range outcomes {
		s.gatewayOutcome(o)
	}
	return nil
}

// followGateways takes over what other nodes saw, and dials the probes that are due.
func (s *Scheduler) followGateways(ctx context.Context) error {
	if err := s.recallGateways(ctx, overlapGateways); err != nil {
		return err
	}
	for _, p := range s.Catalogue.Current().PBXs() {
		for _, g := range p.Gateways {
			if p.Active && g.Active && g.Breaker.ProbeNumber != "" {
				s.probe(ctx, p, g)
			}
		}
	}
	return nil
}

// gatewayOutcome feeds one breaker.
func (s *Scheduler) gatewayOutcome(o outreach.GatewayOutcome) {
	rule, ok := s.breakerRule(o.PBX, o.Gateway)
	if !ok {
		return
	}
	key := o.PBX + "/" + o.Gateway
	s.mu.Lock()
	b := s.breakers[key]
	if b == nil {
		b = &outreach.Breaker{}
		s.breakers[key] = b
	}
	changed := b.Add(rule, o)
	h := b.At(rule, o.Ended)
	s.mu.Unlock()
	if changed {
		s.Log.Warn("gateway breaker", "gateway", key, "state", h.State, "why", h.Why, "until", h.Until)
	}
}

func (s *Scheduler) breakerRule(pbx, gateway string) (outreach.BreakerRule, bool) {
	p, _ := s.Catalogue.Current().PBX(pbx)
	for _, g := range p.Gateways {
		if g.Name == gateway {
			return *g.Breaker, true
		}
	}
	return outreach.BreakerRule{}, false
}

// gatewayHealth is where the gateway's breaker stands.
func (s *Scheduler) gatewayHealth(pbx string, g outreach.Gateway, now time.Time) outreach.GatewayHealth {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.breakers[pbx+"/"+g.Name]
	if b == nil {
		b = &outreach.Breaker{}
	}
	return b.At(*g.Breaker, now)
}

// gate puts together what FreeSWITCH, the breaker and the admins say of one gateway.
func (s *Scheduler) gate(pbx string, g outreach.Gateway, st outreach.GatewayStatus, inUse int, now time.Time) outreach.GateState {
	h := s.gatewayHealth(pbx, g, now)
	gate := outreach.GateState{Healthy: st.Up, Paused: s.pausedGateway(pbx, g.Name), Draining: s.draining(pbx, g.Name), InUse: inUse,
		Cooling: s.cooling(pbx+"/"+g.Name, now)}
	switch {
	case !st.Up:
		gate.Why = "FreeSWITCH says that it is down (" + st.State + " " + st.Ping + ")"
		if st.State == outreach.GatewayUnknown {
			gate.Why = "FreeSWITCH does not know it"
		}
	case h.State == outreach.BreakerOpen:
		gate.Healthy, gate.Why, gate.Until = false, "left alone: "+h.Why, h.Until
	case h.State == outreach.BreakerHalfOpen && g.Breaker.ProbeNumber != "":
		gate.Healthy, gate.Why = false, "waits for its probe: "+h.Why
	case h.State == outreach.BreakerHalfOpen:
		gate.Trial = true
	}
	return gate
}

func (s *Scheduler) draining(pbx, gateway string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pauses {
		if p.Kind == outreach.PauseDrain && p.Name == pbx+"/"+gateway {
			return true
		}
	}
	return false
}

// probe dials the gateway's own probe number once its breaker is half open: no patient is called to see
// whether a trunk works. FreeSWITCH's ping comes first: what it knows to be down is not dialled.
func (s *Scheduler) probe(ctx context.Context, p outreach.PBX, g outreach.Gateway) {
	now := s.Clock.Now()
	h := s.gatewayHealth(p.Name, g, now)
	st := s.Dialer.Status(p.Name)
	gs, _ := st.Gateway(g.Name)
	if h.State != outreach.BreakerHalfOpen || !st.LinkUp || !gs.Up || s.paused("", p.Name, g.Name, "") || s.draining(p.Name, g.Name) {
		return
	}
	o := outreach.GatewayOutcome{PBX: p.Name, Gateway: g.Name, Attempt: outreach.AttemptID(s.NewID()), Started: now}
	to := outreach.Candidate{PBX: p, Gateway: g, Pace: outreach.PaceOf(p, st), Trial: true}
	if to.Pace.Full(0) {
		return
	}
	if ok, err := s.Store.ClaimProbe(ctx, now, o, s.Catalogue.Current().CapsFor(to), h.Since); err != nil || !ok {
		if err != nil {
			s.Log.Error("claim a probe", "pbx", p.Name, "gateway", g.Name, "err", err)
		}
		return
	}
	s.mu.Lock()
	s.probes[o.Attempt] = o
	s.mu.Unlock()
	order := outreach.CallOrder{Attempt: o.Attempt, PBX: p.Name, Gateway: g.Name, Destination: g.Destination(g.Breaker.ProbeNumber),
		CallerID: g.CallerID, Codec: g.CodecFor(g.Breaker.ProbeNumber), RingTimeout: probeRing, MaxDuration: probeLength,
		Script: outreach.Script{Language: "en", Flows: map[string]outreach.Flow{"en": {}}}}
	if err := s.Dialer.Dial(ctx, order); err != nil {
		s.Log.Warn("probe", "pbx", p.Name, "gateway", g.Name, "err", err)
		if s.Dialer.NotSent(err) {
			s.probing(o.Attempt, true)
		}
	}
}

// probing reports whether the leg is a probe; over forgets it.
func (s *Scheduler) probing(id outreach.AttemptID, over bool) (outreach.GatewayOutcome, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.probes[id]
	if over {
		delete(s.probes, id)
	}
	return o, ok
}

// probeEnded closes or opens the breaker by what the probe met. Throttling proves nothing.
func (s *Scheduler) probeEnded(ctx context.Context, o outreach.GatewayOutcome, r outreach.CallResult) error {
	con := outreach.Conclude(s.Catalogue.Current().Document.CauseMatrix, r)
	o.Ended, o.Answered, o.Fault = s.Clock.Now(), r.Answered, con.Verdict == outreach.VerdictNextGateway || r.Indeterminate
	if con.Verdict != outreach.VerdictBackPressure {
		if err := s.Store.EndProbe(ctx, o); err != nil {
			return err
		}
		s.gatewayOutcome(o)
	}
	s.probing(r.Attempt, true)
	s.Log.Info("probe ended", "pbx", o.PBX, "gateway", o.Gateway, "cause", r.Cause, "sip_status", r.SIPStatus, "fault", o.Fault)
	s.Wake()
	return nil
}

// turn waits until one more call may leave through the gateway and its PBX: claims come in bursts, trunks
// count calls a second on the wire.
func (s *Scheduler) turn(ctx context.Context, to outreach.Candidate) error {
	now := s.Clock.Now()
	at := now
	s.mu.Lock()
	keys := map[string]float64{to.PBX.Name: to.Pace.Rate, to.PBX.Name + "/" + to.Gateway.Name: to.Gateway.CallsPerSecond}
	for key := range keys {
		at = latest(at, s.turns[key])
	}
	for key, rate := range keys {
		if rate > 0 {
			s.turns[key] = at.Add(time.Duration(turnMargin / rate * float64(time.Second)))
		}
	}
	s.mu.Unlock()
	if !at.After(now) {
		return nil
	}
	return clock.Wait(ctx, s.Clock, at.Sub(now))
}

// turnMargin is what lies between two calls beyond their share of a second: they may be late by different times.
const turnMargin = 1.02
