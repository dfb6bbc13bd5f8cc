package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"

	"curlew/outreach"
)

// tx is one operation inside a write transaction.
type tx struct {
	session
	w       runner
	wrote   bool
	grouped bool // on PostgreSQL: shares its transaction, which is undone if a key exists already
	hot     *hot
	notices []outreach.Notice
	kept    []func()
}

func (t *tx) start(ctx context.Context, s *Store, r runner, h *hot) {
	*t = tx{session: session{ctx: ctx, r: r, d: s.d, s: s, after: &t.kept}, w: r, hot: h}
	if h != nil {
		t.known = &h.settings
	}
}

// exec runs a statement whose count of rows does not matter.
func (t *tx) exec(query string, a ...any) error {
	t.wrote = true
	return t.w.put(t.ctx, query, a)
}

// count runs a statement and returns how many rows it changed.
func (t *tx) count(query string, a ...any) (int64, error) {
	t.wrote = true
	return t.w.exec(t.ctx, query, a)
}

// insertNew stores a row and reports whether its keys were free.
func (t *tx) insertNew(q newRow, a ...any) (bool, error) {
	if t.grouped {
		return true, t.exec(q.orFail, a...)
	}
	n, err := t.count(q.orNothing, a...)
	return n > 0, err
}

func (t *tx) notify(n outreach.Notice) { t.notices = append(t.notices, n) }

// operation waits for its turn in a group.
type operation struct {
	ctx    context.Context
	fn     func(*tx) error
	hot    bool // fn keeps the hot cases right
	wants  wants
	tx     tx
	err    error
	panics any
	done   chan struct{}
}

// write runs fn in a write transaction and returns once it is durable. fn may be run more than once:
// what it keeps outside of the database must be overwritten, not added to. Its error is returned as it
// is, after everything it wrote was undone.
func (s *Store) write(ctx context.Context, fn func(*tx) error) error {
	return s.writeAs(ctx, wants{}, fn, false)
}

// writeHot is write for operations that change transactions and attempts through held cases only, or
// none that are in progress.
func (s *Store) writeHot(ctx context.Context, w wants, fn func(*tx) error) error {
	return s.writeAs(ctx, w, fn, true)
}

func (s *Store) writeAs(ctx context.Context, w wants, fn func(*tx) error, hot bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var op *operation
	var err error
	switch {
	case s.group != nil:
		op, err = s.group.do(ctx, fn, hot)
	case w.kind != wantsNothing:
		op, err = s.groups.do(ctx, w, fn)
	default:
		op, err = s.writeAlone(ctx, fn)
	}
	if err = s.trouble.note(s.opt.Trouble, err, op != nil && op.tx.wrote); err != nil {
		return err
	}
	for _, f := range op.tx.kept {
		f()
	}
	s.announce(op.tx.notices)
	return nil
}

// writeAlone gives the operation its own transaction: PostgreSQL orders them by row locks.
func (s *Store) writeAlone(ctx context.Context, fn func(*tx) error) (*operation, error) {
	const tries = 10
	ctx = context.WithoutCancel(ctx) // a commit whose answer is not awaited would be in doubt
	for n := 1; ; n++ {
		op := &operation{}
		err := inPostgres(ctx, s.writes.DB, nil, func(conn *pgTx) error {
			op.tx.start(ctx, s, conn, nil)
			return fn(&op.tx)
		})
		if err == nil || n == tries || !s.d.again(err) {
			return op, err
		}
	}
}

// group is SQLite's single writer. Operations that arrive while it works share the next COMMIT, so
// that one fsync answers many callers.
type group struct {
	s    *Store
	conn *liteConn
	ops  chan *operation
	stop chan struct{} // closed: no more operations
	done chan struct{} // closed: the writer has ended
	log  *slog.Logger

	patience patience
	hot      hot
	version  int64         // of the data, as other processes change it
	every    int           // operations between checkpoints
	frames   int64         // of WAL, from which on the writer finishes a checkpoint
	pending  int           // operations since the last checkpoint
	nudge    chan struct{} // wakes the checkpointer
	idle     chan struct{} // closed: the checkpointer has ended
	finish   atomic.Bool   // the writer should finish the checkpoint
}

