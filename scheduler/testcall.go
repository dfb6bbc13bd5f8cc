package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"curlew/outreach"
)

// TestCalls is what a test call needs of the database.
type TestCalls interface {
	ClaimTest(ctx context.Context, revision int64, tc outreach.TestCall, caps outreach.Caps) error
	TestLine(ctx context.Context, id outreach.AttemptID, l outreach.TestLine) error
	EndTest(ctx context.Context, tc outreach.TestCall, at time.Time) error
	EndOldTests(ctx context.Context, now time.Time) error
	TestCalls(ctx context.Context, pbx string, id outreach.AttemptID, limit int) ([]outreach.TestCall, error)
}

// trial is a test call of this node.
type trial struct {
	call  outreach.TestCall
	audio outreach.TransactionID // whose audio is deleted with it, "" without any
}

// afterSwitch is how long after the switch's own limits a test call is surely over.
const afterSwitch = 15 * time.Second

// TestCall places one call to a phone of the hospital's own. Prefixes, caps, rates, pauses and opt-outs hold; calling hours
// do not. Errors: outreach.ErrNotFound, outreach.Problems, *outreach.HeldError.
func (s *Scheduler) TestCall(ctx context.Context, o outreach.TestOrder) (outreach.TestCall, error) {
	snap := s.current()
	p, ok := snap.PBX(o.PBX)
	if !ok {
		return outreach.TestCall{}, outreach.ErrNotFound
	}
	st := s.Dialer.Status(p.Name)
	g, err := s.testGateway(p, st, o)
	if err != nil {
		return outreach.TestCall{}, err
	}
	to := outreach.Candidate{PBX: p, Gateway: g, Pace: outreach.PaceOf(p, st)}
	run, order, err := s.trialOf(ctx, snap, o, to)
	if err != nil {
		return outreach.TestCall{}, err
	}
	if err := s.Store.ClaimTest(ctx, snap.Revision, run.call, snap.CapsFor(to)); err != nil {
		s.Member.replaced(err, snap)
		return outreach.TestCall{}, errors.Join(err, s.forgetTrial(run))
	}
	s.mu.Lock()
	s.trials[run.call.ID] = run
	s.mu.Unlock()
	go s.place(context.WithoutCancel(ctx), to, order)
	return run.call, nil
}

// testGateway looks at all that keeps the PBX from dialling at all, then chooses.
func (s *Scheduler) testGateway(p outreach.PBX, st outreach.PBXStatus, o outreach.TestOrder) (outreach.Gateway, error) {
	switch {
	case !p.Active:
		return outreach.Gateway{}, &outreach.HeldError{Reason: outreach.ReasonUnableConnect, Detail: "The PBX is inactive. Activate it first."}
	case s.paused(outreach.IVR, p.Name, "", o.Configuration) || s.pausedPBX(p.Name):
		return outreach.Gateway{}, &outreach.HeldError{Reason: outreach.ReasonPaused, Detail: "Calls are paused. Resume them first."}
	case !s.Member.MayClaim():
		return outreach.Gateway{}, &outreach.HeldError{Reason: outreach.ReasonUnableConnect, Detail: "This node claims nothing now; the list of nodes says why."}
	case !st.LinkUp:
		return outreach.Gateway{}, &outreach.HeldError{Reason: outreach.ReasonUnableConnect, Detail: "This node is not connected to the PBX: " + st.Error}
	}
	return outreach.TestGateway(p, o, func(name string) bool {
		g, known := st.Gateway(name)
		return (!known || g.Up) && !s.pausedGateway(p.Name, name) && !s.draining(p.Name, name)
	})
}

// trialOf makes the call and its media.
func (s *Scheduler) trialOf(ctx context.Context, snap *outreach.Snapshot, o outreach.TestOrder, to outreach.Candidate) (trial, outreach.CallOrder, error) {
	now, limits := s.Clock.Now(), snap.CallLimits()
	if o.Language == "" {
		o.Language = snap.Document.Facility.Languages[0]
	}
	if spoken := snap.Document.Facility.Languages; !slices.Contains(spoken, o.Language) {
		return trial{}, outreach.CallOrder{}, outreach.Problems{{Pointer: "/language", Detail: "is no language of the hospital", Hint: "one of " + strings.Join(spoken, ", ")}}
	}
	run := trial{call: outreach.TestCall{ID: outreach.AttemptID(s.NewID()), PBX: to.PBX.Name, Gateway: to.Gateway.Name, Number: o.Number, PhoneMasked: outreach.MaskPhone(o.Number),
		Configuration: o.Configuration, Language: o.Language, Actor: o.Actor, PlacedAt: now, Until: now.Add(limits.RingTimeout + limits.MaxDuration + afterSwitch), Lines: []outreach.TestLine{}}}
	order := outreach.CallOrder{Attempt: run.call.ID, PBX: to.PBX.Name, Gateway: to.Gateway.Name, Destination: to.Gateway.Destination(o.Number), CallerID: to.Gateway.CallerID,
		Codec: to.Gateway.CodecFor(o.Number), InbandDTMF: to.Gateway.DTMF == outreach.DTMFInband, RingTimeout: limits.RingTimeout, MaxDuration: limits.MaxDuration,
		Script: outreach.ToneScript(o.Language)}
	if o.Configuration == "" {
		return run, order, nil
	}
	cfg, ok := snap.Configuration(o.Configuration)
	if !ok {
		return run, order, outreach.Problems{{Pointer: "/configuration", Detail: "there is no configuration of this name"}}
	}
	step, ok := outreach.TestStep(cfg)
	if !ok {
		return run, order, outreach.Problems{{Pointer: "/configuration", Detail: "has no call", Hint: "choose one that calls, or none for a tone"}}
	}
	c, err := outreach.CaseFor(snap, cfg, outreach.SampleEvent(snap, cfg, outreach.SamplePatient{Digits: "00", Phone: o.Number, Language: o.Language}, now), now)
	if err != nil {
		return run, order, fmt.Errorf("sample for a test call: %w", err)
	}
	run.audio = outreach.TransactionID("test-" + string(run.call.ID))
	c.Transaction.ID, c.Transaction.Language = run.audio, o.Language
	script, err := s.Scripts.Script(ctx, snap, c, step)
	if err != nil {
		return run, order, outreach.Problems{{Pointer: "/configuration", Detail: "its call cannot be made now: " + err.Error()}}
	}
	order.Script = s.Scripts.At(script, to.PBX)
	if step.CallerID != "" {
		order.CallerID = step.CallerID
	}
	return run, order, nil
}

