package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"curlew/outreach"

	"github.com/go-chi/chi/v5"
)

// Answers takes what patients answer by link or message, and what providers report.
type Answers interface {
	// Link returns what a token (base64url, at least 128 random bits) stands for, or
	// outreach.ErrNotFound. Whether it may still be used is judged here.
	Link(ctx context.Context, token string) (outreach.LinkView, error)
	// Opened logs link_opened: it may drop lines under load, and changes nothing else.
	Opened(ctx context.Context, v outreach.LinkView)
	// Answer applies an answer (via link) and ends what it makes needless. A late one is kept and not
	// accepted. The same answer twice is one.
	Answer(ctx context.Context, v outreach.LinkView, action outreach.Action, value string) (outreach.AnswerReceipt, error)
	// Inbound takes a verified message of a patient to one of our Twilio numbers, as Twilio's form. reply goes
	// back to the patient, "" for none.
	Inbound(ctx context.Context, form url.Values) (reply string, err error)
	// Delivery takes a verified status callback: the query of our address, and Twilio's form.
	Delivery(ctx context.Context, query, form url.Values) error
}

var linkToken = regexp.MustCompile(`^[A-Za-z0-9_-]{22,128}$`)

// maxFormBody is more than any of the pages' forms can be.
const maxFormBody = 8 << 10

func (s *Server) mountLinks() {
	s.router.Route("/r/{token}", func(r chi.Router) {
		r.Use(s.limitLinks)
		r.Get("/", s.openLink)
		r.Head("/", s.openLink)
		r.Post("/", s.answerLink)
	})
}

func (s *Server) limitLinks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.links.allow(network(s.clientAddress(r))) {
			w.Header().Set("Retry-After", "60")
			words := linkLanguages[s.browserLanguage(r)]
			s.renderLink(w, r, http.StatusTooManyRequests, s.notice(s.browserLanguage(r), words.brokenTitle, words.busy))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// openLink changes nothing: scanners and previews open links, too.
func (s *Server) openLink(w http.ResponseWriter, r *http.Request) {
	v, ok := s.link(w, r)
	if !ok {
		return
	}
	done := r.URL.Query().Has("done")
	p := s.linkPage(v, s.pageLanguage(v, r.URL.Query().Get("lang")))
	p.Thanks = done && v.Case.Response != nil
	s.renderLink(w, r, p.status(), p.build())
	if !done && s.opens.allow(v.Link.Hash) {
		s.opened(w, r, v)
	}
}

// An opened link is logged once a minute, however often scanners come back, within openedTimeout.
const (
	openedRate    = 1.0 / 60
	openedTimeout = 5 * time.Second
)

// opened logs it once the page is on its way: the patient does not wait for our disk, nor does leaving
// early lose the line.
func (s *Server) opened(w http.ResponseWriter, r *http.Request, v outreach.LinkView) {
	_ = http.NewResponseController(w).Flush() // a client that went away is no error of ours
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), openedTimeout)
	defer cancel()
	s.Answers.Opened(ctx, v)
}

// link finds the token's link, or answers: an unknown token and an expired one look the same.
func (s *Server) link(w http.ResponseWriter, r *http.Request) (outreach.LinkView, bool) {
	token := chi.URLParam(r, "token")
	v, err := outreach.LinkView{}, error(outreach.ErrNotFound)
	if linkToken.MatchString(token) {
		v, err = s.Answers.Link(r.Context(), token)
	}
	if err == nil && s.now().Before(v.Link.ExpiresAt) {
		return v, true
	}
	lang := s.browserLanguage(r)
	words := linkLanguages[lang]
	if err != nil && !errors.Is(err, outreach.ErrNotFound) {
		s.broken(w, r, lang, err)
		return v, false
	}
	s.renderLink(w, r, http.StatusNotFound, s.notice(lang, words.goneTitle, words.gone))
	return v, false
}

