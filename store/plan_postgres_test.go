package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"curlew/store/pgtest"
)

// What PostgreSQL is asked for every event, claim and tick, and the index that each must use.
var hotOnPostgres = []struct {
	name, text string
	params     int
	index      string
}{
	{"the head of a lane", headText, 3, "transactions_ready"},
	{"promotion", promoteText(postgresDialect), 2, "transactions_waiting"},
	{"waits that are over", overdueAnswers, 2, "transactions_answer"},
	{"deadlines", overdueOpen, 2, "transactions_expiry"},
	{"cases of a group", lockCasesText, 1, "transactions_id"},
	{"their attempts", caseAttemptsText, 1, "attempts_transaction"},
	{"subjects of a group", lockSubjectsText, 3, "subjects_pkey"},
	{"events that are known", knownText, 2, "events_id"},
	{"calls to the numbers", pastCallsText, 2, "attempts_calls"},
	{"contacts of the patients", pastContactsText, 2, "attempts_recipient"},
	{"results that are due", dueResultsText(postgresDialect), 2, "outbox_due"},
	{"what is open by version", pendingText, 0, "transactions_version"},
	{"what is open of a version", openOfText, 4, "transactions_version"},
}

// nulls are so many parameters of EXECUTE.
func nulls(n int) string {
	if n == 0 {
		return ""
	}
	return "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
}

var scansTable = regexp.MustCompile(`Seq Scan on (transactions|attempts|events|logs|subjects|outbox)`)

func TestOnPostgreSQLTheHotStatementsUseTheirIndexForAnyValue(t *testing.T) {
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
	s, err := Open(t.Context(), Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := s.writes.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i, q := range hotOnPostgres {
		name := fmt.Sprintf("hot%d", i)
		if _, err := conn.ExecContext(t.Context(), "PREPARE "+name+" AS "+q.text); err != nil {
			t.Errorf("%s: %v", q.name, err)
			continue
		}
		rows, err := conn.QueryContext(t.Context(), "EXPLAIN EXECUTE "+name+nulls(q.params))
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
			continue
		}
		var plan []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, line)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(plan, "\n\t"); scansTable.MatchString(all) || !strings.Contains(all, q.index) {
			t.Errorf("%s does not go by %s:\n\t%s", q.name, q.index, all)
		}
	}
}
