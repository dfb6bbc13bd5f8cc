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
	items   []*node
	start   int
	end     int
}

type member struct {
	key   string
	start int
	value *node
}

// reader turns tokens into nodes, noting names that come twice.
type reader struct {
	data     []byte
	dec      *json.Decoder
	depth    int
	places   map[string]int
	problems outreach.Problems
}

var errDeep = errors.New("too deep")

// read builds the tree of the only value in data.
func read(data []byte, maxDepth int) (*node, *reader) {
	r := &reader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), depth: maxDepth, places: map[string]int{}}
	r.dec.UseNumber()
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		r.bad("", 0, "begins with a byte order mark", "save it as UTF-8 without BOM")
		return nil, r
	case !utf8.Valid(data):
		r.bad("", invalidAt(data), "is not UTF-8", "")
		return nil, r
	case len(bytes.TrimSpace(data)) == 0:
		r.bad("", 0, "is empty", "a JSON object is wanted")
		return nil, r
	}
	n, err := r.value("")
	if err != nil {
		r.fault(err)
		return nil, r
	}
	at := int(r.dec.InputOffset())
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		r.bad("", r.skip(at), "goes on after its end", "one JSON object is all there may be")
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
		r.bad("", int(r.dec.InputOffset()), "is nested deeper than "+strconv.Itoa(r.depth)+" levels", "")
	case errors.As(err, &syntax):
		r.bad("", int(syntax.Offset)-1, "is no JSON: "+syntax.Error(), "")
	default:
		r.bad("", len(r.data), "is no JSON: it ends too early", "")
	}
}

func (r *reader) bad(pointer string, offset int, detail, hint string) {
	r.problems = append(r.problems, outreach.Problem{Pointer: pointer, Line: r.line(offset), Detail: detail, Hint: hint})
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

func (r *reader) value(pointer string) (*node, error) {
	start := r.skip(int(r.dec.InputOffset()))
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	r.places[pointer] = start
	n := &node{start: start}
	switch t := token.(type) {
	case json.Delim:
		if strings.Count(pointer, "/") >= r.depth {
			return nil, errDeep
		}
		n.kind = byte(t)
		if err := r.inside(n, pointer); err != nil {
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
func (r *reader) inside(n *node, pointer string) error {
	seen := map[string]int{}
	for r.dec.More() {
		if n.kind == '[' {
			item, err := r.value(pointer + "/" + strconv.Itoa(len(n.items)))
			if err != nil {
				return err
			}
			n.items = append(n.items, item)
			continue
		}
		at := r.skip(int(r.dec.InputOffset()))
		token, err := r.dec.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		here := pointer + "/" + escape(key)
		first, twice := seen[key]
		seen[key] = at
		value, err := r.value(here)
		if err != nil {
			return err
		}
		if twice {
			r.bad(here, at, "is there twice", "the first is in line "+strconv.Itoa(r.line(first)))
			continue
		}
		r.places[here] = at
		n.members = append(n.members, member{key: key, start: at, value: value})
	}
	_, err := r.dec.Token()
	return err
}

func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
