package store

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// The queries that run for every event, claim and tick, and those over all that is open, with the index that each must use.
var hotQueries = []struct {
	name, text string
	params     int
	index      []string
}{
	{"the head of a lane", headText, 3, []string{"transactions_ready (lane=?)"}},
	{"promotion", promoteText(sqliteDialect), 2, []string{"transactions_waiting (next_at<?)"}},
	{"waits that are over", overdueAnswers, 2, []string{"transactions_answer (next_at>? AND next_at<?)"}},
	{"deadlines", overdueOpen, 2, []string{"transactions_expiry (expires_at>? AND expires_at<?)", "attempts_transaction (transaction_id=?)"}},
	{"next due time", wakes[0], 0, []string{"transactions_waiting"}},
	{"next wait", wakes[1], 0, []string{"transactions_answer (next_at>?)"}},
	{"next deadline", wakes[2], 0, []string{"transactions_expiry (expires_at>?)"}},
	{"next settling", wakes[3], 0, []string{"attempts_live"}},
	{"next result", wakes[4], 0, []string{"outbox_due"}},
	{"lanes", lanesText, 0, []string{"transactions_ready (lane>?)"}},
	{"lines of a PBX", `SELECT gateway, count(*) FROM attempts WHERE pbx = $1 AND live = 1 GROUP BY gateway`, 1, []string{"COVERING INDEX attempts_live (pbx=?)"}},
	{"calls to a number", callsToText, 2, []string{"attempts_calls (address=? AND claimed_at>?)"}},
	{"contacts of a patient", contactsText, 2, []string{"attempts_recipient (recipient_key=? AND claimed_at>?)"}},
	{"opt-outs", matchingOptOutsText, 3, []string{"opt_outs_row (address=?)", "opt_outs_recipient (recipient=?)"}},
	{"opt-outs of many addresses", optOutsByText("address", 8), 8, []string{"opt_outs_row (address=?)"}},
	{"opt-outs of many recipients", optOutsByText("recipient", 8), 8, []string{"opt_outs_recipient (recipient=?)"}},
	{"a subject's history", historyText, 3, []string{"transactions_subject (subject_id=? AND component=? AND source=?)"}},
	{"a report's transactions", fmt.Sprintf(reportTransactionsText, ""), 2, []string{"transactions_id (id>? AND id<?)"}},
	{"a report's attempts", fmt.Sprintf(reportAttemptsText, " AND t.configuration = $3"), 3, []string{"attempts_transaction (transaction_id>? AND transaction_id<?)", "transactions_id (id=?)"}},
	{"a report's answers", fmt.Sprintf(reportAnswersText, ""), 2, []string{"responses_transaction (transaction_id>? AND transaction_id<?)", "transactions_id (id=?)"}},
	{"results that are due", dueResultsText(sqliteDialect), 2, []string{"outbox_due (next_at<?)"}},
	{"what is open by version", pendingText, 0, []string{"COVERING INDEX transactions_version"}},
	{"what is open of a version", openOfText, 4, []string{"COVERING INDEX transactions_version (configuration=? AND version=? AND id>?)"}},
}

// bigTable is a plan's line that reads a table that grows from its start to its end.
var bigTable = regexp.MustCompile(`^SCAN (t|transactions|attempts|events|logs|opt_outs|subjects|outbox)$`)

func TestHotQueriesUseTheirIndexAndScanNoTable(t *testing.T) {
	s := openLocal(t)
	for _, q := range hotQueries {
		var plan []string
		a := make(args, q.params)
		for i := range a {
			a[i] = int64(1)
		}
		err := s.group.conn.query(t.Context(), "EXPLAIN QUERY PLAN "+q.text, a, func(r row) error {
			plan = append(plan, r.(valuesRow)[3].(string))
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
			continue
		}
		all := strings.Join(plan, "\n\t")
		for _, want := range q.index {
			if !strings.Contains(all, want) {
				t.Errorf("%s does not use %s:\n\t%s", q.name, want, all)
			}
		}
		for _, line := range plan {
			if bigTable.MatchString(line) {
				t.Errorf("%s reads a whole table: %s", q.name, line)
			}
			if strings.Contains(line, "TEMP B-TREE FOR ORDER BY") {
				t.Errorf("%s sorts:\n\t%s", q.name, all)
			}
		}
	}
}

// SQLite plans a statement anew whenever a parameter that its planner has looked at is bound again;
// the dialect's plus keeps it from looking.
func TestBindingAgainDoesNotPlanAgain(t *testing.T) {
	if got := sqliteDialect.bind.Replace("a = $1 AND b = $12"); got != "a = +?1 AND b = +?12" {
		t.Errorf("bound as %q", got)
	}
}
