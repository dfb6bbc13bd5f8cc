package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"curlew/clock"
	"curlew/outreach"
	"curlew/store/pgtest"
)

func TestAServerThatFellSilentWhileItsConnectionsRestedIsGivenUpAndTheyAreForgotten(t *testing.T) {
	url := onPostgres(t)
	way, url, err := pgtest.NewMute(t.TempDir(), url+"&connect_timeout=2")
	must(t, err)
	t.Cleanup(way.Close)
	f := open(t, url, nil)
	beat := func() error {
		_, err := f.Beat(t.Context(), beatOf("n", "i", time.Now()))
		return err
	}
	must(t, beat())
	var wg sync.WaitGroup
	for range 12 { // so that several connections rest
		wg.Go(func() { must(t, beat()) })
	}
	wg.Wait()
	must(t, clock.Wait(t.Context(), clock.System{}, 1200*time.Millisecond)) // from one second on they are asked first
	way.On.Store(true)
	failed := make(chan error, 1)
	go func() { failed <- beat() }()
	select {
	case err := <-failed:
		if !errors.Is(err, outreach.ErrUnavailable) || f.Trouble() != "the server does not answer; see that the server runs and that --db names it" {
			t.Errorf("%v: %q", err, f.Trouble())
		}
	case <-time.After(time.Minute):
		way.Close() // or the store would not end
		t.Fatal("it waits for ever")
	}
	way.Reborn()
	for range 12 {
		wg.Go(func() {
			if err := beat(); err != nil {
				t.Errorf("by a connection that has died: %v", err)
			}
		})
	}
	wg.Wait()
}
