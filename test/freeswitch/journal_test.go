package freeswitch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/outreach"
)

// journal is a dialplan.Reporter that remembers what was reported of each attempt, in order.
type journal struct {
	mu      sync.Mutex
	lines   map[outreach.AttemptID][]string
	results map[outreach.AttemptID][]outreach.CallResult
	changed chan struct{} // closed and replaced at every line
}

func newJournal() *journal {
	return &journal{lines: map[outreach.AttemptID][]string{}, results: map[outreach.AttemptID][]outreach.CallResult{}, changed: make(chan struct{})}
}

// note is called with the lock held.
func (j *journal) note(id outreach.AttemptID, line string) {
	j.lines[id] = append(j.lines[id], line)
	close(j.changed)
	j.changed = make(chan struct{})
}

func (j *journal) add(id outreach.AttemptID, format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.note(id, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (j *journal) Ringing(_ context.Context, id outreach.AttemptID, _ int64, _ time.Time) error {
	j.add(id, "ringing")
	return nil
}

func (j *journal) Answered(_ context.Context, id outreach.AttemptID, _ int64, _ time.Time) error {
	j.add(id, "answered")
	return nil
}

func (j *journal) Respond(_ context.Context, id outreach.AttemptID, _ int64, a outreach.Action, digits, value string, _ time.Time) (outreach.Action, error) {
	j.add(id, "respond %s %s %s", a, digits, value)
	return a, nil
}

func (j *journal) Note(_ context.Context, id outreach.AttemptID, _ int64, kind string, data map[string]any) error {
	switch kind {
	case "prompt", "prompt_missing":
		kind += " " + fmt.Sprint(data["category"])
		if data["cut_short"] == true {
			kind += " cut short"
		}
	case "machine", "greeting":
		kind += " " + fmt.Sprint(data["why"])
	}
	j.add(id, "note %s", kind)
	return nil
}

func (j *journal) End(_ context.Context, r outreach.CallResult) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.results[r.Attempt] = append(j.results[r.Attempt], r)
	j.note(r.Attempt, "note end")
	return nil
}

func (j *journal) LinkChanged(string, bool, bool) {}

// of returns what was reported of one attempt, without its notes unless they are wanted.
func (j *journal) of(id outreach.AttemptID, notes bool) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(j.lines[id]), func(l string) bool { return !notes && strings.HasPrefix(l, "note ") })
}

// patience is how long a loaded machine may take for what takes seconds.
const patience = time.Minute

// await waits until a line of the attempt begins so.
func (j *journal) await(t *testing.T, id outreach.AttemptID, line string) {
	t.Helper()
	late := time.After(patience)
	for {
		j.mu.Lock()
		seen, changed := slices.ContainsFunc(j.lines[id], func(l string) bool { return strings.HasPrefix(l, line) }), j.changed
		j.mu.Unlock()
		if seen {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%s: no %q; %v", id, line, j.of(id, true))
		}
	}
}

// result waits for the end of an attempt; a second one fails the test.
func (j *journal) result(t *testing.T, id outreach.AttemptID) outreach.CallResult {
	t.Helper()
	j.await(t, id, "note end")
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := len(j.results[id]); n != 1 {
		t.Fatalf("%s was reported %d times", id, n)
	}
	return j.results[id][0]
}
