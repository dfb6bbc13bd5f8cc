package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"

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
	row   liteRow
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

func (l *liteConn) exec(ctx context.Context, query string, a args) (n int64, err error) {
	if err := l.query(ctx, query, a, func(row) error { return nil }); err != nil {
		return 0, err
	}
	err = l.query(ctx, "SELECT changes()", nil, func(r row) error { return r.Scan(&n) })
	return n, err
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
	if st.row.values == nil {
		st.row.values = make([]driver.Value, len(rows.Columns()))
	}
	for {
		switch err := rows.Next(st.row.values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(&st.row); err != nil {
			return err
		}
	}
}

// liteRow scans what the driver returns without database/sql's conversions.
type liteRow struct{ values []driver.Value }

func (r *liteRow) Scan(dest ...any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("%d destinations for %d columns", len(dest), len(r.values))
	}
	for i, d := range dest {
		if err := assign(d, r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *string:
		switch v := v.(type) {
		case string:
			*d = v
			return nil
		case []byte:
			*d = string(v)
			return nil
		}
	case *[]byte:
		switch v := v.(type) {
		case []byte:
			*d = slices.Clone(v)
			return nil
		case string:
			*d = []byte(v)
			return nil
		}
	case *millis:
		if n, ok := v.(int64); ok {
			*d = millis(fromMillis(n))
			return nil
		}
	case sql.Scanner:
		return d.Scan(v)
	case *float64:
		switch v := v.(type) {
		case float64:
			*d = v
			return nil
		case int64:
			*d = float64(v)
			return nil
		}
	default:
		if n, ok := v.(int64); ok {
			return assignInt(dest, n)
		}
	}
	return fmt.Errorf("%T does not fit %T", v, dest)
}

func assignInt(dest any, n int64) error {
	switch d := dest.(type) {
	case *int64:
		*d = n
	case *int:
		*d = int(n)
	case *bool:
		*d = n != 0
	default:
		return fmt.Errorf("an integer does not fit %T", dest)
	}
	return nil
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
