package prompts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

func TestOneTextIsSpokenOnceForAllWhoWaitAndOthersDoNotPileUp(t *testing.T) {
	w := &whistle{gate: make(chan struct{})}
	lib := library(t, Options{Dir: t.TempDir(), Speaker: w, Parallel: 2})
	snap, c, step := fixture(t, "en", nil)
	errs := make(chan error, 20)
	for i := range cap(errs) {
		mine := c
		mine.Transaction.ID = outreach.TransactionID(fmt.Sprintf("case-%d", i%2))
		go func() {
			_, err := lib.Script(t.Context(), snap, mine, step)
			errs <- err
		}()
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lib.Script(gone, snap, c, step); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that gave up got %v", err)
	}
	close(w.gate)
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	counts := map[string]int{}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.texts {
		counts[text]++
	}
	for text, n := range counts {
		limit := 1
		if strings.Contains(text, "Amina") || strings.Contains(text, "Rao") {
			limit = 3 // two transactions, and the one that gave up
		}
		if n > limit {
			t.Errorf("%q was spoken %d times", text, n)
		}
	}
	if w.most.Load() > 2 {
		t.Errorf("%d texts were spoken at once", w.most.Load())
	}
}

func TestForgettingDeletesWhatIsPersonalAndNothingElse(t *testing.T) {
	w := &whistle{}
	lib := library(t, Options{Dir: t.TempDir(), Speaker: w})
	snap, c, step := fixture(t, "en", nil)
	s, err := lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	if err := lib.Forget(c.Transaction.ID); err != nil {
		t.Fatal(err)
	}
	for _, segment := range every(s.Flows["en"]) {
		_, err := os.Stat(segment.Media)
		if gone := errors.Is(err, fs.ErrNotExist); gone != strings.Contains(segment.Media, "/personal/") {
			t.Errorf("%s: %v", segment.Category, err)
		}
	}
	before := w.spoken.Load()
	if _, err := lib.Script(t.Context(), snap, c, step); err != nil || w.spoken.Load() != before+2 {
		t.Errorf("spoken again: %d, %v", w.spoken.Load()-before, err)
	}
	for _, id := range []outreach.TransactionID{"never seen", "../speech", ""} {
		if err := lib.Forget(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := os.Stat(s.Flows["en"].Goodbye[0].Media); err != nil {
		t.Errorf("an id with dots reached other files: %v", err)
	}
}

func TestPruningKeepsWhatIsUsed(t *testing.T) {
	lib := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}})
	snap, c, step := fixture(t, "en", nil)
	s, err := lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().AddDate(0, 0, -40)
	goodbye, greeting := s.Flows["en"].Goodbye[0].Media, s.Flows["en"].Sequence[0].Media
	for _, file := range []string{goodbye, greeting} {
		if err := os.Chtimes(file, long, long); err != nil {
			t.Fatal(err)
		}
	}
	step.Sequence = []string{"appointment_date"} // the greeting is used no more, the goodbye is
	if _, err := lib.Script(t.Context(), snap, c, step); err != nil {
		t.Fatal(err)
	}
	n, err := lib.Prune(t.Context(), time.Now().AddDate(0, 0, -30))
	if err != nil || n != 1 {
		t.Errorf("%d pruned, %v", n, err)
	}
	if _, err := os.Stat(goodbye); err != nil {
		t.Errorf("the goodbye is still used: %v", err)
	}
	if _, err := os.Stat(greeting); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the greeting stayed: %v", err)
	}
}
