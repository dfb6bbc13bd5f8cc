package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// prefix of the REST API.
const prefix = "/api/v1"

// Body limits in bytes; one more than what is allowed, since huma refuses a body that reaches the limit.
const (
	maxEventBody  = 1<<20 + 1
	maxConfigBody = 8<<20 + 1
	maxAudioBody  = 32<<20 + 1
)

// operation is one row of the contract's table.
type operation struct {
	id, method, path string
	summary, text    string
	tag              string
	scope            string        // who may: scopeRead for a GET and scopeAdmin for all else, unless set
	status           int           // of success, 200 unless set
	maxBody          int64         // maxEventBody unless set
	bodyTime         time.Duration // to send the body, 5 s unless set
	quiet            bool          // changes nothing, or is recorded elsewhere: no audit entry
	request          *huma.Schema  // of a body that the operation decodes itself
}

// route mounts op and gives fn's errors, audit entry and log line one way out.
func route[I, O any](s *Server, op operation, fn func(context.Context, *I) (*O, error)) {
	scope := op.scope
	if scope == "" && op.method == http.MethodGet {
		scope = scopeRead
	} else if scope == "" {
		scope = scopeAdmin
	}
	if op.maxBody == 0 {
		op.maxBody = maxEventBody
	}
	changes := op.method != http.MethodGet && !op.quiet
	var body *huma.RequestBody
	if op.request != nil {
		body = &huma.RequestBody{}
	}
	huma.Register(s.api, huma.Operation{
		OperationID: op.id, Method: op.method, Path: prefix + op.path, Summary: op.summary, Description: op.text,
		Tags: []string{op.tag}, DefaultStatus: op.status, MaxBodyBytes: op.maxBody, BodyReadTimeout: op.bodyTime, RequestBody: body, SkipValidateBody: op.request != nil,
		Security:  security(scope),
		Metadata:  map[string]any{"scope": scope},
		Responses: problemResponse(s.api.OpenAPI().Components.Schemas),
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		p := s.failed(ctx, op.id, err)
		if changes {
			s.audited(ctx, op.id, in, p)
		}
		if p != nil {
			return nil, p
		}
		return out, nil
	})
	if op.request != nil { // huma has described the body as bytes
		body.Content["application/json"].Schema = op.request
	}
}

// security says who may: an API key of the scope, or a session; nobody in particular for scopeNone.
func security(scope string) []map[string][]string {
	if scope == scopeNone {
		return []map[string][]string{}
	}
	return []map[string][]string{{"key": {scope}}, {"session": {}}}
}

// failed maps err to a problem and logs what somebody should look at.
func (s *Server) failed(ctx context.Context, what string, err error) *Problem {
	if err == nil {
		return nil
	}
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(ctx, "request failed", "operation", what, "status", p.Status, "err", err)
	}
	return p
}

// problemResponse describes every refusal of an operation.
func problemResponse(r huma.Registry) map[string]*huma.Response {
	return map[string]*huma.Response{"default": {
		Description: "A problem (RFC 9457)",
		Content: map[string]*huma.MediaType{"application/problem+json": {
			Schema: r.Schema(reflect.TypeFor[Problem](), true, "Problem"),
		}},
	}}
}

// apiConfig is huma's configuration: our own documentation page, no schema links, JSON only.
func apiConfig(version string) huma.Config {
	c := huma.DefaultConfig("Curlew", version)
	c.DocsPath, c.OpenAPIPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.FieldsOptionalByDefault = true // the check of the whole document says better what is missing
	c.Transformers = []huma.Transformer{strip}
	c.Info.Description = "Outbound patient calls, messages and their answers. Errors are RFC 9457 problems whose " +
		"errors point at what is wrong and never repeat a patient's data. Changes of settings take If-Match with the ETag that was read."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":     {Type: "http", Scheme: "bearer", Description: "An API key. Scopes: admin (everything), operator (transactions, pauses, opt-outs, reading), read, hims (POST /events and /dry-run)."},
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "A person who signed in: POST /session. Roles admin, operator, viewer have the scopes admin, operator, read."},
	}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	for from, to := range schemaAliases {
		c.Components.Schemas.RegisterTypeAlias(from, to)
	}
	return c
}

// schemaName is huma's own, but for the one name that two of our packages have.
func schemaName(t reflect.Type, hint string) string {
	if t == reflect.TypeFor[outreach.Problem]() {
		return "ProblemError"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// schemaAliases describe those vocabulary types whose JSON form differs from their Go form.
var schemaAliases = map[reflect.Type]reflect.Type{
	reflect.TypeFor[outreach.Duration]():  reflect.TypeFor[durationSchema](),
	reflect.TypeFor[outreach.LocalText](): reflect.TypeFor[localTextSchema](),
}

type durationSchema struct{}

// Schema describes an ISO 8601 duration.
func (durationSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^P(\d+[YMWD])*(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$`,
		PatternDescription: "an ISO 8601 duration such as PT24H or P1D", Examples: []any{"PT24H"}}
}

type localTextSchema struct{}

// Schema describes a text, or an object of texts by language.
func (localTextSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "A text for every language, or an object of texts by language tag",
		OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString}}}}
}
