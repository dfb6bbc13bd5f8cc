package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// Previews makes configurations audible and legible before a patient is reached.
type Previews interface {
	// Preview returns what would be heard and read, and the call as a WAV, nil without a call. Errors:
	// outreach.Problems with pointers into the configuration, below /event, or query:.
	Preview(ctx context.Context, o PreviewOrder) (outreach.Preview, []byte, error)
}

// PreviewOrder says what is shown.
type PreviewOrder struct {
	Snapshot      *outreach.Snapshot
	Configuration outreach.Configuration
	Language      string // "": the recipient's
	Sample        string // "full" or "minimal", where Event is nil
	Event         []byte // JSON
	Step          int    // the call to hear, -1: the first
	Answer        outreach.Action
}

// PreviewQuery asks for a preview.
type PreviewQuery struct {
	NameInput
	Language string          `query:"language" maxLength:"35" doc:"One of the hospital's languages; default the recipient's"`
	Event    string          `query:"event" doc:"full (default): a sample with every field of the component. minimal: a sample with required fields only. Else an event as JSON"`
	Step     int             `query:"step" default:"-1" doc:"The call to hear, counted from 0; default the first"`
	Answer   outreach.Action `query:"answer" maxLength:"20" doc:"What the patient answers in the call; default the first action that is an answer"`
	Draft    bool            `query:"draft" doc:"The draft instead of what is in force"`
	Format   string          `query:"format" enum:"json,wav" doc:"wav: the call as one file, as with Accept: audio/wav"`
	Accept   string          `header:"Accept" hidden:"true"`
}

type previewPost struct {
	PreviewQuery
	RawBody []byte `contentType:"application/json"`
}

const previewText = "The call as one WAV (8 kHz, mono, 16-bit), the text of every prompt and where it is in the WAV, and the messages as they will look. " +
	"Nothing is called, sent or stored; what was spoken is deleted. 422 names every prompt of the sequence that is inactive or missing in the language."

func (s *Server) mountPreviews() {
	const tag, path = "Configurations", "/configurations/{name}/preview"
	schemas := s.api.OpenAPI().Components.Schemas
	route(s, operation{id: "preview-configuration", method: http.MethodGet, path: path, tag: tag, summary: "Hear and read a configuration", text: previewText},
		func(ctx context.Context, in *PreviewQuery) (*huma.StreamResponse, error) {
			o := PreviewOrder{Sample: in.Event}
			if strings.HasPrefix(strings.TrimSpace(in.Event), "{") {
				o.Sample, o.Event = "", []byte(in.Event)
			}
			return s.preview(ctx, in, o)
		})
	route(s, operation{id: "preview-configuration-with", method: http.MethodPost, path: path, tag: tag, scope: scopeRead, quiet: true,
		request: schemas.Schema(reflect.TypeFor[outreach.Event](), true, "Event"),
		summary: "Hear and read a configuration for an event", text: "As GET, with the event in the body. audio is where the same body is to be posted for the WAV."},
		func(ctx context.Context, in *previewPost) (*huma.StreamResponse, error) {
			return s.preview(ctx, &in.PreviewQuery, PreviewOrder{Event: bytes.Clone(in.RawBody)})
		})
	ok := &huma.Response{Description: "What will be heard and read", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[outreach.Preview](), true, "Preview")},
		"audio/wav":        {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	item := s.api.OpenAPI().Paths[prefix+path]
	item.Get.Responses["200"], item.Post.Responses["200"] = ok, ok
}

func (s *Server) preview(ctx context.Context, in *PreviewQuery, o PreviewOrder) (*huma.StreamResponse, error) {
	o.Snapshot, o.Language, o.Step, o.Answer = s.snapshot(), in.Language, in.Step, in.Answer
	var err error
	if o.Configuration, err = s.configurationOrDraft(ctx, in.Name, in.Draft); err != nil {
		return nil, err
	}
	shown, wav, err := s.Previews.Preview(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("preview %s: %w", in.Name, err)
	}
	listen := in.Format == "wav" || in.Format == "" && strings.Contains(in.Accept, "audio/wav")
	if listen && wav == nil {
		return nil, outreach.Problems{{Pointer: "query:format", Detail: "there is no call to hear", Hint: "this configuration sends messages only: ask for json"}}
	}
	if wav != nil {
		shown.Audio = in.audio(shown.Language)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := unwrap(hc)
		if listen {
			serveWAV(w, r, whole{bytes.NewReader(wav)})
			return
		}
		writeJSON(w, http.StatusOK, shown)
	}}, nil
}

// configurationOrDraft is the configuration in force, or its draft if that could be activated; else what is wrong with it.
func (s *Server) configurationOrDraft(ctx context.Context, name string, draft bool) (outreach.Configuration, error) {
	if !draft {
		return configurations.find(s.snapshot(), name)
	}
	d, err := s.Versions.Draft(ctx, name)
	if err != nil {
		return outreach.Configuration{}, err
	}
	if problems := s.draftProblems(d.Configuration); len(problems) > 0 {
		return outreach.Configuration{}, outreach.Problems(problems)
	}
	return d.Configuration, nil
}

// whole is a file that is in memory.
type whole struct{ *bytes.Reader }

func (whole) Close() error { return nil }

// audio is where the WAV of the same query is. The language is named, so that it stays what was shown.
func (in *PreviewQuery) audio(language string) string {
	q := url.Values{"format": {"wav"}, "language": {language}}
	if in.Event != "" {
		q.Set("event", in.Event)
	}
	if in.Step >= 0 {
		q.Set("step", strconv.Itoa(in.Step))
	}
	if in.Draft {
		q.Set("draft", "true")
	}
	if in.Answer != "" {
		q.Set("answer", string(in.Answer))
	}
	return prefix + "/configurations/" + url.PathEscape(in.Name) + "/preview?" + q.Encode()
}
