package scheduler

import (
	"context"
	"slices"
	"time"

	"curlew/outreach"
)

// mayBridge takes the line of a call's second leg. false: none is free, and the patient is called back.
func (s *Scheduler) mayBridge(ctx context.Context, id outreach.AttemptID, token int64, at time.Time) (bool, error) {
	s.mu.Lock()
	a, ok := s.inflight[id]
	s.mu.Unlock()
	if !ok { // a leg that outlived its owner: nobody counts along
		return true, nil
	}
	p, ok := s.Catalogue.Current().PBX(a.PBX)
	i := slices.IndexFunc(p.Gateways, func(g outreach.Gateway) bool { return g.Name == a.Gateway || a.Gateway == "" && g.Active })
	if !ok || i < 0 {
		return true, nil
	}
	to := outreach.Candidate{PBX: p, Gateway: p.Gateways[i], Pace: outreach.PaceOf(p, s.Dialer.Status(a.PBX))}
	if to.Pace.Calls == 0 {
		return false, nil
	}
	return s.Store.ClaimBridge(ctx, at, id, token, p.Gateways[i].Name, s.Catalogue.Current().CapsFor(to))
}
