package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// fileActor is who changed the settings, for the audit log.
const fileActor = "config file"

// ApplyFile applies the file at path unless it is the one that was applied last.
func (k *Keeper) ApplyFile(ctx context.Context, path string) (outreach.ApplyPlan, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return outreach.ApplyPlan{}, fmt.Errorf("read the config file: %w", err)
	}
	k.Offer(file)
	return k.applyFile(ctx, path, file)
}

func (k *Keeper) applyFile(ctx context.Context, path string, file []byte) (outreach.ApplyPlan, error) {
	if k.AppliedAlready(file) {
		return outreach.ApplyPlan{Revision: k.Current().Revision}, nil
	}
	plan, err := k.Apply(ctx, fileActor, -1, file, false)
	if err != nil {
		return outreach.ApplyPlan{}, fmt.Errorf("apply %s: %w", path, err)
	}
	return plan, nil
}

// Watch keeps the settings up to date until ctx ends: every interval on the clock it looks whether another node has
// changed them and, with a path, whether the file has changed. A file that cannot be applied is reported once and
// leaves the settings in force as they are.
func (k *Keeper) Watch(ctx context.Context, path string, every time.Duration) error {
	var seen fileStamp // none yet: the first look also finds what changed since the start
	for {
		if err := clock.Wait(ctx, k.clock, every); err != nil {
			return err
		}
		if err := k.Refresh(ctx); err != nil && ctx.Err() == nil {
			k.log.ErrorContext(ctx, "settings not refreshed", "error", err)
		}
		if now := stamp(path); path != "" && now != seen {
			seen = now
			k.reload(ctx, path)
		}
	}
}

func (k *Keeper) reload(ctx context.Context, path string) {
	file, err := os.ReadFile(path)
	if err == nil && !k.Offer(file) {
		return
	}
	var plan outreach.ApplyPlan
	if err == nil {
		plan, err = k.applyFile(ctx, path, file)
	}
	var problems outreach.Problems
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			k.log.ErrorContext(ctx, "config file refused", "file", path, "line", p.Line, "pointer", p.Pointer, "problem", p.Detail, "hint", p.Hint)
		}
	case err != nil:
		k.log.ErrorContext(ctx, "config file not applied", "file", path, "error", err)
	case plan.Applied:
		k.log.InfoContext(ctx, "config file applied", "file", path, "revision", plan.Revision, "changes", len(plan.Changes))
	}
}

// fileStamp tells one state of a file from another without reading it.
type fileStamp struct {
	modified time.Time
	size     int64
	gone     bool
}

func stamp(path string) fileStamp {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{gone: errors.Is(err, fs.ErrNotExist)}
	}
	return fileStamp{modified: info.ModTime(), size: info.Size()}
}
