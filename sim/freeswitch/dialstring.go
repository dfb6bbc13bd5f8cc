package freeswitch

import "strings"

// originateSyntax is what the real one says of its usage.
const originateSyntax = "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n"

// dialPlan is a parsed originate: variables, endpoints to try in turn, and what the answered leg does.
type dialPlan struct {
	given     []header
	endpoints []endpoint
	then      []application
	extension string // a dialplan extension instead of applications
	timeout   string
}

// endpoint is one destination with its own variables.
type endpoint struct {
	url   string
	given []header
}

// parseOriginate reads the arguments of originate; ok is false where the real one prints its usage.
func parseOriginate(arg string) (plan dialPlan, ok bool) {
	words := splitBlanks(arg)
	if len(words) < 2 || len(words) > 7 {
		return dialPlan{}, false
	}
	rest := words[0]
	for strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "<") {
		closing := byte('}')
		if rest[0] == '<' {
			closing = '>'
		}
		end := closingBracket(rest, rest[0], closing)
		if end < 0 {
			break
		}
		plan.given = append(plan.given, parseVariables(rest[1:end])...)
		rest = strings.TrimLeft(rest[end+1:], " ")
	}
	for _, url := range strings.Split(rest, "|") {
		e := endpoint{url: strings.TrimSpace(url)}
		for strings.HasPrefix(e.url, "[") {
			end := closingBracket(e.url, '[', ']')
			if end < 0 {
				break
			}
			e.given = append(e.given, parseVariables(e.url[1:end])...)
			e.url = e.url[end+1:]
		}
		plan.endpoints = append(plan.endpoints, e)
	}
	dialplan := ""
	if len(words) > 2 {
		dialplan = words[2]
	}
	plan.then, plan.extension = parseExtension(words[1], dialplan)
	if len(words) == 7 {
		plan.timeout = words[6]
	}
	return plan, true
}

// parseExtension reads "&app(arg)", or "app:arg,app:arg" of the inline dialplan, or an extension.
func parseExtension(exten, dialplan string) ([]application, string) {
	if name, ok := strings.CutPrefix(exten, "&"); ok && name != "" {
		name, _, _ = strings.Cut(name, ")")
		name, arg, _ := strings.Cut(name, "(")
		return []application{{name, arg}}, ""
	}
	if !strings.EqualFold(dialplan, "inline") {
		return nil, exten
	}
	var apps []application
	for _, a := range strings.Split(exten, ",") {
		name, arg, _ := strings.Cut(a, ":")
		apps = append(apps, application{name, arg})
	}
	return apps, ""
}

// parseVariables reads "a=1,b=2", or with another separator "^^:a=1:b=2". A value may hold \, for a comma.
func parseVariables(list string) []header {
	separator := byte(',')
	if strings.HasPrefix(list, "^^") && len(list) > 2 {
		separator, list = list[2], list[3:]
	}
	var out []header
	for _, pair := range splitEscaped(list, separator) {
		name, value, ok := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); ok && name != "" && value != "" {
			out = append(out, header{name, value})
		}
	}
	return out
}

// closingBracket finds the bracket that closes the one at the start of s, -1 if none does.
func closingBracket(s string, opening, closing byte) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case opening:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// splitBlanks splits at blanks outside '…' and then takes the quotes away, as FreeSWITCH does first of all.
func splitBlanks(s string) []string {
	var words []string
	var word strings.Builder
	inQuotes, started := false, false
	flush := func() {
		if started {
			words = append(words, word.String())
		}
		word.Reset()
		started = false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && strings.IndexByte("'nrts ", s[i+1]) >= 0:
			i++
			started = true
			word.WriteByte(unescaped(s[i]))
		case c == '\'':
			inQuotes, started = !inQuotes, true
		case c == ' ' && !inQuotes:
			flush()
		default:
			started = true
			word.WriteByte(c)
		}
	}
	flush()
	return words
}

func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 's':
		return ' '
	}
	return c
}

// splitEscaped splits at separator; \separator is the separator itself.
func splitEscaped(s string, separator byte) []string {
	var out []string
	var part strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == separator:
			i++
			part.WriteByte(s[i])
		case s[i] == separator:
			out = append(out, part.String())
			part.Reset()
		default:
			part.WriteByte(s[i])
		}
	}
	return append(out, part.String())
}
