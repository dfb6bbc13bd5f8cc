package queuebench

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mattn/go-sqlite3"

	"curlew/store"
)

// sameRows is the peer that writes what an event leaves in the store, row for row and byte for byte, into
// the same schema, and decides nothing: what SQLite and the disk allow for these rows.
type sameRows struct {
	*bare
	key    string // of the sample, in every value that differs from event to event
	id     string // of its transaction
	tables []sampled
}

type sampled struct {
	text   string
	values []driver.Value
	stmt   driver.Stmt
}

// SameRowsRate is n events a second by so many workers, in a new database at path.
func SameRowsRate(ctx context.Context, path string, workers, n int) (float64, error) {
	s, err := openSame(ctx, path)
	if err != nil {
		return 0, err
	}
	r, err := rate(ctx, workers, n, s.insertEvent)
	return r, errors.Join(err, s.close())
}

func openSame(ctx context.Context, path string) (*sameRows, error) {
	const first = 1
	st, err := openStore(ctx, path)
	if err != nil {
		return nil, err
	}
	out, err := accept(ctx, st, first, 1)
	if err := errors.Join(err, st.Close()); err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	c, err := (&sqlite3.SQLiteDriver{}).Open("file:" + filepath.ToSlash(path) + bareDSN)
	if err != nil {
		return nil, fmt.Errorf("open the peer: %w", err)
	}
	s := &sameRows{bare: newBare(c.(*sqlite3.SQLiteConn)), key: fmt.Sprint(scatter(first)), id: string(out.Transactions[0])}
	for _, table := range []string{"events", "subjects", "transactions", "logs"} {
		if err := s.sample(table); err != nil {
			return nil, errors.Join(fmt.Errorf("sample of %s: %w", table, err), c.Close())
		}
	}
	go s.run()
	return s, nil
}

// sample reads the table's one row, and prepares an INSERT of its like.
func (s *sameRows) sample(table string) (err error) {
	rows, err := s.conn.Query("SELECT * FROM "+table, nil)
	if err != nil {
		return err
	}
	columns := rows.Columns()
	values := make([]driver.Value, len(columns))
	if err := errors.Join(rows.Next(values), rows.Close()); err != nil {
		return err
	}
	if columns[0] == "seq" { // the database counts
		columns, values = columns[1:], values[1:]
	}
	t := sampled{values: values}
	t.text = "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	if t.stmt, err = s.conn.Prepare(t.text); err == nil {
		s.tables = append(s.tables, t)
	}
	return err
}

// insertEvent returns once the nth event's rows are durable.
func (s *sameRows) insertEvent(_ context.Context, n int) error {
	own := strings.NewReplacer(s.key, fmt.Sprint(scatter(n+1)), s.id, store.NewID(start))
	rows := make([][]driver.Value, len(s.tables))
	for i, t := range s.tables {
		rows[i] = make([]driver.Value, len(t.values))
		for c, v := range t.values {
			if text, ok := v.(string); ok {
				v = own.Replace(text)
			}
			rows[i][c] = v
		}
	}
	return s.do(func() error {
		for i, t := range s.tables {
			if _, err := t.stmt.Exec(rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *sameRows) close() error {
	s.stop()
	var errs []error
	for _, t := range s.tables {
		errs = append(errs, t.stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}
