package prompts

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"
)

func TestNumbersAreSaidInTheWordsOfEachLanguage(t *testing.T) {
	for _, c := range []struct {
		n          int64
		en, ar, hi string
	}{
		{0, "zero", "صفر", "शून्य"},
		{1, "one", "واحد", "एक"},
		{2, "two", "اثنان", "दो"},
		{11, "eleven", "أحد عشر", "ग्यारह"},
		{12, "twelve", "اثنا عشر", "बारह"},
		{13, "thirteen", "ثلاثة عشر", "तेरह"},
		{20, "twenty", "عشرون", "बीस"},
		{21, "twenty-one", "واحد وعشرون", "इक्कीस"},
		{39, "thirty-nine", "تسعة وثلاثون", "उनतालीस"},
		{99, "ninety-nine", "تسعة وتسعون", "निन्यानवे"},
		{100, "one hundred", "مئة", "एक सौ"},
		{101, "one hundred and one", "مئة وواحد", "एक सौ एक"},
		{205, "two hundred and five", "مئتان وخمسة", "दो सौ पाँच"},
		{1000, "one thousand", "ألف", "एक हज़ार"},
		{1001, "one thousand and one", "ألف وواحد", "एक हज़ार एक"},
		{2026, "two thousand and twenty-six", "ألفان وستة وعشرون", "दो हज़ार छब्बीस"},
		{5100, "five thousand one hundred", "خمسة آلاف ومئة", "पाँच हज़ार एक सौ"},
		{11_000, "eleven thousand", "أحد عشر ألفًا", "ग्यारह हज़ार"},
		{100_000, "one hundred thousand", "مئة ألف", "एक लाख"},
		{123_456, "one hundred and twenty-three thousand four hundred and fifty-six", "مئة وثلاثة وعشرون ألفًا وأربعمئة وستة وخمسون", "एक लाख तेईस हज़ार चार सौ छप्पन"},
		{200_000, "two hundred thousand", "مئتا ألف", "दो लाख"},
		{1_000_000, "one million", "مليون", "दस लाख"},
		{20_000_003, "twenty million and three", "عشرون مليونًا وثلاثة", "दो करोड़ तीन"},
		{-7, "minus seven", "ناقص سبعة", "ऋण सात"},
	} {
		for lang, want := range map[string]string{"en": c.en, "ar": c.ar, "hi": c.hi} {
			if got := Number(c.n, lang); got != want {
				t.Errorf("Number(%d, %s) = %q, want %q", c.n, lang, got, want)
			}
		}
	}
}

func TestOrdinalsAreIrregularWhereTheLanguageIs(t *testing.T) {
	for _, c := range []struct {
		n          int
		en, ar, hi string
	}{
		{1, "first", "الأول", "पहला"},
		{2, "second", "الثاني", "दूसरा"},
		{3, "third", "الثالث", "तीसरा"},
		{5, "fifth", "الخامس", "पाँचवाँ"},
		{6, "sixth", "السادس", "छठा"},
		{9, "ninth", "التاسع", "नौवाँ"},
		{11, "eleventh", "الحادي عشر", "ग्यारहवाँ"},
		{12, "twelfth", "الثاني عشر", "बारहवाँ"},
		{20, "twentieth", "العشرون", "बीसवाँ"},
		{21, "twenty-first", "الحادي والعشرون", "इक्कीसवाँ"},
		{22, "twenty-second", "الثاني والعشرون", "बाईसवाँ"},
		{30, "thirtieth", "الثلاثون", "तीसवाँ"},
		{101, "one hundred and first", "رقم مئة وواحد", "एक सौ एकवाँ"},
	} {
		for lang, want := range map[string]string{"en": c.en, "ar": c.ar, "hi": c.hi} {
			if got := Ordinal(c.n, lang); got != want {
				t.Errorf("Ordinal(%d, %s) = %q, want %q", c.n, lang, got, want)
			}
		}
	}
}

