package config

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"curlew/outreach"
)

// collection is one list of named resources in a document.
type collection struct {
	list   string // its field in the document
	word   string // what one of them is called
	names  func(*outreach.Document) []string
	at     func(*outreach.Document, int) any
	append func(to, from *outreach.Document, i int)
}

// collections are in the order of the document; what refers comes after what is referred to.
var collections = []collection{
	{
		list: "pbxs", word: "PBX",
		names: func(d *outreach.Document) []string {
			return named(d.PBXs, func(p outreach.PBX) string { return p.Name })
		},
		at:     func(d *outreach.Document, i int) any { return d.PBXs[i] },
		append: func(to, from *outreach.Document, i int) { to.PBXs = append(to.PBXs, from.PBXs[i]) },
	},
	{
		list: "prompt_categories", word: "prompt category",
		names: func(d *outreach.Document) []string {
			return named(d.PromptCategories, func(c outreach.PromptCategory) string { return c.Name })
		},
		at: func(d *outreach.Document, i int) any { return d.PromptCategories[i] },
		append: func(to, from *outreach.Document, i int) {
			to.PromptCategories = append(to.PromptCategories, from.PromptCategories[i])
		},
	},
	{
		list: "prompts", word: "prompt",
		names: func(d *outreach.Document) []string {
			return named(d.Prompts, func(p outreach.Prompt) string { return p.Category })
		},
		at:     func(d *outreach.Document, i int) any { return d.Prompts[i] },
		append: func(to, from *outreach.Document, i int) { to.Prompts = append(to.Prompts, from.Prompts[i]) },
	},
	{
		list: "components", word: "component",
		names: func(d *outreach.Document) []string {
			return named(d.Components, func(c outreach.Component) string { return c.Name })
		},
		at:     func(d *outreach.Document, i int) any { return d.Components[i] },
		append: func(to, from *outreach.Document, i int) { to.Components = append(to.Components, from.Components[i]) },
	},
	{
		list: "configurations", word: "configuration",
		names: func(d *outreach.Document) []string {
			return named(d.Configurations, func(c outreach.Configuration) string { return c.Name })
		},
		at: func(d *outreach.Document, i int) any {
			c := d.Configurations[i]
			c.ManagedBy = "" // who owns it is no difference
			return c
		},
		append: func(to, from *outreach.Document, i int) {
			to.Configurations = append(to.Configurations, from.Configurations[i])
		},
	},
}

func named[T any](list []T, name func(T) string) []string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = name(v)
	}
	return names
}

// resourceNames lists what doc holds, as AppliedFile writes it.
func resourceNames(doc *outreach.Document) []string {
	all := []string{}
	for _, c := range collections {
		for _, name := range c.names(doc) {
			all = append(all, c.list+"/"+name)
		}
	}
	return all
}

// section is a part of the document that occurs once.
type section struct {
	field string
	of    func(*outreach.Document) any
}

var sections = []section{
	{"facility", func(d *outreach.Document) any { return d.Facility }},
	{"call", func(d *outreach.Document) any { return d.Call }},
	{"limits", func(d *outreach.Document) any { return d.Limits }},
	{"cause_matrix", func(d *outreach.Document) any { return d.CauseMatrix }},
	{"channels", func(d *outreach.Document) any { return d.Channels }},
	{"webhooks", func(d *outreach.Document) any { return d.Webhooks }},
	{"retention", func(d *outreach.Document) any { return d.Retention }},
}

// Plan lists what replacing current by next adds, changes and removes, resource by resource, in the
// order of the document.
func Plan(current, next outreach.Document) []outreach.ApplyChange {
	changes := []outreach.ApplyChange{}
	for _, s := range sections {
		if fields, differ := difference(s.of(&current), s.of(&next)); differ {
			changes = append(changes, outreach.ApplyChange{Action: "change", Pointer: "/" + s.field, Fields: fields})
		}
	}
	for _, c := range collections {
		changes = append(changes, c.plan(&current, &next)...)
	}
	return changes
}

func (c collection) plan(current, next *outreach.Document) []outreach.ApplyChange {
	var changes []outreach.ApplyChange
	had, has := c.names(current), c.names(next)
	for i, name := range has {
		change := outreach.ApplyChange{Action: "add", Pointer: "/" + c.list + "/" + strconv.Itoa(i), Name: name}
		if j := slices.Index(had, name); j >= 0 {
			fields, differ := difference(c.at(current, j), c.at(next, i))
			if !differ {
				continue
			}
			change.Action, change.Fields = "change", fields
		}
		changes = append(changes, change)
	}
	for j, name := range had {
		if !slices.Contains(has, name) {
			changes = append(changes, outreach.ApplyChange{Action: "remove", Pointer: "/" + c.list + "/" + strconv.Itoa(j), Name: name})
		}
	}
	return changes
}

// difference compares two values as JSON and names the fields that differ.
func difference(a, b any) (fields []string, differ bool) {
	left, _ := json.Marshal(a)
	right, _ := json.Marshal(b)
	if bytes.Equal(left, right) {
		return nil, false
	}
	var l, r map[string]json.RawMessage
	if json.Unmarshal(left, &l) != nil || json.Unmarshal(right, &r) != nil {
		return nil, true
	}
	for key, v := range r {
		if !bytes.Equal(l[key], v) {
			fields = append(fields, key)
		}
	}
	for key := range l {
		if _, ok := r[key]; !ok {
			fields = append(fields, key)
		}
	}
	slices.Sort(fields)
	return fields, true
}
