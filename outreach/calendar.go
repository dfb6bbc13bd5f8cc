package outreach

import (
	"fmt"
	"strconv"
	"time"
)

// calendarWords are the names of days (Sunday first) and months in a language.
type calendarWords struct {
	days   [7]string
	months [12]string
	clock  func(hour, minute int) string
	join   string // between date and clock
}

// calendars holds the languages whose dates are written out; others get 2026-12-02 and 09:30.
var calendars = map[string]calendarWords{
	"en": {
		days:   [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		clock: func(h, m int) string {
			return fmt.Sprintf("%d:%02d %s", (h+11)%12+1, m, englishPartOfDay(h, m))
		},
		join: " at ",
	},
	"ar": {
		days:   [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
		months: [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
		clock: func(h, m int) string {
			return fmt.Sprintf("%d:%02d %s", (h+11)%12+1, m, PartOfDay(h, "ar"))
		},
		join: " الساعة ",
	},
	"hi": {
		days:   [7]string{"रविवार", "सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार", "शनिवार"},
		months: [12]string{"जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"},
		clock: func(h, m int) string {
			return fmt.Sprintf("%s %d:%02d बजे", PartOfDay(h, "hi"), (h+11)%12+1, m)
		},
		join: ", ",
	},
}

// dayPart is what the hours before an hour are called.
type dayPart struct {
	before int
	name   string
}

// dayParts are the parts of the day where a language says one beside the hour. Arabic calls noon ظهرًا: 12:00 مساءً would be
// midnight to some and noon to others.
var dayParts = map[string][]dayPart{
	"ar": {{4, "بعد منتصف الليل"}, {12, "صباحًا"}, {15, "ظهرًا"}, {17, "عصرًا"}, {24, "مساءً"}},
	"hi": {{4, "रात"}, {12, "सुबह"}, {16, "दोपहर"}, {20, "शाम"}, {24, "रात"}},
}

// PartOfDay names the part of the day that the hour, 0 to 23, belongs to in lang, nothing where lang has none.
func PartOfDay(hour int, lang string) string {
	for _, p := range dayParts[lang] {
		if hour < p.before {
			return p.name
		}
	}
	return ""
}

// englishPartOfDay says noon and midnight by name: who reads 12:00 PM may come twelve hours late.
func englishPartOfDay(h, m int) string {
	switch {
	case m == 0 && h == 12:
		return "noon"
	case m == 0 && h == 0:
		return "midnight"
	case h < 12:
		return "AM"
	}
	return "PM"
}

// SpeakDate writes the day of t, in the zone that t is in, in the words of lang: "Wednesday 2 December 2026".
func SpeakDate(t time.Time, lang string) string {
	w, ok := calendars[lang]
	if !ok {
		return t.Format(time.DateOnly)
	}
	return fmt.Sprintf("%s %d %s %d", w.days[t.Weekday()], t.Day(), w.months[t.Month()-1], t.Year())
}

// SpeakClock writes the time of day of t in the words of lang: "9:30 AM".
func SpeakClock(t time.Time, lang string) string {
	w, ok := calendars[lang]
	if !ok {
		return t.Format("15:04")
	}
	return w.clock(t.Hour(), t.Minute())
}

// SpeakWeekday names the day of the week of t in lang.
func SpeakWeekday(t time.Time, lang string) string {
	w, ok := calendars[lang]
	if !ok {
		return t.Weekday().String()
	}
	return w.days[t.Weekday()]
}

// SpeakMonth names the month of t in lang.
func SpeakMonth(t time.Time, lang string) string {
	w, ok := calendars[lang]
	if !ok {
		return t.Month().String()
	}
	return w.months[t.Month()-1]
}

// SpeakTime is SpeakDate and SpeakClock together.
func SpeakTime(t time.Time, lang string) string {
	join := " "
	if w, ok := calendars[lang]; ok {
		join = w.join
	}
	return SpeakDate(t, lang) + join + SpeakClock(t, lang)
}

func trimFloat(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
