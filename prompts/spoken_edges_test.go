package prompts

import (
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

func TestAmountsAtTheEdgesAreSaidAsACashierWould(t *testing.T) {
	for _, c := range []struct{ value, code, en, ar, hi string }{
		{"0", "SAR", "zero riyals", "صفر ريال", "शून्य रियाल"},
		{"0.50", "SAR", "fifty halalas", "خمسون هللة", "पचास हलाला"},
		{"0.01", "INR", "one paisa", "بيسة واحدة", "एक पैसा"},
		{"1", "INR", "one rupee", "روبية واحدة", "एक रुपया"},
		{"1.00", "INR", "one rupee", "روبية واحدة", "एक रुपया"},
		{"1.01", "SAR", "one riyal and one halala", "ريال واحد وهللة واحدة", "एक रियाल और एक हलाला"},
		{"2.02", "SAR", "two riyals and two halalas", "ريالان وهللتان", "दो रियाल और दो हलाला"},
		{"2", "INR", "two rupees", "روبيتان", "दो रुपये"},
		{"8", "INR", "eight rupees", "ثماني روبيات", "आठ रुपये"},
		{"11", "SAR", "eleven riyals", "أحد عشر ريالًا", "ग्यारह रियाल"},
		{"11", "INR", "eleven rupees", "إحدى عشرة روبية", "ग्यारह रुपये"},
		{"12", "INR", "twelve rupees", "اثنتا عشرة روبية", "बारह रुपये"},
		{"21", "SAR", "twenty-one riyals", "واحد وعشرون ريالًا", "इक्कीस रियाल"},
		{"22", "INR", "twenty-two rupees", "اثنتان وعشرون روبية", "बाईस रुपये"},
		{"99", "SAR", "ninety-nine riyals", "تسعة وتسعون ريالًا", "निन्यानवे रियाल"},
		{"99.99", "AED", "ninety-nine dirhams and ninety-nine fils", "تسعة وتسعون درهمًا وتسعة وتسعون فلسًا", "निन्यानवे दिरहम और निन्यानवे फ़िल्स"},
		{"100", "INR", "one hundred rupees", "مئة روبية", "एक सौ रुपये"},
		{"101", "SAR", "one hundred and one riyals", "مئة ريال وريال", "एक सौ एक रियाल"},
		{"103", "SAR", "one hundred and three riyals", "مئة وثلاثة ريالات", "एक सौ तीन रियाल"},
		{"111", "SAR", "one hundred and eleven riyals", "مئة وأحد عشر ريالًا", "एक सौ ग्यारह रियाल"},
		{"1200", "SAR", "one thousand two hundred riyals", "ألف ومئتا ريال", "एक हज़ार दो सौ रियाल"},
		{"3000", "INR", "three thousand rupees", "ثلاثة آلاف روبية", "तीन हज़ार रुपये"},
		{"100000", "INR", "one hundred thousand rupees", "مئة ألف روبية", "एक लाख रुपये"},
		{"1000000", "SAR", "one million riyals", "مليون ريال", "दस लाख रियाल"},
		{"2000000", "SAR", "two million riyals", "مليونا ريال", "बीस लाख रियाल"},
		{"10000000", "INR", "ten million rupees", "عشرة ملايين روبية", "एक करोड़ रुपये"},
		{"-0.50", "SAR", "minus fifty halalas", "ناقص خمسون هللة", "ऋण पचास हलाला"},
		{"1.005", "KWD", "one dinar and five fils", "دينار واحد وخمسة فلوس", "एक दीनार और पाँच फ़िल्स"},
	} {
		for lang, want := range map[string]string{"en": c.en, "ar": c.ar, "hi": c.hi} {
			if got := Amount(c.value, c.code, lang); got != want {
				t.Errorf("Amount(%s %s, %s) = %q, want %q", c.value, c.code, lang, got, want)
			}
		}
	}
}

func TestMinutesTakeTheNounTheirNumberAsksFor(t *testing.T) {
	for minute, want := range map[int]string{
		1: "ودقيقة واحدة", 2: "ودقيقتان", 3: "وثلاث دقائق", 10: "وعشر دقائق", 11: "وإحدى عشرة دقيقة",
		12: "واثنتا عشرة دقيقة", 21: "وإحدى وعشرون دقيقة", 22: "واثنتان وعشرون دقيقة", 40: "وأربعون دقيقة", 59: "وتسع وخمسون دقيقة",
	} {
		if got := (arabic{}).clock(9, minute); got != "التاسعة "+want+" صباحًا" {
			t.Errorf("09:%02d in Arabic: %q, want %q", minute, got, want)
		}
	}
}

func TestNoonMidnightAndTheQuarterBeforeThemAreNotMistaken(t *testing.T) {
	for _, c := range []struct {
		hour, minute int
		ar, hi       string
	}{
		{0, 0, "الثانية عشرة منتصف الليل", "रात बारह बजे"},
		{0, 1, "الثانية عشرة ودقيقة واحدة بعد منتصف الليل", "रात बारह बजकर एक मिनट"},
		{0, 30, "الثانية عشرة والنصف بعد منتصف الليل", "रात साढ़े बारह बजे"},
		{3, 45, "الرابعة إلا ربعًا صباحًا", "सुबह पौने चार बजे"},
		{4, 0, "الرابعة صباحًا", "सुबह चार बजे"},
		{11, 45, "الثانية عشرة إلا ربعًا ظهرًا", "दोपहर पौने बारह बजे"},
		{11, 59, "الحادية عشرة وتسع وخمسون دقيقة صباحًا", "सुबह ग्यारह बजकर उनसठ मिनट"},
		{12, 0, "الثانية عشرة ظهرًا", "दोपहर बारह बजे"},
		{12, 30, "الثانية عشرة والنصف ظهرًا", "दोपहर साढ़े बारह बजे"},
		{12, 45, "الواحدة إلا ربعًا ظهرًا", "दोपहर पौने एक बजे"},
		{16, 0, "الرابعة عصرًا", "शाम चार बजे"},
		{19, 45, "الثامنة إلا ربعًا مساءً", "रात पौने आठ बजे"},
		{20, 0, "الثامنة مساءً", "रात आठ बजे"},
		{23, 59, "الحادية عشرة وتسع وخمسون دقيقة مساءً", "रात ग्यारह बजकर उनसठ मिनट"},
	} {
		at := time.Date(2026, 12, 2, c.hour, c.minute, 0, 0, time.UTC)
		for lang, want := range map[string]string{"ar": c.ar, "hi": c.hi} {
			if got := Clock(at, lang); got != want {
				t.Errorf("%02d:%02d in %s: %q, want %q", c.hour, c.minute, lang, got, want)
			}
		}
	}
	for hour, want := range map[int]string{0: "12:00 بعد منتصف الليل", 9: "9:00 صباحًا", 12: "12:00 ظهرًا", 15: "3:00 عصرًا", 20: "8:00 مساءً"} {
		if got := outreach.SpeakClock(time.Date(2026, 12, 2, hour, 0, 0, 0, time.UTC), "ar"); got != want {
			t.Errorf("%02d:00 as it is written in Arabic: %q, want %q", hour, got, want)
		}
	}
}

func TestTheTurnOfTheYearNeedsNoYear(t *testing.T) {
	last, first := time.Date(2026, 12, 31, 9, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 9, 0, 0, 0, time.UTC)
	for lang, want := range map[string][2]string{
		"en": {"Thursday, the thirty-first of December", "Friday, the first of January"},
		"ar": {"الخميس، الحادي والثلاثين من ديسمبر", "الجمعة، الأول من يناير"},
		"hi": {"गुरुवार, इकतीस दिसंबर", "शुक्रवार, एक जनवरी"},
	} {
		if got := [2]string{Date(last, first, lang), Date(first, last, lang)}; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	years := [3]string{Date(first, last.AddDate(-1, 0, 0), "en"), Date(first, last.AddDate(-1, 0, 0), "ar"), Date(first, last.AddDate(-1, 0, 0), "hi")}
	if want := [3]string{"Friday, the first of January, twenty twenty-seven", "الجمعة، الأول من يناير، عام ألفين وسبعة وعشرين", "शुक्रवार, एक जनवरी दो हज़ार सत्ताईस"}; years != want {
		t.Errorf("a year ahead: %q", years)
	}
}

// Each Hindi number says its unit first and its ten last; nine belongs to the next ten (उनतीस), but for 89 and 99.
// A word that slipped to another place breaks one of the two.
func TestHindiUnitsAndTensStandWhereTheyBelong(t *testing.T) {
	units := [9][]string{1: {"इक"}, 2: {"बा", "ब"}, 3: {"ते", "ति", "तै"}, 4: {"चौ"}, 5: {"प"}, 6: {"छ"}, 7: {"स"}, 8: {"अ"}}
	tens := map[int][]string{2: {"ीस", "ईस"}, 3: {"तीस"}, 4: {"ालीस"}, 5: {"वन", "पन", "पचास"}, 6: {"सठ", "साठ"}, 7: {"त्तर"}, 8: {"सी"}, 9: {"नवे", "नब्बे"}}
	fits := func(word string, parts []string, at func(s, part string) bool) bool {
		for _, p := range parts {
			if at(word, p) {
				return true
			}
		}
		return false
	}
	for n := 20; n < 100; n++ {
		word, ten, unit := hindiSmall[n], n/10, n%10
		switch {
		case n == 89 || n == 99:
			if !strings.HasPrefix(word, "न") || !fits(word, tens[ten], strings.HasSuffix) {
				t.Errorf("%d is %s", n, word)
			}
			continue
		case unit == 9:
			ten++
			if !strings.HasPrefix(word, "उन") {
				t.Errorf("%d is %s", n, word)
			}
		case unit > 0 && !fits(word, units[unit], strings.HasPrefix):
			t.Errorf("%d is %s: not its unit", n, word)
		}
		ends := tens[ten]
		if n == 49 { // उनचास
			ends = []string{"चास"}
		}
		if !fits(word, ends, strings.HasSuffix) {
			t.Errorf("%d is %s: not its ten", n, word)
		}
	}
}
