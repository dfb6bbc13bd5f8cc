package config

import (
	"bytes"
	"encoding/json"
	"fmt"

	"curlew/outreach"
)

// Export writes doc in its canonical form: fields in the schema's order, two spaces, names of maps sorted, what is
// empty left out, one newline at the end. Export of what Parse reads from an export is the same bytes.
// Secrets stay the references that they are.
func Export(doc outreach.Document) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(filled(doc)); err != nil {
		return nil, fmt.Errorf("export the configuration: %w", err)
	}
	return b.Bytes(), nil
}

// filled replaces the nil lists that the document always shows by empty ones; doc's own lists stay untouched.
func filled(doc outreach.Document) outreach.Document {
	doc.Facility.Languages = shown(doc.Facility.Languages)
	doc.PBXs = shown(append([]outreach.PBX(nil), doc.PBXs...))
	for i := range doc.PBXs {
		p := &doc.PBXs[i]
		p.Gateways = shown(append([]outreach.Gateway(nil), p.Gateways...))
		for j := range p.Gateways {
			p.Gateways[j].AllowedPrefixes = shown(p.Gateways[j].AllowedPrefixes)
		}
	}
	doc.Prompts = shown(append([]outreach.Prompt(nil), doc.Prompts...))
	for i := range doc.Prompts {
		if doc.Prompts[i].Languages == nil {
			doc.Prompts[i].Languages = map[string]outreach.PromptLanguage{}
		}
	}
	doc.Components = append([]outreach.Component(nil), doc.Components...)
	for i := range doc.Components {
		doc.Components[i].Events = shown(doc.Components[i].Events)
	}
	doc.Configurations = shown(append([]outreach.Configuration(nil), doc.Configurations...))
	for i := range doc.Configurations {
		doc.Configurations[i].ManagedBy = "" // whoever applies the file becomes the manager
		doc.Configurations[i].Steps = shown(doc.Configurations[i].Steps)
	}
	return doc
}

func shown[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
