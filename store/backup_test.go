package store_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"

	"curlew/outreach"
	"curlew/store"
)

func TestACopyTakenUnderLoadIsTheDatabaseOfOneMoment(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "curlew.db"), nil)
	var accepted atomic.Int64
	many, stop, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			ev := event(n)
			out, err := f.AcceptEvent(t.Context(), outreach.Acceptance{Event: ev, Hash: hash(ev), At: t0}, opens(ready(ev, t0)))
			if err != nil || len(out.Transactions) != 1 {
				t.Error(err)
				return
			}
			if accepted.Store(int64(n)); n == 200 {
				close(many)
			}
		}
	}()
	<-many
	for i := range 2 {
		before := accepted.Load()
		copied := filepath.Join(t.TempDir(), "copy.db")
		must(t, store.Backup(t.Context(), f.url, copied, t0))
		after := accepted.Load()
		c, err := store.Open(t.Context(), store.Options{URL: copied})
		must(t, err)
		rows, err := c.Head(t.Context(), "ivr:main", 0, 1_000_000) // each with its event and configuration
		must(t, err)
		if n := int64(len(rows)); n < before || n > after+1 {
			t.Errorf("copy %d holds %d of the events; %d were accepted before it and %d after", i+1, n, before, after)
		}
		pauses, err := c.Pauses(t.Context())
		if err != nil || len(pauses) != 1 || pauses[0].Kind != "all" || pauses[0].By != store.BackupPause {
			t.Errorf("pauses: %+v, %v", pauses, err)
		}
		must(t, c.Close())
	}
	close(stop)
	<-ended
	if pauses, err := f.Pauses(t.Context()); err != nil || len(pauses) != 0 {
		t.Errorf("the original is paused: %+v, %v", pauses, err)
	}
}
