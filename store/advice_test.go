package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

func TestTheConnectionsOfANodeAreThoseThatTheDocumentsCountWith(t *testing.T) {
	_, advice := diagnose(&pgconn.PgError{Code: "53300"})
	var n int
	if _, err := fmt.Sscanf(advice, "raise its max_connections: each node takes up to %d", &n); err != nil {
		t.Fatalf("%q: %v", advice, err)
	}
	for _, name := range []string{"operations.md", "capacity.md"} {
		text, err := os.ReadFile(filepath.Join("..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%d connections", n); !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
}

func TestWhatAilsADatabaseIsNamedWithWhatToDo(t *testing.T) {
	for want, errs := range map[string][]error{
		"its disk is full": {sqlite3.Error{Code: sqlite3.ErrFull}, sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.ENOSPC}, syscall.ENOSPC},
		"it is read-only": {sqlite3.Error{Code: sqlite3.ErrReadonly}, sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.EROFS},
			sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.EPERM}, sqlite3.Error{Code: sqlite3.ErrCantOpen}, syscall.EACCES},
		"its disk fails":                    {sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.EIO}},
		"another process holds it":          {sqlite3.Error{Code: sqlite3.ErrBusy}},
		"it is of a newer version":          {ErrNewerDatabase},
		"the server's disk is full":         {&pgconn.PgError{Code: "53100"}},
		"the server has no connection left": {&pgconn.PgError{Code: "53300"}},
		"the server is read-only":           {&pgconn.PgError{Code: "25006"}},
		"the server does not answer":        {&pgconn.PgError{Code: "57P01"}, io.ErrUnexpectedEOF, errSilent, &net.OpError{Op: "dial", Err: syscall.EACCES}},
		"":                                  {nil, context.DeadlineExceeded, ErrFenced, ErrRevision, errors.New("disk is full"), sqlite3.Error{Code: sqlite3.ErrConstraint}, &pgconn.PgError{Code: "23505"}},
	} {
		for _, err := range errs {
			if err != nil {
				err = fmt.Errorf("commit: %w", err)
			}
			if ails, advice := diagnose(err); ails != want || (advice == "") != (want == "") {
				t.Errorf("%v: %q, %q, want %q", err, ails, advice, want)
			}
		}
	}
}
