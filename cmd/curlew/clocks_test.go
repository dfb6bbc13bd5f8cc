package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"
)

// clocksIn in the environment names a directory with how far off each node's machine is, as NODE.clock.
const clocksIn = "CURLEW_TEST_CLOCKS"

// wall is the clock of a machine that somebody sets while it runs. Its timers go on, as a machine's do.
type wall struct {
	clock.System
	file string // how far off it is; none: it is right
}

func (w wall) Now() time.Time {
	said, _ := os.ReadFile(w.file)
	off, _ := time.ParseDuration(string(said))
	return time.Now().Add(off).Round(0).UTC()
}

// machineOf is the clock that a node with these arguments runs on.
func machineOf(args []string) clock.Clock {
	dir := os.Getenv(clocksIn)
	if i := slices.Index(args, "--node"); dir != "" && i > 0 {
		return wall{file: filepath.Join(dir, args[i+1]+".clock")}
	}
	return clock.System{}
}

// set sets the clock of the node's machine, off by so much from the right one.
func (f *fleet) set(node string, off time.Duration) {
	f.t.Helper()
	file := filepath.Join(f.dir, node+".clock")
	must(f.t, os.WriteFile(file+".new", []byte(off.String()), 0o600))
	must(f.t, os.Rename(file+".new", file)) // no reader finds half of it
}

// dialled waits until the PBX has been told to dial so many.
func (f *fleet) dialled(n int) {
	f.t.Helper()
	f.until("dialled", func() bool { return len(f.originates()) >= n })
}

// waits expects transactions that are not called now and say when they will be.
func (f *fleet) waits(ids []outreach.TransactionID) {
	f.t.Helper()
	f.until("put off", func() bool {
		for _, c := range f.cases(ids) {
			if len(c.Attempts) > 0 {
				f.t.Fatalf("%s was called out of hours", c.Transaction.ID)
			}
			if c.Transaction.NextAt.IsZero() || !c.Transaction.State.Open() {
				return false
			}
		}
		return true
	})
}

func TestAClockSetForwardAndBackByHoursDialsNobodyTwiceAndNobodyOutOfHours(t *testing.T) {
	t.Parallel()
	doc := quietTown(60)
	doc.Configurations[0].CallWindow = &outreach.Window{From: "09:00", To: "20:00"}
	ring := outreach.Exactly(3 * time.Second)
	doc.Call.RingTimeout = &ring
	f := newRigged(t, rig.Options{Document: doc})
	zone, err := time.LoadLocation(doc.Facility.TimeZone)
	must(t, err)
	now := time.Now().In(zone)
	at := func(days, hour int) { // sets the clock to that hour of the day
		f.set("node1", time.Date(now.Year(), now.Month(), now.Day()+days, hour, 0, 0, 0, zone).Sub(time.Now()))
	}
	at(0, 12)
	f.serve()
	node := f.rig.Nodes[0]
	noon := f.fire(node, 4)
	f.dialled(4)
	at(0, 22) // far past every lease and every call's end
	late := f.fire(node, 4)
	f.waits(late)
	f.proved(noon)
	at(0, 6)
	early := f.fire(node, 4)
	f.waits(early)
	at(0, 12)
	f.dialled(8) // their hour has come
	at(0, 3)
	f.proved(append(slices.Clone(noon), early...))
	f.waits(late)
	at(1, 12)
	f.proved(slices.Concat(noon, early, late))
}

func TestANodeWhoseClockIsTenSecondsOffSaysSoInOneSentenceAndDialsNobodyUntilItIsRight(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	one, two := f.rig.Nodes[0], f.rig.Nodes[1]
	// off sets the clock and waits until the node knows, and two beats more.
	off := func(by time.Duration, says string) {
		f.set(one.Name, by)
		f.until("held", func() bool { return strings.Contains(f.node(two, one.Name).Holds, says) })
		known := f.node(two, one.Name)
		f.until("beating", func() bool { return f.node(two, one.Name).LastSeen.After(known.LastSeen.Add(1500 * time.Millisecond)) })
		if known.State != "held" || len(known.Warnings) != 1 || !strings.HasSuffix(known.Holds, "so it claims nothing: set it by NTP") {
			t.Errorf("%+v", known)
		}
		log, err := one.Log()
		must(t, err)
		if !strings.Contains(string(log), says) {
			t.Errorf("its log does not say that it is %s", says)
		}
	}
	off(10*time.Second, "10s ahead of the database's")
	calls := f.fire(one, 4) // it takes events; the other node calls
	f.dialled(4)
	f.drain(one, two, true)
	waiting := f.fire(one, 4)
	off(-5*time.Hour, "5h0m0s behind the database's")
	for _, c := range f.cases(waiting) {
		if len(c.Attempts) > 0 {
			t.Errorf("claimed by a wrong clock: %+v", c.Attempts)
		}
	}
	f.set(one.Name, 0)
	owners := map[string]int{}
	for _, a := range f.over(slices.Concat(calls, waiting)) {
		owners[a.Owner]++
	}
	if owners[two.Name] != 4 || owners[one.Name] != 4 {
		t.Errorf("attempts by node: %v", owners)
	}
	f.proved(slices.Concat(calls, waiting))
}
