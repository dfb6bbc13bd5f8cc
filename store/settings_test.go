package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"curlew/outreach"
	"curlew/store"
)

// another is a second node on the same database, or a second process on the same file.
func (f *fixture) another() *store.Store {
	f.t.Helper()
	s, err := store.Open(f.t.Context(), store.Options{URL: f.url, Node: "node-2"})
	must(f.t, err)
	f.t.Cleanup(func() { must(f.t, s.Close()) })
	return s
}

// beside is a connection of nobody's, to hold locks and to look at those of others.
func (f *fixture) beside() *sqlx.DB {
	f.t.Helper()
	db, err := sqlx.Open("pgx", f.url)
	must(f.t, err)
	f.t.Cleanup(func() { must(f.t, db.Close()) })
	return db
}

// waiting returns once so many wait for such a lock.
func waiting(t *testing.T, db *sqlx.DB, want int, which string) {
	t.Helper()
	for n, deadline := 0, time.Now().Add(4*time.Second); n < want; {
		if time.Now().After(deadline) {
			t.Fatalf("%d wait, want %d: %s", n, want, which)
		}
		must(t, db.GetContext(t.Context(), &n, `SELECT count(*) FROM pg_locks WHERE NOT granted AND `+which))
	}
}

// replaced is a document that differs.
func replaced() outreach.Document {
	doc := document()
	doc.Facility.Name = "Town Hospital"
	return doc
}

func TestNothingIsClaimedBySettingsThatAnotherNodeHasReplaced(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		a, b := f.open1(1), f.open1(2)
		f.claim1(a, t0) // so that the first settings are in the node's memory
		before := f.get(b)
		revision, err := f.another().SaveDocument(t.Context(), replaced(), 1, "node-2", t0)
		must(t, err)
		in := claimOf(before, t0)
		in.Links = []outreach.LinkRow{{Hash: [32]byte{7}, Purpose: "answer", ExpiresAt: t0.Add(time.Hour)}}
		if out, err := f.Claim(t.Context(), t0, []outreach.Claim{in}); !errors.Is(err, outreach.ErrRevision) {
			t.Errorf("a call: %+v, %v", out, err)
		}
		message := in
		message.Attempt.Channel, message.Attempt.PBX, message.Attempt.Gateway = outreach.SMS, "", ""
		if out, err := f.Claim(t.Context(), t0, []outreach.Claim{message}); !errors.Is(err, outreach.ErrRevision) {
			t.Errorf("a message: %+v, %v", out, err)
		}
		newer := in
		newer.Revision = revision
		if out, err := f.Claim(t.Context(), t0, []outreach.Claim{newer, message}); !errors.Is(err, outreach.ErrRevision) {
			t.Errorf("one of two: %+v, %v", out, err)
		}
		if err := f.ClaimTest(t.Context(), 1, testCall("one", phone(9), t0), outreach.Caps{PBXCalls: 9, GatewayCalls: 9}); !errors.Is(err, outreach.ErrRevision) {
			t.Errorf("a test call: %v", err)
		}
		if d := diff(before, f.get(b)); d != "" {
			t.Errorf("a refused claim left a trace:\n%s", d)
		}
		if _, err := f.Link(t.Context(), [32]byte{7}); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("its link: %v", err)
		}
		if out := f.claim(t0, newer)[0]; !out.Claimed {
			t.Errorf("by the new settings: %+v", out)
		}
	})
}

// A claim that has looked at the settings and waits for its lines is not overtaken by those that replace them.
func TestSettingsAreReplacedAfterTheClaimsThatWereUnderWay(t *testing.T) {
	url := onPostgres(t)
	f := open(t, url, nil)
	f.claim1(f.open1(1), t0) // the PBX has its row now
	in := claimOf(f.get(f.open1(2)), t0)
	db := f.beside()
	line, err := db.BeginTxx(t.Context(), nil)
	must(t, err)
	_, err = line.ExecContext(t.Context(), `SELECT 1 FROM pbx_state WHERE pbx = 'main' FOR UPDATE`)
	must(t, err)
	claimed, saved := make(chan error, 1), make(chan error, 1)
	go func() {
		out, err := f.Claim(t.Context(), t0, []outreach.Claim{in})
		if err == nil && !out[0].Claimed {
			err = errOr(nil, out)
		}
		claimed <- err
	}()
	waiting(t, db, 1, `locktype = 'transactionid'`)
	other := f.another()
	go func() {
		_, err := other.SaveDocument(t.Context(), replaced(), 1, "node-2", t0)
		saved <- err
	}()
	waiting(t, db, 1, `locktype = 'advisory'`)
	must(t, line.Rollback())
	must(t, <-claimed)
	must(t, <-saved)
}
