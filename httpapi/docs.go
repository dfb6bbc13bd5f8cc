package httpapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// outside are the doors that are no operations of the API, for its description.
var outside = []struct{ method, path, tag, summary string }{
	{http.MethodGet, "/r/{token}", "Patients", "The patient's page behind a response link; changes nothing"},
	{http.MethodHead, "/r/{token}", "Patients", "As GET, without the page"},
	{http.MethodPost, "/r/{token}", "Patients", "The patient's answer: a form, or RFC 8058's List-Unsubscribe=One-Click"},
	{http.MethodPost, "/webhooks/twilio/status", "Webhooks", "Twilio's status callbacks, signed"},
	{http.MethodPost, "/webhooks/twilio/inbound", "Webhooks", "Patients' messages from Twilio, signed"},
	{http.MethodPost, "/webhooks/hims", "Webhooks", "Events signed by Standard Webhooks or sent with an API key: own JSON, CloudEvents 1.0, FHIR R4 Bundles"},
	{http.MethodGet, "/audio/{sha256}.wav", "PBXs", "A recording, for the addresses of PBXs"},
	{http.MethodGet, "/healthz", "Health", "The process answers"},
	{http.MethodGet, "/readyz", "Health", "The node may get traffic"},
	{http.MethodGet, "/metrics", "Health", "Prometheus metrics"},
}

// describe completes the OpenAPI document and renders it once.
func (s *Server) describe() ([]byte, error) {
	doc := s.api.OpenAPI()
	for _, o := range outside {
		doc.AddOperation(&huma.Operation{
			OperationID: operationID(o.method, o.path), Method: o.method, Path: o.path, Tags: []string{o.tag}, Summary: o.summary,
			Parameters: pathParameters(o.path), Security: []map[string][]string{},
			Responses: map[string]*huma.Response{"default": {Description: "See the contract"}},
		})
	}
	complete(doc.Components.Schemas)
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode OpenAPI: %w", err)
	}
	return text, nil
}

// settingsTypes are sent by admins, who may leave out what has a safe default; the check of the whole
// document says what is really missing.
var settingsTypes = []string{"PBX", "ESLAddress", "HostPort", "Gateway", "UnknownRule", "Prompt", "PromptLanguage", "Configuration", "When",
	"Occurrence", "Window", "Step", "MachinePolicy", "Template", "KeyAction", "Retry", "Advance"}

// complete tells the schemas what huma does not: which fields answers always have, and that a response may
// be null.
func complete(r huma.Registry) {
	for name, schema := range r.Map() {
		if !slices.Contains(settingsTypes, name) && len(schema.Required) == 0 {
			schema.Required = alwaysThere(r.TypeFromRef("#/components/schemas/"+name), schema)
		}
	}
	activity := r.Map()["Activity"].Properties
	activity["response"] = &huma.Schema{OneOf: []*huma.Schema{{Ref: activity["response"].Ref}, {Type: "null"}}}
}

func alwaysThere(t reflect.Type, schema *huma.Schema) []string {
	var names []string
	for i := range t.NumField() {
		name, rest, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if schema.Properties[name] != nil && !strings.Contains(rest, "omit") {
			names = append(names, name)
		}
	}
	return names
}

func operationID(method, path string) string {
	id := []byte(method)
	for _, c := range []byte(path) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			id = append(id, c)
		} else if id[len(id)-1] != '-' {
			id = append(id, '-')
		}
	}
	return string(bytes.ToLower(bytes.TrimRight(id, "-")))
}

func pathParameters(path string) []*huma.Param {
	var out []*huma.Param
	for rest := []byte(path); ; {
		_, after, ok := bytes.Cut(rest, []byte("{"))
		if !ok {
			return out
		}
		name, tail, _ := bytes.Cut(after, []byte("}"))
		out = append(out, &huma.Param{Name: string(name), In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
		rest = tail
	}
}

func (s *Server) mountDocs() {
	s.router.Get("/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(s.spec) // a client that went away is no error of ours
	})
	s.router.Get("/docs", func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if err := s.pages.docs.Execute(&b, s.docsPage()); err != nil {
			writeProblem(w, s.failed(r.Context(), "docs", err))
			return
		}
		s.pages.write(w, b.Bytes())
	})
}

type docsHTML struct {
	Title, Version, Text string
	Tags                 []docsTag
	Schemas              []docsSchema
}

type docsTag struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Text, Scope string
	Parameters                             []docsField
	Request, Response                      string // schema names
}

type docsField struct {
	Name, Type, Text, In string
	Required             bool
}

type docsSchema struct {
	Name   string
	Fields []docsField
}

// docsPage is the description for people, from the same document that machines get.
func (s *Server) docsPage() docsHTML {
	doc := s.api.OpenAPI()
	page := docsHTML{Title: doc.Info.Title, Version: doc.Info.Version, Text: doc.Info.Description}
	byTag := map[string]int{}
	for _, path := range sortedKeys(doc.Paths) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete, item.Head} {
			if op == nil {
				continue
			}
			i, ok := byTag[op.Tags[0]]
			if !ok {
				i = len(page.Tags)
				byTag[op.Tags[0]] = i
				page.Tags = append(page.Tags, docsTag{Name: op.Tags[0]})
			}
			page.Tags[i].Operations = append(page.Tags[i].Operations, describeOperation(op))
		}
	}
	slices.SortFunc(page.Tags, func(a, b docsTag) int { return cmp.Compare(a.Name, b.Name) })
	schemas := doc.Components.Schemas.Map()
	for _, name := range sortedKeys(schemas) {
		page.Schemas = append(page.Schemas, docsSchema{name, fieldsOf(schemas[name])})
	}
	return page
}

func describeOperation(op *huma.Operation) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Text: op.Description}
	d.Scope, _ = op.Metadata["scope"].(string)
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docsField{p.Name, typeName(p.Schema), p.Description, p.In, p.Required})
	}
	if op.RequestBody != nil {
		for _, ct := range sortedKeys(op.RequestBody.Content) {
			d.Request = bodyName(ct, op.RequestBody.Content[ct])
		}
	}
	for _, status := range sortedKeys(op.Responses) {
		if status == "default" {
			continue
		}
		d.Response = status
		for _, ct := range sortedKeys(op.Responses[status].Content) {
			d.Response += " " + bodyName(ct, op.Responses[status].Content[ct])
		}
	}
	return d
}

func bodyName(contentType string, m *huma.MediaType) string {
	if m.Schema == nil || contentType != "application/json" {
		return contentType
	}
	return typeName(m.Schema)
}

func fieldsOf(schema *huma.Schema) []docsField {
	var out []docsField
	for _, name := range sortedKeys(schema.Properties) {
		p := schema.Properties[name]
		out = append(out, docsField{name, typeName(p), p.Description, "", slices.Contains(schema.Required, name)})
	}
	return out
}

func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[len("#/components/schemas/"):]
	case s.Type == huma.TypeArray:
		return "list of " + typeName(s.Items)
	case len(s.Enum) > 0:
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		return "one of " + strings.Join(values, ", ")
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	case s.Type == "" && len(s.OneOf) > 0:
		return typeName(s.OneOf[0]) + " or " + typeName(s.OneOf[1])
	}
	return s.Type
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
