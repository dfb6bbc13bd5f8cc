package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"curlew/httpapi"
	"curlew/outreach"
)

// rehearsalChild is one rehearsal as a process of its own: whatever goes wrong in it goes with it. It reads a task from
// standard input and lives no longer than that stays open.
type rehearsalChild struct{}

// childAnswer is what it writes to standard output: the story, or where the world is to be found, or what was wrong.
type childAnswer struct {
	Story    *httpapi.RehearsalStory `json:"story,omitempty"`
	URL      string                  `json:"url,omitempty"`
	Key      string                  `json:"key,omitempty"`
	Problems outreach.Problems       `json:"problems,omitempty"`
	Error    string                  `json:"error,omitempty"`
}

// Run is curlew rehearsal, which only curlew itself calls.
func (rehearsalChild) Run(c *console) error {
	ctx, stop := context.WithCancel(c.ctx)
	defer stop()
	in := json.NewDecoder(os.Stdin)
	var task rehearsalTask
	if err := in.Decode(&task); err != nil {
		return fmt.Errorf("read the rehearsal: %w", err)
	}
	go func() { // until the parent closes its end, or dies
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	log := logger(c.err, slog.LevelError)
	if !task.ByHand {
		story, err := task.play(ctx, log)
		return answer(c, &childAnswer{Story: &story}, err)
	}
	run, err := task.stage(ctx, log, 1)
	if err != nil {
		return answer(c, nil, err)
	}
	if err := answer(c, &childAnswer{URL: run.url, Key: run.key}, nil); err != nil {
		stop()
		return errors.Join(err, run.wait())
	}
	<-ctx.Done()
	return run.wait()
}

func answer(c *console, a *childAnswer, err error) error {
	if err != nil {
		a = &childAnswer{}
		if !errors.As(err, &a.Problems) {
			a.Error = err.Error()
		}
	}
	if err := json.NewEncoder(c.out).Encode(a); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}
