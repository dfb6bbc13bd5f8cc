package hims

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest texts, in characters.
const (
	maxID   = 200
	maxName = 200
	maxText = 1000
)

// marks only say in which direction neighbours are written; they change no name and are dropped.
const marks = "\u200e\u200f\u061c\ufeff"

// overrides turn the direction of what follows: they can make a text read as another one.
const overrides = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

// clean returns s without direction marks and outer spaces, or says why it must not be used. With breaks, line ends
// and tabs become spaces, for free text that people typed; without, they are refused. Everything else is text, ${…} and
// {{…}} included: nothing ever expands it.
func clean(s string, longest int, breaks bool) (cleaned, why string) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune(marks, r):
		case breaks && (r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029'):
			b.WriteByte(' ')
		case strings.ContainsRune(overrides, r):
			return "", "contains a character that turns the direction of writing"
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError:
			return "", "contains a control character or line break"
		default:
			b.WriteRune(r)
		}
	}
	cleaned = strings.TrimSpace(b.String())
	if utf8.RuneCountInString(cleaned) > longest {
		return "", "is too long"
	}
	return cleaned, ""
}
