package prompts

import (
	"strings"
	"time"

	"curlew/outreach"
)

type english struct{}

var englishSmall = [20]string{
	"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
}

var englishTens = [10]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}

var englishScales = []struct {
	size int64
	name string
}{
	{1_000_000_000_000, "trillion"}, {1_000_000_000, "billion"}, {1_000_000, "million"}, {1000, "thousand"},
}

func (english) signs() signs {
	return signs{point: "point", minus: "minus", plus: "plus", star: "star", hash: "hash", yes: "yes", no: "no"}
}

// number says n the British way: one thousand two hundred and fifty.
func (e english) number(n int64) string {
	if n < 1000 {
		return englishHundreds(n)
	}
	var parts []string
	for _, s := range englishScales {
		if n >= s.size {
			parts = append(parts, englishHundreds(n/s.size), s.name)
			n %= s.size
		}
	}
	if n > 0 && n < 100 {
		parts = append(parts, "and")
	}
	if n > 0 {
		parts = append(parts, englishHundreds(n))
	}
	return strings.Join(parts, " ")
}

func englishHundreds(n int64) string {
	if n < 100 {
		return englishTwo(n)
	}
	text := englishSmall[n/100] + " hundred"
	if n%100 > 0 {
		text += " and " + englishTwo(n%100)
	}
	return text
}

func englishTwo(n int64) string {
	if n < 20 {
		return englishSmall[n]
	}
	if n%10 == 0 {
		return englishTens[n/10]
	}
	return englishTens[n/10] + "-" + englishSmall[n%10]
}

var englishOrdinals = map[string]string{
	"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}

// ordinal changes the last word of the number: twenty-one, twenty-first.
func (e english) ordinal(n int) string {
	text := e.number(int64(n))
	cut := strings.LastIndexAny(text, " -") + 1
	last := text[cut:]
	switch irregular, ok := englishOrdinals[last]; {
	case ok:
		last = irregular
	case strings.HasSuffix(last, "y"):
		last = strings.TrimSuffix(last, "y") + "ieth"
	default:
		last += "th"
	}
	return text[:cut] + last
}

// year says 1999 as nineteen ninety-nine, 2005 as two thousand and five, 2026 as twenty twenty-six.
func (e english) year(y int) string {
	high, low := int64(y/100), int64(y%100)
	switch {
	case y < 1000 || high%10 == 0 && low < 10:
		return e.number(int64(y))
	case low == 0:
		return englishTwo(high) + " hundred"
	case low < 10:
		return englishTwo(high) + " oh " + englishSmall[low]
	}
	return englishTwo(high) + " " + englishTwo(low)
}

func (e english) date(t time.Time, year string) string {
	text := outreach.SpeakWeekday(t, "en") + ", the " + e.ordinal(t.Day()) + " of " + outreach.SpeakMonth(t, "en")
	if year != "" {
		text += ", " + year
	}
	return text
}

func (english) clock(hour, minute int) string {
	if minute == 0 && hour == 12 {
		return "twelve noon"
	}
	if minute == 0 && hour == 0 {
		return "twelve midnight"
	}
	text := englishSmall[(hour+11)%12+1]
	switch {
	case minute == 0:
		text += " o'clock"
	case minute < 10:
		text += " oh " + englishSmall[minute]
	default:
		text += " " + englishTwo(int64(minute))
	}
	return text + " " + englishPart(hour)
}

func englishPart(hour int) string {
	switch {
	case hour < 12:
		return "in the morning"
	case hour < 17:
		return "in the afternoon"
	case hour < 21:
		return "in the evening"
	}
	return "at night"
}

func (e english) money(whole, minor int64, c currency) string {
	unit, sub := c.english, c.englishMinor
	parts := []string{}
	if whole != 0 || minor == 0 {
		parts = append(parts, e.number(whole)+" "+unit.of(whole))
	}
	if minor != 0 {
		parts = append(parts, e.number(minor)+" "+sub.of(minor))
	}
	return strings.Join(parts, " and ")
}
