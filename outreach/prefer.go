package outreach

import "slices"

// InOrder returns cfg with its steps in the order of channels that a patient prefers: those of the first
// preferred channel, then of the next, then the rest, each in the order of the configuration. Channels that no
// step has mean nothing. Each step keeps the actions that it has in the configuration's own order, inherited
// ones included. It is a function of the pinned configuration and the transaction's event alone, so that a
// step's index means the same as long as the transaction lives. cfg itself is not changed.
func InOrder(cfg Configuration, channels []Channel) Configuration {
	if len(channels) == 0 || len(cfg.Steps) < 2 {
		return cfg
	}
	rank := func(ch Channel) int {
		if i := slices.Index(channels, ch); i >= 0 {
			return i
		}
		return len(channels)
	}
	byRank := func(a, b Step) int { return rank(a.Channel) - rank(b.Channel) }
	if slices.IsSortedFunc(cfg.Steps, byRank) {
		return cfg
	}
	steps := make([]Step, len(cfg.Steps))
	for i, s := range cfg.Steps {
		s.Actions, s.OwnActions = ActionsOf(cfg, i), true
		steps[i] = s
	}
	slices.SortStableFunc(steps, byRank)
	cfg.Steps = steps
	return cfg
}

// nextPhone returns the patient's number after the one in use, "" where there is none.
func nextPhone(r Recipient, inUse string) string {
	if i := slices.Index(r.Phones, inUse); i >= 0 && i+1 < len(r.Phones) {
		return r.Phones[i+1]
	}
	return ""
}