func TestTheTimeOfDayIsSaidAsPeopleSayIt(t *testing.T) {
	for _, c := range []struct{ at, en, ar, hi string }{
		{"00:00", "twelve midnight", "الثانية عشرة منتصف الليل", "रात बारह बजे"},
		{"00:45", "twelve forty-five in the morning", "الواحدة إلا ربعًا بعد منتصف الليل", "रात पौने एक बजे"},
		{"09:00", "nine o'clock in the morning", "التاسعة صباحًا", "सुबह नौ बजे"},
		{"09:05", "nine oh five in the morning", "التاسعة وخمس دقائق صباحًا", "सुबह नौ बजकर पाँच मिनट"},
		{"09:15", "nine fifteen in the morning", "التاسعة والربع صباحًا", "सुबह सवा नौ बजे"},
		{"09:30", "nine thirty in the morning", "التاسعة والنصف صباحًا", "सुबह साढ़े नौ बजे"},
		{"10:01", "ten oh one in the morning", "العاشرة ودقيقة واحدة صباحًا", "सुबह दस बजकर एक मिनट"},
		{"10:02", "ten oh two in the morning", "العاشرة ودقيقتان صباحًا", "सुबह दस बजकर दो मिनट"},
		{"11:12", "eleven twelve in the morning", "الحادية عشرة واثنتا عشرة دقيقة صباحًا", "सुबह ग्यारह बजकर बारह मिनट"},
		{"12:00", "twelve noon", "الثانية عشرة ظهرًا", "दोपहर बारह बजे"},
		{"13:30", "one thirty in the afternoon", "الواحدة والنصف ظهرًا", "दोपहर डेढ़ बजे"},
		{"14:30", "two thirty in the afternoon", "الثانية والنصف ظهرًا", "दोपहर ढाई बजे"},
		{"15:20", "three twenty in the afternoon", "الثالثة والثلث عصرًا", "दोपहर तीन बजकर बीस मिनट"},
		{"17:25", "five twenty-five in the evening", "الخامسة وخمس وعشرون دقيقة مساءً", "शाम पाँच बजकर पच्चीस मिनट"},
		{"23:45", "eleven forty-five at night", "الثانية عشرة إلا ربعًا مساءً", "रात पौने बारह बजे"},
	} {
		at, err := time.Parse("15:04", c.at)
		if err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[string]string{"en": c.en, "ar": c.ar, "hi": c.hi} {
			if got := Clock(at, lang); got != want {
				t.Errorf("Clock(%s, %s) = %q, want %q", c.at, lang, got, want)
			}
		}
	}
}

func TestDatesLeaveOutAYearThatGoesWithoutSaying(t *testing.T) {
	day := time.Date(2026, 12, 2, 9, 30, 0, 0, time.UTC)
	near, far := day.AddDate(0, 0, -1), day.AddDate(-1, 0, 0)
	for _, c := range []struct {
		name, lang, want string
		near             time.Time
	}{
		{"near", "en", "Wednesday, the second of December", near},
		{"far", "en", "Wednesday, the second of December, twenty twenty-six", far},
		{"unknown", "en", "Wednesday, the second of December, twenty twenty-six", time.Time{}},
		{"near", "ar", "الأربعاء، الثاني من ديسمبر", near},
		{"far", "ar", "الأربعاء، الثاني من ديسمبر، عام ألفين وستة وعشرين", far},
		{"near", "hi", "बुधवार, दो दिसंबर", near},
		{"far", "hi", "बुधवार, दो दिसंबर दो हज़ार छब्बीस", far},
		{"another language is left to its engine", "fr", "2026-12-02", near},
	} {
		if got := Date(day, c.near, c.lang); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.name, c.lang, got, c.want)
		}
	}
	late := time.Date(2026, 12, 22, 0, 0, 0, 0, time.UTC)
	if got, want := Date(late, late, "ar"), "الثلاثاء، الثاني والعشرين من ديسمبر"; got != want {
		t.Errorf("a day after يوم is genitive: %q, want %q", got, want)
	}
	if got, want := Moment(day, near, "en"), "Wednesday, the second of December, at nine thirty in the morning"; got != want {
		t.Errorf("Moment = %q, want %q", got, want)
	}
}

