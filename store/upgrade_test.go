package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"curlew/outreach"
	"curlew/store"
)

// dumped is a database as version 00001 left it in the middle of a day: a call that was answered for, one that
// is being dialled by node-1, one that waits, one that is scheduled, an opt-out, a key, an audit line.
func dumped(t *testing.T, driver, url string) {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("testdata", "00001", map[string]string{"sqlite3": "sqlite.sql", "pgx": "postgres.sql"}[driver]))
	must(t, err)
	db, err := sqlx.Open(driver, url)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), string(dump))
	must(t, err)
}

func TestADatabaseOfTheFirstVersionIsUpgradedWithEverythingInIt(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "old.db")
		dumped(t, "sqlite3", path)
		testUpgraded(t, path)
	})
	t.Run("postgres", func(t *testing.T) {
		if cluster == nil {
			t.Skip("no PostgreSQL on this machine")
		}
		url, err := cluster.Database(t.Context())
		must(t, err)
		dumped(t, "pgx", url)
		testUpgraded(t, url)
	})
}

func testUpgraded(t *testing.T, url string) {
	state, err := store.Migrate(t.Context(), url, nil)
	must(t, err)
	if state.Current != state.Target || state.Target < 5 {
		t.Fatalf("%+v", state)
	}
	s, err := store.Open(t.Context(), store.Options{URL: url, Node: "node-1"})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	f := &fixture{Store: s, t: t, url: url}
	page, err := s.Activities(t.Context(), outreach.ActivityFilter{})
	must(t, err)
	states := map[outreach.State]outreach.TransactionID{}
	for _, c := range page.Items {
		states[c.Transaction.State] = c.Transaction.ID
	}
	if len(page.Items) != 4 || len(states) != 4 {
		t.Fatalf("%d transactions in %d states", len(page.Items), len(states))
	}
	if c := f.get(states[outreach.Completed]); len(c.Attempts) != 1 || c.Attempts[0].Disposition != outreach.NoAnswer || c.Event.Recipient.Name != "Amina Yusuf" {
		t.Errorf("ended: %+v", c)
	}
	live, err := s.LiveAttempts(t.Context())
	if err != nil || len(live) != 1 || live[0].State != outreach.AttemptDialing || live[0].Owner != "node-1" || live[0].Transaction != states[outreach.InProgress] {
		t.Errorf("the call that was being dialled: %+v, %v", live, err)
	}
	if again := f.accept(event(3), opens(ready(event(3), t0))); !again.Duplicate || again.Transactions[0] != states[outreach.Queued] {
		t.Errorf("an event that was known: %+v", again)
	}
	f.claim1(states[outreach.Queued], t0.Add(time.Minute))
	if _, err := s.KeyByHash(t.Context(), "0123"); err != nil {
		t.Errorf("key: %v", err)
	}
	doc, revision, err := s.LoadDocument(t.Context())
	if err != nil || revision != 1 || diff(document(), doc) != "" {
		t.Errorf("settings of revision %d: %v\n%s", revision, err, diff(document(), doc))
	}
	if st := f.beat(beatOf("node-1", "i", t0)); !st.Term.Leads() {
		t.Errorf("what is new since does not work: %+v", st)
	}
}
