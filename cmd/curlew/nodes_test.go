package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
	"curlew/store"
	"curlew/store/pgtest"
)

// fleet is some nodes on one PostgreSQL, in the rig's hospital, and the database itself to look at.
type fleet struct {
	t       *testing.T
	rig     *rig.Rig
	store   *store.Store
	numbers []string
	fired   int
	begun   time.Time
	dir     string
}

// ringing is how long an unanswered call of a fleet rings.
const ringing = 5 * time.Second

// newFleet starts the nodes. Every patient lets the phone ring, and is called once.
func newFleet(t *testing.T, nodes int, args ...string) *fleet {
	t.Helper()
	_, url := postgres(t)
	return startFleet(t, rig.Options{DB: url, Nodes: nodes, Args: append([]string{"--drain", "20s"}, args...), Document: quietTown(60)})
}

// postgres is a cluster of the test's own, with an empty database.
func postgres(t *testing.T) (c *pgtest.Cluster, url string) {
	t.Helper()
	c, err := pgtest.Start(t.Context(), pgtest.Options{})
	if errors.Is(err, pgtest.ErrUnavailable) {
		t.Skip("no PostgreSQL on this machine")
	}
	must(t, err)
	t.Cleanup(func() { must(t, c.Stop(context.WithoutCancel(t.Context()))) })
	url, err = c.Database(t.Context())
	must(t, err)
	return c, url
}

// quietTown is the rig's hospital with calls that ring for a while.
func quietTown(lines int) outreach.Document {
	doc := rig.Document(lines)
	for_ := func(d time.Duration) *outreach.Duration { v := outreach.Exactly(d); return &v }
	doc.Call = outreach.CallSettings{RingTimeout: for_(ringing), MaxDuration: for_(30 * time.Second)}
	return doc
}

func startFleet(t *testing.T, o rig.Options) *fleet {
	t.Helper()
	f := newRigged(t, o)
	f.serve()
	return f
}

// newRigged is a fleet whose nodes do not run yet.
func newRigged(t *testing.T, o rig.Options) *fleet {
	t.Helper()
	program, env := self(t)
	o.Dir = t.TempDir()
	o.Program, o.Env = program, append(env, clocksIn+"="+o.Dir)
	f := &fleet{t: t, dir: o.Dir, numbers: rig.Numbers(500, []int{12}), begun: time.Now()}
	var err error
	f.rig, err = rig.New(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, f.rig.Close()) })
	return f
}

// serve starts the nodes, and opens their database to look at.
func (f *fleet) serve() {
	f.t.Helper()
	for _, n := range f.rig.Nodes {
		must(f.t, n.Start(f.t.Context()))
		must(f.t, n.Ready(f.t.Context()))
	}
	var err error
	f.store, err = store.Open(f.t.Context(), store.Options{URL: f.rig.DB, Node: "test", Log: slog.New(slog.DiscardHandler)})
	must(f.t, err)
	f.t.Cleanup(func() { must(f.t, f.store.Close()) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fire posts n events to the node.
func (f *fleet) fire(node *rig.Node, n int) (ids []outreach.TransactionID) {
	f.t.Helper()
	client := node.Client(nil)
	for range n {
		f.fired++
		answer, err := client.Post(f.t.Context(), rig.Event(fmt.Sprint("fleet-", f.fired), f.numbers[f.fired]))
		if err != nil || answer.Status != http.StatusAccepted {
			f.t.Fatalf("fire: %v %d %s", err, answer.Status, answer.Body)
		}
		ids = append(ids, outreach.TransactionID(answer.Transactions[0]))
	}
	return ids
}

// call calls the API of the node.
func (f *fleet) call(node *rig.Node, method, path string, into any) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, node.URL+"/api/v1"+path, nil)
	must(f.t, err)
	req.Header.Set("Authorization", "Bearer "+f.rig.Key)
	res, err := http.DefaultClient.Do(req)
	must(f.t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		f.t.Fatalf("%s %s: status %d", method, path, res.StatusCode)
	}
	must(f.t, json.NewDecoder(res.Body).Decode(into))
}

func (f *fleet) node(by *rig.Node, name string) outreach.NodeStatus {
	f.t.Helper()
	var list outreach.NodeList
	f.call(by, http.MethodGet, "/nodes", &list)
	for _, n := range list.Items {
		if n.Name == name {
			return n
		}
	}
	return outreach.NodeStatus{}
}

// until waits for what other processes are about to do.
func (f *fleet) until(what string, ok func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			for _, n := range f.rig.Nodes {
				b, _ := n.Log()
				f.t.Logf("%s: %s", n.Name, b[max(0, len(b)-3000):])
			}
			f.t.Fatalf("never %s", what)
		}
		must(f.t, clock.Wait(f.t.Context(), clock.System{}, 20*time.Millisecond))
	}
}

func (f *fleet) cases(ids []outreach.TransactionID) (out []outreach.Case) {
	f.t.Helper()
	for _, id := range ids {
		c, err := f.store.Case(f.t.Context(), id)
		must(f.t, err)
		out = append(out, c)
	}
	return out
}