func TestYearsAreSaidInTheMannerOfTheLanguage(t *testing.T) {
	for _, c := range []struct {
		year   int
		en, hi string
	}{
		{1900, "nineteen hundred", "उन्नीस सौ"},
		{1905, "nineteen oh five", "उन्नीस सौ पाँच"},
		{1999, "nineteen ninety-nine", "उन्नीस सौ निन्यानवे"},
		{2000, "two thousand", "दो हज़ार"},
		{2007, "two thousand and seven", "दो हज़ार सात"},
		{2026, "twenty twenty-six", "दो हज़ार छब्बीस"},
	} {
		if got := (english{}).year(c.year); got != c.en {
			t.Errorf("en %d: %q, want %q", c.year, got, c.en)
		}
		if got := (hindi{}).year(c.year); got != c.hi {
			t.Errorf("hi %d: %q, want %q", c.year, got, c.hi)
		}
	}
}

func TestAmountsAgreeWithTheirCurrency(t *testing.T) {
	for _, c := range []struct{ value, code, lang, want string }{
		{"1250.50", "SAR", "en", "one thousand two hundred and fifty riyals and fifty halalas"},
		{"1", "USD", "en", "one dollar"},
		{"0.01", "GBP", "en", "one penny"},
		{"0", "USD", "en", "zero dollars"},
		{"12.5", "KWD", "en", "twelve dinars and five hundred fils"},
		{"12.555", "SAR", "en", "twelve point five five five riyals"},
		{"10", "XYZ", "en", "ten X Y Z"},
		{"-5", "EUR", "en", "minus five euros"},
		{"about 5", "eur", "en", "about 5 EUR"},
		{"1", "SAR", "ar", "ريال واحد"},
		{"2", "SAR", "ar", "ريالان"},
		{"3", "SAR", "ar", "ثلاثة ريالات"},
		{"10", "SAR", "ar", "عشرة ريالات"},
		{"11", "SAR", "ar", "أحد عشر ريالًا"},
		{"50", "SAR", "ar", "خمسون ريالًا"},
		{"100", "SAR", "ar", "مئة ريال"},
		{"102", "SAR", "ar", "مئة ريال وريالان"},
		{"200", "SAR", "ar", "مئتا ريال"},
		{"2000", "SAR", "ar", "ألفا ريال"},
		{"11000", "SAR", "ar", "أحد عشر ألف ريال"},
		{"1250.50", "SAR", "ar", "ألف ومئتان وخمسون ريالًا وخمسون هللة"},
		{"3.03", "INR", "ar", "ثلاث روبيات وثلاث بيسات"},
		{"21", "INR", "ar", "إحدى وعشرون روبية"},
		{"5.005", "KWD", "ar", "خمسة دنانير وخمسة فلوس"},
		{"1", "INR", "hi", "एक रुपया"},
		{"1250.50", "INR", "hi", "एक हज़ार दो सौ पचास रुपये और पचास पैसे"},
		{"150000", "INR", "hi", "एक लाख पचास हज़ार रुपये"},
		{"99", "fr-money", "fr", "99 FR-MONEY"},
	} {
		if got := Amount(c.value, c.code, c.lang); got != c.want {
			t.Errorf("Amount(%s %s, %s) = %q, want %q", c.value, c.code, c.lang, got, c.want)
		}
	}
}

func TestDigitStringsAreSpeltInGroups(t *testing.T) {
	for _, c := range []struct{ in, lang, want string }{
		{"17", "en", "one seven"},
		{"4711", "en", "four seven one one"},
		{"920000017", "en", "nine two zero, zero zero zero, zero one seven"},
		{"A-4711", "en", "A, four seven one one"},
		{"+966 11", "en", "plus nine six six, one one"},
		{"*9#", "en", "star nine hash"},
		{"412", "ar", "أربعة واحد اثنان"},
		{"٤١٢", "ar", "أربعة واحد اثنان"},
		{"412", "hi", "चार एक दो"},
		{"४१२", "hi", "चार एक दो"},
		{"", "en", ""},
	} {
		if got := Digits(c.in, c.lang); got != c.want {
			t.Errorf("Digits(%q, %s) = %q, want %q", c.in, c.lang, got, c.want)
		}
	}
	if got, want := Decimal("3.14", "hi"), "तीन दशमलव एक चार"; got != want {
		t.Errorf("Decimal = %q, want %q", got, want)
	}
}

