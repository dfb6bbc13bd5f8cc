package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"curlew/outreach"
)

var at0 = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)

func openLocal(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: filepath.Join(t.TempDir(), "curlew.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// inOneGroup runs the operations in one COMMIT: the first holds the writer until all have queued.
func inOneGroup(t *testing.T, s *Store, ops ...func(*tx) error) []error {
	t.Helper()
	errs := make([]error, len(ops))
	entered, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.write(t.Context(), func(*tx) error {
			once.Do(func() { close(entered) })
			<-release
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-entered
	for i, op := range ops {
		wg.Go(func() { errs[i] = s.write(t.Context(), op) })
	}
	for len(s.group.ops) < len(ops) {
		select {
		case <-t.Context().Done():
			t.Fatal("the operations did not queue")
		default:
		}
	}
	close(release)
	wg.Wait()
	return errs
}

func pauseRow(t *tx, name string) error {
	return t.exec(`INSERT INTO pauses (kind, name, set_by, at) VALUES ('test', $1, '', 0)`, name)
}

func paused(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	rows, err := s.Pauses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, r := range rows {
		out[r.Name] = true
	}
	return out
}

func TestAFailingOperationSpoilsNoOtherOfItsGroup(t *testing.T) {
	s := openLocal(t)
	ours := errors.New("ours")
	errs := inOneGroup(t, s,
		func(t *tx) error { return pauseRow(t, "first") },
		func(t *tx) error { return errors.Join(pauseRow(t, "undone"), ours) },
		func(t *tx) error { return ours },
		func(t *tx) error { return errors.Join(pauseRow(t, "twice"), pauseRow(t, "twice")) }, // breaks the key
		func(t *tx) error { return pauseRow(t, "last") },
	)
	for i, want := range []bool{false, true, true, true, false} {
		if (errs[i] != nil) != want {
			t.Errorf("operation %d: %v", i, errs[i])
		}
	}
	if !errors.Is(errs[1], ours) || !errors.Is(errs[2], ours) {
		t.Errorf("errors come back as they are: %v", errs)
	}
	if got := paused(t, s); fmt.Sprint(got) != "map[first:true last:true]" {
		t.Errorf("stored: %v", got)
	}
}

func TestADatabaseThatTurnsReadOnlyTakesNoWriteHalfAndAllOfThemAgainAfterwards(t *testing.T) {
	s := openLocal(t)
	turn := func(readOnly string) { // nothing is under way: the writer's connection is nobody's
		if err := s.group.statement(t.Context(), "PRAGMA query_only = "+readOnly); err != nil {
			t.Fatal(err)
		}
	}
	both := func(t *tx) error { return errors.Join(pauseRow(t, "one"), pauseRow(t, "other")) }
	turn("on")
	for range 2 {
		if err := s.write(t.Context(), both); Advice(err) != "give this user the right to write to the file and its directory" {
			t.Errorf("%v: %s", err, Advice(err))
		} else if !errors.Is(err, outreach.ErrUnavailable) {
			t.Errorf("it does not say that it may be over in a while: %v", err)
		}
	}
	if why := s.Trouble(); why != "it is read-only; give this user the right to write to the file and its directory" {
		t.Errorf("what ails it: %q", why)
	}
	if got := paused(t, s); len(got) > 0 {
		t.Errorf("half-written: %v", got)
	}
	turn("off")
	if err := s.write(t.Context(), func(t *tx) error { return nil }); err != nil || s.Trouble() == "" {
		t.Errorf("a commit of nothing is no proof that it can be written: %v", err)
	}
	if err := s.write(t.Context(), both); err != nil {
		t.Fatal(err)
	}
	if got := paused(t, s); len(got) != 2 {
		t.Errorf("stored: %v", got)
	}
	if why := s.Trouble(); why != "" {
		t.Errorf("it is mended, and still: %s", why)
	}
}

func TestAPanicReachesItsCallerAndNobodyElse(t *testing.T) {
	s := openLocal(t)
	errs := inOneGroup(t, s, func(t *tx) error { return pauseRow(t, "before") })
	if errs[0] != nil {
		t.Fatal(errs[0])
	}
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				t.Errorf("recovered %v", got)
			}
		}()
		_ = s.write(t.Context(), func(t *tx) error {
			if err := pauseRow(t, "undone"); err != nil {
				return err
			}
			panic("boom")
		})
	}()
	if err := s.write(t.Context(), func(t *tx) error { return pauseRow(t, "after") }); err != nil {
		t.Fatal(err)
	}
	if got := paused(t, s); fmt.Sprint(got) != "map[after:true before:true]" {
		t.Errorf("stored: %v", got)
	}
}

func TestACancelledCallerIsAnsweredWithoutBeingRun(t *testing.T) {
	s := openLocal(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.write(ctx, func(*tx) error {
		t.Error("it was run")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s, err := Open(t.Context(), Options{URL: filepath.Join(t.TempDir(), "curlew.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Pause(t.Context(), outreach.PauseScope{Kind: "all", At: at0}); !errors.Is(err, errClosed) {
		t.Error(err)
	}
}

func TestEveryCommitIsSyncedAndReadersCannotWrite(t *testing.T) {
	s := openLocal(t)
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "busy_timeout": sqliteBusyTimeout} {
		err := s.group.conn.query(t.Context(), "PRAGMA "+pragma, nil, func(r row) error {
			if got := fmt.Sprint(r.(valuesRow)[0]); got != want {
				t.Errorf("%s is %s", pragma, got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := s.reads.ExecContext(t.Context(), `DELETE FROM pauses`); err == nil {
		t.Error("a reader wrote")
	}
}

func TestTheWALIsBoundedUnderSteadyLoad(t *testing.T) {
	s := openLocal(t)
	const every, frames, rows = 64, 256, 4000
	err := s.write(t.Context(), func(*tx) error { // in the writer's goroutine, which owns them
		s.group.every, s.group.frames = every, frames
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	filler := string(make([]byte, 3000))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := w; n < rows; n += 8 {
				if err := s.write(t.Context(), func(t *tx) error {
					return t.exec(`INSERT INTO callbacks (message_sid, status, at) VALUES ($1, $2, 0)`, fmt.Sprint(n), filler)
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	info, err := os.Stat(s.opt.URL + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if most := int64(rows) * 4096; info.Size() > most { // unbounded it holds pages of the indexes, too
		t.Errorf("the WAL has grown to %d bytes", info.Size())
	}
}
