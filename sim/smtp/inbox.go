package smtp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"curlew/clock"
	"curlew/sim/patient"
)

// ErrUnknownMail means that no mail has the Message-ID.
var ErrUnknownMail = errors.New("no such mail")

// accept keeps the mail, once per recipient, and lets the readers react.
func (s *Server) accept(ctx context.Context, lives *patient.Lives, envelope Mail, to []string, raw []byte) error {
	m, err := parse(raw)
	if err != nil {
		return err
	}
	m.From, m.Return, m.At = envelope.From, envelope.Return, s.o.Clock.Now()
	for _, address := range to {
		m.To = address
		s.mu.Lock()
		s.mails = append(s.mails, m)
		s.pending++
		for ch, want := range s.watchers {
			if want == "" || want == address {
				select {
				case ch <- m:
				default:
				}
			}
		}
		s.mu.Unlock()
		if !lives.Go(func() {
			defer s.done()
			s.react(ctx, m)
		}) {
			s.done()
		}
	}
	return nil
}

func (s *Server) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending--
}

func (s *Server) react(ctx context.Context, m Mail) {
	s.mu.Lock()
	still := s.interactive[m.To]
	s.mu.Unlock()
	what := patient.OfAddress(m.To)
	if still || what == patient.Silent || clock.Wait(ctx, s.o.Clock, answerAfter) != nil {
		return
	}
	var err error
	if what == patient.Stop {
		err = s.unsubscribe(ctx, m)
	} else if _, ok := m.Link(); ok {
		err = s.Press(ctx, m.ID, patient.Confirm)
	}
	if err != nil && ctx.Err() == nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "simulated reader not taken", slog.String("mail", m.ID), slog.Any("error", err))
	}
}

// Link returns the response link of the mail, from its text or else its HTML.
func (m Mail) Link() (string, bool) {
	if link, ok := patient.FindLink(m.Text); ok {
		return link, true
	}
	return patient.FindLink(m.HTML)
}

// Press answers the mail as its reader, by its response link.
func (s *Server) Press(ctx context.Context, id, action string) error {
	m, ok := s.Mail(id)
	if !ok {
		return fmt.Errorf("press %s: %w", id, ErrUnknownMail)
	}
	link, ok := m.Link()
	if !ok {
		return fmt.Errorf("press %s: no link for %s", id, action)
	}
	page, err := s.browser.Answer(ctx, link, action)
	return answered(id, page, err)
}

// unsubscribe is what a mail program's own button does (RFC 8058).
func (s *Server) unsubscribe(ctx context.Context, m Mail) error {
	if m.Unsubscribe == "" || !m.OneClick {
		return fmt.Errorf("unsubscribe from %s: the mail offers no one-click unsubscription", m.ID)
	}
	page, err := s.browser.Unsubscribe(ctx, m.Unsubscribe)
	return answered(m.ID, page, err)
}

func answered(id string, page patient.Page, err error) error {
	if err != nil {
		return fmt.Errorf("answer %s: %w", id, err)
	}
	if page.Status >= http.StatusBadRequest {
		return fmt.Errorf("answer %s: page answered %d", id, page.Status)
	}
	return nil
}

// Sent returns every accepted mail, oldest first.
func (s *Server) Sent() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Inbox returns the mails to address, oldest first.
func (s *Server) Inbox(address string) []Mail {
	var out []Mail
	for _, m := range s.Sent() {
		if m.To == address {
			out = append(out, m)
		}
	}
	return out
}

// Mail returns the newest mail with that Message-ID.
func (s *Server) Mail(id string) (Mail, bool) {
	all := s.Sent()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].ID == id {
			return all[i], true
		}
	}
	return Mail{}, false
}

// Subscribe delivers each new mail to address (empty: any) until cancel. A watcher that falls 256 behind
// misses what comes then.
func (s *Server) Subscribe(address string) (<-chan Mail, func()) {
	ch := make(chan Mail, 256)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[ch] = address
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, ch)
	}
}
