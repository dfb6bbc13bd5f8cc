package strictjson

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"curlew/outreach"
)

// Options of Decode. Zero limits mean 16 MiB and 64 levels.
type Options struct {
	MaxBytes int
	MaxDepth int
	Null     bool // null stands for a field that is left out; else it is a problem
	Discreet bool // problems never repeat what was written: it may be a patient's data
	// Extra accepts fields that do not exist, by pointer; they are not read. nil accepts none.
	Extra func(pointer string) bool
}

// Source is where every value of a document stands.
type Source struct {
	data []byte
	root *node
}

// Readable reports whether there is an object at all; without one its meaning is not worth examining.
func (s Source) Readable() bool { return s.root != nil && s.root.kind == '{' }

// Line is the line of the value that pointer names, or of the nearest value around it; 0 without a document.
func (s Source) Line(pointer string) int {
	if s.root == nil {
		return 0
	}
	at, n := s.root.start, s.root
	for pointer != "" {
		var word string
		word, pointer, _ = strings.Cut(pointer[1:], "/")
		if pointer != "" {
			pointer = "/" + pointer
		}
		i, err := strconv.Atoi(word)
		m := n.member(unescape(word))
		switch {
		case m != nil:
			at, n = m.start, m.value
		case err == nil && i >= 0 && i < len(n.items):
			at, n = n.items[i].start, n.items[i]
		default:
			pointer = ""
		}
	}
	return (&reader{data: s.data}).line(at)
}

// Locate gives problems their lines and puts them in the document's order.
func (s Source) Locate(problems outreach.Problems) outreach.Problems {
	out := slices.Clone(problems)
	for i := range out {
		if out[i].Line == 0 {
			out[i].Line = s.Line(out[i].Pointer)
		}
	}
	slices.SortStableFunc(out, func(a, b outreach.Problem) int { return a.Line - b.Line })
	return out
}

// Decode reads data into the struct that into points to. What is well-formed is read even where other parts have
// problems, so that its meaning can be checked in the same turn.
func Decode(data []byte, into any, o Options) (Source, outreach.Problems) {
	if o.MaxBytes == 0 {
		o.MaxBytes = 16 << 20
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = 64
	}
	if len(data) > o.MaxBytes {
		return Source{}, outreach.Problems{{Detail: fmt.Sprintf("is larger than %d bytes", o.MaxBytes)}}
	}
	n, r := read(data, o.MaxDepth)
	src := Source{data: data, root: n}
	if n == nil {
		return src, r.problems
	}
	d := &decoder{reader: r, o: o}
	d.set(nil, n, reflect.ValueOf(into).Elem())
	if o.Discreet {
		hush(r.problems)
	}
	return src, src.Locate(r.problems)
}

type decoder struct {
	*reader
	o Options
}

func (d *decoder) wrong(at *path, n *node, want string) {
	d.bad(at, n.start, "is "+kindOf(n)+", not "+want, "")
}

func kindOf(n *node) string {
	return map[byte]string{'{': "an object", '[': "a list", 's': "a text", 'n': "a number", 'b': "true or false", 'z': "null"}[n.kind]
}

var (
	timeType = reflect.TypeFor[time.Time]()
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonType = reflect.TypeFor[json.Unmarshaler]()
)

func (d *decoder) set(at *path, n *node, v reflect.Value) {
	if n.kind == 'z' {
		if !d.o.Null {
			d.bad(at, n.start, "is null", "leave it out instead")
		}
		return
	}
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.set(at, n, v.Elem())
	case v.Type() == timeType:
		d.instant(at, n, v)
	case v.Addr().Type().Implements(jsonType):
		if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(d.data[n.start:n.end]); err != nil {
			d.refuse(at, n, err)
		}
	case v.Addr().Type().Implements(textType):
		d.fromText(at, n, v)
	default:
		d.setPlain(at, n, v)
	}
}

func (d *decoder) refuse(at *path, n *node, err error) {
	detail := err.Error()
	if d.o.Discreet {
		detail = "is not what this field takes"
	}
	d.bad(at, n.start, detail, "")
}

func (d *decoder) instant(at *path, n *node, v reflect.Value) {
	if n.kind != 's' {
		d.wrong(at, n, "a time")
		return
	}
	t, err := time.Parse(time.RFC3339, n.text)
	if err != nil {
		d.bad(at, n.start, "is no RFC 3339 time", "with date, time and zone, such as 2026-12-02T09:30:00+03:00")
		return
	}
	v.Set(reflect.ValueOf(t))
}

func (d *decoder) fromText(at *path, n *node, v reflect.Value) {
	if n.kind != 's' {
		d.wrong(at, n, "a text")
		return
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.text)); err != nil {
		d.refuse(at, n, err)
	}
}

