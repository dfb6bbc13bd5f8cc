package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// pgTx is one transaction on PostgreSQL. Statements whose answer nobody awaits are sent together with
// the next one that is asked, BEGIN with the first and COMMIT with the last: each round trip that is
// saved is time for which nobody waits for our locks.
type pgTx struct {
	conn    *pgx.Conn
	waiting *pgx.Batch
	begun   bool // BEGIN was answered
}

// inPostgres runs fn in a transaction of its own and commits unless it fails.
func inPostgres(ctx context.Context, db *sql.DB, fn func(*pgTx) error) (err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Raw(func(driver any) error {
		t := &pgTx{conn: driver.(*stdlib.Conn).Conn(), waiting: &pgx.Batch{}}
		t.waiting.Queue("BEGIN")
		if err := fn(t); err != nil {
			return errors.Join(err, t.rollback(ctx))
		}
		t.waiting.Queue("COMMIT")
		if err := t.flush(ctx, nil); err != nil {
			return errors.Join(fmt.Errorf("commit: %w", err), t.rollback(ctx))
		}
		return nil
	})
}

// rollback ends the transaction, if it has begun.
func (t *pgTx) rollback(ctx context.Context) error {
	if !t.begun {
		return nil
	}
	_, err := t.conn.Exec(ctx, "ROLLBACK")
	return err
}

// put sends a statement with the next one that is asked. Its error comes back from there.
func (t *pgTx) put(_ context.Context, query string, a args) error {
	t.waiting.Queue(query, a...)
	return nil
}

func (t *pgTx) exec(ctx context.Context, query string, a args) (n int64, err error) {
	t.waiting.Queue(query, a...)
	err = t.flush(ctx, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

func (t *pgTx) query(ctx context.Context, query string, a args, each func(row) error) error {
	t.waiting.Queue(query, a...)
	return t.flush(ctx, func(r pgx.BatchResults) error {
		rows, err := r.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			values, err := rows.Values()
			if err != nil {
				return err
			}
			if err := each(valuesRow(values)); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// flush sends what waits; last, if any, reads the answer of the last statement.
func (t *pgTx) flush(ctx context.Context, last func(pgx.BatchResults) error) (err error) {
	n := t.waiting.Len()
	if last != nil {
		n--
	}
	t.begun = true // whatever becomes of it, a rollback does no harm
	r := t.conn.SendBatch(ctx, t.waiting)
	t.waiting = &pgx.Batch{}
	for range n {
		if _, err := r.Exec(); err != nil {
			return closed(r, err)
		}
	}
	if last != nil {
		if err := last(r); err != nil {
			return closed(r, err)
		}
	}
	return r.Close()
}

// closed ends a batch that has failed with err: closing would only repeat it.
func closed(r pgx.BatchResults, err error) error {
	_ = r.Close()
	return err
}