// place waits for the call's turn on the wire and hands it to the dialer.
func (s *Scheduler) place(ctx context.Context, to outreach.Candidate, order outreach.CallOrder) {
	err := s.Dialer.Playable(ctx, order)
	if err == nil {
		err = s.turn(ctx, to)
	}
	if err == nil {
		s.tell(ctx, order.Attempt, "dialing", map[string]any{"pbx": order.PBX, "gateway": order.Gateway})
		err = s.Dialer.Dial(ctx, order)
	}
	if err == nil {
		return
	}
	s.Log.Warn("test call", "pbx", order.PBX, "gateway", order.Gateway, "err", err)
	if s.Dialer.NotSent(err) || ctx.Err() != nil {
		s.tell(ctx, order.Attempt, "not_sent", map[string]any{"error": err.Error()})
		if err := s.trialEnded(ctx, outreach.CallResult{Attempt: order.Attempt}); err != nil {
			s.Log.Error("test call", "err", err)
		}
	}
}

// trying reports whether the leg is a test call of this node.
func (s *Scheduler) trying(id outreach.AttemptID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.trials[id]
	return ok
}

// aside reports whether the leg belongs to no transaction: a probe's, or a test call's, whose transcript it then goes to.
func (s *Scheduler) aside(ctx context.Context, id outreach.AttemptID, kind string, data map[string]any) bool {
	if _, probe := s.probing(id, false); probe {
		return true
	}
	if !s.trying(id) {
		return false
	}
	s.tell(ctx, id, kind, data)
	return true
}

// tell writes a line of the transcript. The call goes on without it.
func (s *Scheduler) tell(ctx context.Context, id outreach.AttemptID, kind string, data map[string]any) {
	if err := s.Store.TestLine(ctx, id, outreach.TestLine{At: s.Clock.Now(), Kind: kind, Data: data}); err != nil {
		s.Log.Error("transcript of a test call", "attempt_id", id, "err", err)
	}
}

// trialEnded settles a test call. What it met says nothing of patients and opens no breaker.
func (s *Scheduler) trialEnded(ctx context.Context, r outreach.CallResult) error {
	s.mu.Lock()
	run := s.trials[r.Attempt]
	s.mu.Unlock()
	con := outreach.Conclude(s.Catalogue.Current().Document.CauseMatrix, r)
	tc := run.call
	tc.Cause, tc.SIPStatus, tc.Disposition = r.Cause, r.SIPStatus, con.Disposition
	now := s.Clock.Now()
	s.tell(ctx, r.Attempt, "ended", map[string]any{"cause": r.Cause, "sip_status": r.SIPStatus, "disposition": con.Disposition, "heard": r.Heard})
	if err := s.Store.EndTest(ctx, tc, now); err != nil {
		return err // reported again
	}
	s.mu.Lock()
	delete(s.trials, r.Attempt)
	s.mu.Unlock()
	s.Log.Info("test call ended", "pbx", tc.PBX, "gateway", tc.Gateway, "disposition", tc.Disposition, "cause", tc.Cause, "sip_status", tc.SIPStatus)
	s.Wake()
	return s.forgetTrial(run)
}

func (s *Scheduler) forgetTrial(run trial) error {
	if run.audio == "" {
		return nil
	}
	return s.Scripts.Forget(run.audio)
}

// HangUpTest ends a test call of the PBX, whichever node placed it. Errors: outreach.ErrNotFound.
func (s *Scheduler) HangUpTest(ctx context.Context, pbx string, id outreach.AttemptID) error {
	found, err := s.Store.TestCalls(ctx, pbx, id, 1)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return outreach.ErrNotFound
	}
	if found[0].EndedAt != nil {
		return nil
	}
	if err := s.Dialer.Hangup(ctx, pbx, id); err != nil {
		return fmt.Errorf("hang up test call %s: %w", id, err)
	}
	return nil
}
