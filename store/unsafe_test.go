package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"curlew/outreach"
	"curlew/store"
)

// How a claim under a cap must not be written. Both look right and are wrong on PostgreSQL in READ COMMITTED:
// the statement's snapshot is older than the lock for which it waits, so the count misses what was claimed
// meanwhile. They stand here so that nobody finds them again, and lines.go does neither.
const (
	countAndClaimAtOnce = `INSERT INTO claimed (pbx) SELECT 'main' WHERE (SELECT count(*) FROM claimed WHERE pbx = 'main') < $1`
	lockInTheSameWith   = `WITH locked AS MATERIALIZED (SELECT pbx FROM line WHERE pbx = 'main' FOR UPDATE)
		INSERT INTO claimed (pbx) SELECT pbx FROM locked WHERE (SELECT count(*) FROM claimed c WHERE c.pbx = locked.pbx) < $1`
)

const (
	unsafeCap      = 5
	unsafeClaimers = 16
)

// raw is an empty database with a table of PBXs and one of claims.
func raw(t *testing.T) *sqlx.DB {
	t.Helper()
	if cluster == nil {
		t.Skip("no PostgreSQL on this machine")
	}
	url, err := cluster.Database(t.Context())
	must(t, err)
	db, err := sqlx.Open("pgx", url)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	db.SetMaxOpenConns(unsafeClaimers)
	db.SetMaxIdleConns(unsafeClaimers)
	for _, q := range []string{`CREATE TABLE line (pbx TEXT PRIMARY KEY)`, `CREATE TABLE claimed (pbx TEXT NOT NULL)`, `INSERT INTO line VALUES ('main')`} {
		_, err := db.ExecContext(t.Context(), q)
		must(t, err)
	}
	return db
}

// stampede lets every claimer claim at the same moment and returns how many lines are in use then.
func stampede(t *testing.T, db *sqlx.DB, claim func(ctx context.Context, db *sqlx.DB) error) (used int) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), `DELETE FROM claimed`)
	must(t, err)
	start, errs := make(chan struct{}), make(chan error, unsafeClaimers)
	var wg sync.WaitGroup
	for range unsafeClaimers {
		wg.Go(func() {
			<-start
			for range unsafeCap {
				errs <- claim(t.Context(), db)
			}
		})
	}
	go func() { wg.Wait(); close(errs) }()
	close(start)
	for err := range errs {
		must(t, err)
	}
	must(t, db.GetContext(t.Context(), &used, `SELECT count(*) FROM claimed`))
	return used
}

const unsafeRounds = 200

func TestClaimsThatCountBeforeTheyHoldTheLockOvershootTheCap(t *testing.T) {
	for name, text := range map[string]string{"count and claim in one statement": countAndClaimAtOnce, "the lock in the same statement": lockInTheSameWith} {
		t.Run(name, func(t *testing.T) {
			db := raw(t)
			for round := range unsafeRounds {
				used := stampede(t, db, func(ctx context.Context, db *sqlx.DB) error {
					_, err := db.ExecContext(ctx, text, unsafeCap)
					return err
				})
				if used > unsafeCap {
					t.Logf("%d lines of %d in round %d", used, unsafeCap, round+1)
					return
				}
			}
			t.Errorf("kept the cap %d times: what makes our own claim safe is not shown", unsafeRounds)
		})
	}
}

func TestAClaimThatCountsUnderALockOfItsOwnStatementKeepsTheCap(t *testing.T) {
	db := raw(t)
	for range 20 {
		used := stampede(t, db, func(ctx context.Context, db *sqlx.DB) error {
			tx, err := db.BeginTxx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback() // after a commit it does nothing
			if _, err := tx.ExecContext(ctx, `SELECT pbx FROM line WHERE pbx = 'main' FOR UPDATE`); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, countAndClaimAtOnce, unsafeCap); err != nil {
				return err
			}
			return tx.Commit()
		})
		if used != unsafeCap {
			t.Fatalf("%d lines of %d", used, unsafeCap)
		}
	}
}

func TestNodesWithWrongClocksShareOneRateByTheDatabasesClock(t *testing.T) {
	if cluster == nil {
		t.Skip("no PostgreSQL on this machine")
	}
	url, err := cluster.Database(t.Context())
	must(t, err)
	f := open(t, url, nil)
	off := []time.Duration{-10 * time.Second, 0, 10 * time.Second, time.Hour}
	var nodes []*store.Store
	for i := range off {
		s, err := store.Open(t.Context(), store.Options{URL: url, Node: fmt.Sprintf("n%d", i), DatabaseTime: true})
		must(t, err)
		t.Cleanup(func() { must(t, s.Close()) })
		nodes = append(nodes, s)
	}
	const rate = 5
	claimed, begun := 0, time.Now()
	for n := 1; time.Since(begun) < 1500*time.Millisecond; n++ {
		id := f.open1(n)
		node, now := nodes[n%len(nodes)], time.Now().Add(off[n%len(nodes)])
		in := claimOf(f.get(id), now)
		in.Caps.PBXRate = rate
		out, err := node.Claim(t.Context(), now, []outreach.Claim{in})
		must(t, err)
		if !out[0].Claimed {
			continue
		}
		claimed++
		a, err := f.AttemptByID(t.Context(), in.Attempt.ID)
		must(t, err)
		if d := time.Until(a.ClaimedAt).Abs(); d > 2*time.Second {
			t.Errorf("claimed at a time that is %s off", d)
		}
		if d := (a.LeaseUntil.Sub(a.ClaimedAt) - time.Minute).Abs(); d > 5*time.Millisecond {
			t.Errorf("the lease lasts %s", a.LeaseUntil.Sub(a.ClaimedAt))
		}
	}
	most := rate + int(time.Since(begun).Seconds()*rate) + 1
	if claimed > most || claimed < rate {
		t.Errorf("%d claims in %s at %d a second, want at most %d", claimed, time.Since(begun), rate, most)
	}
	if expired, err := nodes[3].ExpiredLeases(t.Context(), time.Now().Add(time.Hour)); err != nil || len(expired) != 0 {
		t.Errorf("a node whose clock is an hour ahead takes %d calls away: %v", len(expired), err)
	}
}