// over waits until the transactions have ended and returns their attempts, one each but for those that never left.
func (f *fleet) over(ids []outreach.TransactionID) (out []outreach.Attempt) {
	f.t.Helper()
	var open []outreach.Case
	defer func() {
		for _, c := range open {
			f.t.Logf("still open: %+v %+v", c.Transaction, c.Attempts)
		}
	}()
	f.until("over", func() bool {
		open = slices.DeleteFunc(f.cases(ids), func(c outreach.Case) bool { return !c.Transaction.State.Open() })
		return len(open) == 0
	})
	for _, c := range f.cases(ids) {
		left := slices.DeleteFunc(c.Attempts, func(a outreach.Attempt) bool { return a.Disposition == outreach.BackPressure })
		if len(left) != 1 {
			f.t.Errorf("transaction %s has %d attempts that left", c.Transaction.ID, len(left))
		}
		out = append(out, left...)
	}
	return out
}

// originates are the PBX's own words on what was dialled; no number twice.
func (f *fleet) originates() map[string]simfs.Record {
	f.t.Helper()
	out, numbers := map[string]simfs.Record{}, map[string]bool{}
	for _, r := range f.rig.FreeSWITCH.Records() {
		if r.Kind != "originate" {
			continue
		}
		if numbers[r.Number] {
			f.t.Errorf("attempt %s dials a number for the second time", r.UUID)
		}
		numbers[r.Number], out[r.UUID] = true, r
	}
	return out
}

// drain tells a node, through another one, to claim nothing more, or to claim again, and waits until it has heard.
func (f *fleet) drain(by, node *rig.Node, on bool) {
	f.t.Helper()
	order, said := "resume", fmt.Sprintf(`"draining":%v}`, on)
	if on {
		order = "drain"
	}
	heard := func() int {
		b, err := node.Log()
		must(f.t, err)
		return bytes.Count(b, []byte(said))
	}
	before := heard()
	var answer outreach.NodeStatus
	f.call(by, http.MethodPost, "/nodes/"+node.Name+"/"+order, &answer)
	if answer.Draining != on {
		f.t.Errorf("%+v", answer)
	}
	f.until("told to "+order, func() bool { return heard() > before })
}

func TestADrainedNodeLosesNoCallAndTheOtherNodeTakesOver(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	one, two := f.rig.Nodes[0], f.rig.Nodes[1]
	f.until("leading", func() bool { return f.node(two, "node1").Leader })
	f.drain(one, two, true) // so that node1 has calls when its turn comes
	first := f.fire(one, 12)
	f.until("ringing", func() bool { return f.rig.FreeSWITCH.Calls() == 12 })
	f.drain(one, two, false)
	f.drain(two, one, true) // through the other node
	drained := time.Now()
	second := f.fire(one, 12)
	owners := map[string]int{}
	for _, a := range f.over(append(first, second...)) {
		owners[a.Owner]++
		if a.Owner == "node1" && a.ClaimedAt.After(drained) {
			t.Errorf("node1 claimed %s after it was told to drain", a.ClaimedAt.Sub(drained))
		}
		if a.Disposition != outreach.NoAnswer {
			t.Errorf("attempt %s of %s: %s %s", a.ID, a.Owner, a.State, a.Disposition)
		}
	}
	if owners["node1"] != 12 || owners["node2"] != 12 {
		t.Errorf("attempts by node: %v", owners)
	}
	f.until("drained", func() bool {
		n := f.node(two, "node1")
		return n.State == "drained" && !n.Leader && f.node(two, "node2").Leader
	})

	f.drain(two, one, false)
	third := f.fire(one, 12)
	f.until("ringing", func() bool { return f.rig.FreeSWITCH.Calls() == 12 })
	must(t, two.Stop()) // SIGTERM: it waits for its calls
	for _, a := range f.over(third) {
		if a.Disposition != outreach.NoAnswer {
			t.Errorf("attempt %s of %s: %s %s", a.ID, a.Owner, a.State, a.Disposition)
		}
	}
	f.until("alone", func() bool { return f.node(one, "node2").Name == "" && f.node(one, "node1").Leader })
	if n := len(f.originates()); n != 36 {
		t.Errorf("%d originates, want 36", n)
	}
}

