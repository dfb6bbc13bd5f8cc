package store

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// bulk gathers the statements of a PostgreSQL group: those of one text become one statement over
// arrays, which costs the server a fifth of as many statements. What is put twice for one row, or in
// another form, keeps its place: take comes before it.
type bulk struct {
	parts   []*part
	byText  map[string]*part
	touched map[string]bool // ids of updated rows
}

// part is the rows of one text.
type part struct {
	text string
	form *form
	rows []args
}

// form is how a text is written over arrays.
type form struct {
	insert  bool
	table   string
	columns []string
}

func newBulk() *bulk { return &bulk{byText: map[string]*part{}, touched: map[string]bool{}} }

// add reports false where the statement cannot join others.
func (b *bulk) add(text string, a args) bool {
	f := formOf(text)
	if f == nil || len(a) != len(f.columns) {
		return false
	}
	if !f.insert {
		id, ok := a[len(a)-1].(string)
		if !ok || b.touched[id] {
			return false
		}
		b.touched[id] = true
	}
	p := b.byText[text]
	if p == nil {
		p = &part{text: text, form: f}
		b.parts, b.byText[text] = append(b.parts, p), p
	}
	p.rows = append(p.rows, a)
	return true
}

// take hands over what was gathered, in the order of the texts' first appearance.
func (b *bulk) take(send func(text string, a args)) {
	for _, p := range b.parts {
		columns := p.arrays()
		if len(p.rows) == 1 || columns == nil {
			for _, a := range p.rows {
				send(p.text, a)
			}
			continue
		}
		send(p.form.text(columns), columns)
	}
	b.parts = b.parts[:0]
	clear(b.byText)
	clear(b.touched)
}

// arrays turns rows into columns, nil where a column has values of no known type.
func (p *part) arrays() args {
	out := make(args, len(p.form.columns))
	for i := range out {
		switch p.rows[0][i].(type) {
		case string:
			out[i] = column[string](p.rows, i)
		case int64:
			out[i] = column[int64](p.rows, i)
		case float64:
			out[i] = column[float64](p.rows, i)
		case []byte:
			out[i] = column[[]byte](p.rows, i)
		}
		if out[i] == nil {
			return nil
		}
	}
	return out
}

func column[T any](rows []args, i int) any {
	out := make([]T, len(rows))
	for n, a := range rows {
		v, ok := a[i].(T)
		if !ok {
			return nil
		}
		out[n] = v
	}
	return out
}

func (f *form) text(columns args) string {
	var types, names []string
	for i, c := range columns {
		t := "text"
		switch c.(type) {
		case []int64:
			t = "bigint"
		case []float64:
			t = "float8"
		case [][]byte:
			t = "bytea"
		}
		types = append(types, "$"+strconv.Itoa(i+1)+"::"+t+"[]")
		names = append(names, "c"+strconv.Itoa(i+1))
	}
	from := " FROM unnest(" + strings.Join(types, ", ") + ") AS v(" + strings.Join(names, ", ") + ")"
	if f.insert {
		return "INSERT INTO " + f.table + " (" + strings.Join(f.columns, ", ") + ") SELECT " + strings.Join(names, ", ") + from
	}
	last := len(names) - 1
	sets := make([]string, last)
	for i := range sets {
		sets[i] = f.columns[i] + " = v." + names[i]
	}
	return "UPDATE " + f.table + " SET " + strings.Join(sets, ", ") + from + " WHERE " + f.table + ".id = v." + names[last]
}

var (
	insertForm = regexp.MustCompile(`^INSERT INTO (\w+) \(([\w,\s]+)\)\s+VALUES \([$0-9, ]+\)$`)
	updateForm = regexp.MustCompile(`^UPDATE (\w+) SET (\w+ = \$\d+(?:, \w+ = \$\d+)*) WHERE id = \$\d+$`)
	forms      sync.Map // text → *form, nil where it has none
)

func formOf(text string) *form {
	if f, ok := forms.Load(text); ok {
		return f.(*form)
	}
	f := readForm(text)
	forms.Store(text, f)
	return f
}

// readForm knows the two shapes that insertText and tx.update write: values in the order of their numbers.
func readForm(text string) *form {
	if m := insertForm.FindStringSubmatch(text); m != nil {
		f := &form{insert: true, table: m[1]}
		for _, c := range strings.Split(m[2], ",") {
			f.columns = append(f.columns, strings.TrimSpace(c))
		}
		return f
	}
	m := updateForm.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	f := &form{table: m[1]}
	for i, set := range strings.Split(m[2], ", ") {
		name, value, _ := strings.Cut(set, " = ")
		if value != "$"+strconv.Itoa(i+1) {
			return nil
		}
		f.columns = append(f.columns, name)
	}
	f.columns = append(f.columns, "id")
	return f
}
