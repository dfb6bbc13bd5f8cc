package httpapi

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

// linkPage decides what a response page says. It is a pure function of its fields.
type linkPage struct {
	snap *outreach.Snapshot
	view outreach.LinkView
	lang string
	now  time.Time

	Thanks  bool            // an answer was just saved
	Refused bool            // what was sent is not offered
	TooLate bool            // an answer was just kept as late
	Stopped bool            // an opt-out was just taken
	Asking  outreach.Action // the patient is asked once more
}

func (s *Server) linkPage(v outreach.LinkView, lang string) linkPage {
	return linkPage{snap: s.snapshot(), view: v, lang: lang, now: s.now()}
}

// stage is how far the link's transaction has come.
type stage int

const (
	stageOpen       stage = iota
	stageLate             // past the cut-off: answers are kept and change nothing
	stageClosed           // cancelled: there is nothing to answer
	stageSuperseded       // re-timed: a newer message has the link to use
)

func (p linkPage) unsubscribe() bool { return p.view.Link.Purpose == "unsubscribe" }

func (p linkPage) stage() stage {
	t := p.view.Case.Transaction
	switch {
	case p.unsubscribe():
		return stageOpen // one may always stop messages
	case p.view.Superseded, t.State == outreach.Cancelled && t.Reason == outreach.ReasonSuperseded:
		return stageSuperseded
	case t.State == outreach.Cancelled:
		return stageClosed
	case !t.CutOffAt.IsZero() && !p.now.Before(t.CutOffAt):
		return stageLate
	}
	return stageOpen
}

func (p linkPage) status() int {
	if st := p.stage(); st == stageSuperseded || st == stageClosed {
		return http.StatusGone
	}
	return http.StatusOK
}

// actions are the link's, with the words that its step gives them.
func (p linkPage) actions() []outreach.KeyAction {
	c := p.view.Case
	step := c.Transaction.Step
	if a, ok := c.Attempt(p.view.Link.Attempt); ok {
		step = a.Step
	}
	configured := outreach.ActionsOf(c.Configuration, step)
	out := make([]outreach.KeyAction, 0, len(p.view.Link.Actions))
	for _, a := range p.view.Link.Actions {
		k := outreach.KeyAction{Action: a}
		if i := slices.IndexFunc(configured, func(k outreach.KeyAction) bool { return k.Action == a }); i >= 0 {
			k = configured[i]
		}
		out = append(out, k)
	}
	return out
}

// ratingMax is the best rating, 0 where none is asked for.
func (p linkPage) ratingMax() int { return min(outreach.RatingMax(p.actions()), 10) }

// offers reports whether the page has a form that sends this.
func (p linkPage) offers(action outreach.Action, value string) bool {
	if p.unsubscribe() {
		return action == outreach.OptOut && value == ""
	}
	if !slices.Contains(p.view.Link.Actions, action) {
		return false
	}
	switch action {
	case outreach.Rating:
		n, err := strconv.Atoi(value)
		return err == nil && n >= 1 && n <= p.ratingMax() && strconv.Itoa(n) == value
	case outreach.Reschedule:
		return value == "" || slices.ContainsFunc(p.slots(), func(s outreach.Slot) bool { return s.ID == value })
	}
	return value == ""
}

// slots are the offered times that still lie ahead.
func (p linkPage) slots() []outreach.Slot {
	var out []outreach.Slot
	for _, s := range p.view.Case.Event.Subject.Slots {
		if s.Time.After(p.now) {
			out = append(out, s)
		}
	}
	return out
}

// linkHTML is what page.html shows.
type linkHTML struct {
	Lang, Dir, Title, Facility, When, Note, Phone, Dial, Call string
	CSS                                                       any
	Text                                                      []string
	Buttons                                                   []linkButton
	Rating                                                    *linkRating
	Sure                                                      *linkSure
	Languages                                                 []linkLanguage
}

type linkButton struct {
	Action outreach.Action
	Label  string
	Class  string
}

type linkRating struct {
	Label  string
	Values []int
}

type linkSure struct {
	Action      outreach.Action
	Yes, No     string
	SlotsLegend string
	Slots       []linkSlot
}

type linkSlot struct {
	ID, Label string
	Default   bool
}

type linkLanguage struct{ Tag, Name string }

// build makes the page. It shows the facility and the time, never a name, a subject or a diagnosis.
func (p linkPage) build() linkHTML {
	words := linkLanguages[p.lang]
	h := p.frame(words)
	switch p.stage() {
	case stageSuperseded:
		h.Text = []string{words.superseded}
		return h
	case stageClosed:
		h.Text = []string{words.closed}
		return h
	}
	h.When = p.when()
	if r := p.view.Case.Response; r != nil && !r.Late && !p.unsubscribe() {
		h.Text = append(h.Text, words.current+" "+p.label(r.Action, r.Value))
	}
	if p.Stopped {
		h.Text, h.Note = nil, words.stopped
		return h
	}
	if p.stage() == stageLate || p.TooLate {
		h.Note = words.late
		if p.TooLate {
			h.Note = words.lateKept
		}
		return h
	}
	p.fill(&h, words)
	return h
}

