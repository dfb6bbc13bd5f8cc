package queuebench

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// bare is group commit reduced to its core: callers queue, one connection inserts a row for each and
// commits for all that are there.
type bare struct {
	conn *sqlite3.SQLiteConn
	stmt driver.Stmt
	ops  chan chan error
	done chan struct{}
}

const bareDSN = "?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000&_cache_size=-65536&_mutex=no"

func openBare(path string) (*bare, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open("file:" + path + bareDSN)
	if err != nil {
		return nil, fmt.Errorf("open the peer: %w", err)
	}
	b := &bare{conn: c.(*sqlite3.SQLiteConn), ops: make(chan chan error, calls), done: make(chan struct{})}
	if _, err := b.conn.Exec(`CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)`, nil); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if b.stmt, err = b.conn.Prepare(`INSERT INTO rows (text) VALUES (?)`); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	go b.run()
	return b, nil
}

func (b *bare) run() {
	defer close(b.done)
	for first := range b.ops {
		batch := []chan error{first}
		_, err := b.conn.Exec("BEGIN IMMEDIATE", nil)
		for next := first; next != nil && err == nil; next = b.next(&batch) {
			_, err = b.stmt.Exec([]driver.Value{"a row of about as many bytes as one line of the log"})
		}
		if err == nil {
			_, err = b.conn.Exec("COMMIT", nil)
		}
		for _, op := range batch {
			op <- err
		}
	}
}

func (b *bare) next(batch *[]chan error) chan error {
	select {
	case op, ok := <-b.ops:
		if !ok {
			return nil
		}
		*batch = append(*batch, op)
		return op
	default:
		return nil
	}
}

// insert returns once its row is durable.
func (b *bare) insert(context.Context, int) error {
	op := make(chan error, 1)
	b.ops <- op
	return <-op
}

func (b *bare) close() error {
	close(b.ops)
	<-b.done
	return errors.Join(b.stmt.Close(), b.conn.Close())
}
