package httpapi

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"curlew/outreach"

	"github.com/go-chi/chi/v5"
)

// Demo is the simulated world around the server: phones, messages and a clock that can be moved. It is
// given only where everything behind it is simulated.
type Demo interface {
	// State is all of it now.
	State(ctx context.Context) (DemoState, error)
	// Changed returns a channel that is closed at the next change of State.
	Changed() <-chan struct{}
	// Fire posts an event as the simulated HIMS does. Errors are Events.Accept's.
	Fire(ctx context.Context, body []byte) (outreach.EventReceipt, error)
	// Answer, Press and HangUp act as the patient with that number. outreach.ErrNotFound if the phone does
	// not exist, ErrDemoPhone if it does not ring or is not in a call.
	Answer(ctx context.Context, number string) error
	Press(ctx context.Context, number, digits string) error
	HangUp(ctx context.Context, number string) error
	// Ring has that patient call the number back that called last. Errors are Answer's.
	Ring(ctx context.Context, number string) error
	// Jump moves the clock forward by d, or, with d zero, to when something is due next.
	Jump(ctx context.Context, d time.Duration) error
}

// ErrDemoPhone means that the phone is not in a state for this.
var ErrDemoPhone = errors.New("the phone is not in a state for this")

// DemoState is what the page shows of the simulated world.
type DemoState struct {
	Now      time.Time   `json:"now"`
	TimeZone string      `json:"time_zone"`
	NextAt   time.Time   `json:"next_at,omitzero"` // when something is due next
	Phones   []DemoPhone `json:"phones"`
	Events   []DemoEvent `json:"events"` // samples for the form
}

// DemoPhone is a patient's phone and mailbox. State is idle, ringing, talking or held by the simulator's
// own behaviour (automatic).
type DemoPhone struct {
	Number    string        `json:"number"`
	Name      string        `json:"name"`
	Email     string        `json:"email,omitempty"`
	BirthYear int           `json:"birth_year,omitempty"` // keyed in by whoever rings back
	State     string        `json:"state"`
	CallerID  string        `json:"caller_id,omitempty"`
	Since     time.Time     `json:"since,omitzero"`
	Spoken    []string      `json:"spoken,omitempty"` // what was said in this call, the newest last
	Heard     []DemoHeard   `json:"heard"`            // the same with when and as sound: every prompt of this call
	Pressed   string        `json:"pressed,omitempty"`
	Behaviour string        `json:"behaviour"` // what this patient does: "answers, presses 1"
	ByHand    bool          `json:"by_hand"`   // waits for somebody at the page
	Messages  []DemoMessage `json:"messages"`  // the newest last
}

// DemoHeard is a prompt that was played. Audio is the address of the WAV file, empty for a tone.
type DemoHeard struct {
	Text  string    `json:"text"`
	Audio string    `json:"audio,omitempty"`
	At    time.Time `json:"at"`
}

// DemoMessage is a WhatsApp, SMS or mail that arrived, or an answer that the patient wrote (Out).
type DemoMessage struct {
	Channel outreach.Channel `json:"channel"`
	At      time.Time        `json:"at"`
	From    string           `json:"from,omitempty"`
	Subject string           `json:"subject,omitempty"`
	Text    string           `json:"text"`
	Link    string           `json:"link,omitempty"` // the response link in it
	Buttons []string         `json:"buttons,omitempty"`
	Out     bool             `json:"out,omitempty"`
}

// DemoEvent is a sample event for the form; Body is a JSON object.
type DemoEvent struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

func (s *Server) mountDemo() {
	s.router.Get("/demo/audio/{name}.wav", s.demoAudio)
	s.router.Route("/demo", func(r chi.Router) {
		r.Use(s.demoOnly)
		r.Get("/state", s.demoState)
		r.Get("/stream", s.demoStream)
		r.Post("/fire", s.demoFire)
		r.Post("/phone/{number}/answer", s.demoPhone(func(r *http.Request, number string) error { return s.Demo.Answer(r.Context(), number) }))
		r.Post("/phone/{number}/hangup", s.demoPhone(func(r *http.Request, number string) error { return s.Demo.HangUp(r.Context(), number) }))
		r.Post("/phone/{number}/ring", s.demoPhone(func(r *http.Request, number string) error { return s.Demo.Ring(r.Context(), number) }))
		r.Post("/phone/{number}/press", s.demoPhone(s.demoPress))
		r.Post("/clock/jump", s.demoJump)
	})
}

