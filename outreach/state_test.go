package outreach_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"curlew/outreach"
)

func TestTheDiagramsSayWhatTheTablesAllow(t *testing.T) {
	text, err := os.ReadFile("../docs/states.md")
	must(t, err)
	transaction, attempt, ok := strings.Cut(string(text), "## Attempt")
	if !ok {
		t.Fatal("docs/states.md has no section Attempt")
	}
	var want []string
	for _, s := range outreach.States() {
		for _, next := range outreach.Transitions(s) {
			want = append(want, string(s)+" --> "+string(next))
		}
	}
	compare(t, "transaction", arrows(transaction), want)
	want = nil
	for _, s := range []outreach.AttemptState{outreach.AttemptClaimed, outreach.AttemptDialing, outreach.AttemptAnswered, outreach.AttemptSending,
		outreach.AttemptSent, outreach.AttemptDelivered, outreach.AttemptUnknown, outreach.AttemptEnded} {
		for _, next := range outreach.AttemptTransitions(s) {
			want = append(want, string(s)+" --> "+string(next))
		}
	}
	compare(t, "attempt", arrows(attempt), want)
}

func arrows(text string) []string {
	return regexp.MustCompile(`[a-z_]+ --> [a-z_]+`).FindAllString(text, -1)
}

func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the diagram has\n%v\nthe table\n%v", what, got, want)
	}
}

func TestNoEndStateReopens(t *testing.T) {
	for _, s := range outreach.States() {
		if s.Open() {
			continue
		}
		for _, next := range outreach.Transitions(s) {
			if next.Open() {
				t.Errorf("%s → %s", s, next)
			}
		}
		if err := outreach.CheckTransition(s, outreach.Queued); err == nil {
			t.Errorf("%s may be queued again", s)
		}
	}
}