func (d *decoder) setPlain(at *path, n *node, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if n.kind != 's' {
			d.wrong(at, n, "a text")
			return
		}
		v.SetString(n.text)
	case reflect.Bool:
		if n.kind != 'b' {
			d.wrong(at, n, "true or false")
			return
		}
		v.SetBool(n.yes)
	case reflect.Int, reflect.Int64, reflect.Float64:
		d.number(at, n, v)
	case reflect.Slice:
		d.list(at, n, v)
	case reflect.Map:
		d.object(at, n, v)
	case reflect.Struct:
		d.record(at, n, v)
	case reflect.Interface:
		if x := d.loose(at, n); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	}
}

func (d *decoder) number(at *path, n *node, v reflect.Value) {
	if n.kind != 'n' {
		d.wrong(at, n, "a number")
		return
	}
	if v.Kind() == reflect.Float64 {
		f, err := strconv.ParseFloat(n.text, 64)
		if err != nil {
			d.bad(at, n.start, "is out of range", "")
		}
		v.SetFloat(f)
		return
	}
	i, err := strconv.ParseInt(n.text, 10, v.Type().Bits())
	if err != nil {
		d.bad(at, n.start, "is no whole number", "")
		return
	}
	v.SetInt(i)
}

func (d *decoder) list(at *path, n *node, v reflect.Value) {
	if n.kind != '[' {
		d.wrong(at, n, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.set(&path{parent: at, index: i, item: true}, item, v.Index(i))
	}
}

func (d *decoder) object(at *path, n *node, v reflect.Value) {
	if n.kind != '{' {
		d.wrong(at, n, "an object")
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.members)))
	for _, m := range n.members {
		value := reflect.New(v.Type().Elem()).Elem()
		d.set(&path{parent: at, key: m.key}, m.value, value)
		v.SetMapIndex(reflect.ValueOf(m.key).Convert(v.Type().Key()), value)
	}
}

func (d *decoder) record(at *path, n *node, v reflect.Value) {
	if n.kind != '{' {
		d.wrong(at, n, "an object")
		return
	}
	fields := fieldsOf(v.Type())
	for _, m := range n.members {
		here := &path{parent: at, key: m.key}
		i, ok := fields.byName[m.key]
		switch {
		case ok:
			d.set(here, m.value, v.Field(i))
		case d.o.Extra == nil || !d.o.Extra(here.pointer()):
			d.stranger(here, m, fields.names)
		}
	}
}

// fields are the names that a struct has in JSON.
type fields struct {
	names  []string
	byName map[string]int
}

// seenTypes remembers the fields of every struct that was ever read; types never change.
var seenTypes sync.Map // reflect.Type → fields

func fieldsOf(t reflect.Type) fields {
	if f, ok := seenTypes.Load(t); ok {
		return f.(fields)
	}
	f := fields{byName: map[string]int{}}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			f.names = append(f.names, name)
			f.byName[name] = i
		}
	}
	seenTypes.Store(t, f)
	return f
}

func (d *decoder) stranger(at *path, m member, names []string) {
	hint := "this object has " + strings.Join(names, ", ")
	if near := outreach.Nearest(m.key, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	d.bad(at, m.start, "is no field that exists here", hint)
}

// hush cuts pointers before a name that may be somebody's data.
func hush(problems outreach.Problems) {
	for i := range problems {
		p := &problems[i]
		for at := 0; at < len(p.Pointer); {
			word, _, _ := strings.Cut(p.Pointer[at+1:], "/")
			if len(word) > 40 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				p.Pointer, p.Detail = p.Pointer[:at], "a field in it "+p.Detail
				break
			}
			at += 1 + len(word)
		}
	}
}

// loose reads a value of any type; numbers must survive as float64.
func (d *decoder) loose(at *path, n *node) any {
	switch n.kind {
	case 's':
		return n.text
	case 'b':
		return n.yes
	case 'n':
		f, err := strconv.ParseFloat(n.text, 64)
		if err != nil || !exact(n.text, f) {
			d.bad(at, n.start, "is a number that would lose digits", "send it as a text")
		}
		return f
	case '[':
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = d.loose(&path{parent: at, index: i, item: true}, item)
		}
		return list
	case '{':
		object := make(map[string]any, len(n.members))
		for _, m := range n.members {
			object[m.key] = d.loose(&path{parent: at, key: m.key}, m.value)
		}
		return object
	}
	return nil
}

// exact reports whether a whole number is the same as a float64; fractions are taken as they are.
func exact(text string, f float64) bool {
	if strings.ContainsAny(text, ".eE") {
		return true
	}
	return strconv.FormatFloat(f, 'f', -1, 64) == text || text == "-0"
}
