package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"curlew/outreach"

	"github.com/go-chi/chi/v5"
)

// Rehearsals plays configurations where everything outside is simulated: no PBX, provider or HIMS of the hospital is
// reached, and nothing of it is stored.
type Rehearsals interface {
	// Rehearse plays one event to its end, or as far as it comes in 25 s. Errors: outreach.ErrNotFound, outreach.Problems
	// (pointers into the configuration, or under /event), ErrRehearsals.
	Rehearse(ctx context.Context, o RehearsalOrder) (RehearsalStory, error)
	// Begin brings up a world to play in by hand. Errors are Rehearse's.
	Begin(ctx context.Context, o RehearsalOrder) (Rehearsal, error)
	// Door is the demo's own endpoints and the response pages of that world, or outreach.ErrNotFound. Asking for it
	// keeps the rehearsal alive.
	Door(id string) (http.Handler, error)
	// End ends it, or outreach.ErrNotFound.
	End(id string) error
}

// ErrRehearsals means that as many rehearsals run as may.
var ErrRehearsals = errors.New("as many rehearsals run as may run at once")

// RehearsalOrder says what is rehearsed. Of Document only the configuration of that name is played, active or not.
type RehearsalOrder struct {
	Document      outreach.Document
	Configuration string
	Patient       string // the last two digits of the simulated patient's number
	Language      string // "": the hospital's first
	Event         json.RawMessage
	Keys          []string
	At            time.Time // what time it is
}

// Rehearsal is one to play by hand. ID cannot be guessed: whoever knows it may hear its calls and open its links.
type Rehearsal struct {
	ID        string    `json:"id"`
	ExpiresAt time.Time `json:"expires_at" doc:"It ends then, unless it is used before"`
}

type rehearseInput struct {
	NameInput
	Body struct {
		Patient  string         `json:"patient" pattern:"^[0-9]{2}$" doc:"The last two digits of the simulated patient's number: 01 answers and presses 1, 11 is busy, … Default 01"`
		Language string         `json:"language" maxLength:"35" doc:"What the patient speaks; default the hospital's first language"`
		Event    map[string]any `json:"event" doc:"An own event; its recipient becomes the simulated patient. Default a sample from the catalogue"`
		Draft    bool           `json:"draft" doc:"Rehearse the draft instead of what is in force"`
		Keys     []string       `json:"keys" maxItems:"20" doc:"What this patient presses instead, at one menu after another"`
	}
}

type rehearseOutput struct {
	Body RehearsalStory
}

type rehearsalInput struct {
	Body struct {
		Configuration string `json:"configuration" maxLength:"200" doc:"Its name"`
		Language      string `json:"language" maxLength:"35" doc:"What the patients speak; default the hospital's first language"`
		Draft         bool   `json:"draft" doc:"Rehearse the draft instead of what is in force"`
	}
}

type rehearsalOutput struct {
	Location string `header:"Location"`
	Body     Rehearsal
}

// RehearsalID is the rehearsal in an address.
type RehearsalID struct {
	ID string `path:"id" maxLength:"64" doc:"Its id"`
}

const rehearsalsPath = "/rehearsals"

func (s *Server) mountRehearsals() {
	const tag = "Configurations"
	route(s, operation{id: "rehearse-configuration", method: http.MethodPost, path: "/configurations/{name}/rehearse", tag: tag, quiet: true,
		summary: "Rehearse: play it once with a simulated patient",
		text: "Curlew runs it against simulators on a clock of its own and tells the whole story. Nothing real is called, written to or stored. " +
			"Works for inactive configurations; 422 says what is wrong with one, 429 that too many are being rehearsed."}, s.rehearse)
	route(s, operation{id: "begin-rehearsal", method: http.MethodPost, path: rehearsalsPath, tag: tag, status: http.StatusCreated, quiet: true,
		summary: "Rehearse by hand: a simulated world with the patients' phones",
		text: "Below the returned id are, as the demo has them: GET state, GET stream (server-sent events), POST fire, POST phone/{number}/answer, " +
			"…/hangup, …/press?digits=, …/ring (the patient calls back), POST clock/jump?by=. GET audio/… (in state) plays what was said; the messages' links are pages below it, too. " +
			"It ends after ten idle minutes; four run at once."}, s.beginRehearsal)
	route(s, operation{id: "end-rehearsal", method: http.MethodDelete, path: rehearsalsPath + "/{id}", tag: tag, status: http.StatusNoContent, quiet: true,
		summary: "End a rehearsal"},
		func(_ context.Context, in *RehearsalID) (*struct{}, error) { return nil, s.Rehearsals.End(in.ID) })
	s.router.HandleFunc(prefix+rehearsalsPath+"/{id}/*", s.enterRehearsal)
}

