package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// ClaimBridge takes a second line of the attempt's gateway, with tokens of its buckets, for the leg to which
// the call is about to be connected. It reports false, and takes nothing, where no line is free. Tokens may
// be owed: the call waits for nobody, the ones after it do.
func (s *Store) ClaimBridge(ctx context.Context, now time.Time, id outreach.AttemptID, token int64, gateway string, caps outreach.Caps) (ok bool, err error) {
	err = s.writeHot(ctx, wants{}, func(t *tx) error {
		ok = false
		owner, err := t.ownerOf(id)
		if err != nil {
			return err
		}
		h, err := t.hold(owner)
		if err != nil {
			return err
		}
		ok, err = t.claimBridge(h, now, id, token, gateway, caps)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("second leg of %s: %w", id, err)
	}
	return ok, nil
}

func (t *tx) claimBridge(h *held, now time.Time, id outreach.AttemptID, token int64, gateway string, caps outreach.Caps) (bool, error) {
	for i := range h.attempts {
		a := &h.attempts[i]
		if a.ID != id {
			continue
		}
		if a.Token != token || a.State == outreach.AttemptEnded {
			return false, ErrFenced
		}
		if a.Lines() > 1 {
			return true, nil
		}
		c := claiming{tx: t, now: fromMillis(toMillis(now)), lines: map[string]*outreach.Lines{}}
		if err := c.lockPBX(a.PBX); err != nil {
			return false, err
		}
		l := c.lines[a.PBX]
		if no := l.Refuse(gateway, &caps, c.now); no.Refusal != "" && no.RetryAt.IsZero() {
			return false, nil
		}
		l.Use(a.Gateway, 1)
		l.Spend("", caps.PBXRate)
		l.Spend(gateway, caps.GatewayRate)
		if err := c.saveBuckets(l); err != nil {
			return false, err
		}
		n := *a
		n.Detail = outreach.DetailTransferred
		if err := t.updateAttempt(a, &n); err != nil {
			return false, err
		}
		t.release(h)
		return true, nil
	}
	return false, ErrNotFound
}
