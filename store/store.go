package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/jackc/pgx/v5/stdlib" // PostgreSQL's driver
	"github.com/jmoiron/sqlx"

	"curlew/outreach"
)

// What the store's answers are made of stands in outreach, because its users do not import the store.
type (
	Acceptance     = outreach.Acceptance
	Accepted       = outreach.AcceptedEvent
	ActivityFilter = outreach.ActivityFilter
	ActivityPage   = outreach.ActivityPage
	LogFilter      = outreach.LogFilter
	LogPage        = outreach.LogPage
	OutboxRow      = outreach.OutboxRow
	ResultFilter   = outreach.ResultFilter
	Stats          = outreach.Stats
	AuditEntry     = outreach.AuditEntry
)

// Errors of every method; they come wrapped.
var (
	ErrNotFound      = outreach.ErrNotFound
	ErrConflict      = outreach.ErrConflict
	ErrFenced        = outreach.ErrFenced
	ErrRevision      = outreach.ErrRevision
	ErrNewerDatabase = outreach.ErrNewerDatabase
)

// Options of Open.
type Options struct {
	URL    string                // a SQLite file's path, or postgres://…
	Node   string                // owner of the attempts claimed here
	Log    *slog.Logger          // default: none
	Notify func(outreach.Notice) // after each commit, by the committing goroutine; must not block

	// Trouble is told when the database takes no writes, or none for another reason (as by Store.Trouble), and with ""
	// when it takes them again; must not block.
	Trouble func(why string, err error)

	// DatabaseTime makes PostgreSQL's clock govern claims, rates and leases, whatever the node's says. SQLite
	// has no clock of its own.
	DatabaseTime bool
}

// Store is the database. Its methods may be called from any goroutine.
type Store struct {
	d      *dialect
	opt    Options
	log    *slog.Logger
	texts  *texts
	schema int64 // the version that this program knows
	reads  *sqlx.DB
	readTx *sql.TxOptions
	writes *sqlx.DB  // PostgreSQL only
	group  *group    // SQLite only
	groups *pgGroups // PostgreSQL only
	wire   *wire     // PostgreSQL only: notices between nodes

	closing  sync.Once
	trouble  trouble
	events   recent[eventKey, outreach.Event]
	owners   recent[outreach.AttemptID, outreach.TransactionID] // on PostgreSQL
	settings settingsCache
}

// Open brings the schema up to date and returns the store. A database that a newer version wrote is
// left alone (ErrNewerDatabase). ctx bounds the opening only; Close ends the store.
func Open(ctx context.Context, opt Options) (*Store, error) {
	s := &Store{d: dialectOf(opt.URL), opt: opt, log: opt.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.opt.Notify == nil {
		s.opt.Notify = func(outreach.Notice) {}
	}
	if s.opt.Trouble == nil {
		s.opt.Trouble = func(string, error) {}
	}
	s.texts = &texts{d: s.d}
	open := s.openSQLite
	if s.d.rowLocks {
		open = s.openPostgres
	}
	if err := open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the %s database: %w", s.d.name, err), s.Close())
	}
	return s, nil
}

func (s *Store) openSQLite(ctx context.Context) error {
	path, err := databaseFile(s.opt.URL)
	if err != nil {
		return err
	}
	if err := s.migrate(ctx, sqliteDSN(path, false)); err != nil {
		return err
	}
	conn, err := openLite(path)
	if err != nil {
		return err
	}
	checkpointer, err := openLite(path)
	if err != nil {
		return errors.Join(err, conn.close())
	}
	s.group = newGroup(s, conn)
	ctx = context.WithoutCancel(ctx) // Close ends them
	go s.group.run(ctx)
	go s.group.checkpoints(ctx, checkpointer)
	if s.reads, err = sqlx.Open(s.d.driver, sqliteDSN(path, true)); err != nil {
		return err
	}
	n := max(4, runtime.NumCPU())
	s.reads.SetMaxOpenConns(n)
	s.reads.SetMaxIdleConns(n)
	return s.reads.PingContext(ctx)
}

// databaseFile makes the file if it is not there, for its owner's eyes only: it holds patients' data.
func databaseFile(name string) (path string, err error) {
	if path, err = filepath.Abs(name); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	return path, f.Close()
}

// PostgreSQL's connections per node; readers and writers have their own, so that a long export
// never holds up a call.
const (
	postgresWriters   = 24
	postgresReaders   = 8
	postgresListeners = 1
)

func (s *Store) openPostgres(ctx context.Context) error {
	if err := s.migrate(ctx, s.opt.URL); err != nil {
		return err
	}
	var err error
	if s.writes, err = openPool(s.opt.URL, postgresWriters, writerSettings); err != nil {
		return err
	}
	if s.reads, err = openPool(s.opt.URL, postgresReaders, nil); err != nil {
		return err
	}
	s.readTx = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if err := s.writes.PingContext(ctx); err != nil {
		return err
	}
	s.groups = newPGGroups(s)
	s.groups.start(context.WithoutCancel(ctx))
	s.wire = newWire(s)
	s.wire.start(context.WithoutCancel(ctx))
	return nil
}

// writerSettings keep PostgreSQL from thinking about each statement anew: every one of them goes by
// an index, whatever the statistics of a young table say. A process that stands still in the middle of
// a transaction is cut off: its locks would hold up every other node.
var writerSettings = map[string]string{"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off",
	"idle_in_transaction_session_timeout": "5000"}

func openPool(dsn string, n int, settings map[string]string) (*sqlx.DB, error) {
	cfg, err := postgresConfig(dsn)
	if err != nil {
		return nil, err
	}
	maps.Copy(cfg.RuntimeParams, settings)
	db := sqlx.NewDb(stdlib.OpenDB(*cfg), "pgx")
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// Close lets what is under way commit, then closes the database. A second Close does nothing.
func (s *Store) Close() (err error) {
	s.closing.Do(func() { err = s.close() })
	return err
}

func (s *Store) close() error {
	var errs []error
	if s.group != nil {
		errs = append(errs, s.group.close())
	}
	if s.groups != nil {
		s.groups.close()
	}
	if s.wire != nil {
		s.wire.close()
	}
	for _, db := range []*sqlx.DB{s.writes, s.reads} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// announce tells this node, and by the wire the others.
func (s *Store) announce(notices []outreach.Notice) {
	for _, n := range notices {
		s.opt.Notify(n)
	}
	if s.wire != nil {
		s.wire.send(notices)
	}
}
