package outreach

import (
	"fmt"
	"time"
)

// DefaultWindow holds where a configuration names none.
var defaultWindow = Window{From: "09:00", To: "20:00"}

// lastSlot is how long before a window's end a time that moves back lands, so that one try and its
// answer still fit.
const lastSlot = time.Hour

// searchDays bounds how far a window is searched; a year of holidays is a window that never opens.
const searchDays = 370

// Hours is a Window made ready: minutes of the day, days of the week, closed dates, one zone.
type Hours struct {
	from, to int
	days     [7]bool
	closed   map[string]bool
	loc      *time.Location
	always   bool
}

// Always is open at any time.
func Always() Hours { return Hours{always: true} }

// NewHours reads w (nil: 09:00–20:00 every day) in loc; holidays are dates (YYYY-MM-DD) on which it stays closed.
func NewHours(w *Window, loc *time.Location, holidays []string) (Hours, error) {
	if w == nil {
		w = &defaultWindow
	}
	from, err := minuteOfDay(w.From)
	if err != nil {
		return Hours{}, err
	}
	to, err := minuteOfDay(w.To)
	if err != nil {
		return Hours{}, err
	}
	if from >= to {
		return Hours{}, fmt.Errorf("window %s–%s never opens", w.From, w.To)
	}
	h := Hours{from: from, to: to, loc: loc, closed: map[string]bool{}}
	for _, d := range holidays {
		h.closed[d] = true
	}
	for _, d := range w.Days {
		i, ok := weekdays[d]
		if !ok {
			return Hours{}, fmt.Errorf("day %q is none of mon, tue, wed, thu, fri, sat, sun", d)
		}
		h.days[i] = true
	}
	if len(w.Days) == 0 {
		h.days = [7]bool{true, true, true, true, true, true, true}
	}
	return h, nil
}

var weekdays = map[string]time.Weekday{"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}

func minuteOfDay(s string) (int, error) {
	var h, m int
	if len(s) != 5 || s[2] != ':' {
		return 0, fmt.Errorf("time of day %q is not HH:MM", s)
	}
	if _, err := fmt.Sscanf(s, "%2d:%2d", &h, &m); err != nil || h < 0 || m < 0 || m > 59 || h > 24 || (h == 24 && m > 0) {
		return 0, fmt.Errorf("time of day %q is not HH:MM", s)
	}
	return 60*h + m, nil
}

// day returns the opening and end on the day that is n days after t's, false if closed all day.
func (h Hours) day(t time.Time, n int) (from, to time.Time, ok bool) {
	y, m, d := t.In(h.loc).Date()
	noon := time.Date(y, m, d+n, 12, 0, 0, 0, h.loc)
	if !h.days[noon.Weekday()] || h.closed[noon.Format(time.DateOnly)] {
		return time.Time{}, time.Time{}, false
	}
	y, m, d = noon.Date()
	from = time.Date(y, m, d, 0, h.from, 0, 0, h.loc)
	to = time.Date(y, m, d, 0, h.to, 0, 0, h.loc)
	return from, to, from.Before(to)
}

// Open reports whether t lies in the window; the end is exclusive.
func (h Hours) Open(t time.Time) bool {
	if h.always {
		return true
	}
	from, to, ok := h.day(t, 0)
	return ok && !t.Before(from) && t.Before(to)
}

// Next returns the first open instant at or after t, false if none comes within a year.
func (h Hours) Next(t time.Time) (time.Time, bool) {
	if h.always {
		return t, true
	}
	for n := range searchDays {
		from, to, ok := h.day(t, n)
		if ok && t.Before(to) {
			return later(from, t), true
		}
	}
	return time.Time{}, false
}

// Last returns t if open, else the start of the last slot (an hour) that ends before t.
func (h Hours) Last(t time.Time) (time.Time, bool) {
	if h.always || h.Open(t) {
		return t, true
	}
	for n := range searchDays {
		from, to, ok := h.day(t, -n)
		if ok && !to.After(t) {
			return later(from, to.Add(-lastSlot)), true
		}
	}
	return time.Time{}, false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
