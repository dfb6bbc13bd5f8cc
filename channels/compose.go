package channels

import (
	"fmt"
	"html"
	"strings"

	"curlew/outreach"
)

// Composer is Compose as a value, for those who take an interface.
type Composer struct{}

// Compose is the function Compose.
func (Composer) Compose(snap *outreach.Snapshot, c outreach.Case, step outreach.Step, link, unsubscribe string) (outreach.Message, error) {
	return Compose(snap, c, step, link, unsubscribe)
}

// Compose renders a message step for the case's recipient, in the transaction's language. link is the
// response link, "" where the step has no actions; unsubscribe is an e-mail's one-click address. The
// attempt, its token and the status token are the caller's to set. A text that lacks a value is an error:
// a message with a hole in it is not sent. Errors name variables and languages, never their values.
func Compose(snap *outreach.Snapshot, c outreach.Case, step outreach.Step, link, unsubscribe string) (outreach.Message, error) {
	t := c.Transaction
	m := outreach.Message{
		Transaction: t.ID, Channel: step.Channel, To: t.Phone, From: step.From, Language: language(snap, c), ExpiresAt: t.ExpiresAt,
	}
	w := writer{vars: snap.Values(c.Event, m.Language, link), lang: m.Language}
	switch {
	case step.Channel == outreach.Email:
		w.mail(snap, c, step, link, unsubscribe, &m)
	case step.Channel == outreach.WhatsApp && step.Template != nil:
		w.template(*step.Template, &m)
	case step.Channel == outreach.WhatsApp || step.Channel == outreach.SMS:
		m.Text = w.text("text", step.Text)
		w.registered(step, &m)
	default:
		return m, fmt.Errorf("compose %s step of %s: no message channel", step.Channel, c.Configuration.Name)
	}
	if w.err != nil {
		return m, fmt.Errorf("compose %s step of %s: %w", step.Channel, c.Configuration.Name, w.err)
	}
	return m, nil
}

func language(snap *outreach.Snapshot, c outreach.Case) string {
	if c.Transaction.Language != "" {
		return c.Transaction.Language
	}
	return snap.Language(c.Event.Recipient)
}

// writer renders the texts of one message and keeps the first thing that went wrong.
type writer struct {
	vars func(string) (string, bool)
	lang string
	err  error
}

// text renders a text that must exist in the language.
func (w *writer) text(what string, l outreach.LocalText) string {
	tmpl, ok := l.In(w.lang)
	if !ok {
		w.fail(fmt.Errorf("no %s in %s", what, w.lang))
		return ""
	}
	return w.render(what, tmpl, w.vars)
}

func (w *writer) render(what, tmpl string, vars func(string) (string, bool)) string {
	s, unknown := outreach.Render(tmpl, vars)
	if len(unknown) > 0 {
		w.fail(fmt.Errorf("%s in %s: no value for %s", what, w.lang, strings.Join(unknown, ", ")))
	}
	return s
}

// registered holds an SMS against its registration; the registered header is its sender.
func (w *writer) registered(step outreach.Step, m *outreach.Message) {
	d := step.DLT
	if d == nil || step.Channel != outreach.SMS || w.err != nil {
		return
	}
	if m.From == "" {
		m.From = d.Header
	}
	if !d.Matches(m.Language, m.Text) {
		w.fail(fmt.Errorf("text in %s differs from DLT template %s", m.Language, d.TemplateID))
	}
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) template(t outreach.Template, m *outreach.Message) {
	m.ContentSID, m.Buttons = t.ContentSID, t.Buttons
	if sid := t.ContentSIDs[w.lang]; sid != "" {
		m.ContentSID = sid
	}
	if m.ContentSID == "" {
		w.fail(fmt.Errorf("no template in %s", w.lang))
		return
	}
	m.Variables = make(map[string]string, len(t.Variables))
	for name, tmpl := range t.Variables {
		m.Variables[name] = w.render("template variable "+name, tmpl, w.vars)
	}
}

func (w *writer) mail(snap *outreach.Snapshot, c outreach.Case, step outreach.Step, link, unsubscribe string, m *outreach.Message) {
	m.To, m.ToName, m.UnsubscribeURL = c.Transaction.Email, oneLine(c.Event.Recipient.Name), unsubscribe
	m.Subject = oneLine(w.text("subject", step.Subject))
	if _, ok := step.HTML.In(w.lang); ok {
		m.HTML = page(w.lang, w.html(step.HTML))
	}
	if _, ok := step.Text.In(w.lang); ok || m.HTML == "" {
		m.Text = w.text("text", step.Text)
	} else {
		m.Text = plain(m.HTML)
	}
	if m.HTML == "" {
		m.HTML = page(w.lang, paragraphs(m.Text, link))
	}
	m.Calendar = calendarEntry(snap, c, m.Subject)
}

// html renders with every value escaped, so that no name or instruction becomes markup.
func (w *writer) html(l outreach.LocalText) string {
	tmpl, _ := l.In(w.lang)
	return w.render("html", tmpl, func(name string) (string, bool) {
		v, ok := w.vars(name)
		return html.EscapeString(v), ok
	})
}

// oneLine makes a header of a value: every run of white space is one blank, other control characters go.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// calendarEntry is an appointment's entry, nil for what is none. Its UID is the subject's, so that a
// later generation moves the same entry. The summary is the mail's subject: it says no more than that.
func calendarEntry(snap *outreach.Snapshot, c outreach.Case, summary string) *outreach.CalendarEntry {
	at := snap.ReferenceTime(c.Event)
	event, _ := snap.Event(c.Event.Component, c.Event.Type)
	if at.IsZero() || c.Event.Component != "Appointment" || !outreach.Invites(c.Event.Component, event) && !event.Revokes {
		return nil // of a visit that is over or was missed there is nothing to enter
	}
	return &outreach.CalendarEntry{
		UID: outreach.CalendarUID(c.Transaction.Source, c.Transaction.SubjectID), Sequence: outreach.CalendarSequence(c.Event, c.Transaction.Generation),
		Start: at, Summary: summary, Cancel: event.Revokes,
	}
}
