package store

import (
	"context"
	"fmt"

	"curlew/outreach"
)

// linesOfCalls is outreach.Attempt.Lines of live calls, in SQL.
const linesOfCalls = `count(*) + sum(CASE WHEN detail = '` + outreach.DetailTransferred + `' THEN 1 ELSE 0 END)`

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
	l := outreach.NewLines(pbx)
	err := c.each(`SELECT gateway, tokens, at FROM pbx_state WHERE pbx = $1`, args{pbx}, func(r row) error {
		var name string
		b := &outreach.Bucket{Known: true}
		err := r.Scan(&name, &b.Tokens, (*millis)(&b.At))
		l.Buckets[name] = b
		return err
	})
	if err != nil {
		return fmt.Errorf("token buckets: %w", err)
	}
	err = c.each(`SELECT gateway, `+linesOfCalls+` FROM attempts WHERE pbx = $1 AND live = 1 GROUP BY gateway`, args{pbx}, func(r row) error {
		var name string
		var n int
		err := r.Scan(&name, &n)
		l.Use(name, n)
		return err
	})
	if err == nil {
		err = c.each(`SELECT gateway, count(*)`+linesOfTests+` AND pbx = $1 GROUP BY gateway`, args{pbx}, func(r row) error {
			var name string
			var n int
			err := r.Scan(&name, &n)
			l.Use(name, n)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("lines in use: %w", err)
	}
	c.lines[pbx] = l
	if c.hot != nil {
		if c.hot.lines == nil {
			c.hot.lines = map[string]*outreach.Lines{}
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

func (c *claiming) saveBuckets(l *outreach.Lines) error {
	for name, b := range l.Buckets {
		if !b.Changed {
			continue
		}
		text := `INSERT INTO pbx_state (tokens, at, pbx, gateway) VALUES ($1, $2, $3, $4)`
		if b.Known {
			text = `UPDATE pbx_state SET tokens = $1, at = $2 WHERE pbx = $3 AND gateway = $4`
		}
		if err := c.exec(text, b.Tokens, toMillis(b.At), l.PBX, name); err != nil {
			return fmt.Errorf("token bucket of %s: %w", l.PBX, err)
		}
		b.Known, b.Changed = true, false
	}
	return nil
}

// LinesInUse counts the calls that hold a line, by PBX and gateway; "" is the PBX's sum.
func (s *Store) LinesInUse(ctx context.Context) (map[string]map[string]int, error) {
	out := map[string]map[string]int{}
	err := s.glance(ctx).each(`SELECT pbx, gateway, `+linesOfCalls+` FROM attempts WHERE live = 1 AND pbx <> '' GROUP BY pbx, gateway
		UNION ALL SELECT pbx, gateway, count(*)`+linesOfTests+` GROUP BY pbx, gateway`, nil, func(r row) error {
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
