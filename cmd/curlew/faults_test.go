package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"
	"curlew/store/pgtest"
)

// post posts the nth event, word for word the same each time, and returns the status of the answer.
func (f *fleet) post(node *rig.Node, n int) (status int, id outreach.TransactionID) {
	f.t.Helper()
	ev := rig.Event(fmt.Sprint("fault-", n), f.numbers[n])
	ev.OccurredAt = f.begun
	ev.Subject.Time = f.begun.Add(48 * time.Hour)
	answer, err := node.Client(nil).Post(f.t.Context(), ev)
	if err != nil {
		return 0, ""
	}
	if len(answer.Transactions) > 0 {
		id = outreach.TransactionID(answer.Transactions[0])
	}
	return answer.Status, id
}

// proved expects of every transaction one call whose outcome is known, and of the PBX no call more.
func (f *fleet) proved(ids []outreach.TransactionID) {
	f.t.Helper()
	known := map[string]bool{}
	for _, a := range f.over(ids) {
		known[string(a.ID)] = true
		if a.Disposition != outreach.NoAnswer {
			f.t.Errorf("attempt %s: %s %s", a.ID, a.State, a.Disposition)
		}
	}
	for uuid := range f.originates() {
		if !known[uuid] {
			f.t.Errorf("attempt %s was dialled and is not in the database", uuid)
		}
	}
}

// smallDisk is a file system of its own.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("needs the right to mount a file system: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// fill writes to the disk until it is full.
func fill(t *testing.T, dir string) (filler string) {
	t.Helper()
	filler = filepath.Join(dir, "filler")
	file, err := os.Create(filler)
	must(t, err)
	defer file.Close()
	for _, size := range []int{1 << 16, 1 << 12} {
		for block := make([]byte, size); ; {
			if _, err := file.Write(block); err != nil {
				break
			}
		}
	}
	return filler
}

func TestOnAFullDiskNothingIsClaimedNothingLostAndItGoesOnOnceThereIsRoom(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "8m")
	startFleet(t, rig.Options{Document: quietTown(60), DB: filepath.Join(disk, "curlew.db")}).full(disk)
}

// full lets the disk of the database fill up in the middle of calls.
func (f *fleet) full(disk string) {
	var filler string
	f.takesNoWrites(func() { filler = fill(f.t, disk) }, func() { must(f.t, os.Remove(filler)) }, "disk is full; make room on ")
}

func TestADatabaseThatTurnsReadOnlyInMidRunIsNamedNothingLeavesAndItGoesOnOnceItMayBeWritten(t *testing.T) {
	t.Parallel()
	f := startFleet(t, rig.Options{Document: quietTown(60)})
	turn := func(how string) { // also for those who have the file open, as when its file system turns read-only
		if out, err := exec.CommandContext(t.Context(), "chattr", how, f.rig.DB, f.rig.DB+"-wal").CombinedOutput(); err != nil {
			t.Skipf("needs the right to make a file immutable, on a file system that knows it: %s", out)
		}
	}
	defer turn("-i") // or the directory could not be removed
	f.takesNoWrites(func() { turn("+i") }, func() { turn("-i") }, "it is read-only; give this user the right to write to the file and its directory")
}

// takesNoWrites lets the database fail in the middle of calls, until it is mended.
func (f *fleet) takesNoWrites(fail, mend func(), why string) {
	t := f.t
	node := f.rig.Nodes[0]
	ids := f.fire(node, 4)
	f.until("ringing", func() bool { return f.rig.FreeSWITCH.Calls() == 4 })
	fail()
	n, refused := 100, 0
	for f.rig.FreeSWITCH.Calls() > 0 || refused < 20 { // the calls end meanwhile, and their ends cannot be written
		n++
		status, id := f.post(node, n)
		switch status {
		case http.StatusAccepted: // there was room left
			ids = append(ids, id)
		case http.StatusServiceUnavailable:
			refused++
		default:
			t.Fatalf("event %d while the database takes no writes: status %d", n, status)
		}
		must(t, clock.Wait(t.Context(), clock.System{}, 20*time.Millisecond))
	}
	if status, said := f.readyz(node); status != http.StatusServiceUnavailable || !strings.Contains(said, "the database takes no writes: ") || !strings.Contains(said, why) {
		t.Errorf("/readyz: %d %s", status, said)
	}
	if log, err := node.Log(); err != nil || !bytes.Contains(log, []byte(`the database takes no writes, so nothing leaves and no event is accepted`)) || !bytes.Contains(log, []byte(why)) {
		t.Errorf("the log does not name it: %v", err)
	}
	dialled := len(f.originates())
	if dialled > len(ids) {
		t.Errorf("%d calls for %d accepted events", dialled, len(ids))
	}
	mend()
	f.until("accepting again", func() bool {
		status, id := f.post(node, n)
		if status != http.StatusAccepted && status != http.StatusOK {
			return false
		}
		ids = append(ids, id)
		return true
	})
	if status, said := f.readyz(node); status != http.StatusOK {
		t.Errorf("/readyz, once it takes writes again: %d %s", status, said)
	}
	f.proved(ids)
}

// readyz asks the node whether it may get traffic.
func (f *fleet) readyz(node *rig.Node) (status int, said string) {
	f.t.Helper()
	return f.fetch(node, "/readyz")
}

