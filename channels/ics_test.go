package channels

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"curlew/outreach"
)

func TestNoSummaryBreaksTheCalendarsLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		summary := rapid.String().Draw(t, "summary")
		text := ics(outreach.CalendarEntry{UID: "hims/A-1", Start: time.Unix(0, 0), Summary: summary}, "REQUEST", "a@example.org", "p01@example.org", time.Unix(0, 0))
		for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("line %q of %d octets", line, len(line))
			}
		}
		unfolded := strings.ReplaceAll(text, "\r\n ", "")
		if want := "\r\nSUMMARY:" + icsText(summary) + "\r\n"; !strings.Contains(unfolded, want) {
			t.Fatalf("unfolded:\n%s\nlacks %q", unfolded, want)
		}
		if strings.Count(unfolded, "\r\n") != 15 {
			t.Fatalf("%d lines:\n%s", strings.Count(unfolded, "\r\n"), unfolded)
		}
	})
}
