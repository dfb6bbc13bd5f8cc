package twilio

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/sim/patient"
)

// create is POST Messages.json: faults, limits, acceptance, and then the message's life.
func (s *Server) create(ctx context.Context, lives *patient.Lives, w http.ResponseWriter, r *http.Request) {
	form, e := readForm(w, r)
	if e != nil {
		refuse(w, *e)
		return
	}
	fault := s.takeFault(strings.TrimPrefix(form.Get("To"), "whatsapp:"))
	if s.failBefore(w, fault) {
		return
	}
	m, e := read(form)
	if e == nil {
		e = s.accept(m, form, fault)
	}
	if e != nil {
		refuse(w, *e)
		return
	}
	s.begin()
	if s.callbackMode().Early {
		s.report(ctx, *m, "queued", 0)
	}
	s.answer(ctx, w, r, m, fault)
	if !lives.Go(func() {
		defer s.done()
		s.live(ctx, *m, fault)
	}) {
		s.done()
	}
}

func readForm(w http.ResponseWriter, r *http.Request) (url.Values, *apiError) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, bad(20001, "The body is not application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, bad(20001, "The body cannot be read as a form")
	}
	if r.URL.RawQuery != "" {
		return nil, bad(20001, "Parameters belong into the body")
	}
	return r.PostForm, nil
}

// accept stores the message, or refuses what only the account's state can refuse.
func (s *Server) accept(m *Message, form url.Values, fault Fault) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := strings.TrimPrefix(m.From, "whatsapp:")
	switch {
	case m.From != "" && !s.mayUse(from):
		return bad(21606, "The 'From' phone number provided is not a valid message-capable number for this destination")
	case !m.WhatsApp && s.optedOut[m.Number]:
		return bad(21610, "Attempt to send to unsubscribed recipient")
	}
	now := s.o.Clock.Now()
	m.SID, m.Status, m.CreatedAt, m.UpdatedAt = newSID("SM"), "queued", now, now
	if m.Service != "" {
		m.Status = "accepted"
	}
	if seconds, err := strconv.Atoi(form.Get("ValidityPeriod")); err == nil {
		m.Validity = time.Duration(seconds) * time.Second
	}
	if m.ContentSID != "" {
		s.expand(m, form.Get("ContentVariables"))
	} else if m.WhatsApp && fault.Code == 0 && now.Sub(s.inboundAt[m.Number]) > 24*time.Hour {
		m.ErrorCode = 63016 // outside the session; reported by callback, as Twilio does
	}
	if m.WhatsApp && s.optedOut[m.Number] {
		m.ErrorCode = 63014
	}
	s.messages = append(s.messages, m)
	s.tell(*m)
	return nil
}

// expand fills the template in; one that was never registered reads as its variables.
func (s *Server) expand(m *Message, variables string) {
	if variables != "" {
		m.Variables, _ = readVariables(variables)
	}
	t, known := s.templates[m.ContentSID]
	if !known {
		names := make([]string, 0, len(m.Variables))
		for name := range m.Variables {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			m.Body += m.Variables[name] + "\n"
		}
		return
	}
	m.Body = fill(t.Text, m.Variables)
	for _, b := range t.Buttons {
		m.Buttons = append(m.Buttons, Button{Text: b.Text, Payload: fill(b.Payload, m.Variables)})
	}
}

// answer writes the response, or loses it as the fault says.
func (s *Server) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, m *Message, fault Fault) {
	switch fault.Kind {
	case FailAfter:
		http.Error(w, "<html>upstream error</html>", fault.status(http.StatusInternalServerError))
		return
	case ResetAfter:
		reset(w)
		return
	case Slow:
		fired, stop := s.o.Clock.After(fault.Delay)
		defer stop()
		select {
		case <-fired:
		case <-r.Context().Done():
			return
		case <-ctx.Done():
			return
		}
	}
	s.mu.Lock()
	view := m.resource(s.o.AccountSID)
	s.mu.Unlock()
	respond(w, http.StatusCreated, view)
	http.NewResponseController(w).Flush() // before the first callback may overtake it
}

func (s *Server) behaviour(m Message) patient.Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.interactive[m.Number] {
		return patient.Silent
	}
	return patient.OfNumber(m.Number)
}
