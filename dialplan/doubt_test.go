package dialplan

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"curlew/outreach"
)

// asked is how often the switch was asked for a file.
func (s *scripted) asked() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.seen {
		if strings.HasPrefix(line, "file_exists ") {
			n++
		}
	}
	return n
}

// While there is doubt the switch is asked for each file once; when it had all that a call needed nobody asks again,
// until a call lacked one.
func TestASwitchIsAskedForTheFilesOfACallOnlyWhileThereIsDoubt(t *testing.T) {
	missing := "/audio/menu.wav"
	s := &scripted{answer: func(line string) string {
		if strings.HasPrefix(line, "file_exists ") && strings.HasSuffix(line, missing) {
			return "false"
		}
		return "true"
	}}
	withScript(t, s, func(t *testing.T, w *town) {
		l, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		o := w.order(1, "12025550101")
		o.Script = outreach.Script{Flows: map[string]outreach.Flow{"en": {Sequence: append(said("greeting", "menu"), said("menu")...)}}}
		for range 2 {
			if err := w.d.Playable(t.Context(), o); !errors.Is(err, ErrUnplayable) || !w.d.NotSent(err) || !strings.Contains(err.Error(), "category menu") {
				t.Errorf("a file that is not there: %v", err)
			}
		}
		if n := s.asked(); n != 4 {
			t.Errorf("asked %d times for two files of two calls", n)
		}
		missing = "nowhere"
		for range 3 {
			if err := w.d.Playable(t.Context(), o); err != nil {
				t.Errorf("everything is there: %v", err)
			}
		}
		if n := s.asked(); n != 6 {
			t.Errorf("asked %d times, 6 when the files had been seen", n)
		}
		l.doubt.lacked([]string{"/audio/other.wav"})
		for range 2 {
			if err := w.d.Playable(t.Context(), o); err != nil {
				t.Error(err)
			}
		}
		if n := s.asked(); n != 8 {
			t.Errorf("asked %d times after a call lacked another file, not 8", n)
		}
		if open := l.doubt.about(map[string]question{"/audio/other.wav": {}, "/audio/menu.wav": {}}); len(open) != 1 {
			t.Errorf("in doubt: %v, want the file that was lacked", open)
		}
	})
}

// A file that goes away costs the call that is up then, and none after it; the log says it once.
func TestAfterACallLackedAPromptNobodyIsCalledUntilItIsThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "date.wav")
	if err := os.WriteFile(file, make([]byte, 8000), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	inTown(t, townOptions{dialer: func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) }}, func(t *testing.T, w *town) {
		order := func(n int) outreach.CallOrder {
			o := w.order(n, "12025550100")
			o.Script.Flows["en"].Sequence[1].Media = file
			return o
		}
		if err := w.d.Playable(t.Context(), order(1)); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := w.d.Playable(t.Context(), order(2)); err != nil {
			t.Errorf("asked without any doubt: %v", err)
		}
		if r := w.place(order(2)); !slices.Equal(r.PromptMissing, []string{"date"}) {
			t.Errorf("%+v", r)
		}
		for n := range 3 {
			if err := w.d.Playable(t.Context(), order(3+n)); !errors.Is(err, ErrUnplayable) {
				t.Errorf("the next call: %v", err)
			}
		}
		if n := strings.Count(log.String(), "date.wav"); n != 2 { // the call's warning, and that nobody is called
			t.Errorf("%d lines name it:\n%s", n, log.String())
		}
	})
}
