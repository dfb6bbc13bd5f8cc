package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// Roster is where nodes tell of themselves and learn how they stand.
type Roster interface {
	Beat(ctx context.Context, b outreach.Beat) (outreach.Standing, error)
	Leave(ctx context.Context, name, incarnation string) error
}

// Leading is the store in one turn of the leader: writes of a turn that is over are refused with
// outreach.ErrFenced.
type Leading interface {
	Purge(ctx context.Context, before time.Time, rows int) (int, error)
	Decide(ctx context.Context, id outreach.TransactionID, at time.Time, fn func(outreach.Case) (outreach.Change, error)) (outreach.Change, error)
	ForgetNodes(ctx context.Context, before time.Time) error
	Holds(ctx context.Context) error
}

// MemberOptions are a Member's parts; all but Behind and Every are needed.
type MemberOptions struct {
	Self     outreach.Beat // what never changes: name, incarnation, version, …
	Roster   Roster
	Under    func(outreach.Term) Leading
	Revision func() int64  // of the settings in force
	File     func() string // hash of the config file that the node has looked at last
	InFlight func() int
	Clock    clock.Clock // the machine's, also in the demo: nodes live in real time
	Log      *slog.Logger
	Changed  func()        // told when the node may claim again; must not block
	Behind   func()        // told when there are newer settings than the node's; must not block
	Every    time.Duration // between beats, default 1 s
}

// Member is this node among the others: it beats, and knows from the answers whether it may claim and
// whether it leads. A nil Member may do both.
type Member struct {
	o      MemberOptions
	wake   chan struct{}
	offset time.Duration // as last measured; only beat uses it
	behind time.Time     // since when the settings are known to be older than the newest, likewise
	leave  atomic.Bool

	mu       sync.Mutex
	standing outreach.Standing
	holds    string
	beaten   time.Time // by the machine's clock: when the last answered beat began
}

// followFor is how long a node may take to follow to new settings before it says that it cannot.
const followFor = 3 * time.Second

// staleBeats is how many beats may go unanswered: past them the node may have been stopped, or cut off.
const staleBeats = 8

// NewMember returns a Member that has not joined.
func NewMember(o MemberOptions) *Member {
	if o.Every == 0 {
		o.Every = time.Second
	}
	return &Member{o: o, wake: make(chan struct{}, 1)}
}

// Join makes the node known. It must be done before Run, and fails where the database does.
func (m *Member) Join(ctx context.Context) error {
	b := m.o.Self
	b.Joining = true
	return m.beat(ctx, b)
}

// Run beats until ctx ends. A beat that fails is tried again; until one is answered the node claims nothing.
func (m *Member) Run(ctx context.Context) {
	failing := false
	for {
		fired, stop := m.o.Clock.After(m.o.Every)
		select {
		case <-ctx.Done():
			stop()
			return
		case <-m.wake:
		case <-fired:
		}
		stop()
		err := m.beat(ctx, m.o.Self)
		if err != nil && ctx.Err() == nil && !failing {
			m.o.Log.Error("no heartbeat: nothing is claimed until the database answers again", "err", err)
		}
		failing = err != nil
	}
}

// Notice makes the member look at once when something was changed about nodes.
func (m *Member) Notice(n outreach.Notice) {
	if m != nil && n.Kind == "node" {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

// Stopping makes the node claim nothing more and give up the lead; it goes on beating until Leave.
func (m *Member) Stopping() {
	m.leave.Store(true)
	m.Notice(outreach.Notice{Kind: "node"})
}

// Leave takes the node off the list, after Run has returned.
func (m *Member) Leave(ctx context.Context) error {
	return m.o.Roster.Leave(ctx, m.o.Self.Name, m.o.Self.Incarnation)
}

func (m *Member) beat(ctx context.Context, b outreach.Beat) error {
	began, sent := time.Now(), m.o.Clock.Now()
	b.At, b.Revision, b.InFlight, b.ClockOffset = sent, m.o.Revision(), m.o.InFlight(), m.offset
	b.File, b.Stopping, b.Holds = m.o.File(), m.leave.Load(), m.held()
	b.Eligible = !b.Stopping && b.Holds == "" && !m.draining()
	st, err := m.o.Roster.Beat(ctx, b)
	if err != nil {
		return err
	}
	m.measure(sent, st.Now, time.Since(began))
	m.follow(st.Revision)
	cannotFollow := !m.behind.IsZero() && began.Sub(m.behind) > followFor
	m.stand(st, st.Holds(m.o.Revision(), m.offset, cannotFollow), began)
	return nil
}

// follow looks whether the node's settings are the newest.
func (m *Member) follow(newest int64) {
	switch {
	case newest <= m.o.Revision():
		m.behind = time.Time{}
	case m.behind.IsZero():
		m.behind = time.Now()
		fallthrough
	default:
		if m.o.Behind != nil {
			m.o.Behind()
		}
	}
}

// held is why the node claims nothing, as of the last beat.
func (m *Member) held() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.holds
}

// measure takes the database to have looked at its clock in the middle of the round trip. One that took
// long tells nothing about a clock that is right.
func (m *Member) measure(sent, database time.Time, trip time.Duration) {
	offset := sent.Add(trip / 2).Sub(database)
	if offset.Abs() <= trip {
		offset = 0
	}
	m.offset = offset
}

func (m *Member) draining() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.standing.Draining
}