// visits are the components whose time is a visit's. Of everything else the page says only that there is
// a message: what it is about is nobody's business who looks over the patient's shoulder.
var visits = map[string]bool{"Appointment": true, "Admission": true, "Vaccination": true, "FollowUp": true}

func (p linkPage) frame(words linkWords) linkHTML {
	f := p.snap.Document.Facility
	h := linkHTML{Lang: p.lang, Dir: words.dir, Title: words.titleNoTime, Facility: p.snap.FacilityName(p.lang), Phone: f.Phone, Call: words.call}
	if p.when() != "" && visits[p.view.Case.Transaction.Component] {
		h.Title = words.title
	}
	for _, tag := range languageTags {
		if tag != p.lang && slices.Contains(f.Languages, tag) {
			h.Languages = append(h.Languages, linkLanguage{tag, linkLanguages[tag].name})
		}
	}
	return h
}

func (p linkPage) fill(h *linkHTML, words linkWords) {
	switch {
	case p.unsubscribe():
		h.Text = []string{words.stop}
		h.Buttons = []linkButton{{outreach.OptOut, words.stopYes, "first"}}
		return
	case p.Asking != "":
		h.Text = []string{words.sure[p.Asking]}
		h.Sure = p.sure(words)
		return
	case p.Thanks:
		h.Note = words.thanks
		h.Text = append(h.Text, words.change)
	case p.Refused:
		h.Note = words.notOffered
	case p.view.Case.Response != nil:
		h.Text = append(h.Text, words.change)
	default:
		h.Text = append(h.Text, words.choose)
	}
	p.buttons(h)
}

func (p linkPage) buttons(h *linkHTML) {
	current := p.view.Case.Response
	for _, a := range p.actions() {
		if a.Action == outreach.Rating || current != nil && !current.Late && current.Action == a.Action && a.Action != outreach.Reschedule {
			continue
		}
		b := linkButton{Action: a.Action, Label: a.LabelIn(p.lang)}
		switch {
		case a.Action == outreach.OptOut:
			b.Class = "quiet"
		case len(h.Buttons) == 0:
			b.Class = "first"
		}
		h.Buttons = append(h.Buttons, b)
	}
	if best := p.ratingMax(); best > 0 {
		h.Rating = &linkRating{Label: p.label(outreach.Rating, "")}
		for n := 1; n <= best; n++ {
			h.Rating.Values = append(h.Rating.Values, n)
		}
	}
}

func (p linkPage) sure(words linkWords) *linkSure {
	out := &linkSure{Action: p.Asking, Yes: words.yes[p.Asking], No: words.back}
	if p.Asking != outreach.Reschedule {
		return out
	}
	for _, s := range p.slots() {
		out.Slots = append(out.Slots, linkSlot{ID: s.ID, Label: outreach.SpeakTime(s.Time.In(p.snap.Location), p.lang)})
	}
	if len(out.Slots) > 0 {
		out.SlotsLegend = words.slots
		out.Slots = append(out.Slots, linkSlot{Label: words.anySlot, Default: true})
	}
	return out
}

// label names an answer; of a rating or a chosen slot its value too.
func (p linkPage) label(action outreach.Action, value string) string {
	text := outreach.KeyAction{Action: action}.LabelIn(p.lang)
	for _, a := range p.actions() {
		if a.Action == action {
			text = a.LabelIn(p.lang)
		}
	}
	if action == outreach.Rating && value != "" {
		return text + ": " + value
	}
	for _, s := range p.view.Case.Event.Subject.Slots {
		if action == outreach.Reschedule && s.ID == value {
			return text + ": " + outreach.SpeakTime(s.Time.In(p.snap.Location), p.lang)
		}
	}
	return text
}

// when is the time of the visit at the facility, "" where there is none.
func (p linkPage) when() string {
	at := p.view.Case.Transaction.RefTime
	if at.IsZero() || p.unsubscribe() {
		return ""
	}
	return outreach.SpeakTime(at.In(p.snap.Location), p.lang)
}

// notice is a page that knows no patient.
func (s *Server) notice(lang, title, text string) linkHTML {
	snap := s.snapshot()
	words := linkLanguages[lang]
	return linkHTML{Lang: lang, Dir: words.dir, Title: title, Facility: snap.FacilityName(lang), Phone: snap.Document.Facility.Phone, Call: words.call, Text: []string{text}}
}

func (s *Server) renderLink(w http.ResponseWriter, r *http.Request, status int, page linkHTML) {
	page.CSS, page.Dial = s.pages.patientCSS, strings.ReplaceAll(page.Phone, " ", "")
	var b bytes.Buffer
	if err := s.pages.patient.Execute(&b, page); err != nil {
		writeProblem(w, s.failed(r.Context(), "render-link", err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", page.Lang)
	h.Set("Content-Security-Policy", s.pages.patientPolicy)
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // a client that went away is no error of ours
	}
}
