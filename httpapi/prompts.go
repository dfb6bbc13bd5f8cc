package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

// Audio keeps recordings by their SHA-256.
type Audio interface {
	// Store checks a WAV file strictly and keeps it. Errors: outreach.Problems that say what the file
	// must be.
	Store(ctx context.Context, wav []byte) (outreach.AudioReport, error)
	// Open returns the recording (lower-case hex), or outreach.ErrNotFound.
	Open(sha256 string) (io.ReadSeekCloser, error)
	// Recording returns the audio that a prompt names: sha256:HEX or a file beside the configuration.
	Recording(ctx context.Context, reference string) (io.ReadSeekCloser, error)
	// Answer returns what a patient recorded in that call, or outreach.ErrNotFound.
	Answer(id outreach.AttemptID) (io.ReadSeekCloser, error)
	// RecordedAt names the node to which that recording came, "" for none.
	RecordedAt(ctx context.Context, id outreach.AttemptID) (node string, err error)
	// KeepAnswer keeps what a PBX says the patient recorded: outreach.ErrNotFound where no call of ours that is
	// up or ended just now has that id, outreach.ErrConflict where its recording is there.
	KeepAnswer(ctx context.Context, id outreach.AttemptID, wav []byte) error
}

// audioReference begins a prompt's audio that Audio keeps.
const audioReference = "sha256:"

// CategoryInput is the prompt category in an address.
type CategoryInput struct {
	Category string `path:"category" maxLength:"200" doc:"The prompt's category"`
}

type promptBody struct {
	Conditional
	Body outreach.Prompt
}

func (in *promptBody) target() string { return in.Body.Category }

type promptPut struct {
	CategoryInput
	Conditional
	Body outreach.Prompt
}

func (in *promptPut) target() string { return in.Category }

type promptDelete struct {
	CategoryInput
	Conditional
}

func (in *promptDelete) target() string { return in.Category }

// AudioInput names a recording of a prompt.
type AudioInput struct {
	CategoryInput
	Language string `path:"language" pattern:"^[a-z]{2,3}$" doc:"Language tag, e.g. ar"`
}

type audioPut struct {
	AudioInput
	Conditional
	RawBody []byte `contentType:"audio/wav"`
}

func (in *audioPut) target() string { return in.Category + "/" + in.Language }

func (s *Server) mountPrompts() {
	const tag = "Prompts"
	route(s, operation{id: "list-prompt-categories", method: http.MethodGet, path: "/prompt-categories", tag: tag,
		summary: "The catalogue of prompt categories with their fields"},
		func(context.Context, *struct{}) (*listing[CategoryView], error) {
			snap := s.snapshot()
			return listed(snap.Revision, categoryViews(snap)), nil
		})
	route(s, operation{id: "list-prompts", method: http.MethodGet, path: "/prompts", tag: tag, summary: "Every prompt"},
		func(context.Context, *struct{}) (*listing[outreach.Prompt], error) {
			snap := s.snapshot()
			return listed(snap.Revision, snap.Document.Prompts), nil
		})
	route(s, operation{id: "create-prompt", method: http.MethodPost, path: "/prompts", tag: tag, status: http.StatusCreated, summary: "Add a prompt"}, s.createPrompt)
	route(s, operation{id: "get-prompt", method: http.MethodGet, path: "/prompts/{category}", tag: tag, summary: "One prompt"},
		func(_ context.Context, in *CategoryInput) (*resource[outreach.Prompt], error) {
			return showPrompt(s.snapshot(), in.Category, http.StatusOK)
		})
	route(s, operation{id: "put-prompt", method: http.MethodPut, path: "/prompts/{category}", tag: tag, summary: "Replace a prompt, or add it",
		text: "Inactivating a prompt that is in use is answered with warnings: the configurations and pending transactions that go on without it."}, s.putPrompt)
	route(s, operation{id: "delete-prompt", method: http.MethodDelete, path: "/prompts/{category}", tag: tag, status: http.StatusNoContent,
		summary: "Delete a prompt that nothing uses", text: "409 names the configurations that use it; a used prompt can be inactivated."}, s.deletePrompt)
	route(s, operation{id: "put-prompt-audio", method: http.MethodPut, path: "/prompts/{category}/audio/{language}", tag: tag, maxBody: maxAudioBody, bodyTime: uploadTime,
		summary: "Upload a recording",
		text: "A WAV file as telephony wants it: 8 or 16 kHz, 16 bit, mono, at most 32 MiB; other formats are converted where ffmpeg is there. " +
			"The answer reports what was found in it; 422 lists everything that is wrong with it, 413 says that it is too large."}, s.putAudio)
	route(s, operation{id: "get-prompt-audio", method: http.MethodGet, path: "/prompts/{category}/audio/{language}", tag: tag,
		summary: "The recording of a prompt"}, s.getAudio)
}

func showPrompt(snap *outreach.Snapshot, category string, status int) (*resource[outreach.Prompt], error) {
	p, err := prompts.find(snap, category)
	if err != nil {
		return nil, err
	}
	return &resource[outreach.Prompt]{status, etag(snap.Revision), prefix + "/prompts/" + url.PathEscape(category), p}, nil
}

func (s *Server) createPrompt(ctx context.Context, in *promptBody) (*resource[outreach.Prompt], error) {
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindPrompt, in.Body.Category, func(d *outreach.Document) (string, error) { return prompts.add(d, in.Body) })
	if err != nil {
		return nil, err
	}
	return showPrompt(snap, in.Body.Category, http.StatusCreated)
}

