package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// wants is what an operation will read, so that a group on PostgreSQL reads and locks it for all its
// operations in one round trip (prefetch.go). SQLite's writer has no use for it.
type wants struct {
	kind    wantKind
	event   eventKey
	subject subjectKey
	cases   []string // transactions
	attempt string   // whose transaction is wanted
	claims  *claimWants
}

type wantKind int

const (
	wantsNothing wantKind = iota
	wantsSubject
	wantsCase
	wantsClaims
)

// pgGroups let operations of one kind share a transaction on PostgreSQL: two round trips and one
// commit answer all that came while the last ones were under way. Every group locks in one order:
// subjects, keys, transactions by id, PBXs; so groups wait for each other but never in a circle.
// Kinds do not mix, for that order's sake.
type pgGroups struct {
	s      *Store
	events chan *operation
	cases  chan *operation
	stop   chan struct{} // closed: no more operations
	ended  chan struct{} // closed: the writers have ended
	wg     sync.WaitGroup
}

const (
	pgWriters  = 2   // groups of a kind under way at once: one computes while another waits for its commit
	pgGroupMax = 128 // operations of one transaction
)

func newPGGroups(s *Store) *pgGroups {
	return &pgGroups{s: s, events: make(chan *operation, pgGroupMax), cases: make(chan *operation, pgGroupMax), stop: make(chan struct{}), ended: make(chan struct{})}
}

func (g *pgGroups) start(ctx context.Context) {
	for range pgWriters {
		g.wg.Go(func() { g.run(ctx, g.events) })
		g.wg.Go(func() { g.run(ctx, g.cases) })
	}
}

func (g *pgGroups) close() {
	close(g.stop)
	g.wg.Wait()
	close(g.ended)
}

func (g *pgGroups) do(ctx context.Context, w wants, fn func(*tx) error) (*operation, error) {
	op := &operation{ctx: ctx, fn: fn, wants: w, done: make(chan struct{})}
	ops := g.cases
	switch w.kind {
	case wantsClaims: // a batch already, and the PBX's lock should not wait for others
		g.commit(context.WithoutCancel(ctx), []*operation{op})
		return op.answer()
	case wantsSubject:
		ops = g.events
	}
	return op.by(ops, g.stop, g.ended)
}

func (g *pgGroups) run(ctx context.Context, ops chan *operation) {
	var later []*operation
	for {
		batch := later
		later = nil
		if len(batch) == 0 {
			select {
			case op := <-ops:
				batch = append(batch, op)
			case <-g.stop:
				select {
				case op := <-ops:
					batch = append(batch, op)
				default:
					return
				}
			}
		}
		batch, later = gatherPG(batch, ops)
		g.commit(ctx, batch)
		for _, op := range batch {
			close(op.done)
		}
	}
}

// gatherPG adds what is waiting. A second event of one subject waits for the next group: its plan must
// see what the first one did.
func gatherPG(first []*operation, ops chan *operation) (batch, later []*operation) {
	subjects := map[subjectKey]bool{}
	place := func(op *operation) {
		if op.wants.kind == wantsSubject && subjects[op.wants.subject] {
			later = append(later, op)
			return
		}
		subjects[op.wants.subject] = true
		batch = append(batch, op)
	}
	for _, op := range first {
		place(op)
	}
	for len(batch)+len(later) < pgGroupMax {
		select {
		case op := <-ops:
			place(op)
		default:
			return batch, later
		}
	}
	return batch, later
}

// commit runs the batch in one transaction; if that fails before it could commit, each operation runs
// alone, with the locks and questions of its own.
func (g *pgGroups) commit(ctx context.Context, batch []*operation) {
	slices.SortStableFunc(batch, func(a, b *operation) int { return a.wants.subject.compare(b.wants.subject) })
	err := inPostgres(ctx, g.s.writes.DB, newBulk(), func(conn *pgTx) error {
		return g.perform(ctx, conn, batch)
	})
	switch {
	case err == nil:
	case errors.Is(err, errSpoilt) || undone(err):
		g.alone(batch)
	default:
		for _, op := range batch {
			op.err = errors.Join(op.err, err)
		}
	}
}

func (g *pgGroups) perform(ctx context.Context, conn *pgTx, batch []*operation) error {
	h := &hot{}
	var reader tx
	reader.start(ctx, g.s, conn, h)
	if err := reader.prefetch(conn, batch); err != nil {
		return err
	}
	for _, op := range batch {
		op.panics, op.err = nil, op.ctx.Err()
		if op.err != nil {
			continue
		}
		op.tx.start(ctx, g.s, conn, h)
		op.tx.grouped = true
		op.run()
		if op.err != nil && (op.tx.wrote || undone(op.err)) || op.panics != nil {
			return errSpoilt
		}
	}
	return nil
}

// run keeps a panic for its caller.
func (op *operation) run() {
	defer func() { op.panics = recover() }()
	op.err = op.fn(&op.tx)
}

// alone gives each operation its own transaction.
func (g *pgGroups) alone(batch []*operation) {
	var wg sync.WaitGroup
	for _, op := range batch {
		if op.err = op.ctx.Err(); op.err != nil {
			continue
		}
		wg.Go(func() {
			defer func() { op.panics = recover() }()
			var done *operation
			done, op.err = g.s.writeAlone(op.ctx, op.fn)
			op.tx = done.tx
		})
	}
	wg.Wait()
}

type subjectKey struct{ source, component, subject string }

func (k subjectKey) compare(o subjectKey) int {
	if n := strings.Compare(k.source, o.source); n != 0 {
		return n
	}
	if n := strings.Compare(k.component, o.component); n != 0 {
		return n
	}
	return strings.Compare(k.subject, o.subject)
}
