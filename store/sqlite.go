package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/mattn/go-sqlite3"
)

// liteConn is the one connection that writes to SQLite. It talks to the driver directly and keeps
// every statement prepared: database/sql would spend as long on a small statement as SQLite does.
// Only the writer's goroutine uses it.
type liteConn struct {
	c     *sqlite3.SQLiteConn
	d     *dialect
	stmts map[string]*liteStmt
}

type liteStmt struct {
	s     *sqlite3.SQLiteStmt
	named []driver.NamedValue
	row   valuesRow
	next  []driver.Value // as the driver fills it
}

func openLite(path string) (*liteConn, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open(sqliteDSN(path, false))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	l := &liteConn{c: c.(*sqlite3.SQLiteConn), d: sqliteDialect, stmts: map[string]*liteStmt{}}
	for _, p := range sqliteWriterPragmas {
		if _, err := l.c.Exec(p, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", p, err), l.close())
		}
	}
	return l, nil
}

func (l *liteConn) close() error {
	var errs []error
	for _, st := range l.stmts {
		errs = append(errs, st.s.Close())
	}
	clear(l.stmts)
	return errors.Join(append(errs, l.c.Close())...)
}

func (l *liteConn) stmt(query string) (*liteStmt, error) {
	if st, ok := l.stmts[query]; ok {
		return st, nil
	}
	s, err := l.c.Prepare(l.d.bind.Replace(query))
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	st := &liteStmt{s: s.(*sqlite3.SQLiteStmt)}
	st.named = make([]driver.NamedValue, st.s.NumInput())
	for i := range st.named {
		st.named[i].Ordinal = i + 1
	}
	l.stmts[query] = st
	return st, nil
}

func (st *liteStmt) fill(a args) error {
	if len(a) != len(st.named) {
		return fmt.Errorf("%d values for %d parameters", len(a), len(st.named))
	}
	for i, v := range a {
		st.named[i].Value = v
	}
	return nil
}

// seal has nothing to do: every statement is run at once.
func (l *liteConn) seal() {}

func (l *liteConn) put(ctx context.Context, query string, a args) error {
	return l.query(ctx, query, a, func(row) error { return nil })
}

func (l *liteConn) exec(ctx context.Context, query string, a args) (n int64, err error) {
	if err := l.put(ctx, query, a); err != nil {
		return 0, err
	}
	err = l.query(ctx, "SELECT changes()", nil, func(r row) error { return r.Scan(&n) })
	return n, err
}

// scanned is the row that the driver has filled.
func (st *liteStmt) scanned() valuesRow {
	for i, v := range st.next {
		st.row[i] = v
	}
	return st.row
}

// query is also the fast way to run a statement without an answer: the driver binds and steps in
// one call of C.
func (l *liteConn) query(ctx context.Context, query string, a args, each func(row) error) (err error) {
	st, err := l.stmt(query)
	if err != nil {
		return err
	}
	if err := st.fill(a); err != nil {
		return err
	}
	rows, err := st.s.QueryContext(ctx, st.named)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	if st.next == nil {
		st.next = make([]driver.Value, len(rows.Columns()))
		st.row = make(valuesRow, len(st.next))
	}
	for {
		switch err := rows.Next(st.next); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(st.scanned()); err != nil {
			return err
		}
	}
}

// restart checkpoints everything and waits for those who read from the WAL, so that the next commit begins
// it anew. Who reads for longer than the wait is left alone until the next time.
func (l *liteConn) restart(ctx context.Context) error {
	nothing := func(row) error { return nil }
	if err := l.query(ctx, "PRAGMA busy_timeout = "+restartWait, nil, nothing); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	err := l.query(ctx, "PRAGMA wal_checkpoint(RESTART)", nil, nothing)
	return errors.Join(err, l.query(ctx, "PRAGMA busy_timeout = "+sqliteBusyTimeout, nil, nothing))
}

// checkpoint moves what is in the WAL into the database as far as readers allow.
func (l *liteConn) checkpoint(ctx context.Context) (frames int64, err error) {
	var busy, done int64
	err = l.query(ctx, "PRAGMA wal_checkpoint(PASSIVE)", nil, func(r row) error { return r.Scan(&busy, &frames, &done) })
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	return frames, nil
}
