package channels

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"curlew/outreach"
)

// attachCalendar adds the appointment as an iCalendar part; a message without one is left alone.
func attachCalendar(l *gomail.Msg, msg outreach.Message, organizer string, now time.Time) error {
	if msg.Calendar == nil {
		return nil
	}
	method := "REQUEST"
	if msg.Calendar.Cancel {
		method = "CANCEL"
	}
	kind := gomail.ContentType("text/calendar; method=" + method + "; charset=UTF-8")
	return l.AttachReader("appointment.ics", strings.NewReader(ics(*msg.Calendar, method, organizer, msg.To, now)), gomail.WithFileContentType(kind))
}

// ics writes the entry by RFC 5545 and RFC 5546. It requests, since calendars move and remove by themselves
// only what was requested, and asks for no reply: the patient answers by the link. A later SEQUENCE of the
// same UID moves the entry.
func ics(c outreach.CalendarEntry, method, organizer, attendee string, now time.Time) string {
	const stamp = "20060102T150405Z"
	status := "CONFIRMED"
	if c.Cancel {
		status = "CANCELLED"
	}
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Curlew//Outreach//EN", "METHOD:" + method,
		"BEGIN:VEVENT",
		"UID:" + icsText(c.UID),
		fmt.Sprintf("SEQUENCE:%d", c.Sequence),
		"DTSTAMP:" + now.UTC().Format(stamp),
		"DTSTART:" + c.Start.UTC().Format(stamp),
		"SUMMARY:" + icsText(c.Summary),
		"ORGANIZER:mailto:" + organizer,
		"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:" + attendee,
		"STATUS:" + status,
		"END:VEVENT", "END:VCALENDAR",
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(fold(line))
	}
	return b.String()
}

// icsText escapes a TEXT value; a line break becomes \n and so starts no property of its own.
func icsText(s string) string {
	return strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n").Replace(s)
}

// fold ends a content line, breaking it after at most 75 octets and never inside a character.
func fold(line string) string {
	var b strings.Builder
	room := 75
	for _, r := range line {
		n := utf8.RuneLen(r)
		if n < 0 {
			n = len(string(utf8.RuneError))
		}
		if n > room {
			b.WriteString("\r\n ")
			room = 74
		}
		b.WriteRune(r)
		room -= n
	}
	b.WriteString("\r\n")
	return b.String()
}
