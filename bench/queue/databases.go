package queuebench

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"

	"curlew/store"
	"curlew/store/pgtest"
)

// Databases makes empty databases on one PostgreSQL server.
type Databases struct {
	private *pgtest.Cluster
	server  string
	made    []string
}

// OpenDatabases uses the server at serverURL, whose user may create databases, or starts a private durable
// one if that is "". pgtest.ErrUnavailable where this machine has none.
func OpenDatabases(ctx context.Context, serverURL string) (*Databases, error) {
	if serverURL != "" {
		return &Databases{server: serverURL}, nil
	}
	c, err := pgtest.Start(ctx, pgtest.Options{Durable: true})
	if err != nil {
		return nil, err
	}
	return &Databases{private: c}, nil
}

// New makes one.
func (d *Databases) New(ctx context.Context) (string, error) {
	if d.private != nil {
		return d.private.Database(ctx)
	}
	name := "curlew_bench_" + store.NewID(start)[24:]
	if err := d.run(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	d.made = append(d.made, name)
	u, err := url.Parse(d.server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// Close drops what was made.
func (d *Databases) Close(ctx context.Context) error {
	if d.private != nil {
		return d.private.Stop(ctx)
	}
	var errs []error
	for _, name := range d.made {
		errs = append(errs, d.run(ctx, "DROP DATABASE "+name+" WITH (FORCE)"))
	}
	return errors.Join(errs...)
}

func (d *Databases) run(ctx context.Context, text string) (err error) {
	conn, err := pgx.Connect(ctx, d.server)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, text); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}
