package prompts

import (
	"strings"
	"time"
	"unicode"

	"curlew/outreach"
)

// tongue is a language whose numbers, times and money are said in words. Numbers lie within ±maxSpoken.
type tongue interface {
	number(n int64) string
	ordinal(n int) string // 1 to 999, of a masculine noun
	year(y int) string    // 1 to 9999
	date(t time.Time, year string) string
	clock(hour, minute int) string
	money(whole, minor int64, c currency) string
	signs() signs
}

// signs are the few words that every language has for what is written around numbers.
type signs struct {
	point, minus, plus, star, hash, yes, no string
}

// maxSpoken is the largest number that is said as one; longer ones are said digit by digit.
const maxSpoken = 999_999_999_999_999

func tongueOf(lang string) (tongue, bool) {
	switch lang {
	case "en":
		return english{}, true
	case "ar":
		return arabic{}, true
	case "hi":
		return hindi{}, true
	}
	return nil, false
}

// Number says n in words. Other languages than en, ar and hi get its digits.
func Number(n int64, lang string) string {
	t, ok := tongueOf(lang)
	if !ok {
		return formatInt(n)
	}
	if n > maxSpoken || n < -maxSpoken {
		return Digits(formatInt(n), lang)
	}
	if n < 0 {
		return t.signs().minus + " " + t.number(-n)
	}
	return t.number(n)
}

// Ordinal says which one: "twenty-first", الحادي والعشرون, इक्कीसवाँ. Outside 1 to 999 it is Number.
func Ordinal(n int, lang string) string {
	t, ok := tongueOf(lang)
	if !ok || n < 1 || n > 999 {
		return Number(int64(n), lang)
	}
	return t.ordinal(n)
}

// Decimal says a plain decimal such as -12.50, its fraction digit by digit; what is none is returned as it is.
func Decimal(s, lang string) string {
	t, ok := tongueOf(lang)
	d, good := parseDecimal(s)
	if !ok || !good {
		return s
	}
	text := Number(d.whole, lang)
	if d.fraction != "" {
		text += " " + t.signs().point + " " + Digits(d.fraction, lang)
	}
	if d.negative {
		text = t.signs().minus + " " + text
	}
	return text
}

// Digits says s digit by digit, with a short pause (a comma) after every third where it has more than four in a row.
// Letters are said one by one, * and # and + by name; other characters are pauses.
func Digits(s, lang string) string {
	t, ok := tongueOf(lang)
	if !ok {
		return s
	}
	var groups []string
	for _, run := range strings.FieldsFunc(s, func(r rune) bool { return !spelt(r) }) {
		groups = append(groups, spell([]rune(run), t)...)
	}
	return strings.Join(groups, ", ")
}

func spelt(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '+' || r == '*' || r == '#'
}

// spell says one run of characters in groups of three; up to four stay together.
func spell(run []rune, t tongue) []string {
	var groups []string
	for len(run) > 0 {
		n := 3
		if len(run) <= 4 {
			n = len(run)
		}
		words := make([]string, n)
		for i, r := range run[:n] {
			words[i] = sayRune(r, t)
		}
		groups = append(groups, strings.Join(words, " "))
		run = run[n:]
	}
	return groups
}

func sayRune(r rune, t tongue) string {
	switch {
	case r == '+':
		return t.signs().plus
	case r == '*':
		return t.signs().star
	case r == '#':
		return t.signs().hash
	}
	if d, ok := digitValue(r); ok {
		return t.number(d)
	}
	return string(unicode.ToUpper(r))
}

// digitValue reads the digits of the three scripts: 7, ٧ and ७.
func digitValue(r rune) (int64, bool) {
	for _, zero := range []rune{'0', '٠', '०'} {
		if r >= zero && r <= zero+9 {
			return int64(r - zero), true
		}
	}
	return 0, false
}

// Boolean says yes or no.
func Boolean(yes bool, lang string) string {
	s := english{}.signs()
	if t, ok := tongueOf(lang); ok {
		s = t.signs()
	}
	if yes {
		return s.yes
	}
	return s.no
}

// Date says the day of t, in the zone that t is in: "Wednesday, the second of December". The year is left out where
// the day is within half a year of near; near zero: never.
func Date(t, near time.Time, lang string) string {
	tg, ok := tongueOf(lang)
	if !ok {
		return outreach.SpeakDate(t, lang)
	}
	const halfYear = 183 * 24 * time.Hour
	if away := t.Sub(near).Abs(); !near.IsZero() && away <= halfYear {
		return tg.date(t, "")
	}
	return tg.date(t, tg.year(t.Year()))
}

// Clock says the time of day of t: "nine thirty in the morning", التاسعة والنصف صباحًا, सुबह साढ़े नौ बजे.
func Clock(t time.Time, lang string) string {
	tg, ok := tongueOf(lang)
	if !ok {
		return outreach.SpeakClock(t, lang)
	}
	return tg.clock(t.Hour(), t.Minute())
}

// Moment says the day and the time of day of t.
func Moment(t, near time.Time, lang string) string {
	join := " "
	switch lang {
	case "en":
		join = ", at "
	case "ar":
		join = "، الساعة "
	case "hi":
		join = " को "
	}
	return Date(t, near, lang) + join + Clock(t, lang)
}
