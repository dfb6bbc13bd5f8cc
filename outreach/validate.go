package outreach

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// validator collects everything that is wrong with a document in one pass.
type validator struct {
	snap      *Snapshot
	doc       *Document
	playing   map[string][]string // prompt categories that each active configuration played until now
	variables []string            // what any event carries, once asked for
	problems  Problems
	warnings  Problems
}

// validate finds everything that is wrong with the document, and what its drafts still lack.
func (s *Snapshot) validate(playing map[string][]string) (problems, warnings Problems) {
	v := &validator{snap: s, doc: &s.Document, playing: playing}
	v.facility()
	v.pbxList()
	v.ownCategories()
	v.promptList()
	v.ownComponents()
	v.configurationList()
	v.callSettings()
	v.limits()
	v.causeMatrix()
	v.twilio()
	v.smtp()
	v.webhooks()
	if r := v.doc.Retention; r != nil && !r.Transactions.IsZero() && r.Transactions.Approx() < 24*time.Hour {
		v.bad("/retention/transactions", "less than a day would erase what is still going on", "write P1D or more, such as P365D")
	}
	return v.problems, v.warnings
}

func (v *validator) bad(pointer, detail, hint string) {
	v.problems = append(v.problems, Problem{Pointer: pointer, Detail: detail, Hint: hint})
}

func (v *validator) warn(pointer, detail, hint string) {
	v.warnings = append(v.warnings, Problem{Pointer: pointer, Detail: detail, Hint: hint})
}

// activePrompts lists the prompt categories that each active configuration of doc plays.
func activePrompts(doc *Document) map[string][]string {
	playing := map[string][]string{}
	if doc == nil {
		return playing
	}
	for _, c := range doc.Configurations {
		for _, step := range c.Steps {
			if c.Active {
				playing[c.Name] = append(playing[c.Name], step.Sequence...)
			}
		}
	}
	return playing
}

// at appends a key or index to a JSON pointer.
func at(base string, parts ...any) string {
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			base += "/" + strconv.Itoa(p)
		case string:
			base += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(p)
		}
	}
	return base
}

var (
	resourceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	catalogName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
	categoryName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	languageTag  = regexp.MustCompile(`^[a-z]{2,3}$`)
	e164Number   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	e164Prefix   = regexp.MustCompile(`^\+[1-9][0-9]{0,14}$`)
	reference    = regexp.MustCompile(`^\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^{}\x00-\x1f]+)\}$`)
)

// IsReference reports whether a secret is written as ${env:NAME} or ${file:PATH}.
func IsReference(s string) bool { return reference.MatchString(s) }

// name checks a resource's name and that it is not taken; seen maps names to their pointers.
func (v *validator) name(pointer, name string, pattern *regexp.Regexp, seen map[string]string) {
	switch first, twice := seen[name], seen[name] != ""; {
	case name == "":
		v.bad(pointer, "the name is missing", "")
	case !pattern.MatchString(name):
		v.bad(pointer, fmt.Sprintf("%q is no name that fits here", clip(name, 40)), "letters, digits, _ (and . or - for PBXs, gateways and receivers), beginning with a letter, at most 64")
	case twice:
		v.bad(pointer, fmt.Sprintf("%q is there twice", name), "the first is "+first)
	default:
		seen[name] = pointer
	}
}

// text checks a piece of writing for length and characters that have no place in it.
func (v *validator) text(pointer, s string, longest int) {
	if len([]rune(s)) > longest {
		v.bad(pointer, fmt.Sprintf("is longer than %d characters", longest), "")
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		v.bad(pointer, "contains a control character", "remove it")
	}
}

func (v *validator) url(pointer, raw string) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		v.bad(pointer, "is no http or https address", "write it in full, such as https://reach.example.org")
	case u.User != nil:
		v.bad(pointer, "carries a user or password", "take it out")
	case u.Fragment != "":
		v.bad(pointer, "has a # part", "take it out")
	}
}

// secret refuses a password written down: only loopback, where nobody else listens, may have one.
func (v *validator) secret(pointer, s string, loopback bool) {
	if s == "" || IsReference(s) || loopback && !strings.Contains(s, "${") {
		return
	}
	v.bad(pointer, "is a secret written down", "refer to it: ${env:NAME} or ${file:/path}")
}

// isLoopback reports whether host is this machine.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func urlHost(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func (v *validator) host(pointer, host string) {
	if _, err := netip.ParseAddr(host); err != nil && (!hostName.MatchString(host) || len(host) > 253) {
		v.bad(pointer, fmt.Sprintf("%q is no host", clip(host, 40)), "write a host name or an IP address, without port")
	}
}