const (
	groupYields      = 16    // turns left to callers that have just been answered, before a group closes
	groupMax         = 256   // operations of one COMMIT
	checkpointEvery  = 4096  // operations; pages that change often are copied once for all of them
	checkpointFrames = 16384 // 64 MiB of WAL
)

func newGroup(s *Store, conn *liteConn) *group {
	return &group{
		s: s, conn: conn, log: s.log, ops: make(chan *operation, groupMax),
		stop: make(chan struct{}), done: make(chan struct{}),
		nudge: make(chan struct{}), idle: make(chan struct{}), every: checkpointEvery, frames: checkpointFrames,
	}
}

func (g *group) close() error {
	close(g.stop)
	<-g.done
	<-g.idle
	return g.conn.close()
}

var errClosed = errors.New("the store is closed")

func (g *group) do(ctx context.Context, fn func(*tx) error, hot bool) (*operation, error) {
	op := &operation{ctx: ctx, fn: fn, hot: hot, done: make(chan struct{})}
	return op.by(g.ops, g.stop, g.done)
}

// by hands the operation to the writers that take from ops, and waits for what became of it. stop is closed when they
// take no more, ended when they have answered everything that they took.
func (op *operation) by(ops chan<- *operation, stop, ended <-chan struct{}) (*operation, error) {
	select {
	case ops <- op:
	case <-stop:
		return nil, errClosed
	case <-op.ctx.Done():
		return nil, op.ctx.Err()
	}
	select {
	case <-op.done:
	case <-ended:
		select {
		case <-op.done:
		default:
			return nil, errClosed
		}
	}
	return op.answer()
}

// answer is what its caller gets; a panic of fn is the caller's.
func (op *operation) answer() (*operation, error) {
	if op.panics != nil {
		panic(op.panics)
	}
	return op, op.err
}

func (g *group) run(ctx context.Context) {
	defer close(g.done)
	defer close(g.nudge)
	for {
		select {
		case op := <-g.ops:
			g.commit(ctx, op)
		case <-g.stop:
			if op := g.next(0); op != nil {
				g.commit(ctx, op)
				continue
			}
			return
		}
	}
}

// commit runs first and all that joins it in one transaction.
func (g *group) commit(ctx context.Context, first *operation) {
	batch, err := g.gather(ctx, first)
	if errors.Is(err, errSpoilt) {
		batch, err = g.replay(ctx, batch)
	}
	for _, op := range batch {
		if err != nil && op.err == nil {
			op.err = err
		}
		close(op.done)
	}
	g.patience.close()
	g.tidy(ctx, len(batch))
}

// errSpoilt says that an operation failed after it had written, so that the transaction was undone.
var errSpoilt = errors.New("one operation of the group failed after it had written")

// gather runs first and what is waiting. Without savepoints: an operation rarely fails after its
// first write, and then the group is undone and replayed.
func (g *group) gather(ctx context.Context, first *operation) ([]*operation, error) {
	batch := []*operation{first}
	g.patience.open()
	if err := g.begin(ctx); err != nil {
		return batch, err
	}
	for op := first; op != nil; op = g.more(len(batch)) {
		if op != first {
			batch = append(batch, op)
		}
		g.perform(ctx, op)
		if (op.err != nil || op.panics != nil) && op.tx.wrote {
			return batch, errors.Join(errSpoilt, g.rollback(ctx))
		}
	}
	return batch, g.end(ctx)
}

// more is the next operation of a group that has n.
func (g *group) more(n int) *operation {
	if op := g.next(n); op != nil || n >= groupMax {
		return op
	}
	return g.patience.await(g.ops, n)
}

func (g *group) next(n int) *operation {
	if n >= groupMax {
		return nil
	}
	for range groupYields {
		select {
		case op := <-g.ops:
			return op
		default:
			if n > 0 {
				runtime.Gosched()
			}
		}
	}
	return nil
}

