package strictjson

import (
	"bytes"
	"slices"
	"strings"
)

// Canonical returns the canonical form (RFC 8785) of a document that is so already but for the order of its
// names and its spaces: no escapes, names in ASCII, whole numbers that a float64 holds. It reports false for
// any other.
func (s Source) Canonical() ([]byte, bool) {
	if s.root == nil || bytes.IndexByte(s.data, '\\') >= 0 {
		return nil, false
	}
	return s.root.canonical(make([]byte, 0, len(s.data)))
}

func (n *node) canonical(out []byte) ([]byte, bool) {
	switch n.kind {
	case 's':
		return append(append(append(out, '"'), n.text...), '"'), true
	case 'n':
		return append(out, n.text...), plainNumber(n.text)
	case 'b':
		if n.yes {
			return append(out, "true"...), true
		}
		return append(out, "false"...), true
	case '[':
		return n.canonicalItems(out)
	case '{':
		return n.canonicalMembers(out)
	}
	return append(out, "null"...), true
}

func (n *node) canonicalItems(out []byte) ([]byte, bool) {
	ok := true
	out = append(out, '[')
	for i, item := range n.items {
		if i > 0 {
			out = append(out, ',')
		}
		if out, ok = item.canonical(out); !ok {
			return nil, false
		}
	}
	return append(out, ']'), true
}

func (n *node) canonicalMembers(out []byte) ([]byte, bool) {
	sorted := slices.SortedFunc(slices.Values(n.members), func(a, b member) int { return strings.Compare(a.key, b.key) })
	ok := true
	out = append(out, '{')
	for i, m := range sorted {
		if !ascii(m.key) { // names sort by UTF-16
			return nil, false
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), m.key...), '"', ':')
		if out, ok = m.value.canonical(out); !ok {
			return nil, false
		}
	}
	return append(out, '}'), true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// plainNumber reports whether the text is a whole number as ECMAScript writes it.
func plainNumber(text string) bool {
	return len(text) <= 15 && text != "-0" && strings.Trim(text, "-0123456789") == ""
}
