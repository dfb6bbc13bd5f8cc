package store

import (
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// Advice says in a few words what somebody should do about an error of the store, "" where nothing is known. Until
// then nothing was written, and nothing is claimed.
func Advice(err error) string {
	var lite sqlite3.Error
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network *net.OpError
	switch {
	case errors.Is(err, ErrNewerDatabase):
		return "run that version, or serve from a backup that was taken before it"
	case errors.As(err, &lite) && (lite.Code == sqlite3.ErrFull || lite.SystemErrno == syscall.ENOSPC), errors.Is(err, syscall.ENOSPC):
		return "make room on its disk"
	case errors.As(err, &lite) && (lite.Code == sqlite3.ErrReadonly || lite.Code == sqlite3.ErrPerm || lite.Code == sqlite3.ErrCantOpen),
		errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return "give this user the right to write to the file and its directory"
	case errors.As(err, &lite) && (lite.Code == sqlite3.ErrBusy || lite.Code == sqlite3.ErrLocked):
		return "end the other process that holds a lock on it"
	case errors.As(err, &lite) && lite.Code == sqlite3.ErrNotADB:
		return "name another file with --db"
	case errors.As(err, &pg) && pg.Code == "53100":
		return "make room on the server's disk"
	case errors.As(err, &pg) && pg.Code == "25006":
		return "name a server that takes writes, or let this one take them"
	case errors.As(err, &connect), errors.As(err, &network):
		return "see that the server runs and that --db names it"
	}
	return ""
}

// Redacted is a database's name for messages: without a password.
func Redacted(name string) string {
	if !Shared(name) {
		return name
	}
	u, err := url.Parse(name)
	if err != nil {
		return "postgres://…"
	}
	if q := u.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

// Sentence is err in one line.
func Sentence(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
