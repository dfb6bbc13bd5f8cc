package main

import (
	"context"
	"errors"
	"fmt"

	queuebench "curlew/bench/queue"
	"curlew/bench/sheet"
	"curlew/store/pgtest"
)

// queue measures SQLite, then PostgreSQL beside River; with --db PostgreSQL alone.
func (b *benchCommand) queue(ctx context.Context, c *console) (rows []sheet.Row, err error) {
	if b.DB == "" {
		if rows, err = queuebench.Run(ctx, b.Rows); err != nil {
			return rows, err
		}
	}
	server, err := queuebench.OpenDatabases(ctx, b.DB)
	if errors.Is(err, pgtest.ErrUnavailable) {
		fmt.Fprintln(c.err, "PostgreSQL is not measured:", err)
		return rows, nil
	}
	if err != nil {
		return rows, err
	}
	defer func() { err = errors.Join(err, server.Close(context.WithoutCancel(ctx))) }()
	more, err := queuebench.RunPostgres(ctx, queuebench.Postgres{Database: server.New, Rows: b.Rows, River: b.River})
	if errors.Is(err, queuebench.ErrNoRiver) {
		fmt.Fprintln(c.err, err)
		err = nil
	}
	return append(rows, more...), err
}
