package strictjson

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
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
	data   []byte
	places map[string]int
}

// Line is the line of the value that pointer names, or of the nearest value around it; 0 without a document.
func (s Source) Line(pointer string) int {
	for {
		if at, ok := s.places[pointer]; ok {
			return (&reader{data: s.data}).line(at)
		}
		if pointer == "" {
			return 0
		}
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
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
	src := Source{data: data, places: r.places}
	if n == nil {
		return src, r.problems
	}
	d := &decoder{reader: r, o: o}
	d.set("", n, reflect.ValueOf(into).Elem())
	if o.Discreet {
		hush(r.problems)
	}
	return src, src.Locate(r.problems)
}

type decoder struct {
	*reader
	o Options
}

func (d *decoder) wrong(pointer string, n *node, want string) {
	d.bad(pointer, n.start, "is "+kindOf(n)+", not "+want, "")
}

func kindOf(n *node) string {
	return map[byte]string{'{': "an object", '[': "a list", 's': "a text", 'n': "a number", 'b': "true or false", 'z': "null"}[n.kind]
}

var (
	timeType = reflect.TypeFor[time.Time]()
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonType = reflect.TypeFor[json.Unmarshaler]()
)

func (d *decoder) set(pointer string, n *node, v reflect.Value) {
	if n.kind == 'z' {
		if !d.o.Null {
			d.bad(pointer, n.start, "is null", "leave it out instead")
		}
		return
	}
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.set(pointer, n, v.Elem())
	case v.Type() == timeType:
		d.instant(pointer, n, v)
	case v.Addr().Type().Implements(jsonType):
		if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(d.data[n.start:n.end]); err != nil {
			d.refuse(pointer, n, err)
		}
	case v.Addr().Type().Implements(textType):
		d.fromText(pointer, n, v)
	default:
		d.setPlain(pointer, n, v)
	}
}

func (d *decoder) refuse(pointer string, n *node, err error) {
	detail := err.Error()
	if d.o.Discreet {
		detail = "is not what this field takes"
	}
	d.bad(pointer, n.start, detail, "")
}

func (d *decoder) instant(pointer string, n *node, v reflect.Value) {
	if n.kind != 's' {
		d.wrong(pointer, n, "a time")
		return
	}
	t, err := time.Parse(time.RFC3339, n.text)
	if err != nil {
		d.bad(pointer, n.start, "is no RFC 3339 time", "with date, time and zone, such as 2026-12-02T09:30:00+03:00")
		return
	}
	v.Set(reflect.ValueOf(t))
}

func (d *decoder) fromText(pointer string, n *node, v reflect.Value) {
	if n.kind != 's' {
		d.wrong(pointer, n, "a text")
		return
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.text)); err != nil {
		d.refuse(pointer, n, err)
	}
}

func (d *decoder) setPlain(pointer string, n *node, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if n.kind != 's' {
			d.wrong(pointer, n, "a text")
			return
		}
		v.SetString(n.text)
	case reflect.Bool:
		if n.kind != 'b' {
			d.wrong(pointer, n, "true or false")
			return
		}
		v.SetBool(n.yes)
	case reflect.Int, reflect.Int64, reflect.Float64:
		d.number(pointer, n, v)
	case reflect.Slice:
		d.list(pointer, n, v)
	case reflect.Map:
		d.object(pointer, n, v)
	case reflect.Struct:
		d.record(pointer, n, v)
	case reflect.Interface:
		if x := d.loose(pointer, n); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	}
}

func (d *decoder) number(pointer string, n *node, v reflect.Value) {
	if n.kind != 'n' {
		d.wrong(pointer, n, "a number")
		return
	}
	if v.Kind() == reflect.Float64 {
		f, err := strconv.ParseFloat(n.text, 64)
		if err != nil {
			d.bad(pointer, n.start, "is out of range", "")
		}
		v.SetFloat(f)
		return
	}
	i, err := strconv.ParseInt(n.text, 10, v.Type().Bits())
	if err != nil {
		d.bad(pointer, n.start, "is no whole number", "")
		return
	}
	v.SetInt(i)
}

func (d *decoder) list(pointer string, n *node, v reflect.Value) {
	if n.kind != '[' {
		d.wrong(pointer, n, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.set(pointer+"/"+strconv.Itoa(i), item, v.Index(i))
	}
}

func (d *decoder) object(pointer string, n *node, v reflect.Value) {
	if n.kind != '{' {
		d.wrong(pointer, n, "an object")
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.members)))
	for _, m := range n.members {
		value := reflect.New(v.Type().Elem()).Elem()
		d.set(pointer+"/"+escape(m.key), m.value, value)
		v.SetMapIndex(reflect.ValueOf(m.key).Convert(v.Type().Key()), value)
	}
}

func (d *decoder) record(pointer string, n *node, v reflect.Value) {
	if n.kind != '{' {
		d.wrong(pointer, n, "an object")
		return
	}
	names := make([]string, 0, v.NumField())
	byName := map[string]int{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
			byName[name] = i
		}
	}
	for _, m := range n.members {
		i, ok := byName[m.key]
		if !ok && d.o.Extra != nil && d.o.Extra(pointer+"/"+escape(m.key)) {
			continue
		}
		if !ok {
			d.stranger(pointer+"/"+escape(m.key), m, names)
			continue
		}
		d.set(pointer+"/"+escape(m.key), m.value, v.Field(i))
	}
}

func (d *decoder) stranger(pointer string, m member, names []string) {
	hint := "this object has " + strings.Join(names, ", ")
	if near := outreach.Nearest(m.key, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	d.bad(pointer, m.start, "is no field that exists here", hint)
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
func (d *decoder) loose(pointer string, n *node) any {
	switch n.kind {
	case 's':
		return n.text
	case 'b':
		return n.yes
	case 'n':
		f, err := strconv.ParseFloat(n.text, 64)
		if err != nil || !exact(n.text, f) {
			d.bad(pointer, n.start, "is a number that would lose digits", "send it as a text")
		}
		return f
	case '[':
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = d.loose(pointer+"/"+strconv.Itoa(i), item)
		}
		return list
	case '{':
		object := make(map[string]any, len(n.members))
		for _, m := range n.members {
			object[m.key] = d.loose(pointer+"/"+escape(m.key), m.value)
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
