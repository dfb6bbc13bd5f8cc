package main

import (
	"crypto/sha256"
	"database/sql"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"curlew/bench/rig"
	"curlew/examples"
	"curlew/store"
)

// refused starts the server on a database that it cannot use, and expects one sentence with all the words.
func refused(t *testing.T, db string, words ...string) {
	t.Helper()
	status, _, said := curlew(t, "serve", "--db", db, "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--esl-listen", "127.0.0.1:0")
	if status != exitWanted || strings.Count(said, "\n") != 1 {
		t.Errorf("status %d, want one sentence: %s", status, said)
	}
	for _, w := range append(words, "database "+store.Redacted(db)) {
		if !strings.Contains(said, w) {
			t.Errorf("%q is missing in: %s", w, said)
		}
	}
}

// database is a SQLite file of this version at path.
func database(t *testing.T, path string) {
	t.Helper()
	s, err := openStore(t.Context(), path, logger(t.Output(), 0))
	must(t, err)
	must(t, s.Close())
}

// future makes the database one of a version that is yet to come.
func future(t *testing.T, driver, url string) {
	t.Helper()
	db, err := sql.Open(driver, url)
	must(t, err)
	_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)")
	must(t, err)
	must(t, db.Close())
}

func sum(t *testing.T, path string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return sha256.Sum256(b)
}

// untouched expects that the file is refused with that advice and not written to.
func untouched(t *testing.T, path string, advice ...string) {
	t.Helper()
	before := sum(t, path)
	refused(t, path, advice...)
	if sum(t, path) != before {
		t.Error("it was written to")
	}
}

func TestADatabaseThatCannotServeIsNamedInOneSentenceAndLeftAsItWas(t *testing.T) {
	t.Parallel()
	t.Run("of a newer version", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "curlew.db")
		database(t, path)
		future(t, "sqlite3", path)
		untouched(t, path, "newer", "999", "run that version")
	})
	t.Run("no database at all", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "notes.txt")
		must(t, os.WriteFile(path, []byte(strings.Repeat("Dear diary. ", 1000)), 0o600))
		untouched(t, path, "name another file")
	})
	t.Run("read-only", func(t *testing.T) {
		disk := smallDisk(t, "8m")
		path := filepath.Join(disk, "curlew.db")
		database(t, path)
		remount(t, disk, "ro")
		untouched(t, path, "right to write")
	})
	t.Run("on a full disk", func(t *testing.T) {
		disk := smallDisk(t, "8m")
		path := filepath.Join(disk, "curlew.db")
		filler := fill(t, disk)
		for _, room := range []int64{0, 16 << 10, 96 << 10} { // for nothing, for the file alone, for some of its tables
			must(t, os.Truncate(filler, 8<<20-room))
			refused(t, path, "make room")
		}
		must(t, os.Remove(filler))
		database(t, path)
	})
	t.Run("locked by another process", locked)
	t.Run("a server that takes the connection and says nothing", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts: the system does
		must(t, err)
		defer l.Close()
		refused(t, "postgres://curlew:hush@"+l.Addr().String()+"/curlew?connect_timeout=1&sslmode=disable", "see that the server runs")
	})
	t.Run("a server that does not answer", func(t *testing.T) {
		refused(t, "postgres://curlew:hush@127.0.0.1:1/curlew", "see that the server runs")
	})
}

// locked starts the server beside a process that holds the file. It waits as long as for any writer.
func locked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "curlew.db")
	configured(t, path)
	db, err := sql.Open("sqlite3", "file:"+path+"?_txlock=exclusive")
	must(t, err)
	defer db.Close()
	lock, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	untouched(t, path, "database is locked; end the other process that holds a lock on it")
	must(t, lock.Rollback())
	var nodes int
	must(t, db.QueryRow("SELECT count(*) FROM nodes").Scan(&nodes))
	if nodes > 0 {
		t.Error("a node that never served is on the list")
	}
}

// configured is a database that could be served from.
func configured(t *testing.T, path string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "curlew.json")
	must(t, os.WriteFile(file, examples.Demo, 0o600))
	if status, _, said := curlew(t, "config", "apply", "--db", path, file); status != exitDone {
		t.Fatal(said)
	}
}

func TestAPostgreSQLThatIsReadOnlyNewerOrFullIsNamedAtStartAndLosesNothingWhenItFillsUp(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "48m")
	cluster, url := postgres(t)
	must(t, cluster.Exec(t.Context(), "ALTER DATABASE t1 SET default_transaction_read_only = on"))
	refused(t, url, "read-only", "takes writes")
	must(t, cluster.Exec(t.Context(), "ALTER DATABASE t1 RESET default_transaction_read_only"))
	newer, err := cluster.Database(t.Context())
	must(t, err)
	database(t, newer)
	future(t, "pgx", newer)
	refused(t, newer, "newer", "999", "run that version")
	must(t, os.Chmod(filepath.Dir(disk), 0o711)) // the server has a user of its own
	must(t, cluster.Tablespace(t.Context(), "small", disk))
	must(t, cluster.Exec(t.Context(), "ALTER DATABASE t1 SET TABLESPACE small"))
	filler := fill(t, disk)
	refused(t, url, "make room on the server's disk")
	must(t, os.Remove(filler))
	f := startFleet(t, rig.Options{DB: url, Document: quietTown(60)})
	f.full(disk)
}

func remount(t *testing.T, dir, how string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,"+how, dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
}
