package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// Voice speaks a prompt as a call would, before it is saved.
type Voice interface {
	// Say returns a WAV of p's text in the language, with sample values for its variables. Errors: outreach.Problems that
	// point at the text or the language.
	Say(ctx context.Context, snap *outreach.Snapshot, p outreach.Prompt, language string) ([]byte, error)
}

// CategoryView is a prompt category and whose it is.
type CategoryView struct {
	outreach.PromptCategory
	Own bool `json:"own" doc:"The hospital's own: it can be changed and deleted"`
}

type recordingPost struct {
	RawBody []byte `contentType:"audio/wav"`
}

func (*recordingPost) target() string { return "recording" }

type recordingInput struct {
	SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$" doc:"As the report of its upload names it"`
}

type promptSay struct {
	CategoryInput
	Body struct {
		Language string            `json:"language" required:"true" maxLength:"3" doc:"One of the hospital's languages"`
		Text     string            `json:"text" required:"true" maxLength:"2000"`
		Fields   map[string]string `json:"fields,omitempty" doc:"The prompt's own fields, for {{field.name}} in the text"`
	}
}

type promptVersionInput struct {
	CategoryInput
	Version int64 `path:"version" minimum:"1"`
}

func (s *Server) mountRecordings() {
	const tag = "Prompts"
	route(s, operation{id: "post-recording", method: http.MethodPost, path: "/recordings", tag: tag, maxBody: maxAudioBody, bodyTime: uploadTime, status: http.StatusCreated,
		summary: "Keep a recording", text: "Checked and converted as a prompt's recording is. A prompt that is saved later names it as sha256:HEX."},
		func(ctx context.Context, in *recordingPost) (*audioReportOutput, error) {
			report, err := s.Audio.Store(ctx, bytes.Clone(in.RawBody))
			if err != nil {
				return nil, err
			}
			return &audioReportOutput{Body: report}, nil
		})
	route(s, operation{id: "get-recording", method: http.MethodGet, path: "/recordings/{sha256}", tag: tag, summary: "A recording that was kept"},
		func(_ context.Context, in *recordingInput) (*huma.StreamResponse, error) {
			f, err := s.Audio.Open(in.SHA256)
			if err != nil {
				return nil, fmt.Errorf("open recording: %w", err)
			}
			return answerWAV(f), nil
		})
	route(s, operation{id: "say-prompt", method: http.MethodPost, path: "/prompts/{category}/say", tag: tag, scope: scopeRead, quiet: true,
		summary: "Hear a text as a call speaks it", text: "A WAV with sample values for the variables; the text need not be saved. 422 says why it cannot be spoken."}, s.sayPrompt)
	route(s, operation{id: "get-prompt-version", method: http.MethodGet, path: "/prompts/{category}/versions/{version}", tag: tag, summary: "A prompt as it was",
		text: "To go back to it, PUT it as the prompt."},
		func(ctx context.Context, in *promptVersionInput) (*resource[outreach.Prompt], error) {
			p, err := s.promptAt(ctx, in.Category, in.Version)
			return &resource[outreach.Prompt]{Status: http.StatusOK, Body: p}, err
		})
}

func (s *Server) sayPrompt(ctx context.Context, in *promptSay) (*huma.StreamResponse, error) {
	snap := s.snapshot()
	if _, known := snap.Category(in.Category); !known {
		return nil, outreach.ErrNotFound
	}
	p := outreach.Prompt{Category: in.Category, Active: true, Fields: in.Body.Fields,
		Languages: map[string]outreach.PromptLanguage{in.Body.Language: {Text: in.Body.Text}}}
	wav, err := s.Voice.Say(ctx, snap, p, in.Body.Language)
	if err != nil {
		return nil, fmt.Errorf("say prompt %s: %w", in.Category, err)
	}
	return answerWAV(whole{bytes.NewReader(wav)}), nil
}

func (s *Server) promptAt(ctx context.Context, category string, version int64) (p outreach.Prompt, err error) {
	found, err := s.Versions.Versions(ctx, outreach.KindPrompt, category)
	if err != nil {
		return p, err
	}
	i := slices.IndexFunc(found, func(v outreach.Version) bool { return v.Version == version })
	if i < 0 {
		return p, outreach.ErrNotFound
	}
	if err := json.Unmarshal(found[i].Body, &p); err != nil {
		return p, fmt.Errorf("read prompt %q version %d: %w", category, version, err)
	}
	return p, nil
}

// categoryViews is the catalogue in its order.
func categoryViews(snap *outreach.Snapshot) []CategoryView {
	return rows(snap.Categories(), func(c outreach.PromptCategory) CategoryView {
		own := slices.ContainsFunc(snap.Document.PromptCategories, func(o outreach.PromptCategory) bool { return o.Name == c.Name })
		return CategoryView{c, own}
	})
}
