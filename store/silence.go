package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

// A PostgreSQL whose machine has died, or that a network keeps from us, says nothing at all. Whoever waits for
// its answer would wait for as long as the system repeats a packet, a quarter of an hour, and would not look for
// the server that has taken over. So what is asked has to be answered in time; the connection of what was not is closed.
const (
	silence     = 10 * time.Second // of a round trip, or of a view of the database
	longSilence = 2 * time.Minute  // of a view that reads much
	connectIn   = 5 * time.Second  // per address, unless the URL says connect_timeout
)

// errSilent is why a connection was given up.
var errSilent = errors.New("no answer")

// silent names err, where it comes of our bound and not of the caller's.
func silent(caller context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && caller.Err() == nil {
		return fmt.Errorf("%w: %w", errSilent, err)
	}
	return err
}

// within bounds what one answer may take. SQLite is on this machine, and waits for locks by itself.
func (d *dialect) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if !d.rowLocks {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

func postgresConfig(url string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectIn
	}
	return cfg, nil
}

// connected opens the database for a migration.
func (d *dialect) connected(dsn string) (*sqlx.DB, error) {
	if !d.rowLocks {
		return sqlx.Open(d.driver, dsn)
	}
	cfg, err := postgresConfig(dsn)
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(stdlib.OpenDB(*cfg), d.driver), nil
}
