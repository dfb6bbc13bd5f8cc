package outreach

import (
	"slices"
	"time"
)

// LetterKind is what became of an appointment whose invitation was sent.
type LetterKind string

// The kinds of letters.
const (
	LetterCancelled LetterKind = "cancelled"
	LetterMoved     LetterKind = "moved"
)

// Letter is a mail outside of any cascade: it takes an appointment out of the calendar of a patient who was sent its
// invitation, or moves it there. A plan asks for it by Kind, UID, Sequence, Was, Start and the three fields after
// them; the store makes one of it for each mailbox that was invited, none if there was none. It may be sent twice: the
// same UID and SEQUENCE change a calendar once.
type Letter struct {
	Kind     LetterKind `json:"kind"`
	UID      string     `json:"uid"`
	Sequence int        `json:"sequence"`
	Was      time.Time  `json:"was"`
	Start    time.Time  `json:"start"` // the new time; of a cancelled one the old

	Recipient string   `json:"-"` // only this one's mailboxes, "" for all of the subject's
	Except    string   `json:"-"` // not this one's
	Events    []string `json:"-"` // the event types whose mails were invitations

	ID          string        `json:"id"` // the mail's Message-ID
	Transaction TransactionID `json:"transaction"`
	Address     string        `json:"address"`
	Language    string        `json:"language"`
	Tries       int           `json:"-"` // before this one
}

// CalendarUID names the calendar entry of a subject: every later mail about it moves or removes the same entry.
func CalendarUID(source, subject string) string { return source + "/" + subject }

// sequenceStart is where sequences count from, so that they stay within 32 bits until 2088.
var sequenceStart = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// CalendarSequence grows with every event of a subject, whichever configuration its mail comes from: a cancellation or
// a new time must come after everything that was sent before. It is the second at which the event occurred,
// or, of events that do not say, counts generations.
func CalendarSequence(ev Event, generation int) int {
	if at := ev.OccurredAt; at.After(sequenceStart) {
		return int(at.Sub(sequenceStart) / time.Second)
	}
	return max(0, generation-1)
}

// Invites reports whether a mail about the event carries an invitation, and Revokes in et that it takes it back.
func Invites(component string, et EventType) bool { return component == "Appointment" && et.Upcoming }

// letters asks for what calendars must be told of the event.
func (p *planner) letters(et EventType) {
	last, known := p.lastTold()
	if p.ev.Component != "Appointment" || !known || p.h.Cancelled {
		return
	}
	l := Letter{UID: CalendarUID(p.ev.Source, p.ev.Subject.ID), Was: last.RefTime, Start: last.RefTime, Events: p.inviting()}
	switch {
	case et.Revokes:
		l.Kind, l.Sequence = LetterCancelled, CalendarSequence(p.ev, last.Generation+1)
		if p.mailsItself() {
			l.Except = p.ev.Recipient.ID
		}
	case Invites(p.ev.Component, et) && !last.RefTime.Equal(p.ref) && !p.mailsItself():
		l.Kind, l.Sequence, l.Recipient, l.Start = LetterMoved, CalendarSequence(p.ev, last.Generation+1), p.ev.Recipient.ID, p.ref
	default:
		return
	}
	if l.Start.After(p.now) {
		p.plan.Letters = append(p.plan.Letters, l)
	}
}

// lastTold is the newest transaction about the subject: of the event's recipient if there is one, else of anybody.
func (p *planner) lastTold() (Transaction, bool) {
	var last Transaction
	known := false
	newer := func(t Transaction) bool {
		ours, theirs := t.RecipientID == p.ev.Recipient.ID, last.RecipientID == p.ev.Recipient.ID
		return !known || ours && !theirs || ours == theirs && !t.CreatedAt.Before(last.CreatedAt)
	}
	for _, t := range p.h.Transactions {
		if newer(t) {
			last, known = t, true
		}
	}
	return last, known
}

// mailsItself reports whether the event opens a transaction that begins with a mail now.
func (p *planner) mailsItself() bool {
	return slices.ContainsFunc(p.plan.Open, func(t Transaction) bool { return t.Channel == Email && t.State == Queued })
}

// inviting lists the component's event types whose mails are invitations.
func (p *planner) inviting() []string {
	c, _ := p.snap.Component(p.ev.Component)
	var names []string
	for _, et := range c.Events {
		if Invites(c.Name, et) {
			names = append(names, et.Name)
		}
	}
	return names
}
