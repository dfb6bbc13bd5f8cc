package outreach

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is an ISO 8601 duration. Days are calendar days in the zone it is applied in (P1D across
// a DST change is 23 or 25 hours), Exact is elapsed time (PT24H). Weeks are seven days.
type Duration struct {
	Years, Months, Days int
	Exact               time.Duration
	text                string
}

// Exactly returns the elapsed-time Duration d.
func Exactly(d time.Duration) Duration { return Duration{Exact: d} }

// CalendarDays returns the Duration of n calendar days.
func CalendarDays(n int) Duration { return Duration{Days: n} }

// IsZero reports whether d is no time at all.
func (d Duration) IsZero() bool {
	return d.Years == 0 && d.Months == 0 && d.Days == 0 && d.Exact == 0 && d.text == ""
}

// Add returns t moved by d (sign +1 or -1), calendar parts by the wall clock of loc. A wall time that
// DST skips is moved forward by the gap, one that occurs twice is the first.
func (d Duration) Add(t time.Time, sign int, loc *time.Location) time.Time {
	if d.Years != 0 || d.Months != 0 || d.Days != 0 {
		t = t.In(loc).AddDate(sign*d.Years, sign*d.Months, sign*d.Days)
	}
	return t.Add(time.Duration(sign) * d.Exact)
}

// Approx returns d as elapsed time with days of 24 h, for comparing and printing only.
func (d Duration) Approx() time.Duration {
	return time.Duration(d.Years*365+d.Months*30+d.Days)*24*time.Hour + d.Exact
}

// String returns the ISO 8601 form, the one it was parsed from if any.
func (d Duration) String() string {
	if d.text != "" {
		return d.text
	}
	var b strings.Builder
	b.WriteByte('P')
	part(&b, d.Years, 'Y')
	part(&b, d.Months, 'M')
	part(&b, d.Days, 'D')
	if d.Exact != 0 {
		b.WriteByte('T')
		h, rest := d.Exact/time.Hour, d.Exact%time.Hour
		part(&b, int(h), 'H')
		part(&b, int(rest/time.Minute), 'M')
		if s := rest % time.Minute; s != 0 {
			b.WriteString(strconv.FormatFloat(s.Seconds(), 'f', -1, 64))
			b.WriteByte('S')
		}
	}
	if b.Len() == 1 {
		return "PT0S"
	}
	return b.String()
}

func part(b *strings.Builder, n int, unit byte) {
	if n != 0 {
		b.WriteString(strconv.Itoa(n))
		b.WriteByte(unit)
	}
}

// ParseDuration reads an ISO 8601 duration such as P1D, PT24H, P1DT2H, PT0.7S, P2W. It must not be
// negative and must be under 10 years.
func ParseDuration(s string) (Duration, error) {
	bad := fmt.Errorf("%q is no ISO 8601 duration such as PT24H or P1D", s)
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" || strings.HasSuffix(rest, "T") {
		return Duration{}, bad
	}
	date, clock, _ := strings.Cut(rest, "T")
	d := Duration{text: s}
	if err := scan(date, "YMWD", func(unit byte, n float64) bool {
		i := int(n)
		if float64(i) != n {
			return false
		}
		switch unit {
		case 'Y':
			d.Years = i
		case 'M':
			d.Months = i
		case 'W':
			d.Days += 7 * i
		case 'D':
			d.Days += i
		}
		return true
	}); err != nil {
		return Duration{}, bad
	}
	if err := scan(clock, "HMS", func(unit byte, n float64) bool {
		scale := map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}[unit]
		d.Exact += time.Duration(math.Round(n * float64(scale)))
		return unit == 'S' || n == float64(int(n))
	}); err != nil {
		return Duration{}, bad
	}
	if d.Years > 10 || d.Months > 120 || d.Days > 3650 || d.Approx() > 3660*24*time.Hour {
		return Duration{}, fmt.Errorf("%q is longer than ten years", s)
	}
	return d, nil
}

// scan calls use for every number+unit of s; units must come in the order given.
func scan(s, units string, use func(unit byte, n float64) bool) error {
	for s != "" {
		i := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if i <= 0 || i > 9 {
			return strconv.ErrSyntax
		}
		n, err := strconv.ParseFloat(s[:i], 64)
		if err != nil {
			return err
		}
		at := strings.IndexByte(units, s[i])
		if at < 0 || !use(s[i], n) {
			return strconv.ErrSyntax
		}
		units, s = units[at+1:], s[i+1:]
	}
	return nil
}

// MarshalText returns the ISO 8601 form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDuration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := ParseDuration(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// LocalText is a text per language; the empty key is the text for every language. In JSON it is a
// string (every language) or an object.
type LocalText map[string]string

// In returns the text for lang, else the one for every language, else false.
func (l LocalText) In(lang string) (string, bool) {
	if s, ok := l[lang]; ok {
		return s, true
	}
	s, ok := l[""]
	return s, ok
}

// MarshalJSON writes a string where there is only the text for every language. HTML stays readable; an
// encoder that escapes it does so after this.
func (l LocalText) MarshalJSON() ([]byte, error) {
	var v any = map[string]string(l)
	if s, ok := l[""]; ok && len(l) == 1 {
		v = s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// UnmarshalJSON accepts a string or an object of strings.
func (l *LocalText) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*l = LocalText{"": s}
		return nil
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("want a text, or an object of texts by language")
	}
	*l = m
	return nil
}