func TestWhileAnotherProcessHoldsALockNothingLeavesAndNothingIsLost(t *testing.T) {
	t.Parallel()
	f := startFleet(t, rig.Options{Document: quietTown(60)})
	node := f.rig.Nodes[0]
	ids := f.fire(node, 3)
	f.until("ringing", func() bool { return f.rig.FreeSWITCH.Calls() == 3 })
	db, err := sql.Open("sqlite3", "file:"+f.rig.DB+"?_txlock=immediate")
	must(t, err)
	defer db.Close()
	lock, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	answered := make(chan []outreach.TransactionID)
	go func() { answered <- f.fire(node, 3) }()
	f.until("over", func() bool { return f.rig.FreeSWITCH.Calls() == 0 }) // the calls end under the lock
	if n := len(f.originates()); n != 3 {
		t.Errorf("%d originates under the lock, want the 3 before it", n)
	}
	must(t, lock.Rollback())
	f.proved(append(ids, <-answered...))
}

func TestAFloodOfEventsIsAcceptedOnceAndKeepsTheCap(t *testing.T) {
	t.Parallel()
	const events, lines, posters = 300, 10, 16
	f := startFleet(t, rig.Options{Document: rig.Document(lines)})
	f.numbers = rig.Numbers(events, []int{11}) // busy
	var mu sync.Mutex
	seen := map[int]outreach.TransactionID{}
	var wg sync.WaitGroup
	for p := range posters {
		wg.Go(func() {
			for n := p; n < 2*events; n += posters { // each comes twice, in another order and mostly at the same time
				i := n % events
				if n >= events {
					i = events - 1 - i
				}
				status, id := f.post(f.rig.Nodes[0], i)
				mu.Lock()
				if status != http.StatusAccepted && status != http.StatusOK || seen[i] != "" && seen[i] != id {
					t.Errorf("event %d: status %d, transaction %s before, %s now", i, status, seen[i], id)
				}
				seen[i] = id
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	ids := map[outreach.TransactionID]bool{}
	var all []outreach.TransactionID
	for _, id := range seen {
		ids[id], all = true, append(all, id)
	}
	if len(ids) != events {
		t.Errorf("%d transactions for %d events", len(ids), events)
	}
	f.over(all)
	if n := len(f.originates()); n != events {
		t.Errorf("%d originates for %d events", n, events)
	}
	for _, r := range f.rig.FreeSWITCH.Records() {
		if r.Live > lines {
			t.Fatalf("%d calls at once, the cap is %d", r.Live, lines)
		}
	}
}

func TestOnPostgreSQL(t *testing.T) {
	t.Parallel()
	cluster, url := postgres(t)
	standby, err := cluster.Standby(t.Context(), pgtest.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, standby.Stop(context.WithoutCancel(t.Context()))) })
	way, url, err := pgtest.NewMute(t.TempDir(), cluster.Either(standby, url)+"&connect_timeout=2")
	must(t, err)
	t.Cleanup(way.Close)
	f := startFleet(t, rig.Options{DB: url, Document: quietTown(60)})
	node := f.rig.Nodes[0]
	next := 0
	// outage lets calls end and events come, until enough of them were refused, while the database is as down leaves it.
	outage := func(t *testing.T, enough int, down, up func() error) {
		f.t = t
		before := len(f.originates())
		ids := f.fire(node, 3)
		f.until("ringing", func() bool { return f.rig.FreeSWITCH.Calls() == 3 })
		must(t, down())
		refused := 0
		for f.rig.FreeSWITCH.Calls() > 0 || refused < enough {
			next++
			switch status, id := f.post(node, 200+next); {
			case status == http.StatusAccepted && refused == 0: // not every connection has heard of it yet
				ids = append(ids, id)
			case status != http.StatusServiceUnavailable && status != 0:
				log, _ := node.Log()
				t.Fatalf("an event was answered with %d: %s", status, log[max(0, len(log)-1500):])
			default:
				refused++
			}
			must(t, clock.Wait(t.Context(), clock.System{}, 100*time.Millisecond))
		}
		must(t, up())
		var id outreach.TransactionID
		f.until("accepting again", func() (ok bool) {
			var status int
			status, id = f.post(node, 200+next)
			return status == http.StatusAccepted || status == http.StatusOK
		})
		ids = append(ids, id)
		for _, a := range f.over(ids) {
			if a.Disposition != outreach.NoAnswer {
				t.Errorf("attempt %s: %s %s", a.ID, a.State, a.Disposition)
			}
		}
		if n := len(f.originates()) - before; n != len(ids) {
			t.Errorf("%d calls for %d events that were taken", n, len(ids))
		}
	}
	ctx := t.Context()
	t.Run("a read-only database stops claims and answers until it takes writes again", func(t *testing.T) {
		set := func(on string) error {
			if err := cluster.Exec(ctx, "ALTER SYSTEM SET default_transaction_read_only = "+on); err != nil {
				return err
			}
			return cluster.Exec(ctx, "SELECT pg_reload_conf()")
		}
		outage(t, 3, func() error { return set("on") }, func() error {
			return firstError(cluster.Exec(ctx, "SET default_transaction_read_only = off"), set("off"))
		})
	})
	t.Run("a restart of the server loses nothing", func(t *testing.T) {
		outage(t, 3, func() error { return cluster.Crash(ctx) }, func() error { return cluster.Restart(ctx, pgtest.Options{}) })
	})
	t.Run("a server that says nothing any more is given up, and loses nothing", func(t *testing.T) {
		hush := func(on bool) func() error { return func() error { way.On.Store(on); return nil } }
		outage(t, 1, hush(true), hush(false))
	})
	t.Run("failing over to a standby at another address loses nothing", func(t *testing.T) {
		outage(t, 3, func() error { return cluster.Crash(ctx) }, func() error { return standby.Promote(ctx) })
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
