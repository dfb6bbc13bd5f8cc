package prompts

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"curlew/outreach"
)

func TestWhatAPatientRecordedIsFoundByItsCallAndGoesWithItsTime(t *testing.T) {
	l := library(t, Options{Dir: t.TempDir()})
	dir, err := l.Answers()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o777 || info.Mode()&fs.ModeSticky == 0 {
		t.Errorf("FreeSWITCH's user could not add a file: %v %v", info.Mode(), err)
	}
	now := time.Now()
	for name, age := range map[string]time.Duration{"old": 48 * time.Hour, "new": time.Hour} {
		file := filepath.Join(dir, name+".wav")
		if err := errors.Join(os.WriteFile(file, []byte("RIFF"), 0o600), os.Chtimes(file, now, now.Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"none", "../answers/new", "", "new.wav"} {
		if _, err := l.Answer(outreach.AttemptID(id)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if n, err := l.PruneAnswers(t.Context(), now.Add(-24*time.Hour)); n != 1 || err != nil {
		t.Errorf("%d went: %v", n, err)
	}
	if _, err := l.Answer("old"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old one is still there: %v", err)
	}
	f, err := l.Answer("new")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
