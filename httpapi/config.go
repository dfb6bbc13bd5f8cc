package httpapi

import (
	"bytes"
	"context"
	"net/http"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

type exportOutput struct {
	ETag        string `header:"ETag"`
	ContentType string `header:"Content-Type"`
	Body        []byte
}

type applyInput struct {
	Conditional
	Preview bool   `query:"preview" doc:"Only say what would change"`
	RawBody []byte `contentType:"application/json"`
}

func (in *applyInput) target() string { return "config" }

type applyOutput struct {
	ETag string `header:"ETag"`
	Body outreach.ApplyPlan
}

// appliedFile is what the config file owns.
type appliedFile struct {
	SHA256    string   `json:"sha256,omitempty" doc:"Of the file that was applied last, in hex; missing if none ever was"`
	Resources []string `json:"resources" doc:"What it holds: pbxs/main, prompts/greeting, configurations/Appointment reminder. Its sections (facility, call, limits…) are always its own"`
}

type appliedOutput struct {
	ETag string `header:"ETag"`
	Body appliedFile
}

func (s *Server) mountConfig() {
	const tag = "Administration"
	file := &huma.Schema{Type: huma.TypeObject, Description: "A config file"}
	route(s, operation{id: "export-config", scope: scopeAdmin, method: http.MethodGet, path: "/config", tag: tag, summary: "The settings as a config file",
		text: "Secrets are references."},
		func(ctx context.Context, _ *struct{}) (*exportOutput, error) {
			revision := s.snapshot().Revision
			file, err := s.Settings.Export(ctx)
			if err != nil {
				return nil, err
			}
			return &exportOutput{etag(revision), "application/json", file}, nil
		})
	route(s, operation{id: "applied-config", method: http.MethodGet, path: "/config/applied", tag: tag, summary: "What the config file owns",
		text: "What is changed by REST in these is undone when the file is applied again; all else it leaves alone."}, s.appliedConfig)
	route(s, operation{id: "apply-config", method: http.MethodPost, path: "/config/apply", tag: tag, maxBody: maxConfigBody, bodyTime: configTime, request: file,
		summary: "Apply a config file", text: "With preview=true only the plan is returned."},
		func(ctx context.Context, in *applyInput) (*applyOutput, error) {
			expect, err := in.revision()
			if err != nil {
				return nil, err
			}
			plan, err := s.Settings.Apply(ctx, actor(ctx), expect, bytes.Clone(in.RawBody), in.Preview)
			if err != nil {
				return nil, err
			}
			plan.Changes = emptyNotNull(plan.Changes)
			return &applyOutput{etag(plan.Revision), plan}, nil
		})
}

func (s *Server) appliedConfig(context.Context, *struct{}) (*appliedOutput, error) {
	snap := s.snapshot()
	out := &appliedOutput{etag(snap.Revision), appliedFile{Resources: []string{}}}
	if file := snap.Document.Applied; file != nil {
		out.Body = appliedFile{file.SHA256, emptyNotNull(file.Resources)}
	}
	return out, nil
}
