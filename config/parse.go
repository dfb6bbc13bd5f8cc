package config

import (
	"strings"

	"curlew/outreach"
	"curlew/strictjson"
)

// Parse reads a configuration document and lists everything that is wrong with it, form and meaning, each problem
// with its JSON pointer and line, in the order of the file. With no problems the document compiles.
func Parse(data []byte) (outreach.Document, outreach.Problems) {
	doc, _, problems := parse(data)
	return doc, problems
}

// ParseWithWarnings is Parse and what drafts still lack.
func ParseWithWarnings(data []byte) (doc outreach.Document, problems, warnings outreach.Problems) {
	doc, warnings, problems = parse(data)
	return doc, problems, warnings
}

func parse(data []byte) (doc outreach.Document, warnings, problems outreach.Problems) {
	src, form := strictjson.Decode(data, &doc, strictjson.Options{})
	if !src.Readable() {
		return doc, nil, form
	}
	snap, meaning := outreach.Compile(doc, 0)
	if snap != nil {
		warnings = src.Locate(snap.Warnings)
	}
	for _, p := range meaning {
		if !covered(p, form) {
			form = append(form, p)
		}
	}
	return doc, warnings, src.Locate(form)
}

// covered reports whether a problem of meaning only repeats one of form: a value that could not be read is not missing.
func covered(p outreach.Problem, form outreach.Problems) bool {
	for _, f := range form {
		if p.Pointer == f.Pointer || f.Pointer != "" && strings.HasPrefix(p.Pointer, f.Pointer+"/") {
			return true
		}
	}
	return false
}