func TestHindiHasAHundredDifferentWordsBelowAHundred(t *testing.T) {
	if len(hindiSmall) != 100 {
		t.Fatalf("%d words", len(hindiSmall))
	}
	seen := map[string]int{}
	for n, word := range hindiSmall {
		if before, twice := seen[word]; twice {
			t.Errorf("%d and %d are both %q", before, n, word)
		}
		seen[word] = n
	}
}

// readEnglish is the way back from words to a number, written from the words alone.
func readEnglish(text string) int64 {
	values := map[string]int64{}
	for n := range int64(20) {
		values[englishSmall[n]] = n
	}
	for n := int64(2); n < 10; n++ {
		values[englishTens[n]] = 10 * n
	}
	scales := map[string]int64{"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
	var total, group int64
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' }) {
		switch scale, ok := scales[word]; {
		case word == "and":
		case word == "hundred":
			group *= 100
		case ok:
			total, group = total+group*scale, 0
		default:
			group += values[word]
		}
	}
	return total + group
}

// readHindi is the way back for Hindi.
func readHindi(text string) int64 {
	values := map[string]int64{}
	for n, word := range hindiSmall {
		values[word] = int64(n)
	}
	var crores, total, group int64
	for _, word := range strings.Fields(text) {
		switch word {
		case "करोड़":
			crores, total, group = (crores+total+group)*10_000_000, 0, 0
		case "लाख":
			total, group = total+group*100_000, 0
		case "हज़ार":
			total, group = total+group*1000, 0
		case "सौ":
			group *= 100
		default:
			group += values[word]
		}
	}
	return crores + total + group
}

func TestEnglishAndHindiNumbersCanBeReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, maxSpoken).Draw(t, "n")
		if got := readEnglish(Number(n, "en")); got != n {
			t.Fatalf("%q reads %d, not %d", Number(n, "en"), got, n)
		}
		small := rapid.Int64Range(0, 99_999_999_999).Draw(t, "small")
		if got := readHindi(Number(small, "hi")); got != small {
			t.Fatalf("%q reads %d, not %d", Number(small, "hi"), got, small)
		}
	})
}

func TestDifferentNumbersNeverSoundTheSame(t *testing.T) {
	for _, lang := range []string{"en", "ar", "hi"} {
		seen := map[string]int64{}
		for n := range int64(12_000) {
			text := Number(n, lang)
			if before, twice := seen[text]; twice {
				t.Fatalf("%s: %d and %d are both %q", lang, before, n, text)
			}
			seen[text] = n
		}
	}
}

func TestNoDigitIsLeftInWhatIsSpoken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lang := rapid.SampledFrom([]string{"en", "ar", "hi"}).Draw(t, "lang")
		n := rapid.Int64().Draw(t, "n")
		at := time.Unix(rapid.Int64Range(-2_000_000_000, 20_000_000_000).Draw(t, "at"), 0).UTC()
		value := rapid.StringMatching(`-?[0-9]{1,14}(\.[0-9]{1,4})?`).Draw(t, "value")
		code := rapid.SampledFrom([]string{"SAR", "KWD", "INR", "EUR", "ABC"}).Draw(t, "code")
		for _, text := range []string{
			Number(n, lang), Decimal(value, lang), Amount(value, code, lang), Digits(value, lang),
			Ordinal(rapid.IntRange(1, 999).Draw(t, "ordinal"), lang), Moment(at, time.Time{}, lang),
		} {
			if strings.ContainsFunc(text, unicode.IsDigit) {
				t.Fatalf("%s: %q has digits", lang, text)
			}
			if strings.Contains(text, "  ") || strings.TrimSpace(text) != text || text == "" {
				t.Fatalf("%s: %q is badly spaced", lang, text)
			}
		}
	})
}
