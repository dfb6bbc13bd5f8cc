package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// leaderLease is how long a leader that gives no sign of life keeps its turn.
const leaderLease = 10 * time.Second

// databaseTime is PostgreSQL's clock, not that of the transaction's beginning.
const databaseTime = `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint`

// now is the database's time where it is asked for (Options.DatabaseTime), else at.
func (s *session) now(at time.Time) (time.Time, error) {
	if !s.s.opt.DatabaseTime || !s.d.rowLocks {
		return fromMillis(toMillis(at)), nil
	}
	var now time.Time
	if _, err := s.one(databaseTime, nil, (*millis)(&now)); err != nil {
		return at, fmt.Errorf("the database's time: %w", err)
	}
	return now, nil
}

// now is what a group has read under its locks, if it has.
func (t *tx) now(at time.Time) (time.Time, error) {
	if t.hot != nil && !t.hot.now.IsZero() {
		return t.hot.now, nil
	}
	return t.session.now(at)
}

// newestText is what other processes, maybe of a newer version, have made of the database.
const newestText = `SELECT revision, (SELECT max(version_id) FROM goose_db_version) FROM settings WHERE id = 1`

// Beat writes a node's sign of life and answers how it stands. A node that may lead does so as soon as
// nobody else does; whoever leads keeps its turn by beating.
func (s *Store) Beat(ctx context.Context, b outreach.Beat) (out outreach.Standing, err error) {
	err = s.writeHot(ctx, wants{}, func(t *tx) error {
		out = outreach.Standing{}
		if out.Now, err = t.now(b.At); err != nil {
			return err
		}
		known, err := t.standing(&b, &out)
		if err != nil || out.Superseded {
			return err
		}
		if err := t.writeNode(&b, known, out.Now); err != nil {
			return err
		}
		out.KnownSchema = t.s.schema
		if _, err = t.one(newestText, nil, &out.Revision, &out.Schema); err != nil {
			return err
		}
		out.Term, err = t.lead(&b, out.Now)
		return err
	})
	if err != nil {
		return outreach.Standing{}, fmt.Errorf("heartbeat of %s: %w", b.Name, err)
	}
	return out, nil
}

func (t *tx) standing(b *outreach.Beat, out *outreach.Standing) (known bool, err error) {
	var incarnation string
	known, err = t.one(`SELECT incarnation, draining FROM nodes WHERE name = $1`+t.d.forUpdate, args{b.Name}, &incarnation, &out.Draining)
	if err != nil || !known || incarnation == b.Incarnation {
		return known, err
	}
	out.Draining, out.Superseded = false, !b.Joining // a process that is started anew serves again
	return known, nil
}

func (t *tx) writeNode(b *outreach.Beat, known bool, now time.Time) error {
	values := []any{b.Incarnation, b.Version, toMillis(b.StartedAt), toMillis(now), b.Revision, b.File, b.ESLAdvertise, int64(b.InFlight),
		b.ClockOffset.Milliseconds(), flag(b.Stopping), b.Holds, b.Name}
	if !known {
		t.notify(outreach.Notice{Kind: "node"})
		return t.exec(`INSERT INTO nodes (incarnation, version, started_at, seen_at, revision, file, esl_advertise, in_flight, clock_offset,
			stopping, holds, name, draining) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)`, values...)
	}
	if b.Joining {
		t.notify(outreach.Notice{Kind: "node"})
		if err := t.exec(`UPDATE nodes SET draining = 0 WHERE name = $1`, b.Name); err != nil {
			return err
		}
	}
	return t.exec(`UPDATE nodes SET incarnation = $1, version = $2, started_at = $3, seen_at = $4, revision = $5, file = $6,
		esl_advertise = $7, in_flight = $8, clock_offset = $9, stopping = $10, holds = $11 WHERE name = $12`, values...)
}

// leaderRow is whose turn it is.
type leaderRow struct {
	node, incarnation string
	term              int64
	until             time.Time
}

func (s *session) leader(lock string) (l leaderRow, err error) {
	_, err = s.one(`SELECT node, incarnation, term, until FROM leader WHERE id = 1`+lock, nil, &l.node, &l.incarnation, &l.term, (*millis)(&l.until))
	return l, err
}

