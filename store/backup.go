package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-sqlite3"
)

// BackupPause is who has paused everything in a copy that Backup made. What the original did after the copy was
// taken is not in it, so that calling on from it could call patients again: somebody must look first.
const BackupPause = "curlew backup"

// Backup copies the SQLite database at from into the new file to while others write: the copy is the database as
// it was at one moment, checked and synced, and everything in it is paused. It never overwrites: a file that is
// there already is an error wrapping os.ErrExist, and on any error no file is left at to.
func Backup(ctx context.Context, from, to string, at time.Time) error {
	if Shared(from) {
		return errors.New("only SQLite's file is copied; pg_dump backs PostgreSQL up")
	}
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("copy to %s: %w", to, os.ErrExist)
	}
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // patients' data is for its owner only
	if err != nil {
		return fmt.Errorf("copy to %s: %w", to, err)
	}
	if err = f.Close(); err == nil {
		err = copyDatabase(from, part)
	}
	if err == nil {
		err = finishCopy(ctx, part, at)
	}
	if err == nil {
		err = os.Link(part, to) // fails where a file has come to be meanwhile
	}
	return errors.Join(err, os.Remove(part), syncDirectory(filepath.Dir(to)))
}

// copyDatabase copies every page within one read transaction, which holds up no writer.
func copyDatabase(from, to string) (err error) {
	source, err := openPlain(sqliteDSN(from, true))
	if err != nil {
		return fmt.Errorf("open %s: %w", from, err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := openPlain("file:" + to)
	if err != nil {
		return fmt.Errorf("open %s: %w", to, err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	b, err := target.Backup("main", source, "main")
	if err != nil {
		return fmt.Errorf("begin the copy: %w", err)
	}
	done, err := b.Step(-1)
	if err = errors.Join(err, b.Finish()); err == nil && !done {
		err = errors.New("the database is locked by another process")
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}

func openPlain(dsn string) (*sqlite3.SQLiteConn, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	return c.(*sqlite3.SQLiteConn), nil
}

// finishCopy checks the copy, pauses everything in it and leaves it in one file on the disk.
func finishCopy(ctx context.Context, path string, at time.Time) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	l, err := openLite(abs)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(abs + "-shm") }()
	verdict := ""
	err = l.query(ctx, "PRAGMA quick_check(1)", nil, func(r row) error { return r.Scan(&verdict) })
	if err == nil && verdict != "ok" {
		err = fmt.Errorf("the copy is damaged: %s", verdict)
	}
	if err == nil {
		err = l.put(ctx, `INSERT INTO pauses (kind, name, set_by, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			args{"all", "", BackupPause, toMillis(at)})
	}
	if err == nil {
		err = l.query(ctx, "PRAGMA journal_mode = DELETE", nil, func(row) error { return nil })
	}
	if err = errors.Join(err, l.close()); err != nil {
		return fmt.Errorf("finish the copy: %w", err)
	}
	f, err := os.OpenFile(abs, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
