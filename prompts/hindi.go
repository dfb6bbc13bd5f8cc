package prompts

import (
	"strings"
	"time"

	"curlew/outreach"
)

type hindi struct{}

// hindiSmall are 0 to 99: none can be derived from another.
var hindiSmall = strings.Fields(`
शून्य एक दो तीन चार पाँच छह सात आठ नौ
दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस
बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस
तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस
चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास
पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ
साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर
सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी
अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी
नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे`)

var hindiScales = []struct {
	size int64
	name string
}{
	{10_000_000, "करोड़"}, {100_000, "लाख"}, {1000, "हज़ार"}, {100, "सौ"},
}

func (hindi) signs() signs {
	return signs{point: "दशमलव", minus: "ऋण", plus: "प्लस", star: "स्टार", hash: "हैश", yes: "हाँ", no: "नहीं"}
}

// number counts in hundreds, thousands, lakhs and crores; crores themselves go on in lakhs and crores.
func (h hindi) number(n int64) string {
	if n < 100 {
		return hindiSmall[n]
	}
	var parts []string
	for _, s := range hindiScales {
		if n >= s.size {
			parts = append(parts, h.number(n/s.size), s.name)
			n %= s.size
		}
	}
	if n > 0 {
		parts = append(parts, hindiSmall[n])
	}
	return strings.Join(parts, " ")
}

var hindiOrdinals = map[int]string{1: "पहला", 2: "दूसरा", 3: "तीसरा", 4: "चौथा", 6: "छठा", 9: "नौवाँ"}

func (h hindi) ordinal(n int) string {
	if irregular, ok := hindiOrdinals[n]; ok {
		return irregular
	}
	return h.number(int64(n)) + "वाँ"
}

// year says 1100 to 1999 in hundreds (उन्नीस सौ निन्यानवे), others as numbers.
func (h hindi) year(y int) string {
	if y < 1100 || y > 1999 {
		return h.number(int64(y))
	}
	text := hindiSmall[y/100] + " सौ"
	if y%100 > 0 {
		text += " " + hindiSmall[y%100]
	}
	return text
}

func (h hindi) date(t time.Time, year string) string {
	text := outreach.SpeakWeekday(t, "hi") + ", " + hindiSmall[t.Day()] + " " + outreach.SpeakMonth(t, "hi")
	if year != "" {
		text += " " + year
	}
	return text
}

// clock says quarters as Hindi counts them: सवा (a quarter past), साढ़े (half past), पौने (a quarter to), डेढ़ 1:30, ढाई 2:30.
// A quarter to an hour is said with that hour's part of the day.
func (hindi) clock(hour, minute int) string {
	h, part := (hour+11)%12+1, hour
	var text string
	switch {
	case minute == 0:
		text = hindiSmall[h] + " बजे"
	case minute == 15:
		text = "सवा " + hindiSmall[h] + " बजे"
	case minute == 30 && h == 1:
		text = "डेढ़ बजे"
	case minute == 30 && h == 2:
		text = "ढाई बजे"
	case minute == 30:
		text = "साढ़े " + hindiSmall[h] + " बजे"
	case minute == 45:
		text, part = "पौने "+hindiSmall[h%12+1]+" बजे", (hour+1)%24
	default:
		text = hindiSmall[h] + " बजकर " + hindiSmall[minute] + " मिनट"
	}
	return outreach.PartOfDay(part, "hi") + " " + text
}

func (h hindi) money(whole, minor int64, c currency) string {
	var parts []string
	if whole != 0 || minor == 0 {
		parts = append(parts, h.number(whole)+" "+c.hindi.of(whole))
	}
	if minor != 0 {
		parts = append(parts, h.number(minor)+" "+c.hindiMinor.of(minor))
	}
	return strings.Join(parts, " और ")
}
