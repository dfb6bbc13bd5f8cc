package twilio

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// FaultKind is how a create request goes wrong.
type FaultKind string

// The kinds of faults.
const (
	TooMany     FaultKind = "too_many"     // 429 with Retry-After and code 20429; nothing was accepted
	Reject      FaultKind = "reject"       // Status and Code in Twilio's JSON; nothing was accepted
	FailBefore  FaultKind = "fail_before"  // a 5xx that is no JSON; nothing was accepted
	FailAfter   FaultKind = "fail_after"   // the same, but the message was accepted
	ResetBefore FaultKind = "reset_before" // connection reset; nothing was accepted
	ResetAfter  FaultKind = "reset_after"  // connection reset; the message was accepted
	Slow        FaultKind = "slow"         // accepted, answered after Delay
	Undeliver   FaultKind = "undeliver"    // accepted, then undelivered with Code
)

// Fault strikes the next Times create requests (0: until ClearFaults) to the number To (empty: any).
type Fault struct {
	Kind       FaultKind
	To         string // E.164
	Times      int
	Status     int
	Code       int
	RetryAfter time.Duration // whole seconds, of TooMany
	Delay      time.Duration // of Slow
}

// CallbackMode says how status callbacks misbehave.
type CallbackMode struct {
	Duplicate bool // each one twice
	Reorder   bool // the last one first
	Early     bool // the first one before the create request is answered
}

// Inject queues a fault; the oldest one that fits strikes first.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = -1
	}
	s.faults = append(s.faults, f)
}

// ClearFaults forgets every queued fault.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// SetCallbacks chooses how callbacks misbehave from now on.
func (s *Server) SetCallbacks(m CallbackMode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callbacks = m
}

func (s *Server) callbackMode() CallbackMode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.callbacks
}

func (s *Server) takeFault(number string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.To != "" && f.To != number {
			continue
		}
		if s.faults[i].Times--; s.faults[i].Times == 0 {
			s.faults = append(s.faults[:i], s.faults[i+1:]...)
		}
		return f
	}
	return Fault{}
}

func (f Fault) status(otherwise int) int {
	if f.Status == 0 {
		return otherwise
	}
	return f.Status
}

// failBefore answers for the faults that strike before anything is accepted.
func (s *Server) failBefore(w http.ResponseWriter, f Fault) bool {
	switch f.Kind {
	case TooMany:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
		}
		refuse(w, apiError{Status: http.StatusTooManyRequests, Code: 20429, Message: "Too Many Requests"})
	case Reject:
		refuse(w, apiError{Status: f.status(http.StatusBadRequest), Code: f.Code, Message: "simulated"})
	case FailBefore:
		http.Error(w, "<html>service unavailable</html>", f.status(http.StatusServiceUnavailable))
	case ResetBefore:
		reset(w)
	default:
		return false
	}
	return true
}

// reset closes the connection with RST instead of an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
