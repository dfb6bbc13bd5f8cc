package httpapi

import (
	"regexp"
	"strings"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// fieldName is what may be repeated in a pointer: it looks like one of our own field names, not like a
// person's or a number.
var fieldName = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

var arrayIndex = regexp.MustCompile(`^[0-9]{1,6}$`)

// pointerOf turns huma's location ("body.steps[2].channel") into a JSON pointer ("/steps/2/channel");
// of a parameter into "query:limit". It ends before a segment that may be somebody's data.
func pointerOf(location string) string {
	where, rest, _ := strings.Cut(location, ".")
	where, index, indexed := strings.Cut(where, "[")
	if indexed {
		rest = strings.TrimSuffix("["+index+"."+rest, ".")
	}
	if where != "body" {
		if !fieldName.MatchString(where) || !fieldName.MatchString(strings.ToLower(strings.ReplaceAll(rest, "-", "_"))) {
			return ""
		}
		return where + ":" + rest
	}
	var b strings.Builder
	for _, segment := range strings.FieldsFunc(rest, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		if !fieldName.MatchString(segment) && !arrayIndex.MatchString(segment) {
			break
		}
		b.WriteString("/" + segment)
	}
	return b.String()
}

// safePhrases begin those of huma's messages that repeat nothing of the request.
var safePhrases = []string{"unexpected property", "required ", "expected ", "invalid boolean", "invalid integer", "invalid float", "invalid date/time"}

func safeMessage(e *huma.ErrorDetail) string {
	text, _, _ := strings.Cut(e.Message, ":") // what follows a colon may be a parser's echo
	for _, phrase := range safePhrases {
		if strings.HasPrefix(text, phrase) {
			return text
		}
	}
	if e.Location == "body" {
		return "this is not JSON of the expected form"
	}
	return "this value cannot be used"
}

// rebase moves problems that were found in the whole document to the resource that was sent: what lies
// under prefix loses it, the rest keeps its place in the document.
func rebase(problems outreach.Problems, prefix string) outreach.Problems {
	out := make(outreach.Problems, len(problems))
	for i, p := range problems {
		if rest, ok := strings.CutPrefix(p.Pointer, prefix); ok && (rest == "" || rest[0] == '/') {
			p.Pointer = rest
		}
		p.Line = 0 // of a file that nobody sent
		out[i] = p
	}
	return out
}