func (v *validator) port(pointer string, port int) {
	if port < 1 || port > 65535 {
		v.bad(pointer, fmt.Sprintf("%d is no port", port), "1 to 65535")
	}
}

func (v *validator) between(pointer string, n, low, high float64, hint string) {
	if n < low || n > high {
		v.bad(pointer, fmt.Sprintf("%s is out of range", trimFloat(n)), cmp.Or(hint, trimFloat(low)+" to "+trimFloat(high)))
	}
}

func (v *validator) lasts(pointer string, d *Duration, low, high time.Duration) {
	if d != nil && (d.Approx() < low || d.Approx() > high) {
		v.bad(pointer, fmt.Sprintf("%s is out of range", d), Exactly(low).String()+" to "+Exactly(high).String())
	}
}

// unknown says that a name is not known, and which ones are.
func unknown(what, name string, all []string) (detail, hint string) {
	detail = fmt.Sprintf("%s %q is not known", what, clip(name, 40))
	if len(all) == 0 {
		return detail, "there is none yet"
	}
	if near := Nearest(name, all); near != "" {
		return detail, fmt.Sprintf("did you mean %q?", near)
	}
	return detail, "one of " + strings.Join(all, ", ")
}

func (v *validator) oneOf(pointer, what, value string, all []string) bool {
	if slices.Contains(all, value) {
		return true
	}
	v.bad(unknownAt(pointer, what, value, all))
	return false
}

func unknownAt(pointer, what, value string, all []string) (string, string, string) {
	detail, hint := unknown(what, value, all)
	return pointer, detail, hint
}

// Nearest returns the name at most two edits (or only case) away, "" if none is.
func Nearest(name string, all []string) string {
	best, least := "", 3
	for _, other := range all {
		if d := edits(strings.ToLower(name), strings.ToLower(other)); d < least && d < len(other) {
			best, least = other, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

func (v *validator) facility() {
	f := v.doc.Facility
	if strings.TrimSpace(f.Name) == "" {
		v.bad("/facility/name", "the hospital's name is missing", "")
	}
	v.text("/facility/name", f.Name, 200)
	for _, lang := range slices.Sorted(maps.Keys(f.Names)) {
		v.language(at("/facility/names", lang), lang)
		v.text(at("/facility/names", lang), f.Names[lang], 200)
	}
	if _, err := loadZone(f.TimeZone); err != nil {
		v.bad("/facility/time_zone", fmt.Sprintf("%q is no IANA time zone", clip(f.TimeZone, 40)), "such as Asia/Riyadh")
	}
	v.languages(f.Languages)
	if f.PublicBaseURL != "" {
		v.publicURL(f.PublicBaseURL)
	}
	for i, d := range f.Holidays {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			v.bad(at("/facility/holidays", i), fmt.Sprintf("%q is no date", clip(d, 20)), "write it as 2026-12-31")
		} else if slices.Index(f.Holidays, d) < i {
			v.bad(at("/facility/holidays", i), d+" is there twice", "")
		}
	}
	if f.Currency != "" && !regexp.MustCompile(`^[A-Z]{3}$`).MatchString(f.Currency) {
		v.bad("/facility/currency", "is no ISO 4217 code", "three capitals, such as SAR")
	}
	if f.Phone != "" && !regexp.MustCompile(`^\+?[0-9][0-9 ()-]{2,24}$`).MatchString(f.Phone) {
		v.bad("/facility/phone", "is no phone number", "such as +966112345678")
	}
}

func (v *validator) languages(languages []string) {
	if len(languages) == 0 {
		v.bad("/facility/languages", "the hospital speaks no language", `such as ["en", "ar"]; the first is the default`)
	}
	for i, lang := range languages {
		v.language(at("/facility/languages", i), lang)
		if slices.Index(languages, lang) < i {
			v.bad(at("/facility/languages", i), lang+" is there twice", "")
		}
	}
}

func (v *validator) language(pointer, lang string) {
	if !languageTag.MatchString(lang) {
		v.bad(pointer, fmt.Sprintf("%q is no language", clip(lang, 20)), "two or three small letters, such as en, ar or hi")
	}
}

func (v *validator) publicURL(raw string) {
	v.url("/facility/public_base_url", raw)
	u, err := url.Parse(raw)
	if err != nil {
		return
	}
	if u.RawQuery != "" {
		v.bad("/facility/public_base_url", "has a ? part", "take it out")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		v.warn("/facility/public_base_url", "patients' answers would travel in the clear", "use https")
	}
}

// isPrivate reports whether host is an address that only the hospital's own network has.
func isPrivate(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && (ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
}
