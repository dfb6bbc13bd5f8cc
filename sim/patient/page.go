package patient

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Page is an answer of the web server, with one Form for each submit button of each posting form.
type Page struct {
	URL    string // after redirects
	Status int
	Body   string
	Forms  []Form
}

// Form is what one submit button would post.
type Form struct {
	Action string
	Values url.Values // hidden fields, defaults, and the button's own name and value
}

// find returns the form that posts action as the value of a control or as the end of its address.
func (p Page) find(action string) (Form, bool) {
	for _, f := range p.Forms {
		for _, values := range f.Values {
			if slices.Contains(values, action) {
				return f, true
			}
		}
		path, _, _ := strings.Cut(f.Action, "?")
		if strings.HasSuffix(path, "/"+action) {
			return f, true
		}
	}
	return Form{}, false
}

// best returns the form of the best rating: the last that the page offers.
func (p Page) best() (Form, bool) {
	for _, f := range slices.Backward(p.Forms) {
		if f.Values.Get("action") == "rating" {
			return f, true
		}
	}
	return Form{}, false
}

// asksAgain reports whether f holds a field that first had not: the page wants the same answer confirmed.
func (f Form) asksAgain(first Form) bool {
	for name := range f.Values {
		if !first.Values.Has(name) {
			return true
		}
	}
	return false
}

// forms reads every posting form of a page.
func forms(body string) []Form {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return nil // an unreadable page offers nothing to a patient
	}
	var out []Form
	for n := range root.Descendants() {
		if n.DataAtom == atom.Form && strings.EqualFold(attribute(n, "method"), "post") {
			out = append(out, submissions(n)...)
		}
	}
	return out
}

func submissions(form *html.Node) []Form {
	fields, buttons := url.Values{}, []*html.Node{}
	for n := range form.Descendants() {
		switch kind := strings.ToLower(attribute(n, "type")); {
		case has(n, "disabled"):
		case n.DataAtom == atom.Button && kind != "button" && kind != "reset", n.DataAtom == atom.Input && kind == "submit":
			buttons = append(buttons, n)
		case n.DataAtom == atom.Input && (kind != "radio" && kind != "checkbox" || has(n, "checked")):
			if name := attribute(n, "name"); name != "" {
				fields.Add(name, attribute(n, "value"))
			}
		}
	}
	out := make([]Form, 0, len(buttons))
	for _, b := range buttons {
		f := Form{Action: attribute(form, "action"), Values: url.Values{}}
		for name, values := range fields {
			f.Values[name] = slices.Clone(values)
		}
		if name := attribute(b, "name"); name != "" {
			f.Values.Add(name, attribute(b, "value"))
		}
		if own := attribute(b, "formaction"); own != "" {
			f.Action = own
		}
		out = append(out, f)
	}
	return out
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}