// lead keeps, takes or gives up the turn. Another's turn is only looked at: nodes do not wait for each other.
func (t *tx) lead(b *outreach.Beat, now time.Time) (outreach.Term, error) {
	l, err := t.leader("")
	mine := l.incarnation == b.Incarnation
	if err != nil || !mine && (!b.Eligible || l.until.After(now)) {
		return outreach.Term{}, err
	}
	if l, err = t.leader(t.d.forUpdate); err != nil {
		return outreach.Term{}, err
	}
	mine = l.incarnation == b.Incarnation && l.until.After(now)
	switch {
	case !mine && (!b.Eligible || l.until.After(now)):
		return outreach.Term{}, nil
	case !b.Eligible:
		return outreach.Term{}, t.exec(`UPDATE leader SET until = 0 WHERE id = 1`)
	case !mine:
		l.term++
		t.notify(outreach.Notice{Kind: "node"})
	}
	return outreach.Term{Number: l.term, Incarnation: b.Incarnation},
		t.exec(`UPDATE leader SET node = $1, incarnation = $2, term = $3, until = $4 WHERE id = 1`,
			b.Name, b.Incarnation, l.term, toMillis(now.Add(leaderLease)))
}

// Leave removes a node that has stopped, and ends its turn if it led. A name that another process has
// taken over stays.
func (s *Store) Leave(ctx context.Context, name, incarnation string) error {
	err := s.writeHot(ctx, wants{}, func(t *tx) error {
		t.notify(outreach.Notice{Kind: "node"})
		if err := t.exec(`DELETE FROM nodes WHERE name = $1 AND incarnation = $2`, name, incarnation); err != nil {
			return err
		}
		return t.exec(`UPDATE leader SET until = 0 WHERE id = 1 AND incarnation = $1`, incarnation)
	})
	if err != nil {
		return fmt.Errorf("node %s leaves: %w", name, err)
	}
	return nil
}

// DrainNode tells a node to claim nothing, or to claim again. ErrNotFound if no node has that name.
func (s *Store) DrainNode(ctx context.Context, name string, on bool) error {
	err := s.writeHot(ctx, wants{}, func(t *tx) error {
		t.notify(outreach.Notice{Kind: "node"})
		n, err := t.count(`UPDATE nodes SET draining = $1 WHERE name = $2`, flag(on), name)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("drain node %s: %w", name, err)
	}
	return nil
}

// Nodes lists every node by name, judged by the database's time, or by at where it has none of its own.
func (s *Store) Nodes(ctx context.Context, at time.Time) (out outreach.NodeList, err error) {
	err = s.read(ctx, func(q *session) error {
		if out.Now, err = q.now(at); err != nil {
			return err
		}
		l, err := q.leader("")
		if err != nil {
			return err
		}
		out.Term = l.term
		if l.until.After(out.Now) {
			out.Leader = l.node
		}
		if _, err := q.one(`SELECT revision FROM settings WHERE id = 1`, nil, &out.Revision); err != nil {
			return err
		}
		return q.nodes(&out, l)
	})
	if err != nil {
		return out, fmt.Errorf("list nodes: %w", err)
	}
	out.Judge()
	return out, nil
}

func (s *session) nodes(out *outreach.NodeList, l leaderRow) error {
	return s.each(`SELECT name, version, started_at, seen_at, revision, file, esl_advertise, in_flight, clock_offset, draining, stopping,
			holds, incarnation FROM nodes ORDER BY name`, nil, func(r row) error {
		var n outreach.NodeStatus
		var offset int64
		var incarnation string
		err := r.Scan(&n.Name, &n.Version, (*millis)(&n.StartedAt), (*millis)(&n.LastSeen), &n.Revision, &n.File, &n.ESLAdvertise,
			&n.InFlight, &offset, &n.Draining, &n.Stopping, &n.Holds, &incarnation)
		n.ClockOffset = float64(offset)
		if incarnation == l.incarnation && out.Leader != "" {
			n.Leader, n.Term = true, l.term
		}
		out.Items = append(out.Items, n)
		return err
	})
}
