package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// recentCalls is how far back, in attempts of all channels, a look at the gateways' calls goes.
const recentCalls = 4000

const recentCallsText = `SELECT ` + attemptColumns + ` FROM (SELECT * FROM attempts ORDER BY seq DESC LIMIT $2) newest
	WHERE channel = 'ivr' AND state = 'ended' AND gateway <> '' AND ended_at >= $1 ORDER BY ended_at, seq`

// GatewayOutcomes returns how the newest calls that ended since then and the newest probes went, as far as
// they say something of their gateway, in the order in which they ended.
func (s *Store) GatewayOutcomes(ctx context.Context, since time.Time) (out []outreach.GatewayOutcome, err error) {
	err = s.glance(ctx).each(recentCallsText, args{toMillis(since), int64(recentCalls)}, func(r row) error {
		var a outreach.Attempt
		if err := scanAttempt(r, &a); err != nil {
			return err
		}
		if o, ok := outreach.OutcomeOf(a); ok {
			out = append(out, o)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("calls of the gateways: %w", err)
	}
	probes := `SELECT pbx, gateway, attempt_id, started_at, ended_at, fault, answered FROM gateway_probes WHERE ended_at >= $1 ORDER BY ended_at`
	err = s.glance(ctx).each(probes, args{max(toMillis(since), 1)}, func(r row) error {
		var o outreach.GatewayOutcome
		err := r.Scan(&o.PBX, &o.Gateway, (*string)(&o.Attempt), (*millis)(&o.Started), (*millis)(&o.Ended), &o.Fault, &o.Answered)
		out = append(out, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("probes of the gateways: %w", err)
	}
	return out, nil
}

// ClaimProbe takes a token of the PBX's and the gateway's buckets for one probe call, and writes it ahead.
// It reports false where the gateway has a call, the buckets are spent, or a node has begun a probe since due.
func (s *Store) ClaimProbe(ctx context.Context, now time.Time, o outreach.GatewayOutcome, caps outreach.Caps, due time.Time) (ok bool, err error) {
	err = s.writeHot(ctx, wants{}, func(t *tx) error {
		ok, err = t.claimProbe(now, o, caps, due)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("probe of gateway %s/%s: %w", o.PBX, o.Gateway, err)
	}
	return ok, nil
}

func (t *tx) claimProbe(now time.Time, o outreach.GatewayOutcome, caps outreach.Caps, due time.Time) (bool, error) {
	c := claiming{tx: t, now: fromMillis(toMillis(now)), lines: map[string]*outreach.Lines{}}
	if err := c.lockPBX(o.PBX); err != nil {
		return false, err
	}
	var began time.Time
	_, err := t.one(`SELECT started_at FROM gateway_probes WHERE pbx = $1 AND gateway = $2`, args{o.PBX, o.Gateway}, (*millis)(&began))
	if err != nil || !began.Before(due) && !began.IsZero() {
		return false, err
	}
	l := c.lines[o.PBX]
	if no := l.Refuse(o.Gateway, &caps, c.now); no.Refusal != "" {
		return false, nil
	}
	l.Spend("", caps.PBXRate)
	l.Spend(o.Gateway, caps.GatewayRate)
	if err := c.saveBuckets(l); err != nil {
		return false, err
	}
	return true, t.exec(`INSERT INTO gateway_probes (pbx, gateway, attempt_id, node, started_at, ended_at, fault, answered)
		VALUES ($1, $2, $3, $4, $5, 0, 0, 0) ON CONFLICT (pbx, gateway) DO UPDATE SET attempt_id = excluded.attempt_id,
		node = excluded.node, started_at = excluded.started_at, ended_at = 0, fault = 0, answered = 0`,
		o.PBX, o.Gateway, string(o.Attempt), t.s.opt.Node, toMillis(now))
}

// EndProbe writes how the probe went.
func (s *Store) EndProbe(ctx context.Context, o outreach.GatewayOutcome) error {
	err := s.writeHot(ctx, wants{}, func(t *tx) error {
		return t.exec(`UPDATE gateway_probes SET ended_at = $1, fault = $2, answered = $3 WHERE pbx = $4 AND gateway = $5 AND attempt_id = $6`,
			toMillis(o.Ended), flag(o.Fault), flag(o.Answered), o.PBX, o.Gateway, string(o.Attempt))
	})
	if err != nil {
		return fmt.Errorf("end of the probe of gateway %s/%s: %w", o.PBX, o.Gateway, err)
	}
	return nil
}
