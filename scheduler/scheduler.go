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

	"github.com/robfig/cron/v3"
)

// Store is what the scheduler needs of the database. Decide and DecideAttempt run the function and
// write its Change in one database transaction.
type Store interface {
	Decide(ctx context.Context, id outreach.TransactionID, at time.Time, fn func(outreach.Case) (outreach.Change, error)) (outreach.Change, error)
	DecideAttempt(ctx context.Context, id outreach.AttemptID, token int64, at time.Time, fn func(outreach.Case) (outreach.Change, error)) (outreach.Change, error)
	Promote(ctx context.Context, now time.Time, limit int) (int, error)
	Timers(ctx context.Context, now time.Time, limit int) ([]outreach.TransactionID, error)
	Agenda(ctx context.Context) (outreach.Agenda, error)
	Lanes(ctx context.Context) ([]outreach.LaneState, error)
	Head(ctx context.Context, lane string, skip, limit int) ([]outreach.Case, error)
	Claim(ctx context.Context, now time.Time, claims []outreach.Claim) ([]outreach.ClaimOutcome, error)
	Case(ctx context.Context, id outreach.TransactionID) (outreach.Case, error)
	LiveAttempts(ctx context.Context) ([]outreach.Attempt, error)
	ExpiredLeases(ctx context.Context, now time.Time) ([]outreach.Attempt, error)
	RenewLeases(ctx context.Context, node string, now time.Time, lease time.Duration) error
	LinesInUse(ctx context.Context) (map[string]map[string]int, error)
	Pauses(ctx context.Context) ([]outreach.PauseScope, error)
	ClaimLetters(ctx context.Context, revision int64, now time.Time, limit int) ([]outreach.Letter, error)
	LetterTried(ctx context.Context, l outreach.Letter, next time.Time, entry outreach.LogEntry) error
	Purge(ctx context.Context, before time.Time, rows int) (int, error)
	Gateways
	OpenOf(ctx context.Context, configuration string, version int64, after outreach.TransactionID, limit int) ([]outreach.TransactionID, error)
	RingBacks
	TestCalls
}

// Dialer places calls. Dial returns nil once the PBX took the job; an error for which NotSent is true
// means that nothing left. The end of every other order comes by End exactly once.
type Dialer interface {
	// Playable is an error for which NotSent is true where the PBX lacks what the order plays.
	Playable(ctx context.Context, order outreach.CallOrder) error
	Dial(ctx context.Context, order outreach.CallOrder) error
	NotSent(err error) bool
	Hangup(ctx context.Context, pbx string, id outreach.AttemptID) error
	Exists(ctx context.Context, pbx string, id outreach.AttemptID) (bool, error)
	Adopt(order outreach.CallOrder)
	Watching(id outreach.AttemptID) bool
	// Ended is how a call that nobody here watched ended, if its PBX told this node.
	Ended(id outreach.AttemptID) (outreach.CallResult, bool)
	Status(pbx string) outreach.PBXStatus
}

// Scripts turns a step into a call's media. Forget deletes the audio that names a patient, once the
// transaction is over.
type Scripts interface {
	Forget(id outreach.TransactionID) error
	// RingBack is what a patient who rings back is asked: HumanTest, Invalid and Goodbye of its one flow.
	RingBack(ctx context.Context, s *outreach.Snapshot, lang string) (outreach.Script, error)
	// At makes the media's places those that the PBX sees.
	At(script outreach.Script, pbx outreach.PBX) outreach.Script
	Script(ctx context.Context, s *outreach.Snapshot, c outreach.Case, step outreach.Step) (outreach.Script, error)
}

// Sender sends one message and may be asked later what became of it.
type Sender interface {
	Send(ctx context.Context, m outreach.Message) (outreach.Receipt, error)
	// Settle asks the provider about a message whose answer was lost; false: no proof.
	Settle(ctx context.Context, a outreach.Attempt) (outreach.Receipt, bool, error)
}

// Composer renders a message step. link is the response link, "" where the step has no actions;
// unsubscribe is the one-click address.
type Composer interface {
	Compose(s *outreach.Snapshot, c outreach.Case, step outreach.Step, link, unsubscribe string) (outreach.Message, error)
	Letter(s *outreach.Snapshot, l outreach.Letter) (outreach.Message, error)
}

// Catalogue hands out the live configuration.
type Catalogue interface{ Current() *outreach.Snapshot }

