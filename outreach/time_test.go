package outreach_test

import (
	"fmt"
	"testing"
	"time"

	"curlew/outreach"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func hours(t testing.TB, w *outreach.Window, loc *time.Location, holidays ...string) outreach.Hours {
	t.Helper()
	h, err := outreach.NewHours(w, loc, holidays)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestADayBeforeIsACalendarDayAndTwentyFourHoursAreElapsedTime(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	ref := time.Date(2026, 3, 29, 9, 30, 0, 0, berlin) // the night before, the clocks went forward
	now := ref.AddDate(0, 0, -7)
	for text, want := range map[string]string{"P1D": "2026-03-28T09:30:00+01:00", "PT24H": "2026-03-28T08:30:00+01:00"} {
		d, err := outreach.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		cfg := outreach.Configuration{When: outreach.When{Type: outreach.Before, Offset: d}}
		got := outreach.DueTimes(cfg, ref, now, berlin, outreach.Always())
		if got.DueAt.In(berlin).Format(time.RFC3339) != want {
			t.Errorf("%s before: %s, want %s", text, got.DueAt.In(berlin).Format(time.RFC3339), want)
		}
	}
}

func TestBeforeMovesBackIntoTheWindowAndForwardOnlyWhenThatHasPassed(t *testing.T) {
	riyadh := zone(t, "Asia/Riyadh")
	w := hours(t, nil, riyadh)
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, riyadh)
		must(t, err)
		return v
	}
	cfg := outreach.Configuration{When: outreach.When{Type: outreach.Before, Offset: outreach.Exactly(24 * time.Hour)}}
	cases := []struct {
		name, ref, now, first string
		verdict               outreach.Reason
	}{
		{"in the window it stays", "2026-12-02 09:30", "2026-11-30 12:00", "2026-12-01 09:30", ""},
		{"a visit at 07:00 is called the evening before the day before", "2026-12-02 07:00", "2026-11-30 12:00", "2026-11-30 19:00", ""},
		{"when that evening has passed it goes to the opening", "2026-12-02 07:00", "2026-11-30 22:00", "2026-12-01 09:00", ""},
		{"booked three hours ahead it goes now", "2026-12-01 15:00", "2026-12-01 12:00", "2026-12-01 12:00", ""},
		{"booked one hour ahead it is too late", "2026-12-01 13:00", "2026-12-01 12:00", "2026-12-01 12:00", outreach.ReasonTooLate},
		{"booked at night for the morning there is no slot", "2026-12-01 08:30", "2026-11-30 23:00", "2026-11-30 23:00", outreach.ReasonWindow},
	}
	for _, c := range cases {
		d := outreach.DueTimes(cfg, at(c.ref), at(c.now), riyadh, w)
		if d.Verdict != c.verdict || (c.verdict == "" && !d.FirstAt.Equal(at(c.first))) {
			t.Errorf("%s: first %s verdict %q, want %s %q", c.name, d.FirstAt.In(riyadh), d.Verdict, c.first, c.verdict)
		}
	}
}

func TestTheDeadlineIsTheVisitOrTheGraceWhicheverComesFirst(t *testing.T) {
	ref := noon.Add(10 * time.Hour)
	before := outreach.Configuration{When: outreach.When{Type: outreach.Before, Offset: outreach.Exactly(5 * time.Hour)}}
	if d := outreach.DueTimes(before, ref, noon, time.UTC, outreach.Always()); !d.ExpiresAt.Equal(ref) || !d.CutOffAt.Equal(ref) {
		t.Errorf("before: expires %s, want the visit", d.ExpiresAt)
	}
	after := outreach.Configuration{When: outreach.When{Type: outreach.After, Offset: outreach.Exactly(time.Hour)}}
	if d := outreach.DueTimes(after, ref, noon, time.UTC, outreach.Always()); !d.ExpiresAt.Equal(ref.Add(25 * time.Hour)) {
		t.Errorf("after: expires %s, want due plus a day", d.ExpiresAt)
	}
}

func TestHolidaysAndDaysKeepTheWindowClosed(t *testing.T) {
	w := hours(t, &outreach.Window{From: "09:00", To: "20:00", Days: []string{"mon", "tue"}}, time.UTC, "2026-12-01")
	tuesday := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	if w.Open(tuesday) {
		t.Error("open on a holiday")
	}
	next, ok := w.Next(tuesday)
	if want := time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC); !ok || !next.Equal(want) {
		t.Errorf("next %s, want Monday %s", next, want)
	}
	last, ok := w.Last(tuesday)
	if want := time.Date(2026, 11, 30, 19, 0, 0, 0, time.UTC); !ok || !last.Equal(want) {
		t.Errorf("last %s, want Monday's last hour %s", last, want)
	}
}

func TestAWindowThatEndsBeforeItBeginsIsRefused(t *testing.T) {
	for _, w := range []outreach.Window{{From: "20:00", To: "09:00"}, {From: "09:00", To: "09:00"}, {From: "9:00", To: "20:00"}, {From: "09:00", To: "25:00"}, {From: "09:00", To: "20:00", Days: []string{"Monday"}}} {
		if _, err := outreach.NewHours(&w, time.UTC, nil); err == nil {
			t.Errorf("%+v was accepted", w)
		}
	}
}

// Every zone with its DST rules, every instant: what Next and Last return is open, in order, and
// nothing open lies between.
func TestPropertyTheWindowNeverLies(t *testing.T) {
	zones := []string{"Asia/Riyadh", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo"}
	rapid.Check(t, func(rt *rapid.T) {
		loc := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		from := rapid.IntRange(0, 22).Draw(rt, "from")
		to := rapid.IntRange(from+1, 24).Draw(rt, "to")
		w := hours(t, &outreach.Window{From: hhmm(from), To: hhmm(to)}, loc)
		at := time.Unix(rapid.Int64Range(1735689600, 1893456000).Draw(rt, "at"), 0)
		next, ok := w.Next(at)
		if !ok || next.Before(at) || !w.Open(next) {
			rt.Fatalf("Next(%s) = %s in %s is not open", at.In(loc), next.In(loc), loc)
		}
		if next.After(at) && (w.Open(at) || w.Open(next.Add(-time.Minute))) {
			rt.Fatalf("Next(%s) = %s passed over an open minute", at.In(loc), next.In(loc))
		}
		last, ok := w.Last(at)
		if !ok || last.After(at) || !w.Open(last) {
			rt.Fatalf("Last(%s) = %s in %s is not open", at.In(loc), last.In(loc), loc)
		}
	})
}

func hhmm(h int) string { return fmt.Sprintf("%02d:00", h) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDurationsReadAndPrintTheirISOForm(t *testing.T) {
	for text, approx := range map[string]time.Duration{"PT24H": 24 * time.Hour, "P1D": 24 * time.Hour, "P2W": 14 * 24 * time.Hour,
		"P1DT2H30M": 26*time.Hour + 30*time.Minute, "PT0.7S": 700 * time.Millisecond, "PT90M": 90 * time.Minute} {
		d, err := outreach.ParseDuration(text)
		if err != nil || d.Approx() != approx || d.String() != text {
			t.Errorf("%s: %v %v %s", text, d.Approx(), err, d)
		}
	}
	for _, bad := range []string{"", "P", "PT", "24H", "P-1D", "PT1", "P1H", "PT1D", "P1.5D", "PT1H1H", "P99Y", "P1DT", "PT5M3H", "1d"} {
		if d, err := outreach.ParseDuration(bad); err == nil {
			t.Errorf("%q was read as %s", bad, d)
		}
	}
}
