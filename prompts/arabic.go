package prompts

import (
	"strings"
	"time"

	"curlew/outreach"
)

type arabic struct{}

func (arabic) signs() signs {
	return signs{point: "فاصلة", minus: "ناقص", plus: "زائد", star: "نجمة", hash: "مربع", yes: "نعم", no: "لا"}
}

func (arabic) number(n int64) string {
	if n == 0 {
		return arabicOnes[0][0]
	}
	return strings.Join(arabicParts(n, false), " و")
}

// arabicOrdinals are 1st to 10th with the article: of masculine nouns (days) and feminine ones (hours).
var arabicOrdinals = [11][2]string{
	{}, {"الأول", "الأولى"}, {"الثاني", "الثانية"}, {"الثالث", "الثالثة"}, {"الرابع", "الرابعة"}, {"الخامس", "الخامسة"},
	{"السادس", "السادسة"}, {"السابع", "السابعة"}, {"الثامن", "الثامنة"}, {"التاسع", "التاسعة"}, {"العاشر", "العاشرة"},
}

// ordinal says 1 to 99 as such (الحادي والعشرون), above it by the number after رقم.
func (a arabic) ordinal(n int) string {
	if n > 99 {
		return "رقم " + a.number(int64(n))
	}
	return arabicOrdinal(n, false)
}

func arabicOrdinal(n int, feminine bool) string {
	g := arabicGender(feminine)
	first := [2]string{"الحادي", "الحادية"}[g]
	switch {
	case n <= 10:
		return arabicOrdinals[n][g]
	case n == 11:
		return first + [2]string{" عشر", " عشرة"}[g]
	case n < 20:
		return arabicOrdinals[n-10][g] + [2]string{" عشر", " عشرة"}[g]
	case n%10 == 0:
		return "ال" + arabicTens[n/10]
	case n%10 == 1:
		return first + " وال" + arabicTens[n/10]
	}
	return arabicOrdinals[n%10][g] + " وال" + arabicTens[n/10]
}

// year says it in the genitive, as it stands after عام.
func (a arabic) year(y int) string { return arabicOblique(a.number(int64(y))) }

// date is said as it stands after يوم: الأربعاء، الثاني والعشرين من ديسمبر.
func (a arabic) date(t time.Time, year string) string {
	day := arabicOblique(arabicOrdinal(t.Day(), false))
	text := outreach.SpeakWeekday(t, "ar") + "، " + day + " من " + outreach.SpeakMonth(t, "ar")
	if year != "" {
		text += "، عام " + year
	}
	return text
}

// arabicHour is feminine and ordinal, but for the first.
func arabicHour(h int) string {
	if h == 1 {
		return "الواحدة"
	}
	return arabicOrdinal(h, true)
}

var arabicMinute = counted{one: "دقيقة", two: "دقيقتان", few: "دقائق", many: "دقيقة", feminine: true, adjective: true}

// clock is said as it stands after الساعة: التاسعة والنصف صباحًا. A quarter to an hour is said with that hour's part of the day,
// but for midnight's, which comes after it.
func (arabic) clock(hour, minute int) string {
	h, part := (hour+11)%12+1, hour
	var text string
	switch minute {
	case 0:
		if hour == 0 {
			return arabicHour(12) + " منتصف الليل"
		}
		text = arabicHour(h)
	case 15:
		text = arabicHour(h) + " والربع"
	case 20:
		text = arabicHour(h) + " والثلث"
	case 30:
		text = arabicHour(h) + " والنصف"
	case 45:
		text, part = arabicHour(h%12+1)+" إلا ربعًا", min(hour+1, 23)
	default:
		text = arabicHour(h) + " و" + arabicCount(int64(minute), arabicMinute)
	}
	return text + " " + outreach.PartOfDay(part, "ar")
}

func (arabic) money(whole, minor int64, c currency) string {
	var parts []string
	if whole != 0 || minor == 0 {
		parts = append(parts, arabicCount(whole, c.arabic))
	}
	if minor != 0 {
		parts = append(parts, arabicCount(minor, c.arabicMinor))
	}
	return strings.Join(parts, " و")
}