// Options are the scheduler's parts; all are needed.
type Options struct {
	Node      string
	Store     Store
	Dialer    Dialer
	Scripts   Scripts
	Sender    Sender
	Composer  Composer
	Catalogue Catalogue
	Clock     clock.Clock
	Log       *slog.Logger
	NewID     func() string                                         // UUIDv7
	NewToken  func() (string, [32]byte)                             // response links
	Retire    func(ctx context.Context, configuration string) error // inactivates a "once" whose date is over
	Lease     time.Duration                                         // default 30 s
	Messages  int                                                   // sends under way per channel, default 256: 300 ms each lets 800 a second leave
	Shared    bool                                                  // other nodes hear the same PBXs, and may know what this one has missed
	Member    *Member                                               // this node among others; nil: it is the only one and leads
}

// Scheduler is one node's claim loop and everything that it set going.
type Scheduler struct {
	Options
	wake     chan struct{}
	ask      chan struct{} // a PBX can be asked about unknown attempts
	reaping  sync.Mutex    // one Reap at a time
	cron     *cron.Cron
	calls    sync.WaitGroup
	writing  atomic.Int32 // letters under way
	mu       sync.Mutex
	inflight map[outreach.AttemptID]outreach.Attempt
	pauses   []outreach.PauseScope
	releases map[string]cron.Schedule
	breakers map[string]*outreach.Breaker // by pbx/gateway
	probes   map[outreach.AttemptID]outreach.GatewayOutcome
	trials   map[outreach.AttemptID]trial
	records  map[outreach.AttemptID]record
	heard    map[outreach.AttemptID]heard
	guesses  map[string]guesses             // by number
	turns    map[string]time.Time           // pbx, pbx/gateway → when its next call may leave
	withheld map[outreach.Channel]time.Time // until when nothing leaves on it
	stuck    map[string]int                 // by lane, as it was told last; the loop's own
	looked   time.Time                      // when the agenda was asked last; the loop's own
	asleep   bool
	next     time.Time            // when something is due, zero if nothing is
	warm     map[string]time.Time // pbx/gateway → when its bucket has filled again
}

// New returns a scheduler that has not started.
func New(o Options) *Scheduler {
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Messages == 0 {
		o.Messages = 256
	}
	return &Scheduler{Options: o, wake: make(chan struct{}, 1), ask: make(chan struct{}, 1), inflight: map[outreach.AttemptID]outreach.Attempt{},
		releases: map[string]cron.Schedule{}, breakers: map[string]*outreach.Breaker{},
		probes: map[outreach.AttemptID]outreach.GatewayOutcome{}, trials: map[outreach.AttemptID]trial{}, turns: map[string]time.Time{}, guesses: map[string]guesses{}, records: map[outreach.AttemptID]record{}, heard: map[outreach.AttemptID]heard{}, withheld: map[outreach.Channel]time.Time{}, warm: map[string]time.Time{},
		stuck: map[string]int{}}
}

// Wake makes the loop look at the queue now. It never blocks.
func (s *Scheduler) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Notice is the store's commit hook: what made something ready wakes the loop.
func (s *Scheduler) Notice(n outreach.Notice) {
	if n.Kind == "attempt" && n.Reason == outreach.ReasonUnknown { // its PBX may have told us how it ended
		s.askAgain()
	}
	if n.Ready || n.Kind == "pause" || n.Kind == "settings" {
		s.Wake()
	}
}

// Run claims until ctx ends; calls that are under way go on until Drain.
func (s *Scheduler) Run(ctx context.Context) error {
	if err := s.recover(ctx); err != nil {
		return err
	}
	if err := s.recallGateways(ctx, rememberGateways); err != nil {
		return err
	}
	if err := s.startCron(ctx); err != nil {
		return err
	}
	defer func() { <-s.cron.Stop().Done() }()
	var asking sync.WaitGroup
	defer asking.Wait()
	asking.Go(func() { s.reapOnLink(ctx) })
	var b breath
	for {
		if !b.take(ctx) {
			return nil
		}
		wait, err := s.tick(ctx, b.busy())
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.Log.Error("queue pass stopped: nothing is claimed until the next one", "err", err)
			wait = time.Second
		}
		fired, stop := s.Clock.After(wait)
		s.sleep(true)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-s.wake:
		case <-fired:
		}
		s.sleep(false)
		stop()
	}
}

func (s *Scheduler) sleep(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asleep = on
}

// Resting reports whether this node has nothing under way and nothing to do before next (zero: nothing
// at all). A clock that can jump may jump there.
func (s *Scheduler) Resting() (next time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, s.asleep && len(s.wake) == 0 && len(s.inflight) == 0 && s.writing.Load() == 0
}

