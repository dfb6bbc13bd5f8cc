package outreach

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cronField is one of the five fields of a cron line.
type cronField struct {
	name      string
	low, high int
	names     []string // of low, low+1, …
}

var cronFields = []cronField{
	{name: "minute", low: 0, high: 59},
	{name: "hour", low: 0, high: 23},
	{name: "day of the month", low: 1, high: 31},
	{name: "month", low: 1, high: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "day of the week", low: 0, high: 6, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

var cronWords = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}

// CheckCron accepts a cron line of five fields, or @daily and its like, that fires at some time. It is a
// subset of what robfig/cron's standard parser reads: no zone (the facility's applies), no @every.
func CheckCron(line string) error {
	if slices.Contains(cronWords, line) {
		return nil
	}
	fields := strings.Fields(line)
	if len(fields) != len(cronFields) {
		return fmt.Errorf("has %d fields, not the five of a cron line: minute, hour, day of the month, month, day of the week", len(fields))
	}
	var hits [5][]int
	for i, f := range cronFields {
		var err error
		if hits[i], err = f.parse(strings.ToLower(fields[i])); err != nil {
			return err
		}
	}
	if anyDay(fields[4]) && !dayExists(hits[2], hits[3]) {
		return fmt.Errorf("names a day that no such month has, so it never fires")
	}
	return nil
}

func anyDay(field string) bool { return strings.HasPrefix(field, "*") || strings.HasPrefix(field, "?") }

// dayExists reports whether one of the months has one of the days.
func dayExists(days, months []int) bool {
	longest := [...]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for _, m := range months {
		for _, d := range days {
			if d <= longest[m] {
				return true
			}
		}
	}
	return false
}

// parse returns the values that the field names.
func (f cronField) parse(s string) ([]int, error) {
	var hits []int
	for part := range strings.SplitSeq(s, ",") {
		from, to, step, err := f.span(part)
		if err != nil {
			return nil, err
		}
		for n := from; n <= to; n += step {
			hits = append(hits, n)
		}
	}
	return hits, nil
}

func (f cronField) span(part string) (from, to, step int, err error) {
	bad := fmt.Errorf("%s %q is not one of %d–%d, a range or a step such as */5", f.name, clip(part, 20), f.low, f.high)
	span, every, stepped := strings.Cut(part, "/")
	first, last, ranged := strings.Cut(span, "-")
	step = 1
	if stepped {
		if step, err = strconv.Atoi(every); err != nil || step < 1 || step > f.high || strings.HasPrefix(every, "+") {
			return 0, 0, 0, bad
		}
	}
	if span == "*" || span == "?" {
		return f.low, f.high, step, nil
	}
	from, ok := f.value(first)
	to = from
	if ranged {
		var okTo bool
		to, okTo = f.value(last)
		ok = ok && okTo
	} else if stepped {
		to = f.high
	}
	if !ok || from > to {
		return 0, 0, 0, bad
	}
	return from, to, step, nil
}

func (f cronField) value(s string) (int, bool) {
	if i := slices.Index(f.names, s); i >= 0 {
		return f.low + i, true
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return int(n), err == nil && int(n) >= f.low && int(n) <= f.high
}
