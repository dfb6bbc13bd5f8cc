package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
)

// walker builds the tree of JSON that encoding/json has found valid, in a third of the time that its
// decoder takes for the tokens. What is not valid goes to reader, which says what is wrong where.
type walker struct {
	*reader
	at   int
	slab []node // nodes are made many at once
}

var errDecoded = errors.New("a text cannot be decoded")

// readValid reports false where data is not valid or goes past a limit: then reader reads it.
func (r *reader) readValid() (*node, bool) {
	if !json.Valid(r.data) {
		return nil, false
	}
	w := &walker{reader: r, slab: make([]node, 0, len(r.data)/24+1)}
	w.space()
	n, err := w.value(nil, 0)
	if err != nil {
		r.problems = nil
		return nil, false
	}
	return n, true
}

func (w *walker) space() {
	for w.at < len(w.data) {
		switch w.data[w.at] {
		case ' ', '\t', '\r', '\n', ',', ':':
			w.at++
		default:
			return
		}
	}
}

func (w *walker) node() *node {
	if len(w.slab) == cap(w.slab) {
		w.slab = make([]node, 0, 2*cap(w.slab))
	}
	w.slab = append(w.slab, node{start: w.at})
	return &w.slab[len(w.slab)-1]
}

func (w *walker) value(where *path, level int) (n *node, err error) {
	n = w.node()
	switch c := w.data[w.at]; c {
	case '{', '[':
		if level >= w.depth {
			return nil, errDeep
		}
		n.kind = c
		err = w.inside(n, where, level+1)
	case '"':
		n.kind = 's'
		n.text, err = w.text()
	case 't', 'f', 'n':
		n.kind, n.yes = 'b', c == 't'
		if c == 'n' {
			n.kind = 'z'
		}
		w.word()
	default:
		n.kind = 'n'
		w.word()
		n.text = string(w.data[n.start:w.at])
	}
	n.end = w.at
	return n, err
}

// word passes over a number, true, false or null.
func (w *walker) word() {
	if n := bytes.IndexAny(w.data[w.at:], ",]} \t\r\n"); n >= 0 {
		w.at += n
	} else {
		w.at = len(w.data)
	}
}

// text reads a string; one with escapes is left to encoding/json.
func (w *walker) text() (string, error) {
	from := w.at + 1
	end := from
	for w.data[end] != '"' {
		if w.data[end] == '\\' {
			end++
		}
		end++
	}
	w.at = end + 1
	if bytes.IndexByte(w.data[from:end], '\\') < 0 {
		return string(w.data[from:end]), nil
	}
	var s string
	if json.Unmarshal(w.data[from-1:w.at], &s) != nil {
		return "", errDecoded
	}
	return s, nil
}

func (w *walker) inside(n *node, where *path, level int) error {
	w.at++
	for {
		w.space()
		if c := w.data[w.at]; c == '}' || c == ']' {
			w.at++
			return nil
		}
		if n.kind == '[' {
			item, err := w.value(&path{parent: where, index: len(n.items), item: true}, level)
			if err != nil {
				return err
			}
			n.items = append(n.items, item)
			continue
		}
		start := w.at
		key, err := w.text()
		if err != nil {
			return err
		}
		w.space()
		here := &path{parent: where, key: key}
		value, err := w.value(here, level)
		if err != nil {
			return err
		}
		w.keep(n, here, member{key: key, start: start, value: value})
	}
}