// startCron sets the jobs that wake the scheduler: the due poll as the net below the notices, the
// leases, the settling of unknowns, retention at night. None of them computes a due time.
func (s *Scheduler) startCron(ctx context.Context) error {
	s.cron = cron.New(cron.WithLocation(s.current().Location))
	jobs := []struct {
		line string
		run  func(context.Context) error
	}{
		{"@every 2s", func(context.Context) error { s.Wake(); return nil }},
		{"@every " + (s.Lease / 3).String(), s.renewLeases},
		{"@every " + (s.Lease / 3).String(), s.Reap},
		{"@every 5s", s.followGateways},
		{"@every 1m", s.asLeader(s.RetireOnce)},
		{"@every 1m", s.asLeader(s.AdvanceEarly)},
		{"17 3 * * *", s.asLeader(s.purge)},
		{"47 * * * *", s.asLeader(s.forgetNodes)},
	}
	for _, j := range jobs {
		job := j.run
		if _, err := s.cron.AddFunc(j.line, func() {
			if err := job(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error("scheduled job", "line", j.line, "err", err)
			}
		}); err != nil {
			return fmt.Errorf("cron %s: %w", j.line, err)
		}
	}
	s.cron.Start()
	return nil
}

// RetireOnce inactivates the configurations whose only date is over.
func (s *Scheduler) RetireOnce(ctx context.Context) error {
	for _, name := range outreach.OnceOver(s.current(), s.Clock.Now()) {
		if err := s.Retire(ctx, name); err != nil {
			return fmt.Errorf("inactivate %s: %w", name, err)
		}
		s.Log.Info("configuration inactivated itself: its date is over", "configuration", name)
	}
	return nil
}

// purgeBatch rows, some ten transactions, leave at a time: claims wait for no more than that.
const purgeBatch = 200

func (s *Scheduler) purge(ctx context.Context) error {
	_, err := s.purgeBy(ctx, s.leading().Purge, func(int) {})
	return err
}

// PurgeNow removes what the retention no longer keeps, as it is done every night, and tells how many rows are gone so far.
// What is removed stays removed when ctx ends.
func (s *Scheduler) PurgeNow(ctx context.Context, step func(removed int)) (int, error) {
	return s.purgeBy(ctx, s.Store.Purge, step)
}

func (s *Scheduler) purgeBy(ctx context.Context, remove func(context.Context, time.Time, int) (int, error), step func(removed int)) (removed int, err error) {
	keep := outreach.CalendarDays(365)
	if r := s.current().Document.Retention; r != nil && !r.Transactions.IsZero() {
		keep = r.Transactions
	}
	before := keep.Add(s.Clock.Now(), -1, s.current().Location)
	for {
		began := time.Now()
		n, err := remove(ctx, before, purgeBatch)
		if err != nil || n == 0 {
			return removed, err
		}
		removed += n
		step(removed)
		if err := clock.Wait(ctx, clock.System{}, time.Since(began)); err != nil { // half of the time is everybody else's
			return removed, err
		}
	}
}

// InFlight is how many calls and sends this node has under way.
func (s *Scheduler) InFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inflight)
}

// Drain waits for what is under way until ctx ends; what is left then is written down as unknown, for
// the next start to settle. Call it after Run returned.
func (s *Scheduler) Drain(ctx context.Context) error {
	done := make(chan struct{})
	go func() { s.calls.Wait(); close(done) }()
	if s.keepUntil(ctx, done) {
		return nil
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var errs []error
	for _, a := range s.underWay() {
		errs = append(errs, s.markUnknown(settle, a))
		s.untrack(a.ID)
	}
	return errors.Join(errs...)
}

// keepUntil renews the leases until done is closed: calls that finish in their own time are still ours.
// It reports false if ctx ended first.
func (s *Scheduler) keepUntil(ctx context.Context, done <-chan struct{}) bool {
	for {
		fired, stop := s.Clock.After(s.Lease / 6)
		select {
		case <-done:
			stop()
			return true
		case <-ctx.Done():
			stop()
			return false
		case <-fired:
		}
		if err := s.renewLeases(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("leases of the calls that are let finish", "err", err)
		}
	}
}

func (s *Scheduler) underWay() []outreach.Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]outreach.Attempt, 0, len(s.inflight))
	for _, a := range s.inflight {
		out = append(out, a)
	}
	return out
}
