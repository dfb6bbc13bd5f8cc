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
	answers []func(pgx.BatchResults) error // one for each that waits
	begun   bool                           // BEGIN was answered

	group *bulk // of a group: puts of one text become one statement; nil for a single operation
}

// inPostgres runs fn in a transaction of its own and commits unless it fails.
func inPostgres(ctx context.Context, db *sql.DB, group *bulk, fn func(*pgTx) error) (err error) {
	c, err := connection(ctx, db)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		if err = errors.Join(err, c.Close()); errors.Is(err, errSilent) {
			forgetIdle(db)
		}
	}()
	return c.Raw(func(driver any) error {
		t := &pgTx{conn: driver.(*stdlib.Conn).Conn(), waiting: &pgx.Batch{}, group: group}
		t.queue("BEGIN", nil, done)
		if err := fn(t); err != nil {
			return errors.Join(err, t.rollback(ctx))
		}
		t.seal()
		t.queue("COMMIT", nil, done)
		if err := t.flush(ctx); err != nil {
			return errors.Join(fmt.Errorf("commit: %w", err), t.rollback(ctx))
		}
		return nil
	})
}

// connection is one of the pool. One that has rested is asked first whether it still lives, which would wait for ever
// where nobody answers.
func connection(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	c, err := db.Conn(bounded)
	if err = silent(ctx, err); errors.Is(err, errSilent) {
		forgetIdle(db)
	}
	return c, err
}

// forgetIdle closes the connections that rest: where one has died in silence, so have they, and each would cost
// whoever takes it next as long as the first.
func forgetIdle(db *sql.DB) {
	db.SetMaxIdleConns(0)
	db.SetMaxIdleConns(postgresWriters)
}

// rollback ends the transaction, if it has begun.
func (t *pgTx) rollback(ctx context.Context) error {
	if !t.begun {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, err := t.conn.Exec(ctx, "ROLLBACK")
	return err
}

func (t *pgTx) queue(query string, a args, answer func(pgx.BatchResults) error) {
	t.waiting.Queue(query, a...)
	t.answers = append(t.answers, answer)
}

// done reads an answer of which only the error matters.
func done(r pgx.BatchResults) error {
	_, err := r.Exec()
	return err
}

// put sends a statement with the next one that is asked. Its error comes back from there.
func (t *pgTx) put(_ context.Context, query string, a args) error {
	if t.group == nil || !t.group.add(query, a) {
		t.seal()
		t.queue(query, a, done)
	}
	return nil
}

// seal keeps what is put from now on behind what was put before.
func (t *pgTx) seal() {
	if t.group != nil {
		t.group.take(func(query string, a args) { t.queue(query, a, done) })
	}
}

func (t *pgTx) exec(ctx context.Context, query string, a args) (n int64, err error) {
	t.seal()
	t.queue(query, a, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		n = tag.RowsAffected()
		return err
	})
	return n, t.flush(ctx)
}

func (t *pgTx) query(ctx context.Context, query string, a args, each func(row) error) error {
	t.ask(query, a, each)
	return t.flush(ctx)
}

// ask queues a question: flush sends it with all that waits, and its rows go to each.
func (t *pgTx) ask(query string, a args, each func(row) error) {
	t.seal()
	t.queue(query, a, func(r pgx.BatchResults) error {
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

// flush sends what waits, and reads the answers.
func (t *pgTx) flush(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	t.begun = true // whatever becomes of it, a rollback does no harm
	answers := t.answers
	r := t.conn.SendBatch(bounded, t.waiting)
	t.waiting, t.answers = &pgx.Batch{}, nil
	for _, answer := range answers {
		if err := answer(r); err != nil {
			_ = r.Close() // it would only repeat err
			return silent(ctx, err)
		}
	}
	return silent(ctx, r.Close())
}
