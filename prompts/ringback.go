package prompts

import (
	"context"
	"fmt"

	"curlew/outreach"
)

// RingBack is what a patient who rings back is asked in lang: HumanTest asks for the year of birth, Invalid
// says that it does not match, Goodbye comes before the call goes on elsewhere. Nothing in it is personal.
func (l *Library) RingBack(ctx context.Context, snap *outreach.Snapshot, lang string) (outreach.Script, error) {
	d := l.newDraft(snap, &outreach.Case{}, outreach.Step{}, lang)
	var p parts
	p.simple = map[string][]line{}
	for _, category := range []string{"callback_ask", "callback_wrong", "callback_transfer"} {
		lines, err := d.open(category)
		if err != nil {
			return outreach.Script{}, fmt.Errorf("script of a ring-back: %w", err)
		}
		p.simple[category] = lines
	}
	if err := l.fill(ctx, p.all(), ""); err != nil {
		return outreach.Script{}, fmt.Errorf("script of a ring-back: %w", err)
	}
	return outreach.Script{Language: lang, Flows: map[string]outreach.Flow{lang: {HumanTest: segments(p.simple["callback_ask"]),
		Invalid: segments(p.simple["callback_wrong"]), Goodbye: segments(p.simple["callback_transfer"])}}}, nil
}
