package prompts

import (
	"regexp"
	"strconv"
	"strings"
)

// named is a noun in the singular and the plural.
type named struct{ one, more string }

func (n named) of(count int64) string {
	if count == 1 {
		return n.one
	}
	return n.more
}

// currency is an ISO 4217 currency with its minor unit, which is a hundredth or, with three digits, a thousandth.
type currency struct {
	digits                int
	english, englishMinor named
	hindi, hindiMinor     named
	arabic, arabicMinor   counted
}

func same(word string) named { return named{word, word} }

var (
	riyal   = counted{one: "ريال", two: "ريالان", few: "ريالات", many: "ريالًا", adjective: true}
	dirham  = counted{one: "درهم", two: "درهمان", few: "دراهم", many: "درهمًا", adjective: true}
	dinar   = counted{one: "دينار", two: "ديناران", few: "دنانير", many: "دينارًا", adjective: true}
	pound   = counted{one: "جنيه", two: "جنيهان", few: "جنيهات", many: "جنيهًا", adjective: true}
	dollar  = counted{one: "دولار", two: "دولاران", few: "دولارات", many: "دولارًا", adjective: true}
	euro    = counted{one: "يورو", two: "يوروان", few: "يورو", many: "يورو", adjective: true}
	rupee   = counted{one: "روبية", two: "روبيتان", few: "روبيات", many: "روبية", feminine: true, adjective: true}
	halala  = counted{one: "هللة", two: "هللتان", few: "هللات", many: "هللة", feminine: true, adjective: true}
	fils    = counted{one: "فلس", two: "فلسان", few: "فلوس", many: "فلسًا", adjective: true}
	baisa   = counted{one: "بيسة", two: "بيستان", few: "بيسات", many: "بيسة", feminine: true, adjective: true}
	piastre = counted{one: "قرش", two: "قرشان", few: "قروش", many: "قرشًا", adjective: true}
	cent    = counted{one: "سنت", two: "سنتان", few: "سنتات", many: "سنتًا", adjective: true}
	penny   = counted{one: "بنس", two: "بنسان", few: "بنسات", many: "بنسًا", adjective: true}
)

var (
	riyals  = named{"riyal", "riyals"}
	dinars  = named{"dinar", "dinars"}
	dirhams = named{"dirham", "dirhams"}
	cents   = named{"cent", "cents"}
	rupees  = named{"rupee", "rupees"}
)

// currencies that are said by name; the code of any other is spelt.
var currencies = map[string]currency{
	"SAR": {2, riyals, named{"halala", "halalas"}, same("रियाल"), same("हलाला"), riyal, halala},
	"QAR": {2, riyals, named{"dirham", "dirhams"}, same("रियाल"), same("दिरहम"), riyal, dirham},
	"OMR": {3, riyals, named{"baisa", "baisas"}, same("रियाल"), same("बैसा"), riyal, baisa},
	"AED": {2, dirhams, same("fils"), same("दिरहम"), same("फ़िल्स"), dirham, fils},
	"KWD": {3, dinars, same("fils"), same("दीनार"), same("फ़िल्स"), dinar, fils},
	"BHD": {3, dinars, same("fils"), same("दीनार"), same("फ़िल्स"), dinar, fils},
	"JOD": {3, dinars, same("fils"), same("दीनार"), same("फ़िल्स"), dinar, fils},
	"EGP": {2, named{"pound", "pounds"}, named{"piastre", "piastres"}, same("पाउंड"), same("पियास्त्र"), pound, piastre},
	"GBP": {2, named{"pound", "pounds"}, named{"penny", "pence"}, same("पाउंड"), same("पेंस"), pound, penny},
	"USD": {2, named{"dollar", "dollars"}, cents, same("डॉलर"), same("सेंट"), dollar, cent},
	"EUR": {2, named{"euro", "euros"}, cents, same("यूरो"), same("सेंट"), euro, cent},
	"INR": {2, rupees, named{"paisa", "paise"}, named{"रुपया", "रुपये"}, named{"पैसा", "पैसे"}, rupee, baisa},
	"PKR": {2, rupees, named{"paisa", "paise"}, named{"रुपया", "रुपये"}, named{"पैसा", "पैसे"}, rupee, baisa},
}

// Amount says a decimal such as 1250.50 with its ISO 4217 currency: "one thousand two hundred and fifty riyals and
// fifty halalas". Fractions finer than the minor unit are said after the point; what is no decimal stays as it is.
func Amount(value, code, lang string) string {
	code = strings.ToUpper(strings.TrimSpace(code))
	t, ok := tongueOf(lang)
	d, good := parseDecimal(value)
	if !ok || !good {
		return strings.TrimSpace(value + " " + code)
	}
	c, known := currencies[code]
	fine := len(strings.TrimRight(d.fraction, "0")) > c.digits
	if !known || fine || d.whole > maxSpoken {
		text := Decimal(value, lang)
		switch {
		case !known && code != "":
			text += " " + Digits(code, lang)
		case known:
			text += " " + c.plural(lang)
		}
		return text
	}
	text := t.money(d.whole, d.minor(c.digits), c)
	if d.negative {
		text = t.signs().minus + " " + text
	}
	return text
}

func (c currency) plural(lang string) string {
	switch lang {
	case "ar":
		return c.arabic.one
	case "hi":
		return c.hindi.more
	}
	return c.english.more
}

// decimal is a number as it is written; its fraction has no trailing zero unless the whole has a minor unit.
type decimal struct {
	negative bool
	whole    int64
	fraction string
}

var decimalShape = regexp.MustCompile(`^(-?)(\d{1,18})(?:\.(\d{1,9}))?$`)

func parseDecimal(s string) (decimal, bool) {
	m := decimalShape.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return decimal{}, false
	}
	whole, err := strconv.ParseInt(m[2], 10, 64)
	if err != nil {
		return decimal{}, false
	}
	return decimal{negative: m[1] == "-", whole: whole, fraction: m[3]}, true
}

// minor is the fraction in minor units of that many digits; the fraction is not finer than they are.
func (d decimal) minor(digits int) int64 {
	padded := (d.fraction + "000000000")[:digits]
	n, err := strconv.ParseInt(padded, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }
