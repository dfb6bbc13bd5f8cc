package channels_test

import (
	"strings"
	"testing"
	"time"

	"curlew/channels"
	"curlew/outreach"
)

func TestALetterSaysWhatBecameOfTheAppointmentAndCarriesTheSameEntry(t *testing.T) {
	snap := answering(t, `St. Mary's <& "Children">`)
	was := time.Date(2026, 12, 2, 6, 30, 0, 0, time.UTC)
	for kind, start := range map[outreach.LetterKind]time.Time{outreach.LetterCancelled: was, outreach.LetterMoved: was.Add(5 * time.Hour)} {
		for lang, times := range map[string][2]string{"en": {"9:30 AM", "2:30 PM"}, "ar": {"9:30 صباحًا", "2:30 ظهرًا"}, "hi": {"सुबह 9:30 बजे", "दोपहर 2:30 बजे"}, "fr": {"9:30 AM", "2:30 PM"}} {
			m, err := channels.Letter(snap, outreach.Letter{ID: "l-1", Kind: kind, UID: "hims/A-1", Sequence: 9, Was: was, Start: start, Address: "p@example.org", Language: lang})
			if err != nil {
				t.Fatal(err)
			}
			moved := kind == outreach.LetterMoved
			if !strings.Contains(m.Text, times[0]) || strings.Contains(m.Text, times[1]) != moved || strings.Contains(m.Text, "{{") || m.Subject == "" {
				t.Errorf("%s in %s: %q", kind, lang, m.Text)
			}
			if strings.Contains(m.HTML, `<& `) || !strings.Contains(m.HTML, "&lt;&amp;") || strings.Contains(m.HTML, `dir="rtl"`) != (lang == "ar") {
				t.Errorf("%s in %s: %s", kind, lang, m.HTML)
			}
			e := m.Calendar
			if e == nil || e.UID != "hims/A-1" || e.Sequence != 9 || !e.Start.Equal(start) || e.Cancel == moved || !m.ExpiresAt.Equal(start) {
				t.Errorf("%s: %+v", kind, e)
			}
		}
	}
	if _, err := channels.Letter(snap, outreach.Letter{Kind: "lost"}); err == nil {
		t.Error("a letter of no kind was written")
	}
}
