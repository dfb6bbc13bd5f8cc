package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

// toMillis is how a time is stored: UTC milliseconds, 0 for unset.
func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// millis scans a stored time: (*millis)(&t).
type millis time.Time

func (m *millis) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a stored time is %T instead of milliseconds", v)
	}
	*m = millis(fromMillis(n))
	return nil
}

// list scans strings that were stored as a JSON array: (*list)(&s).
type list []string

func (l *list) Scan(v any) error {
	var b []byte
	switch v := v.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("a stored list is %T instead of text", v)
	}
	*l = nil
	if string(b) == "[]" {
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// channelList scans channels that were stored as a JSON array: (*channelList)(&c).
type channelList []outreach.Channel

func (l *channelList) Scan(v any) error {
	var names list
	if err := names.Scan(v); err != nil {
		return err
	}
	*l = nil
	for _, name := range names {
		*l = append(*l, outreach.Channel(name))
	}
	return nil
}

// listText is how a list of strings is stored.
func listText[S ~string](s []S) string {
	if len(s) == 0 {
		return "[]"
	}
	out := []byte{'['}
	for i, v := range s {
		if i > 0 {
			out = append(out, ',')
		}
		q, _ := json.Marshal(string(v)) // a string always marshals
		out = append(out, q...)
	}
	return string(append(out, ']'))
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// setter gathers the columns that changed, so that an update writes those and touches no index in vain.
type setter struct {
	names []string
	args  []any
}

func (s *setter) set(name string, v any) {
	s.names, s.args = append(s.names, name), append(s.args, v)
}

// text, like its siblings below, makes old what will be stored of now.
func (s *setter) text(name string, old *string, now string) {
	if *old != now {
		*old = now
		s.set(name, now)
	}
}

func (s *setter) int(name string, old *int, now int) {
	if *old != now {
		*old = now
		s.set(name, int64(now))
	}
}

func (s *setter) int64(name string, old *int64, now int64) {
	if *old != now {
		*old = now
		s.set(name, now)
	}
}

func (s *setter) flag(name string, old *bool, now bool) {
	if *old != now {
		*old = now
		s.set(name, flag(now))
	}
}

func (s *setter) time(name string, old *time.Time, now time.Time) {
	if ms := toMillis(now); ms != toMillis(*old) {
		*old = fromMillis(ms)
		s.set(name, ms)
	}
}

// update writes what s gathered to the row of table with that id.
func (t *tx) update(s *setter, table, id string) error {
	if len(s.names) == 0 {
		return nil
	}
	var b strings.Builder
	b.Grow(64 + 20*len(s.names))
	b.WriteString("UPDATE ")
	b.WriteString(table)
	b.WriteString(" SET ")
	for i, n := range s.names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n)
		b.WriteString(" = $")
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteString(" WHERE id = $")
	b.WriteString(strconv.Itoa(len(s.names) + 1))
	return t.exec(b.String(), append(s.args, id)...)
}

// placeholders returns "($from, …)" for n values.
func placeholders(from, n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	b.WriteByte(')')
	return b.String()
}

// newRow inserts a row whose keys may be taken.
type newRow struct{ orFail, orNothing string }

func newRowText(table, columns string) newRow {
	text := insertText(table, columns)
	return newRow{orFail: text, orNothing: text + " ON CONFLICT DO NOTHING"}
}

// insertText returns an INSERT of the comma-separated columns.
func insertText(table, columns string) string {
	return "INSERT INTO " + table + " (" + columns + ") VALUES " + placeholders(1, strings.Count(columns, ",")+1)
}
