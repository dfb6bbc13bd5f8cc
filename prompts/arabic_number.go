package prompts

import "strings"

// counted is an Arabic noun in the forms that a number gives it: one, two, three to ten, eleven to ninety-nine.
type counted struct {
	one       string // ريال, also after round hundreds and thousands
	two       string // ريالان
	few       string // ريالات
	many      string // ريالًا
	feminine  bool
	adjective bool // "one" is said after the noun: ريال واحد
}

// arabicOnes by value, first of masculine nouns (which take the form with ة from three on), then of feminine ones.
var arabicOnes = [11][2]string{
	{"صفر", "صفر"}, {"واحد", "واحدة"}, {"اثنان", "اثنتان"}, {"ثلاثة", "ثلاث"}, {"أربعة", "أربع"}, {"خمسة", "خمس"},
	{"ستة", "ست"}, {"سبعة", "سبع"}, {"ثمانية", "ثماني"}, {"تسعة", "تسع"}, {"عشرة", "عشر"},
}

var arabicTens = [10]string{"", "", "عشرون", "ثلاثون", "أربعون", "خمسون", "ستون", "سبعون", "ثمانون", "تسعون"}

var arabicHundreds = [10]string{
	"", "مئة", "مئتان", "ثلاثمئة", "أربعمئة", "خمسمئة", "ستمئة", "سبعمئة", "ثمانمئة", "تسعمئة",
}

var arabicScales = []struct {
	size int64
	noun counted
}{
	{1_000_000_000_000, counted{one: "تريليون", two: "تريليونان", few: "تريليونات", many: "تريليونًا"}},
	{1_000_000_000, counted{one: "مليار", two: "ملياران", few: "مليارات", many: "مليارًا"}},
	{1_000_000, counted{one: "مليون", two: "مليونان", few: "ملايين", many: "مليونًا"}},
	{1000, counted{one: "ألف", two: "ألفان", few: "آلاف", many: "ألفًا"}},
}

func arabicGender(feminine bool) int {
	if feminine {
		return 1
	}
	return 0
}

// arabicUnder100 says 1 to 99 of a noun of that gender.
func arabicUnder100(n int64, feminine bool) string {
	g := arabicGender(feminine)
	switch {
	case n <= 10:
		return arabicOnes[n][g]
	case n == 11:
		return [2]string{"أحد عشر", "إحدى عشرة"}[g]
	case n == 12:
		return [2]string{"اثنا عشر", "اثنتا عشرة"}[g]
	case n < 20:
		return arabicOnes[n-10][g] + [2]string{" عشر", " عشرة"}[g]
	case n%10 == 0:
		return arabicTens[n/10]
	case n%10 == 1 && feminine:
		return "إحدى و" + arabicTens[n/10]
	}
	return arabicOnes[n%10][g] + " و" + arabicTens[n/10]
}

// arabicParts says n (at least 1) in parts that are joined by و.
func arabicParts(n int64, feminine bool) []string {
	var parts []string
	for _, s := range arabicScales {
		if n >= s.size {
			parts = append(parts, arabicCount(n/s.size, s.noun))
			n %= s.size
		}
	}
	if n >= 100 {
		parts = append(parts, arabicHundreds[n/100])
		n %= 100
	}
	if n > 0 {
		parts = append(parts, arabicUnder100(n, feminine))
	}
	return parts
}

// arabicCount says n of noun, in the nominative: ريال واحد, ريالان, ثلاثة ريالات, خمسون ريالًا, ألفا ريال.
func arabicCount(n int64, noun counted) string {
	switch rest := n % 100; {
	case n == 0:
		return arabicOnes[0][0] + " " + noun.one
	case n == 1 && noun.adjective:
		return noun.one + " " + arabicOnes[1][arabicGender(noun.feminine)]
	case n == 1:
		return noun.one
	case n == 2:
		return noun.two
	case rest == 0:
		return arabicConstruct(arabicParts(n, noun.feminine)) + " " + noun.one
	case rest == 1:
		return arabicCount(n-1, noun) + " و" + noun.one
	case rest == 2:
		return arabicCount(n-2, noun) + " و" + noun.two
	case rest <= 10:
		return strings.Join(arabicParts(n, noun.feminine), " و") + " " + noun.few
	}
	return strings.Join(arabicParts(n, noun.feminine), " و") + " " + noun.many
}

// arabicConstruct joins a round number that a noun follows: its last dual loses ن, its last ألفًا the ending.
func arabicConstruct(parts []string) string {
	text := strings.Join(parts, " و")
	for _, ending := range []struct{ before, after string }{
		{"مئتان", "مئتا"}, {"ألفان", "ألفا"}, {"مليونان", "مليونا"}, {"ملياران", "مليارا"}, {"تريليونان", "تريليونا"},
		{"ألفًا", "ألف"}, {"مليونًا", "مليون"}, {"مليارًا", "مليار"}, {"تريليونًا", "تريليون"},
	} {
		if head, ok := strings.CutSuffix(text, ending.before); ok {
			return head + ending.after
		}
	}
	return text
}

// arabicOblique puts a number's words into the genitive, as after عام: ألفان becomes ألفين, عشرون عشرين.
func arabicOblique(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		switch {
		case strings.HasSuffix(w, "ون") && !strings.HasSuffix(w, "مليون") && !strings.HasSuffix(w, "تريليون"):
			words[i] = strings.TrimSuffix(w, "ون") + "ين"
		case strings.HasSuffix(w, "ان"):
			words[i] = strings.TrimSuffix(w, "ان") + "ين"
		case strings.HasSuffix(w, "اثنا"), strings.HasSuffix(w, "اثنتا"):
			words[i] = strings.TrimSuffix(w, "ا") + "ي"
		}
	}
	return strings.Join(words, " ")
}