// replay runs the batch again, each operation behind a savepoint of its own.
func (g *group) replay(ctx context.Context, batch []*operation) ([]*operation, error) {
	if err := g.begin(ctx); err != nil {
		return batch, err
	}
	for _, op := range batch {
		if err := g.statement(ctx, "SAVEPOINT operation"); err != nil {
			return batch, errors.Join(err, g.rollback(ctx))
		}
		g.perform(ctx, op)
		if op.err != nil && spoilt(op.err) {
			return batch, errors.Join(op.err, g.rollback(ctx))
		}
		if op.err != nil || op.panics != nil {
			g.hot.clear()
			if err := g.statement(ctx, "ROLLBACK TO operation"); err != nil {
				return batch, errors.Join(err, g.rollback(ctx))
			}
		}
		if err := g.statement(ctx, "RELEASE operation"); err != nil {
			return batch, errors.Join(err, g.rollback(ctx))
		}
	}
	return batch, g.end(ctx)
}

// perform runs one operation. A panic is kept for its caller.
func (g *group) perform(ctx context.Context, op *operation) {
	op.panics, op.err = nil, op.ctx.Err()
	op.tx.start(ctx, g.s, g.conn, &g.hot)
	if op.err != nil {
		return
	}
	if !op.hot {
		g.hot.clear()
	}
	defer func() { op.panics = recover() }()
	op.err = op.fn(&op.tx)
}

func (g *group) begin(ctx context.Context) error {
	if err := g.statement(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return g.lookAround(ctx)
}

// lookAround forgets what is in memory if another process has written.
func (g *group) lookAround(ctx context.Context) error {
	var v int64
	err := g.conn.query(ctx, "PRAGMA data_version", nil, func(r row) error { return r.Scan(&v) })
	if err != nil {
		return errors.Join(fmt.Errorf("data version: %w", err), g.rollback(ctx))
	}
	if v != g.version {
		g.version = v
		g.hot.clear()
	}
	g.hot.settings = nil
	return nil
}

func (g *group) end(ctx context.Context) error {
	if err := g.statement(ctx, "COMMIT"); err != nil {
		return errors.Join(fmt.Errorf("commit: %w", err), g.rollback(ctx))
	}
	return nil
}

func (g *group) rollback(ctx context.Context) error {
	g.hot.clear()
	if g.conn.c.AutoCommit() { // SQLite has already undone it
		return nil
	}
	return g.statement(ctx, "ROLLBACK")
}

func (g *group) statement(ctx context.Context, text string) error {
	return g.conn.query(ctx, text, nil, func(row) error { return nil })
}

// tidy keeps the WAL small, after the callers have their answers.
func (g *group) tidy(ctx context.Context, n int) {
	g.pending += n
	if g.pending >= g.every {
		select {
		case g.nudge <- struct{}{}:
			g.pending = 0
		default: // one is under way
		}
	}
	if g.finish.CompareAndSwap(true, false) {
		if err := g.conn.restart(ctx); err != nil {
			g.log.Error("checkpoint by the writer", "err", err)
		}
	}
}

// checkpoints copies the WAL into the database beside the writer, on a connection of its own. Under
// steady load it never catches up with the last commit, so the WAL would grow for ever: beyond
// frames the writer copies the small rest itself, and its next commit starts the WAL anew. Readers that
// follow each other closely, as an export's pages do, would prevent that too: the writer waits a moment
// for those that are under way.
func (g *group) checkpoints(ctx context.Context, conn *liteConn) {
	defer close(g.idle)
	for range g.nudge {
		frames, err := conn.checkpoint(ctx)
		if err != nil {
			g.log.Error("checkpoint", "err", err)
		}
		if frames > g.frames {
			g.finish.Store(true)
		}
	}
	if err := conn.close(); err != nil {
		g.log.Error("close the checkpointer", "err", err)
	}
}
