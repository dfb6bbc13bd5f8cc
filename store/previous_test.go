package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"curlew/store/pgtest"
)

// previous is the database as the last version but one left it, with a row in every table.
func previous(t *testing.T, url string) (db *sqlx.DB, tables []string) {
	t.Helper()
	d := dialectOf(url)
	db, err := d.connected(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the test has closed it, unless it failed
	p, err := provider(d, db)
	if err != nil {
		t.Fatal(err)
	}
	all := p.ListSources()
	if _, err := p.UpTo(t.Context(), all[len(all)-2].Version); err != nil {
		t.Fatal(err)
	}
	names := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	if d.rowLocks {
		names = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`
	}
	if err := db.Select(&tables, names); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		fillTable(t, db, table)
	}
	return db, tables
}

// fillTable gives the table a row of which every column tells its name, or is 7, unless it has rows.
func fillTable(t *testing.T, db *sqlx.DB, table string) {
	t.Helper()
	rows, err := db.Queryx("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	if rows.Next() || table == "goose_db_version" {
		return
	}
	var names, values []string
	for _, c := range columns {
		if c.Name() == "seq" { // made by the database
			continue
		}
		value := "7"
		switch c.DatabaseTypeName() {
		case "TEXT":
			value = "'" + c.Name() + "'"
		case "BYTEA":
			value = "'\\x07'"
		}
		names, values = append(names, c.Name()), append(values, value)
	}
	rows.Close()
	if _, err := db.Exec(fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(values, ", "))); err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

// contents is every row of the tables, column by column.
func contents(t *testing.T, db *sqlx.DB, tables []string) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	for _, table := range tables {
		rows, err := db.Queryx("SELECT * FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; rows.Next(); n++ {
			row := map[string]any{}
			if err := rows.MapScan(row); err != nil {
				t.Fatal(err)
			}
			out[fmt.Sprint(table, " ", n)] = row
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestAnUpgradeFromThePreviousVersionKeepsEveryRowOfEveryTable(t *testing.T) {
	test := func(t *testing.T, url string) {
		db, tables := previous(t, url)
		before := contents(t, db, tables)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		after := contents(t, s.reads, tables)
		if len(before) < 20 {
			t.Errorf("only %d rows are looked at", len(before))
		}
		for at, row := range before {
			for column, want := range row {
				if got, ok := after[at][column]; !ok || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: %s is %v, was %v", at, column, got, want)
				}
			}
		}
		if len(after) != len(before)+1 { // the migration's own
			t.Errorf("%d rows, were %d", len(after), len(before))
		}
	}
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "curlew.db")) })
	t.Run("postgres", func(t *testing.T) {
		cluster, err := pgtest.Start(t.Context(), pgtest.Options{})
		if errors.Is(err, pgtest.ErrUnavailable) {
			t.Skip("no PostgreSQL on this machine")
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := cluster.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
		url, err := cluster.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		test(t, url)
	})
}