// stand takes the answer over and tells what changed.
func (m *Member) stand(st outreach.Standing, holds string, began time.Time) {
	m.mu.Lock()
	old, held, was := m.standing, m.holds, m.stale()
	m.standing, m.holds, m.beaten = st, holds, began
	m.mu.Unlock()
	if holds != held && holds != "" {
		m.o.Log.Error("this node claims nothing", "node", m.o.Self.Name, "why", holds)
	}
	if st.Term.Number != old.Term.Number {
		m.o.Log.Info("leader", "node", m.o.Self.Name, "leads", st.Term.Leads(), "term", max(st.Term.Number, old.Term.Number))
	}
	if st.Draining != old.Draining {
		m.o.Log.Info("drain", "node", m.o.Self.Name, "draining", st.Draining)
	}
	if (held != "" || old.Draining || was) && holds == "" && !st.Draining {
		m.o.Changed()
	}
}

// halted reports whether the node's clock, its name or its link to the database is in doubt: then it does
// nothing by itself.
func (m *Member) halted() bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.holds != "" || m.stale()
}

// stale is called with the lock held.
func (m *Member) stale() bool { return time.Since(m.beaten) > staleBeats*m.o.Every }

// MayClaim reports whether the node may start anything new: not by settings that have been replaced, either.
func (m *Member) MayClaim() bool {
	return m == nil || !m.halted() && !m.draining() && !m.leave.Load() && m.newest() <= m.o.Revision()
}

// replaced reports whether err says that newer settings than s hold. Then the node claims nothing until it has them.
func (m *Member) replaced(err error, s *outreach.Snapshot) bool {
	if !errors.Is(err, outreach.ErrRevision) {
		return false
	}
	if m == nil {
		return true
	}
	m.mu.Lock()
	m.standing.Revision = max(m.standing.Revision, s.Revision+1)
	m.mu.Unlock()
	if m.o.Behind != nil {
		m.o.Behind()
	}
	return true
}

// newest is the revision of the newest settings that the node has heard of.
func (m *Member) newest() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.standing.Revision
}

// term is the turn in which the node leads; false if it does not.
func (m *Member) term() (outreach.Term, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.standing.Term, m.standing.Term.Leads()
}

// Leads returns outreach.ErrFenced unless the node leads by the database's word.
func (m *Member) Leads(ctx context.Context) error {
	term, _ := m.term()
	return m.o.Under(term).Holds(ctx)
}

// asLeader makes a job one that runs on the leader only. One whose turn ended while it ran is done by the next.
func (s *Scheduler) asLeader(job func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if s.Member != nil {
			if _, leads := s.Member.term(); !leads || s.Member.halted() {
				return nil
			}
		}
		err := job(ctx)
		if s.Member != nil && errors.Is(err, outreach.ErrFenced) {
			s.Log.Warn("a job was left to the next leader", "err", err)
			return nil
		}
		return err
	}
}

// leading is the store in the node's turn.
func (s *Scheduler) leading() Leading {
	if s.Member == nil {
		return alone{s.Store}
	}
	term, _ := s.Member.term()
	return s.Member.o.Under(term)
}

// alone leads without a turn.
type alone struct{ Store }

// Holds: nobody else could.
func (alone) Holds(context.Context) error { return nil }

// ForgetNodes has nothing to forget.
func (alone) ForgetNodes(context.Context, time.Time) error { return nil }

// forgetNodes takes nodes off the list that have been gone for a day.
func (s *Scheduler) forgetNodes(ctx context.Context) error {
	if s.Member == nil {
		return nil
	}
	if err := s.leading().ForgetNodes(ctx, s.Member.o.Clock.Now().Add(-24*time.Hour)); err != nil {
		return fmt.Errorf("nodes long gone: %w", err)
	}
	return nil
}
