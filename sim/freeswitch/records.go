package freeswitch

import (
	"encoding/json"
	"os"
	"slices"
	"time"
)

// Record is one line of the switch's own account of calls, for whoever checks Curlew's.
type Record struct {
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"` // originate: the phone is dialled; refused: it is not; answer, end; lost in a Restart
	UUID     string    `json:"uuid"`
	Number   string    `json:"number"`
	Gateway  string    `json:"gateway,omitempty"`
	Cause    string    `json:"cause,omitempty"`
	Answered bool      `json:"answered,omitempty"` // of an end
	Live     int       `json:"live"`               // sessions at that moment
}

// Stats counts sessions.
type Stats struct {
	Live     int   // now, with those that a lingering socket holds
	Peak     int   // the most at once
	Sessions int64 // since the start
}

// Records returns what happened so far, oldest first.
func (s *Switch) Records() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records)
}

// Stats returns the session counters.
func (s *Switch) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Calls is how many sessions there are now.
func (s *Switch) Calls() int { return s.Stats().Live }

// record notes r; an originate is on disk before anybody hears of it.
func (s *Switch) record(r Record) {
	r.At, r.Live = s.clock.Now(), s.stats.Live
	s.records = append(s.records, r)
	if err := s.recording.write(r); err != nil {
		s.log.Error("call log was not written", "error", err)
	}
}

// recorder appends records to a file; nil keeps none.
type recorder struct {
	file *os.File
	enc  *json.Encoder
}

func openRecorder(path string) (*recorder, error) {
	if path == "" {
		return &recorder{}, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	return &recorder{f, json.NewEncoder(f)}, nil
}

func (r *recorder) write(rec Record) error {
	if r.file == nil {
		return nil
	}
	return r.enc.Encode(rec)
}

func (r *recorder) close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}