// promptSaved is a prompt as it was saved.
type promptSaved struct {
	outreach.Prompt
	Warnings []outreach.Problem `json:"warnings,omitempty" doc:"Whom it touches that the prompt was inactivated"`
}

func (s *Server) putPrompt(ctx context.Context, in *promptPut) (*resource[promptSaved], error) {
	status := http.StatusOK
	before, _ := s.snapshot().Prompt(in.Category)
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindPrompt, in.Category, func(d *outreach.Document) (string, error) {
		at, created, err := prompts.put(d, in.Category, in.Body, keepNothing)
		if created {
			status = http.StatusCreated
		}
		return at, err
	})
	if err != nil {
		return nil, err
	}
	saved, err := showPrompt(snap, in.Category, status)
	if err != nil {
		return nil, err
	}
	warnings, err := s.touched(ctx, in.Category, before, saved.Body)
	return &resource[promptSaved]{saved.Status, saved.ETag, saved.Location, promptSaved{saved.Body, warnings}}, err
}

func (s *Server) deletePrompt(ctx context.Context, in *promptDelete) (*noContent, error) {
	needed, err := s.usage(ctx, in.Category)
	if err != nil {
		return nil, err
	}
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindPrompt, in.Category, func(d *outreach.Document) (string, error) {
		users := stepUsers(d, func(step outreach.Step) bool { return slices.Contains(step.Sequence, in.Category) })
		if len(users) > 0 && prompts.index(d, in.Category) >= 0 {
			return "", &InUseError{What: "The prompt", Users: users, Hint: "Take it out of their sequences, or inactivate it."}
		}
		if n := needed.Pending.Count; n > 0 {
			return "", &InUseError{What: "The prompt", Users: []string{fmt.Sprintf("%d pending transactions on an older version of their configuration", n)},
				Hint: "Inactivate it, and delete it when they have ended."}
		}
		return "", prompts.drop(d, in.Category)
	})
	if err != nil {
		return nil, err
	}
	return &noContent{etag(snap.Revision)}, nil
}

type audioReportOutput struct {
	ETag string `header:"ETag"`
	Body outreach.AudioReport
}

// putAudio keeps the file first: a recording that no prompt refers to does no harm.
func (s *Server) putAudio(ctx context.Context, in *audioPut) (*audioReportOutput, error) {
	report, err := s.Audio.Store(ctx, bytes.Clone(in.RawBody))
	if err != nil {
		return nil, err
	}
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindPrompt, in.Category, func(d *outreach.Document) (string, error) {
		i := prompts.index(d, in.Category)
		if i < 0 {
			return "", outreach.ErrNotFound
		}
		p := &d.Prompts[i]
		if p.Languages == nil {
			p.Languages = map[string]outreach.PromptLanguage{}
		}
		l := p.Languages[in.Language]
		l.Audio = audioReference + report.SHA256
		p.Languages[in.Language] = l
		return prompts.at(i), nil
	})
	if err != nil {
		return nil, err
	}
	return &audioReportOutput{etag(snap.Revision), report}, nil
}

func (s *Server) getAudio(ctx context.Context, in *AudioInput) (*huma.StreamResponse, error) {
	p, _ := s.snapshot().Prompt(in.Category)
	reference := p.Languages[in.Language].Audio
	if reference == "" {
		return nil, outreach.ErrNotFound
	}
	f, err := s.Audio.Recording(ctx, reference)
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	return answerWAV(f), nil
}

// answerWAV is an operation's answer; it closes f.
func answerWAV(f io.ReadSeekCloser) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := unwrap(ctx)
		serveWAV(w, r, f)
	}}
}

func serveWAV(w http.ResponseWriter, r *http.Request, f io.ReadSeekCloser) {
	defer f.Close()
	w.Header().Set("Content-Type", "audio/wav")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// mountAudio lets PBXs, and nobody else, fetch recordings over HTTP. mod_httapi asks by HEAD first.
func (s *Server) mountAudio() {
	serve := func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr) // a PBX connects itself: no proxy speaks for it
		sha := chi.URLParam(r, "sha256")
		if err != nil || !within(s.PBXNetworks(), peer.Addr().Unmap()) || !isAudioName(sha) {
			writeProblem(w, problem(http.StatusNotFound, "There is no such recording for you."))
			return
		}
		f, err := s.Audio.Open(sha)
		if err != nil {
			writeProblem(w, s.failed(r.Context(), "audio", err))
			return
		}
		keep := "private, max-age=31536000, immutable"
		if len(sha) > sha256Length { // about one patient
			keep = "private, no-store, max-age=600" // no-store has mod_httapi delete it once played; mod_http_cache reads max-age alone
		}
		w.Header().Set("Cache-Control", keep)
		w.Header().Set("ETag", `"`+sha+`"`)
		serveWAV(w, r, f)
	}
	s.router.Get("/audio/{sha256}.wav", serve)
	s.router.Head("/audio/{sha256}.wav", serve)
}

const sha256Length = 64 // in hexadecimal digits

// isAudioName: a SHA-256 in lower case, after the transaction's id and a dash where the audio is about one patient.
func isAudioName(s string) bool {
	if len(s) < sha256Length {
		return false
	}
	of, sum := s[:len(s)-sha256Length], s[len(s)-sha256Length:]
	return strings.Trim(sum, "0123456789abcdef") == "" && (of == "" || len(of) <= 65 && strings.HasSuffix(of, "-") && !strings.ContainsAny(of, "/.\\"))
}
