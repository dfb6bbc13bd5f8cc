package channels

import (
	"html"
	"regexp"
	"strings"
)

var rightToLeft = map[string]bool{"ar": true, "fa": true, "he": true, "ur": true}

// page makes an HTML document of a body that is already escaped.
func page(lang, body string) string {
	if head := strings.ToLower(strings.TrimSpace(body)); strings.HasPrefix(head, "<!doctype") || strings.HasPrefix(head, "<html") {
		return body
	}
	dir := "ltr"
	if rightToLeft[lang] {
		dir = "rtl"
	}
	return `<!DOCTYPE html><html lang="` + html.EscapeString(lang) + `" dir="` + dir + `"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width"></head><body>` + body + `</body></html>`
}

// paragraphs turns a plain text into HTML: everything escaped, link (if any) made one.
func paragraphs(text, link string) string {
	var b strings.Builder
	for block := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), "\n\n") {
		safe := strings.ReplaceAll(html.EscapeString(block), "\n", "<br>")
		if link != "" {
			at := html.EscapeString(link)
			safe = strings.ReplaceAll(safe, at, `<a href="`+at+`">`+at+`</a>`)
		}
		b.WriteString("<p>" + safe + "</p>")
	}
	return b.String()
}

var (
	lineEnds = regexp.MustCompile(`(?i)<br[^>]*>|</p>|</div>|</h[1-6]>|</li>|</tr>`)
	hidden   = regexp.MustCompile(`(?is)<(head|style|script)\b.*?</(head|style|script)>`)
	anchors  = regexp.MustCompile(`(?is)<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>`)
	tags     = regexp.MustCompile(`(?s)<[^>]*>`)
)

// plain is the text part of a mail that was only written in HTML; links keep their addresses.
func plain(body string) string {
	body = hidden.ReplaceAllString(body, "")
	body = anchors.ReplaceAllString(body, "$2 $1")
	body = lineEnds.ReplaceAllString(body, "\n")
	return strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(body, "")))
}
