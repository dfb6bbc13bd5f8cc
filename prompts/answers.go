package prompts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"curlew/outreach"
)

// answersDir holds what patients record. FreeSWITCH writes there, as whichever user it runs.
const answersDir = "answers"

// Answers returns the directory of patients' recordings, made so that FreeSWITCH can add files and delete none.
func (l *Library) Answers() (string, error) {
	dir := filepath.Join(l.dir, answersDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("directory of recordings: %w", err)
	}
	if err := os.Chmod(dir, 0o777|fs.ModeSticky); err != nil {
		return "", fmt.Errorf("directory of recordings: %w", err)
	}
	return dir, nil
}

// Answer opens what the patient recorded in a call; without a recording the error is fs.ErrNotExist.
func (l *Library) Answer(id outreach.AttemptID) (*os.File, error) {
	if !idShape.MatchString(string(id)) {
		return nil, fmt.Errorf("open recording: %w", fs.ErrNotExist)
	}
	return os.Open(filepath.Join(l.dir, answersDir, string(id)+".wav"))
}

// KeepAnswer keeps what the patient said in a call, as a PBX sent it. One that is there already stays: fs.ErrExist.
func (l *Library) KeepAnswer(id outreach.AttemptID, wav []byte) error {
	if !idShape.MatchString(string(id)) {
		return fmt.Errorf("keep recording: %w", fs.ErrNotExist)
	}
	dir, err := l.Answers()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, string(id)+".wav")
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("keep recording of %s: %w", id, fs.ErrExist)
	}
	if err := l.write(file, wav); err != nil {
		return fmt.Errorf("keep recording of %s: %w", id, err)
	}
	return nil
}

// PruneAnswers deletes the recordings that were made before, and returns how many.
func (l *Library) PruneAnswers(ctx context.Context, before time.Time) (int, error) {
	entries, err := os.ReadDir(filepath.Join(l.dir, answersDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("prune recordings: %w", err)
	}
	gone := 0
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue
		}
		if err := os.Remove(filepath.Join(l.dir, answersDir, e.Name())); err != nil {
			return gone, fmt.Errorf("prune recordings: %w", err)
		}
		gone++
		if err := ctx.Err(); err != nil {
			return gone, fmt.Errorf("prune recordings: %w", err)
		}
	}
	return gone, nil
}
