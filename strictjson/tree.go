package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"curlew/outreach"
)

// node is one JSON value and where it stands.
type node struct {
	kind    byte // '{' '[' 's' 'n' 'b' 'z' (null)
	text    string
	yes     bool
	members []member
	names   map[string]int // of the members, where there are many
	items   []*node
	start   int
	end     int
}

type member struct {
	key   string
	start int
	value *node
}

// path is where a value stands; it becomes a JSON pointer only where one is asked for.
type path struct {
	parent *path
	key    string
	index  int
	item   bool
}

func (p *path) pointer() string {
	if p == nil {
		return ""
	}
	if p.item {
		return p.parent.pointer() + "/" + strconv.Itoa(p.index)
	}
	return p.parent.pointer() + "/" + escape(p.key)
}

// reader turns tokens into nodes, noting names that come twice.
type reader struct {
	data     []byte
	dec      *json.Decoder
	depth    int
	problems outreach.Problems
}

var errDeep = errors.New("too deep")

// read builds the tree of the only value in data.
func read(data []byte, maxDepth int) (*node, *reader) {
	r := &reader{data: data, depth: maxDepth}
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		r.bad(nil, 0, "begins with a byte order mark", "save it as UTF-8 without BOM")
		return nil, r
	case !utf8.Valid(data):
		r.bad(nil, invalidAt(data), "is not UTF-8", "")
		return nil, r
	case len(bytes.TrimSpace(data)) == 0:
		r.bad(nil, 0, "is empty", "a JSON object is wanted")
		return nil, r
	}
	if n, ok := r.readValid(); ok {
		return n, r
	}
	r.dec = json.NewDecoder(bytes.NewReader(data))
	r.dec.UseNumber()
	n, err := r.value(nil, 0)
	if err != nil {
		r.fault(err)
		return nil, r
	}
	at := int(r.dec.InputOffset())
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		r.bad(nil, r.skip(at), "goes on after its end", "one JSON object is all there may be")
	}
	return n, r
}

func invalidAt(data []byte) int {
	at := 0
	for at < len(data) {
		c, size := utf8.DecodeRune(data[at:])
		if c == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

func (r *reader) fault(err error) {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errDeep):
		r.bad(nil, int(r.dec.InputOffset()), "is nested deeper than "+strconv.Itoa(r.depth)+" levels", "")
	case errors.As(err, &syntax):
		r.bad(nil, int(syntax.Offset)-1, "is no JSON: "+syntax.Error(), "")
	default:
		r.bad(nil, len(r.data), "is no JSON: it ends too early", "")
	}
}

func (r *reader) bad(at *path, offset int, detail, hint string) {
	r.problems = append(r.problems, outreach.Problem{Pointer: at.pointer(), Line: r.line(offset), Detail: detail, Hint: hint})
}

func (r *reader) line(offset int) int {
	return 1 + bytes.Count(r.data[:min(max(offset, 0), len(r.data))], []byte("\n"))
}

// skip returns the offset of the next value or name at or after at.
func (r *reader) skip(at int) int {
	for at < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) value(where *path, level int) (*node, error) {
	start := r.skip(int(r.dec.InputOffset()))
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{start: start}
	switch t := token.(type) {
	case json.Delim:
		if level >= r.depth {
			return nil, errDeep
		}
		n.kind = byte(t)
		if err := r.inside(n, where, level+1); err != nil {
			return nil, err
		}
	case string:
		n.kind, n.text = 's', t
	case json.Number:
		n.kind, n.text = 'n', t.String()
	case bool:
		n.kind, n.yes = 'b', t
	default:
		n.kind = 'z'
	}
	n.end = int(r.dec.InputOffset())
	return n, nil
}

// inside reads the members or items of n and its closing bracket.
func (r *reader) inside(n *node, where *path, level int) error {
	for r.dec.More() {
		if n.kind == '[' {
			item, err := r.value(&path{parent: where, index: len(n.items), item: true}, level)
			if err != nil {
				return err
			}
			n.items = append(n.items, item)
			continue
		}
		if err := r.member(n, where, level); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

// member reads one name and its value.
func (r *reader) member(n *node, where *path, level int) error {
	at := r.skip(int(r.dec.InputOffset()))
	token, err := r.dec.Token()
	if err != nil {
		return err
	}
	key, _ := token.(string)
	here := &path{parent: where, key: key}
	value, err := r.value(here, level)
	if err != nil {
		return err
	}
	r.keep(n, here, member{key: key, start: at, value: value})
	return nil
}

// keep adds a member to n, at here. Of a name that comes twice the first value counts.
func (r *reader) keep(n *node, here *path, m member) {
	if first := n.member(m.key); first != nil {
		r.bad(here, m.start, "is there twice", "the first is in line "+strconv.Itoa(r.line(first.start)))
		return
	}
	n.members = append(n.members, m)
	if n.names != nil {
		n.names[m.key] = len(n.members) - 1
	} else if len(n.members) == manyMembers {
		n.names = make(map[string]int, 2*manyMembers)
		for i, m := range n.members {
			n.names[m.key] = i
		}
	}
}

// manyMembers is from when on an object's names are looked up in a map.
const manyMembers = 16

func (n *node) member(key string) *member {
	if n.names != nil {
		if i, ok := n.names[key]; ok {
			return &n.members[i]
		}
		return nil
	}
	for i := range n.members {
		if n.members[i].key == key {
			return &n.members[i]
		}
	}
	return nil
}

func escape(key string) string {
	if !strings.ContainsAny(key, "~/") {
		return key
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

func unescape(word string) string {
	if !strings.Contains(word, "~") {
		return word
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(word)
}
