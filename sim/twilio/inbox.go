package twilio

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sent returns every accepted outbound message, oldest first.
func (s *Server) Sent() []Message {
	return s.pick(func(m *Message) bool { return !m.Inbound })
}

// Inbox returns what the number has received and sent, oldest first.
func (s *Server) Inbox(number string) []Message {
	return s.pick(func(m *Message) bool { return m.Number == number })
}

// Message returns the message with that SID.
func (s *Server) Message(sid string) (Message, bool) {
	found := s.pick(func(m *Message) bool { return m.SID == sid })
	if len(found) == 0 {
		return Message{}, false
	}
	return found[0], true
}

func (s *Server) pick(want func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.messages {
		if want(m) {
			out = append(out, *m)
		}
	}
	return out
}

// Subscribe delivers each new message and change of state of the number's (empty: every number's)
// messages until cancel. A watcher that falls 256 behind misses what comes then.
func (s *Server) Subscribe(number string) (<-chan Message, func()) {
	ch := make(chan Message, 256)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[ch] = number
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, ch)
	}
}

// tell is called with the lock held.
func (s *Server) tell(m Message) {
	for ch, number := range s.watchers {
		if number != "" && number != m.Number {
			continue
		}
		select {
		case ch <- m:
		default:
		}
	}
}

// fetch is GET Messages/{sid}.json.
func (s *Server) fetch(w http.ResponseWriter, r *http.Request) {
	sid, ok := strings.CutSuffix(r.PathValue("sid"), ".json")
	m, found := s.Message(sid)
	if !ok || !found {
		refuse(w, apiError{Status: http.StatusNotFound, Code: 20404, Message: "The requested resource was not found"})
		return
	}
	respond(w, http.StatusOK, m.resource(s.o.AccountSID))
}

// list is GET Messages.json: newest first, by To, From and the day of DateSent, PageSize 50 unless told. Ranges
// of DateSent are refused: they are not simulated.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name := range q {
		if !slices.Contains([]string{"To", "From", "DateSent", "PageSize", "Page", "PageToken"}, name) {
			refuse(w, *bad(20001, "Unknown parameter %q", name))
			return
		}
	}
	size := 50
	if v := q.Get("PageSize"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 1000 {
			refuse(w, *bad(20001, "PageSize is no whole number from 1 to 1000"))
			return
		}
		size = n
	}
	page, _ := strconv.Atoi(q.Get("Page"))
	match := s.pick(func(m *Message) bool {
		return (q.Get("To") == "" || m.To == q.Get("To")) && (q.Get("From") == "" || m.From == q.Get("From")) && onDay(m, q.Get("DateSent"))
	})
	slices.Reverse(match)
	from := min(page*size, len(match))
	until := min(from+size, len(match))
	out := make([]map[string]any, 0, until-from)
	for _, m := range match[from:until] {
		out = append(out, m.resource(s.o.AccountSID))
	}
	var next any
	if until < len(match) {
		q.Set("Page", strconv.Itoa(page+1))
		next = r.URL.Path + "?" + q.Encode()
	}
	respond(w, http.StatusOK, map[string]any{"messages": out, "page": page, "page_size": size, "start": from,
		"end": max(until-1, 0), "next_page_uri": next, "uri": r.URL.RequestURI()})
}

func onDay(m *Message, day string) bool {
	return day == "" || (rank(m.Status) >= rank("sent") && m.UpdatedAt.UTC().Format(time.DateOnly) == day[:min(10, len(day))])
}