func TestANodeStoppedPastItsLeaseDialsNothingLateAndItsLateWritesAreRefused(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2, "--lease", "3s")
	one, two := f.rig.Nodes[0], f.rig.Nodes[1]
	ids := f.fire(one, 30)
	f.until("dialling", func() bool { return f.rig.FreeSWITCH.Calls() > 0 })
	more := make(chan []outreach.TransactionID)
	go func() { more <- f.fire(two, 20) }() // node1 is stopped in the middle of claiming
	f.until("in the middle", func() bool { return f.rig.FreeSWITCH.Calls() > 30 })
	must(t, one.Freeze())
	ids = append(ids, <-more...)
	f.until("taken over", func() bool {
		live, err := f.store.LiveAttempts(t.Context())
		must(t, err)
		for _, a := range live {
			if a.Owner == "node1" {
				return false
			}
		}
		return true
	})
	woken := time.Now()
	must(t, one.Thaw())
	taken := 0
	attempts := f.over(ids)
	dialled := f.originates()
	for _, a := range attempts {
		page, err := f.store.Logs(t.Context(), outreach.LogFilter{Attempt: a.ID, Kind: "unknown"})
		must(t, err)
		if len(page.Items) == 0 {
			continue
		}
		taken++
		if r, ok := dialled[string(a.ID)]; ok && r.At.After(page.Items[0].At) {
			t.Errorf("attempt %s was dialled %s after it had been taken from its node", a.ID, r.At.Sub(page.Items[0].At))
		}
		if a.Owner != "node2" {
			t.Errorf("attempt %s was taken over and belongs to %s", a.ID, a.Owner)
		}
	}
	if taken == 0 {
		t.Fatal("node1 had nothing under way when it was stopped")
	}
	f.until("awake", func() bool { n := f.node(two, "node1"); return n.State == "serving" && n.LastSeen.After(woken) })
	f.until("refused", func() bool {
		b, err := one.Log()
		must(t, err)
		return strings.Contains(string(b), outreach.ErrFenced.Error())
	})
	after := f.fire(one, 4) // it works again
	for _, a := range f.over(after) {
		if a.Disposition != outreach.NoAnswer {
			t.Errorf("%+v", a)
		}
	}
	t.Logf("%d attempts were taken over", taken)
}

func TestTwoNodesWithTwoConfigFilesDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	one, two := f.rig.Nodes[0], f.rig.Nodes[1]
	file, err := os.ReadFile(one.Config)
	must(t, err)
	newer := filepath.Join(t.TempDir(), "newer.json")
	must(t, os.WriteFile(newer, bytes.Replace(file, []byte("City Hospital"), []byte("County Hospital"), 1), 0o600))
	must(t, two.Stop())
	two.Config = newer
	must(t, two.Start(t.Context()))
	must(t, two.Ready(t.Context()))
	f.until("followed", func() bool { return f.node(two, "node1").Revision == 2 })
	for range 2 {
		must(t, one.Stop())
		must(t, one.Start(t.Context()))
		must(t, one.Ready(t.Context()))
		if n := f.node(one, "node1"); n.Revision != 2 {
			t.Errorf("a restart of the node with the older file made revision %d", n.Revision)
		}
	}
	b, err := one.Log()
	must(t, err)
	if !strings.Contains(string(b), "older one than the other nodes'") {
		t.Error("the log does not say so")
	}
	if n := f.node(one, "node2"); len(n.Warnings) != 1 || !strings.Contains(n.Warnings[0], "config file") {
		t.Errorf("the list does not say so: %+v", n)
	}
}

func TestNodesThatCannotFollowANewerVersionSaySoInOneSentenceAndDialNobody(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	good, _, err := f.store.LoadDocument(t.Context())
	must(t, err)
	save := func(zone string) {
		doc := good
		doc.Facility.TimeZone = zone
		_, err := f.store.SaveDocument(t.Context(), doc, -1, "a newer version", time.Now())
		must(t, err)
	}
	save("Mars/Olympus") // as a version that is yet to come might know it
	f.held("revision 1 and it cannot follow to 2, so it claims nothing: its log says why", "Mars/Olympus")
	ids := f.unclaimed()
	save(good.Facility.TimeZone)
	f.dialled(len(ids))
	future(t, "pgx", f.rig.DB)
	f.held("a newer version has brought the database to schema 999", "run that version here, too")
	f.unclaimed()
	f.over(ids) // calls that are up have their end
}

// held waits until every node claims nothing, and expects that the list says why and the log, too.
func (f *fleet) held(why, logged string) {
	f.t.Helper()
	one := f.rig.Nodes[0]
	for _, n := range f.rig.Nodes {
		f.until("held", func() bool { return strings.Contains(f.node(one, n.Name).Holds, why) })
		if s := f.node(one, n.Name); s.State != "held" || len(s.Warnings) != 1 || s.Warnings[0] != s.Holds {
			f.t.Errorf("%+v", s)
		}
		log, err := n.Log()
		must(f.t, err)
		for _, want := range []string{"this node claims nothing", why, logged} {
			if !bytes.Contains(log, []byte(want)) {
				f.t.Errorf("the log of %s does not say %q", n.Name, want)
			}
		}
	}
}

// unclaimed posts events and expects that nobody has claimed them two heartbeats later.
func (f *fleet) unclaimed() []outreach.TransactionID {
	f.t.Helper()
	one := f.rig.Nodes[0]
	ids := f.fire(one, 3)
	seen := f.node(one, one.Name).LastSeen
	f.until("beating", func() bool { return f.node(one, one.Name).LastSeen.After(seen.Add(1500 * time.Millisecond)) })
	for _, c := range f.cases(ids) {
		if len(c.Attempts) > 0 {
			f.t.Errorf("claimed: %+v", c.Attempts)
		}
	}
	return ids
}
