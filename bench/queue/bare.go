package queuebench

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// bare is group commit reduced to its core: callers queue, one connection runs the statements of each and
// commits for all that are there.
type bare struct {
	conn *sqlite3.SQLiteConn
	ops  chan bareOp
	done chan struct{}
}

type bareOp struct {
	fn    func() error
	reply chan error
}

const bareDSN = "?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000&_cache_size=-65536&_mutex=no"

func newBare(c *sqlite3.SQLiteConn) *bare {
	return &bare{conn: c, ops: make(chan bareOp, calls), done: make(chan struct{})}
}

func (b *bare) run() {
	defer close(b.done)
	for first := range b.ops {
		batch := []bareOp{first}
		_, err := b.conn.Exec("BEGIN IMMEDIATE", nil)
		for next := &first; next != nil && err == nil; next = b.next(&batch) {
			err = next.fn()
		}
		if err == nil {
			_, err = b.conn.Exec("COMMIT", nil)
		}
		for _, op := range batch {
			op.reply <- err
		}
	}
}

func (b *bare) next(batch *[]bareOp) *bareOp {
	select {
	case op, ok := <-b.ops:
		if !ok {
			return nil
		}
		*batch = append(*batch, op)
		return &op
	default:
		return nil
	}
}

// do returns once fn's rows are durable.
func (b *bare) do(fn func() error) error {
	op := bareOp{fn: fn, reply: make(chan error, 1)}
	b.ops <- op
	return <-op.reply
}

func (b *bare) stop() {
	close(b.ops)
	<-b.done
}

// bareRate is n rows a second by so many workers, in a new file at path: one small row per operation.
func bareRate(ctx context.Context, path string, workers, n int) (float64, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open("file:" + path + bareDSN)
	if err != nil {
		return 0, fmt.Errorf("open the peer: %w", err)
	}
	b := newBare(c.(*sqlite3.SQLiteConn))
	if _, err := b.conn.Exec(`CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)`, nil); err != nil {
		return 0, errors.Join(err, c.Close())
	}
	stmt, err := b.conn.Prepare(`INSERT INTO rows (text) VALUES (?)`)
	if err != nil {
		return 0, errors.Join(err, c.Close())
	}
	go b.run()
	r, err := rate(ctx, workers, n, func(context.Context, int) error {
		return b.do(func() error {
			_, err := stmt.Exec([]driver.Value{"a row of about as many bytes as one line of the log"})
			return err
		})
	})
	b.stop()
	return r, errors.Join(err, stmt.Close(), c.Close())
}
