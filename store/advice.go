package store

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// Advice says in a few words what somebody should do about an error of the store, "" where nothing is known. Until
// then nothing was written, and nothing is claimed.
func Advice(err error) string {
	_, advice := diagnose(err)
	return advice
}

// diagnose names what ails the database, and what to do about it. Neither holds a name or an address.
func diagnose(err error) (ails, advice string) {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network *net.OpError
	switch {
	case errors.Is(err, ErrNewerDatabase):
		return "it is of a newer version", "run that version, or serve from a backup that was taken before it"
	case errors.As(err, &pg) && pg.Code == "53100":
		return "the server's disk is full", "make room on the server's disk"
	case errors.As(err, &pg) && pg.Code == "53300":
		return "the server has no connection left", fmt.Sprintf("raise its max_connections: each node takes up to %d", postgresWriters+postgresReaders+postgresListeners)
	case errors.As(err, &pg) && pg.Code == "25006":
		return "the server is read-only", "name a server that takes writes, or let this one take them"
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, errSilent), errors.Is(err, io.ErrUnexpectedEOF), pg != nil && strings.HasPrefix(pg.Code, "57P"):
		return "the server does not answer", "see that the server runs and that --db names it"
	}
	return diagnoseFile(err)
}

// diagnoseFile is diagnose for SQLite's file. A file system that turned read-only beneath an open file shows as an
// error of the disk with the system's own word.
func diagnoseFile(err error) (ails, advice string) {
	var lite sqlite3.Error
	errors.As(err, &lite)
	is := func(code sqlite3.ErrNo, words ...syscall.Errno) bool {
		return lite.Code == code || slices.ContainsFunc(words, func(e syscall.Errno) bool { return lite.SystemErrno == e || errors.Is(err, e) })
	}
	switch {
	case is(sqlite3.ErrFull, syscall.ENOSPC, syscall.EDQUOT):
		return "its disk is full", "make room on its disk"
	case is(sqlite3.ErrReadonly, syscall.EROFS, syscall.EPERM, syscall.EACCES), is(sqlite3.ErrPerm), is(sqlite3.ErrCantOpen):
		return "it is read-only", "give this user the right to write to the file and its directory"
	case is(sqlite3.ErrBusy), is(sqlite3.ErrLocked):
		return "another process holds it", "end the other process that holds a lock on it"
	case is(sqlite3.ErrNotADB):
		return "it is no database", "name another file with --db"
	case is(sqlite3.ErrIoErr):
		return "its disk fails", "see to its disk"
	}
	return "", ""
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