// answerLink takes a form of the page, or RFC 8058's one-click unsubscription.
func (s *Server) answerLink(w http.ResponseWriter, r *http.Request) {
	v, ok := s.link(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
	if err := parseForm(r); err != nil {
		p := s.linkPage(v, s.pageLanguage(v, ""))
		p.Refused = true
		s.renderLink(w, r, http.StatusBadRequest, p.build())
		return
	}
	p := s.linkPage(v, s.pageLanguage(v, r.PostFormValue("lang")))
	action, value := outreach.Action(r.PostFormValue("action")), r.PostFormValue("value")
	if p.unsubscribe() && r.PostFormValue("List-Unsubscribe") == "One-Click" {
		action = outreach.OptOut
	}
	sure := r.PostFormValue("sure") == "yes" || p.unsubscribe()
	switch {
	case p.stage() == stageSuperseded, p.stage() == stageClosed:
		s.renderLink(w, r, p.status(), p.build())
	case !p.offers(action, value):
		p.Refused = true
		s.renderLink(w, r, http.StatusUnprocessableEntity, p.build())
	case action.AsksOnceMore() && !sure:
		p.Asking = action
		s.renderLink(w, r, http.StatusOK, p.build())
	default:
		s.takeAnswer(w, r, p, action, value)
	}
}

func (s *Server) takeAnswer(w http.ResponseWriter, r *http.Request, p linkPage, action outreach.Action, value string) {
	receipt, err := s.Answers.Answer(r.Context(), p.view, action, value)
	if err != nil {
		s.broken(w, r, p.lang, err)
		return
	}
	if action == outreach.OptOut && !receipt.Accepted {
		if err := s.stopAnyway(r.Context(), p.view); err != nil {
			s.broken(w, r, p.lang, err)
			return
		}
	}
	switch {
	case action == outreach.OptOut: // RFC 8058: no redirect
		p.Stopped = true
		s.renderLink(w, r, http.StatusOK, p.build())
	case !receipt.Accepted:
		p.TooLate = true
		s.renderLink(w, r, http.StatusOK, p.build())
	default:
		w.Header().Set("Location", "?done=1&lang="+p.lang)
		w.WriteHeader(http.StatusSeeOther)
	}
}

// broken tells the patient that it was our fault, and the log what.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, lang string, err error) {
	s.failed(r.Context(), "response-page", err)
	words := linkLanguages[lang]
	s.renderLink(w, r, http.StatusServiceUnavailable, s.notice(lang, words.brokenTitle, words.broken))
}

// stopAnyway takes an opt-out that came too late to be this transaction's answer: a refusal counts
// whenever it comes.
func (s *Server) stopAnyway(ctx context.Context, v outreach.LinkView) error {
	t := v.Case.Transaction
	o := outreach.OptOutRow{Recipient: t.RecipientID, Purpose: t.Purpose, Via: "link", At: s.now()}
	if at, ok := v.Case.Attempt(v.Link.Attempt); ok && v.Case.Configuration.OptOut == "this_channel" {
		o.Channel = at.Channel
	}
	for _, address := range []string{t.Phone, t.Email} {
		if o.Address = address; address == "" {
			continue
		}
		if err := s.OptOuts.AddOptOut(ctx, o); err != nil {
			return fmt.Errorf("opt out by link: %w", err)
		}
	}
	return nil
}

func parseForm(r *http.Request) error {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return r.ParseMultipartForm(maxFormBody)
	}
	return r.ParseForm()
}

// pageLanguage is the one asked for, else the patient's, else English.
func (s *Server) pageLanguage(v outreach.LinkView, asked string) string {
	for _, lang := range []string{asked, v.Case.Transaction.Language} {
		if _, ok := linkLanguages[lang]; ok {
			return lang
		}
	}
	return "en"
}

// browserLanguage is for pages that know no patient: the browser's first that we speak, else the
// facility's first.
func (s *Server) browserLanguage(r *http.Request) string {
	asked := strings.Split(r.Header.Get("Accept-Language"), ",")
	for _, tag := range append(asked, s.snapshot().Document.Facility.Languages...) {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if _, ok := linkLanguages[base]; ok {
			return base
		}
	}
	return "en"
}
