package outreach

import (
	"fmt"
	"strings"
)

// gsm7 is the default alphabet of GSM 03.38; the characters of gsm7Escaped take two places.
const (
	gsm7        = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsm7Escaped = "\f^{}\\[~]|€"
)

// Segments is how many SMS a text is sent and charged as. Unicode reports that a character outside the
// GSM alphabet made it UCS-2 (70 instead of 160 in one SMS, 67 instead of 153 in each of several).
type Segments struct {
	Count   int  `json:"count"`
	Unicode bool `json:"unicode"`
	Units   int  `json:"units"` // septets, or UTF-16 units
}

// String is as admins read it: "2 segments UCS-2".
func (s Segments) String() string {
	if s.Count == 1 {
		return "1 segment " + s.Encoding()
	}
	return fmt.Sprintf("%d segments %s", s.Count, s.Encoding())
}

// Encoding is GSM-7 or UCS-2.
func (s Segments) Encoding() string {
	if s.Unicode {
		return "UCS-2"
	}
	return "GSM-7"
}

// CountSegments splits as networks do: no escaped character and no surrogate pair is cut apart.
func CountSegments(text string) Segments {
	cost, unicode := gsmCost, false
	for _, r := range text {
		if gsmCost(r) == 0 {
			cost, unicode = utf16Cost, true
			break
		}
	}
	one, many := 160, 153
	if unicode {
		one, many = 70, 67
	}
	s := Segments{Count: 1, Unicode: unicode}
	used, parts := 0, 1
	for _, r := range text {
		n := cost(r)
		s.Units += n
		if used += n; used > many {
			parts, used = parts+1, n
		}
	}
	if s.Units > one {
		s.Count = parts
	}
	return s
}

func gsmCost(r rune) int {
	switch {
	case strings.ContainsRune(gsm7, r):
		return 1
	case strings.ContainsRune(gsm7Escaped, r):
		return 2
	}
	return 0
}

func utf16Cost(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
