package store

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

// dialect is everything in which SQLite and PostgreSQL differ for us.
type dialect struct {
	name      string
	driver    string
	goose     goose.Dialect
	words     *strings.Replacer // of migrations
	forUpdate string            // ends a SELECT whose rows are about to be changed
	skipLocks string            // the same, passing over rows that another node holds
	forShare  string            // ends a SELECT whose rows must stay as they are until the commit
	bind      *strings.Replacer // turns $1 into what the driver takes
	rowLocks  bool              // writers run side by side, so rows and keys must be locked
}

var sqliteDialect = &dialect{
	name: "sqlite", driver: "sqlite3", goose: goose.DialectSQLite3,
	words: strings.NewReplacer("@ID@", "INTEGER PRIMARY KEY", "@WITHOUT_ROWID@", "WITHOUT ROWID"),
	// SQLite takes $1 for a named parameter and numbers it by first appearance; ?1 is by position. The
	// plus does nothing to the value but keeps the planner from looking at it: SQLite plans a statement
	// anew, at ten times the cost of running it, whenever a value that it has looked at is bound again.
	bind: strings.NewReplacer("$", "+?"),
}

var postgresDialect = &dialect{
	name: "postgres", driver: "pgx", goose: goose.DialectPostgres,
	words:     strings.NewReplacer("@ID@", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "@WITHOUT_ROWID@", ""),
	bind:      strings.NewReplacer(),
	forUpdate: " FOR UPDATE", skipLocks: " FOR UPDATE SKIP LOCKED", forShare: " FOR SHARE", rowLocks: true,
}

func dialectOf(dbURL string) *dialect {
	if strings.HasPrefix(dbURL, "postgres://") || strings.HasPrefix(dbURL, "postgresql://") {
		return postgresDialect
	}
	return sqliteDialect
}

// Shared reports whether the database at url may have several nodes.
func Shared(url string) bool { return dialectOf(url).rowLocks }

// SQLite's pragmas stand in the DSN, so that every connection has them. synchronous=FULL is what
// makes an answer after COMMIT durable; group commit pays for it.
const (
	sqliteBusyTimeout = "10000"
	sqliteCache       = "-65536" // 64 MiB, of the writer
	sqliteReadCache   = "-8192"  // 8 MiB, of each reader: the system keeps the file's pages, too
	restartWait       = "100"    // milliseconds for which the writer waits for readers of the WAL
)

func sqliteDSN(path string, readOnly bool) string {
	v := url.Values{
		"_busy_timeout": {sqliteBusyTimeout},
		"_synchronous":  {"FULL"},
		"_mutex":        {"no"}, // a connection is never used by two goroutines at once
		"_cache_size":   {sqliteCache},
	}
	if readOnly {
		v.Set("mode", "ro")
		v.Set("_cache_size", sqliteReadCache)
		v.Set("_query_only", "true")
		v.Set("_stmt_cache_size", "64")
	} else {
		v.Set("_journal_mode", "WAL")
		v.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}).String()
}

// Once per writer connection: savepoints and sorters stay in memory, checkpoints are ours.
var sqliteWriterPragmas = []string{
	"PRAGMA temp_store = MEMORY",
	"PRAGMA wal_autocheckpoint = 0",
	"PRAGMA journal_size_limit = 67108864",
}

// again reports whether the whole operation may be run once more: PostgreSQL broke a deadlock or
// could not order two transactions.
func (d *dialect) again(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// undone reports whether PostgreSQL has refused a statement and thereby undone its transaction. Where it
// was stopped, or has no room, the next try would fare no better.
func undone(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && !slices.Contains([]string{"08", "53", "57", "58"}, pg.Code[:2])
}

// spoilt reports whether err left a SQLite transaction in doubt: the disk is full, the file damaged.
// A broken constraint undoes its statement only.
func spoilt(err error) bool {
	var lite sqlite3.Error
	return errors.As(err, &lite) && lite.Code != sqlite3.ErrConstraint
}

// lockKeys makes writers that touch the same keys wait for each other until commit. SQLite has one
// writer and needs nothing.
func (t *tx) lockKeys(keys []string) error {
	if !t.d.rowLocks {
		return nil
	}
	for _, k := range keys {
		if err := t.exec(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, k); err != nil {
			return fmt.Errorf("lock a key: %w", err)
		}
	}
	return nil
}
