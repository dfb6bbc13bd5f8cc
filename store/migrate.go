package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationFS is the migrations in one dialect's words.
type migrationFS struct {
	fs.FS
	d *dialect
}

type migrationFile struct {
	fs.File
	r *strings.Reader
}

func (f migrationFile) Read(b []byte) (int, error) { return f.r.Read(b) }

func (m migrationFS) Open(name string) (fs.File, error) {
	f, err := m.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := fs.ReadFile(m.FS, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return migrationFile{File: f, r: strings.NewReader(m.d.words.Replace(string(text)))}, nil
}

// MigrationState is where a database's schema stands and where this version wants it.
type MigrationState struct{ Current, Target int64 }

// Migrate brings the schema of the database at url up to date and returns where it stands then, or
// ErrNewerDatabase.
// Several nodes may do so at once.
func Migrate(ctx context.Context, url string, log *slog.Logger) (MigrationState, error) {
	d := dialectOf(url)
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	dsn := url
	if !d.rowLocks {
		path, err := databaseFile(url)
		if err != nil {
			return MigrationState{}, fmt.Errorf("migrate %s: %w", url, err)
		}
		dsn = sqliteDSN(path, false)
	}
	return migrate(ctx, d, dsn, log)
}

// migrate makes the schema the one that this version knows.
func (s *Store) migrate(ctx context.Context, dsn string) error {
	state, err := migrate(ctx, s.d, dsn, s.log)
	s.schema = state.Target
	return err
}

func migrate(ctx context.Context, d *dialect, dsn string, log *slog.Logger) (st MigrationState, err error) {
	db, err := d.connected(dsn)
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := provider(d, db)
	if err != nil {
		return st, err
	}
	if st.Current, st.Target, err = p.GetVersions(ctx); err != nil {
		return st, fmt.Errorf("read the schema's version: %w", err)
	}
	if st.Current > st.Target {
		return st, fmt.Errorf("schema version %d, this version knows %d: %w", st.Current, st.Target, ErrNewerDatabase)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return st, fmt.Errorf("migrate the schema: %w", err)
	}
	for _, r := range done {
		st.Current = r.Source.Version
		log.Info("schema migrated", "version", r.Source.Version)
	}
	return st, nil
}

func provider(d *dialect, db *sqlx.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.rowLocks {
		l, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(l))
	}
	return goose.NewProvider(d.goose, db.DB, migrationFS{FS: files, d: d}, opts...)
}
