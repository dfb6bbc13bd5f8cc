package store

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"curlew/outreach"
)

// An export reads page by page. If it held one view of the database from its start to its end, no
// checkpoint could reset the log of what is written meanwhile.
func TestTheWALStaysBoundedWhileAnExportReads(t *testing.T) {
	s := openLocal(t)
	const every, frames, exported, written = 64, 256, 1000, 6000
	err := s.write(t.Context(), func(t *tx) error {
		s.group.every, s.group.frames = every, frames
		for n := range exported {
			if err := t.insertLogs("t", []outreach.LogEntry{{Kind: "prompt", Data: map[string]any{"n": n}}}, at0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var reading, writing sync.WaitGroup
	var over atomic.Bool
	exports := 0
	reading.Go(func() {
		for ; !over.Load(); exports++ {
			if n := export(t, s); n != exported {
				t.Errorf("%d of %d lines were exported", n, exported)
				return
			}
		}
	})
	filler := string(make([]byte, 3000))
	for w := range 8 {
		writing.Go(func() {
			for n := w; n < written; n += 8 {
				if err := s.write(t.Context(), func(t *tx) error {
					return t.exec(`INSERT INTO callbacks (message_sid, status, at) VALUES ($1, $2, 0)`, fmt.Sprint(n), filler)
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writing.Wait()
	over.Store(true)
	reading.Wait()
	info, err := os.Stat(s.opt.URL + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	// Unbounded it is twice as large: a row touches pages of its table, of two indexes, and again.
	if most := int64(written) * 4096; info.Size() > most || exports == 0 {
		t.Errorf("the WAL has grown to %d bytes over %d exports, more than %d", info.Size(), exports, most)
	}
}

// export reads every log line as /logs.csv does.
func export(t *testing.T, s *Store) (n int) {
	f := outreach.LogFilter{Limit: 500}
	for {
		page, err := s.Logs(t.Context(), f)
		if err != nil {
			t.Error(err)
			return n
		}
		n += len(page.Items)
		if f.Cursor = page.Next; f.Cursor == "" {
			return n
		}
	}
}