// demoAudio serves what the simulated patients hear. A page's audio element sends no key; nobody can guess the names,
// which are SHA-256 of what is said.
func (s *Server) demoAudio(w http.ResponseWriter, r *http.Request) {
	f, err := s.Audio.Open(chi.URLParam(r, "name"))
	if err != nil {
		s.demoFailed(w, r, err)
		return
	}
	serveWAV(w, r, f)
}

// demoOnly asks for the page's key: other sites' pages cannot play with the demo.
func (s *Server) demoOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, p := s.authenticate(r, scopeAdmin); p != nil {
			writeProblem(w, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) demoFailed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrDemoPhone) {
		writeProblem(w, problem(http.StatusConflict, "The phone is not in a state for this: answer it while it rings, press keys in a call, call back when it is idle."))
		return
	}
	writeProblem(w, s.failed(r.Context(), "demo", err))
}

func (s *Server) demoState(w http.ResponseWriter, r *http.Request) {
	st, err := s.demoNow(r.Context())
	if err != nil {
		s.demoFailed(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, st)
}

// demoNow is the demo's state with lists that are empty rather than null.
func (s *Server) demoNow(ctx context.Context) (DemoState, error) {
	st, err := s.Demo.State(ctx)
	st.Phones, st.Events = slices.Clone(emptyNotNull(st.Phones)), emptyNotNull(st.Events)
	for i := range st.Phones {
		st.Phones[i].Messages, st.Phones[i].Heard = emptyNotNull(st.Phones[i].Messages), emptyNotNull(st.Phones[i].Heard)
	}
	return st, err
}

// demoStream sends the whole state at each change: it is small, and nothing can be missed.
func (s *Server) demoStream(w http.ResponseWriter, r *http.Request) {
	out := newEventWriter(w)
	for {
		changed := s.Demo.Changed()
		st, err := s.demoNow(r.Context())
		if err != nil {
			s.failed(r.Context(), "demo-stream", err)
			return
		}
		if out.event(0, "state", st); out.flush() != nil {
			return
		}
		beat := time.NewTimer(heartbeat) // the machine's time: the demo's clock jumps
		select {
		case <-r.Context().Done():
			beat.Stop()
			return
		case <-s.down:
			beat.Stop()
			return
		case <-changed:
			beat.Stop()
		case <-beat.C:
		}
	}
}

func (s *Server) demoFire(w http.ResponseWriter, r *http.Request) {
	body, p := readBody(w, r, maxEventBody-1)
	if p != nil {
		writeProblem(w, p)
		return
	}
	receipt, err := s.Demo.Fire(r.Context(), bytes.Clone(body))
	if err != nil {
		s.demoFailed(w, r, err)
		return
	}
	writeJSON(w, acceptedStatus(receipt), withList(receipt))
}

func (s *Server) demoPhone(act func(*http.Request, string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number, err := url.PathUnescape(chi.URLParam(r, "number"))
		if err != nil {
			err = outreach.ErrNotFound
		} else {
			err = act(r, number)
		}
		if err != nil {
			s.demoFailed(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) demoPress(r *http.Request, number string) error {
	digits := r.URL.Query().Get("digits")
	if digits == "" || len(digits) > 20 || !dtmf(digits) {
		return outreach.Problems{{Pointer: "query:digits", Detail: "want 1 to 20 of 0123456789*#"}}
	}
	return s.Demo.Press(r.Context(), number, digits)
}

func dtmf(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && c != '*' && c != '#' {
			return false
		}
	}
	return true
}

// demoJump moves the clock: by=PT1H, or to what is due next.
func (s *Server) demoJump(w http.ResponseWriter, r *http.Request) {
	var by time.Duration
	if v := r.URL.Query().Get("by"); v != "" {
		d, err := outreach.ParseDuration(v)
		if err != nil || d.Approx() > 366*24*time.Hour {
			writeProblem(w, problemOf(outreach.Problems{{Pointer: "query:by", Detail: "want an ISO 8601 duration of at most a year, such as PT1H"}}))
			return
		}
		by = d.Approx()
	}
	if err := s.Demo.Jump(r.Context(), by); err != nil {
		s.demoFailed(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
