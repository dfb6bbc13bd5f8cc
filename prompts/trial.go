package prompts

import (
	"context"
	"errors"
	"fmt"

	"curlew/outreach"
)

// Try speaks p as a call of step would in that language, before it is saved: a menu with a line for each action, all else
// once, about the first of them. What was spoken is forgotten. A prompt that cannot be said is a *MissingError.
func (l *Library) Try(ctx context.Context, snap *outreach.Snapshot, c outreach.Case, step outreach.Step, p outreach.Prompt, language string) (wav []byte, err error) {
	d := l.newDraft(snap, &c, step, language)
	d.trial = &p
	var lines []line
	if category, _ := snap.Category(p.Category); category.Role == outreach.RoleMenu {
		lines, err = d.menu(p.Category)
	} else {
		lines, err = d.say(p.Category, language, actionValues(step.Actions[0], d.best, language))
	}
	if err == nil && len(d.leftOut) > 0 {
		err = &d.leftOut[0]
	}
	if err != nil {
		return nil, fmt.Errorf("try prompt: %w", err)
	}
	defer func() { err = errors.Join(err, l.Forget(c.Transaction.ID)) }()
	var samples []int16
	for i := range lines {
		n := &lines[i]
		n.shared = false // nothing of a trial is kept
		if err := l.media(ctx, n, c.Transaction.ID); err != nil {
			return nil, fmt.Errorf("try prompt: %w", err)
		}
		sound, err := l.samples(n.segment)
		if err != nil {
			return nil, fmt.Errorf("try prompt %s: %w", p.Category, err)
		}
		samples = append(samples, sound...)
	}
	return pcm{rate: phoneRate, samples: samples}.wav(), nil
}
