package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// lines is one PBX under its lock: the lines in use and the token buckets.
type lines struct {
	pbx     string
	used    map[string]int // by gateway, "" for their sum
	buckets map[string]*bucket
}

// bucket lets rate calls a second pass, in bursts of at most one second's worth and at least one.
type bucket struct {
	tokens  float64
	at      time.Time
	known   bool // stored before
	changed bool
}

// lockPBX locks the PBX's row in a statement of its own and only then counts: counting first would
// let two nodes see the same free line.
func (c *claiming) lockPBX(pbx string) error {
	if c.hot != nil && c.hot.lines[pbx] != nil { // SQLite's one writer has counted along
		c.lines[pbx] = c.hot.lines[pbx]
		return nil
	}
	if err := c.lockPBXRow(pbx); err != nil {
		return err
	}
	l := &lines{pbx: pbx, used: map[string]int{}, buckets: map[string]*bucket{}}
	err := c.each(`SELECT gateway, tokens, at FROM pbx_state WHERE pbx = $1`, args{pbx}, func(r row) error {
		var name string
		b := &bucket{known: true}
		err := r.Scan(&name, &b.tokens, (*millis)(&b.at))
		l.buckets[name] = b
		return err
	})
	if err != nil {
		return fmt.Errorf("token buckets: %w", err)
	}
	err = c.each(`SELECT gateway, count(*) FROM attempts WHERE pbx = $1 AND live = 1 GROUP BY gateway`, args{pbx}, func(r row) error {
		var name string
		var n int
		err := r.Scan(&name, &n)
		l.use(name, n)
		return err
	})
	if err != nil {
		return fmt.Errorf("lines in use: %w", err)
	}
	c.lines[pbx] = l
	if c.hot != nil {
		if c.hot.lines == nil {
			c.hot.lines = map[string]*lines{}
		}
		c.hot.lines[pbx] = l
	}
	return nil
}

// lockPBXRow makes nodes wait for each other; SQLite has one writer and needs nothing.
func (c *claiming) lockPBXRow(pbx string) error {
	if !c.d.rowLocks {
		return nil
	}
	text, one := `SELECT 1 FROM pbx_state WHERE pbx = $1 AND gateway = ''`+c.d.forUpdate, 0
	found, err := c.one(text, args{pbx}, &one)
	if err != nil || found {
		return err
	}
	err = c.exec(`INSERT INTO pbx_state (pbx, gateway, tokens, at) VALUES ($1, '', 0, 0) ON CONFLICT DO NOTHING`, pbx)
	if err != nil {
		return err
	}
	_, err = c.one(text, args{pbx}, &one)
	return err
}

// use counts n lines of the gateway, and of the PBX.
func (l *lines) use(gateway string, n int) {
	l.used[""] += n
	if gateway != "" {
		l.used[gateway] += n
	}
}

// refuse says why the PBX or the gateway takes no further call now; a zero outcome lets it pass.
func (l *lines) refuse(gateway string, caps *outreach.Caps, now time.Time) outreach.ClaimOutcome {
	if caps.PBXCalls > 0 && l.used[""] >= caps.PBXCalls {
		return outreach.ClaimOutcome{Refusal: outreach.ReasonPBXLimit}
	}
	if caps.GatewayCalls > 0 && l.used[gateway] >= caps.GatewayCalls {
		return outreach.ClaimOutcome{Refusal: outreach.ReasonLine}
	}
	at := l.refill("", caps.PBXRate, now)
	if gateway != "" {
		at = later(at, l.refill(gateway, caps.GatewayRate, now))
	}
	if !at.IsZero() {
		return outreach.ClaimOutcome{Refusal: outreach.ReasonLine, RetryAt: at}
	}
	return outreach.ClaimOutcome{}
}

// refill brings the bucket up to now and returns when it has a whole token, zero if it has one.
func (l *lines) refill(name string, rate float64, now time.Time) time.Time {
	if rate <= 0 {
		return time.Time{}
	}
	b := l.buckets[name]
	burst := max(1, rate)
	if b == nil {
		b = &bucket{}
		l.buckets[name] = b
	}
	if b.at.IsZero() {
		b.tokens = burst
	} else if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.tokens = min(burst, b.tokens+passed*rate)
	}
	if now.After(b.at) {
		b.at = now
	}
	// A millionth below one is one: times are whole milliseconds, tokens binary fractions.
	if b.tokens >= 1-1e-6 {
		return time.Time{}
	}
	wait := time.Duration((1 - b.tokens) / rate * float64(time.Second))
	return b.at.Add(wait.Truncate(time.Millisecond) + time.Millisecond)
}

// take uses a line, and a token of each bucket that has a rate.
func (l *lines) take(gateway string, caps *outreach.Caps) {
	l.use(gateway, 1)
	l.spend("", caps.PBXRate)
	if gateway != "" {
		l.spend(gateway, caps.GatewayRate)
	}
}

func (l *lines) spend(name string, rate float64) {
	if rate > 0 {
		b := l.buckets[name]
		b.tokens, b.changed = b.tokens-1, true
	}
}

func (c *claiming) saveBuckets(l *lines) error {
	for name, b := range l.buckets {
		if !b.changed {
			continue
		}
		text := `INSERT INTO pbx_state (tokens, at, pbx, gateway) VALUES ($1, $2, $3, $4)`
		if b.known {
			text = `UPDATE pbx_state SET tokens = $1, at = $2 WHERE pbx = $3 AND gateway = $4`
		}
		if err := c.exec(text, b.tokens, toMillis(b.at), l.pbx, name); err != nil {
			return fmt.Errorf("token bucket of %s: %w", l.pbx, err)
		}
		b.known, b.changed = true, false
	}
	return nil
}

// LinesInUse counts the calls that hold a line, by PBX and gateway; "" is the PBX's sum.
func (s *Store) LinesInUse(ctx context.Context) (map[string]map[string]int, error) {
	out := map[string]map[string]int{}
	err := s.glance(ctx).each(`SELECT pbx, gateway, count(*) FROM attempts WHERE live = 1 AND pbx <> '' GROUP BY pbx, gateway`, nil, func(r row) error {
		var pbx, gateway string
		var n int
		err := r.Scan(&pbx, &gateway, &n)
		if out[pbx] == nil {
			out[pbx] = map[string]int{}
		}
		out[pbx][""] += n
		if gateway != "" {
			out[pbx][gateway] += n
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lines in use: %w", err)
	}
	return out, nil
}
