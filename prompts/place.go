package prompts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"curlew/outreach"
)

// At returns s with its media as the PBX finds them: under its audio_dir, else fetched from its audio_url as
// audio_url/audio/NAME.wav, else by our own path. s is left as it is.
func (l *Library) At(s outreach.Script, pbx outreach.PBX) outreach.Script {
	if pbx.AudioDir == "" && pbx.AudioURL == "" {
		return s
	}
	place := func(segments []outreach.Segment) []outreach.Segment {
		placed := slices.Clone(segments)
		for i := range placed {
			placed[i].Media = l.mediaAt(placed[i].Media, pbx)
		}
		return placed
	}
	placeAll := func(by map[outreach.Action][]outreach.Segment) map[outreach.Action][]outreach.Segment {
		placed := make(map[outreach.Action][]outreach.Segment, len(by))
		for a, segments := range by {
			placed[a] = place(segments)
		}
		return placed
	}
	s.Flows = maps.Clone(s.Flows)
	for lang, f := range s.Flows {
		f.HumanTest, f.Sequence, f.Invalid, f.NoInput = place(f.HumanTest), place(f.Sequence), place(f.Invalid), place(f.NoInput)
		f.Goodbye, f.Voicemail, f.Transferring, f.RecordAsk = place(f.Goodbye), place(f.Voicemail), place(f.Transferring), place(f.RecordAsk)
		f.Confirmation, f.AskOnceMore = placeAll(f.Confirmation), placeAll(f.AskOnceMore)
		s.Flows[lang] = f
	}
	return s
}

// mediaAt translates one of our files; anything else (silence_stream://) is the same everywhere.
func (l *Library) mediaAt(media string, pbx outreach.PBX) string {
	rel, ok := l.inside(media)
	switch {
	case !ok:
		return media
	case pbx.AudioDir != "":
		return path.Join(pbx.AudioDir, rel)
	}
	base := strings.TrimSuffix(strings.TrimSuffix(pbx.AudioURL, "/"), "/audio")
	parts := strings.Split(rel, "/")
	return base + "/audio/" + strings.Join(parts[1:], "-")
}

// inside returns the slash-separated path of one of our files below Dir.
func (l *Library) inside(media string) (string, bool) {
	rel, err := filepath.Rel(l.dir, media)
	if err != nil || !filepath.IsAbs(media) || !filepath.IsLocal(rel) {
		return "", false
	}
	rel = filepath.ToSlash(rel)
	return rel, strings.Count(rel, "/") > 0
}

// Prefetch speaks what the calls of the active configurations say whoever they go to (system prompts, menus,
// confirmations), in every language of the facility, so that the first call does not wait for it. It returns how many
// segments are ready. What cannot be said is left for Script to report.
func (l *Library) Prefetch(ctx context.Context, snap *outreach.Snapshot) (int, error) {
	ready := 0
	if l.speaker == nil {
		return ready, nil
	}
	for _, cfg := range snap.Document.Configurations {
		for _, step := range cfg.Steps {
			if !cfg.Active || step.Channel != outreach.IVR {
				continue
			}
			for _, lang := range snap.Document.Facility.Languages {
				n, err := l.prefetch(ctx, snap, cfg, step, lang)
				ready += n
				if err != nil {
					return ready, fmt.Errorf("prefetch %s in %s: %w", cfg.Name, lang, err)
				}
			}
		}
	}
	return ready, nil
}

func (l *Library) prefetch(ctx context.Context, snap *outreach.Snapshot, cfg outreach.Configuration, step outreach.Step, lang string) (int, error) {
	c := outreach.Case{Configuration: cfg, Event: outreach.Event{Component: cfg.Component, Type: cfg.Event}}
	d := l.newDraft(snap, &c, step, lang)
	d.quiet = true
	p, err := d.parts(settings(snap, c, step))
	if err != nil {
		l.log.Info("call not prefetched", "configuration", cfg.Name, "language", lang, "error", err)
	}
	lines := slices.DeleteFunc(p.all(), func(n *line) bool { return !n.shared })
	err = l.fill(ctx, lines, "")
	if errors.Is(err, ErrPromptMissing) {
		l.log.Info("call not prefetched", "configuration", cfg.Name, "language", lang, "error", err)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return len(lines), nil
}
