package twilio

import (
	"context"
	"log/slog"
	"time"

	"curlew/clock"
	"curlew/sim/patient"
)

type stage struct {
	after  time.Duration
	status string
	code   int
}

// live takes an accepted message through its states and lets the patient answer.
func (s *Server) live(ctx context.Context, m Message, fault Fault) {
	stages, reached := s.course(m, fault)
	mode := s.callbackMode()
	if mode.Early {
		stages = stages[1:]
	}
	if mode.Reorder {
		last := len(stages) - 1
		stages = append([]stage{stages[last]}, stages[:last]...)
	}
	for _, st := range stages {
		if clock.Wait(ctx, s.o.Clock, st.after) != nil {
			return
		}
		s.set(m.SID, st.status, st.code)
		s.report(ctx, m, st.status, st.code)
		if mode.Duplicate {
			s.report(ctx, m, st.status, st.code)
		}
	}
	if reached {
		s.react(ctx, m)
	}
}

// course returns the callbacks to come and whether the message reaches the patient.
func (s *Server) course(m Message, fault Fault) ([]stage, bool) {
	queued, sent := stage{0, m.Status, 0}, stage{sentAfter, "sent", 0}
	switch {
	case m.ErrorCode != 0:
		return []stage{queued, {sentAfter, "failed", m.ErrorCode}}, false
	case fault.Kind == Undeliver:
		return []stage{queued, sent, {deliveredAfter, "undelivered", fault.Code}}, false
	case s.behaviour(m) == patient.Undelivered:
		return []stage{queued, sent, {deliveredAfter, "undelivered", undeliveredCode(m)}}, false
	}
	stages := []stage{queued, sent, {deliveredAfter, "delivered", 0}}
	if m.WhatsApp && s.behaviour(m) != patient.Silent {
		stages = append(stages, stage{deliveredAfter, "read", 0})
	}
	return stages, true
}

// undeliveredCode: WhatsApp has no such recipient; by SMS, 14 is unknown and 21 unreachable.
func undeliveredCode(m Message) int {
	switch {
	case m.WhatsApp:
		return 63024
	case patient.LastTwo(m.Number) == "14":
		return 30005
	}
	return 30003
}

// set moves the message forward, never back.
func (s *Server) set(sid, status string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if m.SID == sid && rank(status) >= rank(m.Status) {
			m.Status, m.ErrorCode, m.UpdatedAt = status, code, s.o.Clock.Now()
			s.tell(*m)
		}
	}
}

func (s *Server) react(ctx context.Context, m Message) {
	switch s.behaviour(m) {
	case patient.Tap:
		if !offers(m) || clock.Wait(ctx, s.o.Clock, answerAfter) != nil {
			return
		}
		if err := s.Press(ctx, m.SID, patient.Confirm); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "simulated tap not taken", slog.String("sid", m.SID), slog.Any("error", err))
		}
	case patient.Stop:
		if clock.Wait(ctx, s.o.Clock, answerAfter) != nil {
			return
		}
		if err := s.Text(ctx, m.SID, "STOP"); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "simulated reply not taken", slog.String("sid", m.SID), slog.Any("error", err))
		}
	}
}

func offers(m Message) bool {
	_, link := patient.FindLink(m.Body)
	return link || len(m.Buttons) > 0
}

func (s *Server) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending++
}

func (s *Server) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending--
}
