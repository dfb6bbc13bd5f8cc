package main

import (
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"curlew/bench/rig"
	"curlew/outreach"
	"curlew/store"
)

func TestServingFromACopyForgetsNobodyAndRedialsNobody(t *testing.T) {
	t.Parallel()
	t.Run("sqlite, curlew backup", func(t *testing.T) {
		f := startFleet(t, rig.Options{Document: quietTown(6)})
		testRestore(t, f, func() string {
			copied := filepath.Join(t.TempDir(), "copy.db")
			if status, out, errOut := curlew(t, "backup", "--db", f.rig.DB, "--out", copied); status != exitDone || !strings.Contains(out, "resume") {
				t.Fatalf("status %d: %s%s", status, out, errOut)
			}
			return copied
		})
	})
	t.Run("postgres, pg_dump", func(t *testing.T) {
		cluster, url := postgres(t)
		dump, err := cluster.Program("pg_dump")
		if err != nil {
			t.Skip("no pg_dump on this machine")
		}
		load, err := cluster.Program("pg_restore")
		must(t, err)
		f := startFleet(t, rig.Options{DB: url, Document: quietTown(6)})
		testRestore(t, f, func() string {
			file := filepath.Join(t.TempDir(), "dump")
			restored, err := cluster.Database(t.Context())
			must(t, err)
			for _, c := range [][]string{{dump, "--format=custom", "--file=" + file, url}, {load, "--exit-on-error", "--dbname=" + restored, file}} {
				if out, err := exec.CommandContext(t.Context(), c[0], c[1:]...).CombinedOutput(); err != nil {
					t.Fatalf("%s: %v: %s", c[0], err, out)
				}
			}
			return restored
		}, "--paused")
	})
}

// testRestore takes the copy while six calls are up and four wait, lets the original call those four, kills
// it and serves from the copy.
func testRestore(t *testing.T, f *fleet, backup func() string, args ...string) {
	node := f.rig.Nodes[0]
	ids := f.fire(node, 10)
	f.until("all lines in use", func() bool { return f.rig.FreeSWITCH.Calls() == 6 })
	copied := backup()
	f.until("the others called", func() bool { return len(f.originates()) == 10 })
	node.Kill()
	must(t, f.store.Close())
	f.rig.DB = copied
	must(t, node.Start(t.Context(), args...))
	must(t, node.Ready(t.Context()))
	var err error
	f.store, err = store.Open(t.Context(), store.Options{URL: copied, Node: "test", Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	var waiting []outreach.TransactionID
	f.until("settled", func() bool {
		waiting = nil
		for _, c := range f.cases(ids) {
			switch c.Transaction.State {
			case outreach.InProgress:
				return false
			case outreach.Queued:
				waiting = append(waiting, c.Transaction.ID)
			}
		}
		return true
	})
	if len(waiting) != 4 {
		t.Errorf("%d wait, want the four that were waiting when the copy was taken", len(waiting))
	}
	b, err := node.Log()
	must(t, err)
	if !strings.Contains(string(b), "everything is paused") {
		t.Error("nothing says that everything is paused")
	}
	for _, id := range waiting { // somebody has looked: they were called after the copy was taken
		f.command(node, http.MethodPost, "/activities/"+string(id)+"/cancel")
	}
	f.command(node, http.MethodPost, "/resume")
	f.over(f.fire(node, 1))
	if n := len(f.originates()); n != 11 {
		t.Errorf("%d originates, want 11", n)
	}
}

// command calls the API for what it does.
func (f *fleet) command(node *rig.Node, method, path string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, node.URL+"/api/v1"+path, nil)
	must(f.t, err)
	req.Header.Set("Authorization", "Bearer "+f.rig.Key)
	res, err := http.DefaultClient.Do(req)
	must(f.t, err)
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		f.t.Fatalf("%s %s: status %d", method, path, res.StatusCode)
	}
}

func TestABackupOverwritesNothingAndAFailedOneLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "curlew.db")
	curlew(t, "keys", "--db", db, "create", "hims")
	precious := filepath.Join(dir, "precious")
	must(t, os.WriteFile(precious, []byte("keep"), 0o600))
	for _, c := range []struct{ db, out, says string }{
		{db, precious, "left alone"},
		{db, filepath.Join(dir, "no", "such", "directory"), "no such file"},
		{filepath.Join(dir, "none.db"), filepath.Join(dir, "copy"), "--db"},
		{precious, filepath.Join(dir, "copy"), "not a database"},
		{"postgres://localhost/curlew", filepath.Join(dir, "copy"), "pg_dump"},
	} {
		status, _, errOut := curlew(t, "backup", "--db", c.db, "--out", c.out)
		if status != exitWanted || !strings.Contains(errOut, c.says) || strings.Count(errOut, "\n") != 1 {
			t.Errorf("%s to %s: status %d: %s", c.db, c.out, status, errOut)
		}
	}
	if b, err := os.ReadFile(precious); err != nil || string(b) != "keep" {
		t.Errorf("overwritten: %q, %v", b, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "copy*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
