package queuebench

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/mattn/go-sqlite3"
)

// committer makes one small row durable and does nothing else.
type committer struct {
	commit, close func(context.Context) error
}

// openCommitter opens one on the disk of the database that is measured.
type openCommitter func(ctx context.Context, database string) (committer, error)

const (
	commitTable = `CREATE TABLE bare_commits (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)`
	commitRow   = `INSERT INTO bare_commits (id, n) VALUES (1, 0)`
	commitText  = `UPDATE bare_commits SET n = n + 1 WHERE id = 1`
)

// liteCommitter has a file of its own beside the database, so that it does not wait for its writer.
func liteCommitter(_ context.Context, path string) (committer, error) {
	opened, err := (&sqlite3.SQLiteDriver{}).Open("file:" + path + ".bare" + bareDSN)
	if err != nil {
		return committer{}, fmt.Errorf("open: %w", err)
	}
	c := opened.(*sqlite3.SQLiteConn)
	for _, text := range []string{commitTable, commitRow} {
		if _, err := c.Exec(text, nil); err != nil {
			return committer{}, errors.Join(err, c.Close())
		}
	}
	stmt, err := c.Prepare(commitText)
	if err != nil {
		return committer{}, errors.Join(err, c.Close())
	}
	return committer{
		commit: func(context.Context) error { _, err := stmt.Exec([]driver.Value{}); return err },
		close:  func(context.Context) error { return errors.Join(stmt.Close(), c.Close()) },
	}, nil
}

// postgresCommitter has a connection of its own to the same database.
func postgresCommitter(ctx context.Context, url string) (committer, error) {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return committer{}, fmt.Errorf("connect: %w", err)
	}
	for _, text := range []string{commitTable, commitRow} {
		if _, err := c.Exec(ctx, text); err != nil {
			return committer{}, errors.Join(err, c.Close(ctx))
		}
	}
	return committer{
		commit: func(ctx context.Context) error { _, err := c.Exec(ctx, commitText); return err },
		close:  c.Close,
	}, nil
}