func (s *Server) rehearse(ctx context.Context, in *rehearseInput) (*rehearseOutput, error) {
	o, err := s.rehearsalOrder(ctx, in.Name, in.Body.Language, in.Body.Draft)
	if err != nil {
		return nil, err
	}
	if o.Patient, o.Keys = in.Body.Patient, in.Body.Keys; o.Patient == "" {
		o.Patient = "01"
	}
	for i, keys := range o.Keys {
		if keys == "" || len(keys) > 20 || !dtmf(keys) {
			return nil, outreach.Problems{{Pointer: fmt.Sprintf("/keys/%d", i), Detail: "is no key", Hint: "1 to 20 of 0123456789*#"}}
		}
	}
	if in.Body.Event != nil {
		if o.Event, err = json.Marshal(in.Body.Event); err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
	}
	story, err := s.Rehearsals.Rehearse(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("rehearse %s: %w", in.Name, err)
	}
	return &rehearseOutput{story}, nil
}

func (s *Server) beginRehearsal(ctx context.Context, in *rehearsalInput) (*rehearsalOutput, error) {
	o, err := s.rehearsalOrder(ctx, in.Body.Configuration, in.Body.Language, in.Body.Draft)
	if err != nil {
		return nil, err
	}
	begun, err := s.Rehearsals.Begin(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("rehearse %s: %w", in.Body.Configuration, err)
	}
	return &rehearsalOutput{prefix + rehearsalsPath + "/" + begun.ID, begun}, nil
}

func (s *Server) rehearsalOrder(ctx context.Context, name, language string, draft bool) (RehearsalOrder, error) {
	c, err := s.configurationOrDraft(ctx, name, draft)
	if err != nil {
		return RehearsalOrder{}, err
	}
	doc := s.snapshot().Document
	doc.Configurations = slices.Clone(doc.Configurations)
	if _, _, err := configurations.put(&doc, name, c, keepNothing); err != nil {
		return RehearsalOrder{}, err
	}
	return RehearsalOrder{Document: doc, Configuration: name, Language: language, At: s.now()}, nil
}

// rehearsalDoors are what may be entered of a rehearsal's world, and where it is there. Open ones ask for no key: a
// link's page and an audio element send none, and the rehearsal's id is as secret as a key.
var rehearsalDoors = map[string]struct {
	base string
	open bool
}{
	"state": {"/demo/", false}, "stream": {"/demo/", false}, "fire": {"/demo/", false}, "phone": {"/demo/", false}, "clock": {"/demo/", false},
	"audio": {"/demo/", true}, "r": {"/", true},
}

func (s *Server) enterRehearsal(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "id")
	rest := strings.TrimPrefix(r.URL.EscapedPath(), prefix+rehearsalsPath+"/"+id+"/")
	first, _, _ := strings.Cut(rest, "/")
	to, ok := rehearsalDoors[first]
	if !ok || strings.Contains(rest, "..") {
		writeProblem(w, problem(http.StatusNotFound, "A rehearsal has no such address. The API is described at /docs."))
		return
	}
	if !to.open {
		if _, p := s.authenticate(r, scopeAdmin); p != nil {
			writeProblem(w, p)
			return
		}
	}
	door, err := s.Rehearsals.Door(id)
	if err != nil {
		writeProblem(w, s.failed(r.Context(), "rehearsal", err))
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { // a shutdown does not wait for streams
		select {
		case <-s.down:
			cancel()
		case <-ctx.Done():
		}
	}()
	inner := r.Clone(ctx)
	if inner.URL.Path, err = url.PathUnescape(to.base + rest); err != nil {
		writeProblem(w, problem(http.StatusNotFound, "This address cannot be read."))
		return
	}
	inner.URL.RawPath = to.base + rest
	clear(w.Header()) // that world sets its own
	door.ServeHTTP(&patientWriter{w, http.NewResponseController(w)}, inner)
}

// patientWriter gives every write of a long answer the time that a short one has.
type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write writes on.
func (p *patientWriter) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // best effort: a recorder has no deadline
	return p.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (p *patientWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }
