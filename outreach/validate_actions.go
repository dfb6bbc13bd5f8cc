package outreach

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	keyPattern      = regexp.MustCompile(`^[0-9*#]$`)
	transferPattern = regexp.MustCompile(`^[0-9+*#]{1,20}$`)
	bestPattern     = regexp.MustCompile(`^[2-9]$`)
)

func (s *stepCheck) actionList() {
	keys := map[string]int{}
	for i, a := range s.step.Actions {
		pointer := at(s.here, "actions", i)
		if !s.oneOf(at(pointer, "action"), "action", string(a.Action), actionNames) {
			continue
		}
		if s.known && !slices.Contains(s.event.Actions, a.Action) {
			s.bad(at(pointer, "action"), fmt.Sprintf("%s of %s does not support %s", s.event.Name, s.component.Name, a.Action),
				"it supports "+strings.Join(words(s.event.Actions...), ", "))
		}
		if s.step.Channel == IVR {
			s.key(pointer, i, a, keys)
		} else {
			s.messageAction(pointer, a)
		}
		s.target(pointer, a)
		s.labels(pointer, a)
		same := slices.IndexFunc(s.step.Actions, func(b KeyAction) bool { return a.Action == b.Action && a.Target == b.Target })
		if same < i {
			s.bad(at(pointer, "action"), fmt.Sprintf("%s is there twice", a.Action), "")
		}
	}
}

// key claims the keys of an action: one of its own, or 1 to the best of a rating.
func (s *stepCheck) key(pointer string, i int, a KeyAction, keys map[string]int) {
	claimed := []string{a.Key}
	switch {
	case a.Action == Rating && a.Key == "":
		claimed = nil
		for n := range RatingMax([]KeyAction{a}) {
			claimed = append(claimed, fmt.Sprint(n+1))
		}
	case a.Key == "":
		s.bad(at(pointer, "key"), fmt.Sprintf("%s has no key", a.Action), "one of 0 to 9, * or #")
		return
	case !keyPattern.MatchString(a.Key):
		s.bad(at(pointer, "key"), fmt.Sprintf("%q is no key", clip(a.Key, 10)), "one of 0 to 9, * or #")
		return
	}
	for _, k := range claimed {
		if first, taken := keys[k]; taken {
			s.bad(at(pointer, "key"), fmt.Sprintf("key %s is shared by two actions", k), fmt.Sprintf("%s has it already", at(s.here, "actions", first)))
			return
		}
		keys[k] = i
	}
}

func (s *stepCheck) messageAction(pointer string, a KeyAction) {
	if a.Key != "" {
		s.bad(at(pointer, "key"), fmt.Sprintf("%s has no keys", s.step.Channel), "take it out: a message has buttons or a link")
	}
	if a.Action.PhoneOnly() {
		s.bad(at(pointer, "action"), fmt.Sprintf("%s exists only on calls", a.Action), "take it out")
	}
}

func (s *stepCheck) target(pointer string, a KeyAction) {
	here := at(pointer, "target")
	switch {
	case a.Action == Transfer && !transferPattern.MatchString(a.Target):
		s.bad(here, "a transfer needs the extension or number it goes to", "digits, +, * and #")
	case a.Action == Transfer && strings.HasPrefix(a.Target, "+") && !s.dials(a.Target):
		s.bad(here, "no active gateway may dial it", "add its prefix to allowed_prefixes of a gateway")
	case a.Action == Language:
		s.oneOf(here, "language of the hospital", a.Target, s.doc.Facility.Languages)
	case a.Action == Rating && a.Target != "" && !bestPattern.MatchString(a.Target):
		s.bad(here, "is no best rating", "2 to 9")
	case a.Target != "" && a.Action != Transfer && a.Action != Language && a.Action != Rating:
		s.bad(here, fmt.Sprintf("%s has no target", a.Action), "it belongs to transfer, language and rating")
	}
	if a.Hours != nil && a.Action != Transfer {
		s.bad(at(pointer, "hours"), fmt.Sprintf("%s has no hours", a.Action), "they belong to transfer")
	}
	s.window(at(pointer, "hours"), a.Hours)
}

// dials reports whether a gateway that may be used dials the number.
func (s *stepCheck) dials(number string) bool {
	return slices.ContainsFunc(s.doc.PBXs, func(p PBX) bool {
		return p.Active && slices.ContainsFunc(p.Gateways, func(g Gateway) bool { return g.Active && g.Allows(number) })
	})
}

func (s *stepCheck) labels(pointer string, a KeyAction) {
	for field, words := range map[string]map[string]string{"label": a.Label, "phrase": a.Spoken} {
		for _, lang := range slices.Sorted(maps.Keys(words)) {
			s.language(at(pointer, field, lang), lang)
			s.text(at(pointer, field, lang), words[lang], 80)
			if strings.Contains(words[lang], "{{") {
				s.bad(at(pointer, field, lang), "a "+field+" has no variables", "")
			}
		}
	}
	if len(a.Spoken) > 0 && (a.Key == "" || s.step.Channel != IVR) {
		s.bad(at(pointer, "phrase"), "nobody says it", "it belongs to keys of calls; label is what a page calls the action")
	}
}

func (s *stepCheck) retry() {
	if s.step.Retry == nil {
		return
	}
	base := at(s.here, "retry")
	s.retryRule(base, *s.step.Retry)
	s.fits(base, "")
	for _, d := range slices.Sorted(maps.Keys(s.step.Retry.ByDisposition)) {
		here := at(base, "by_disposition", string(d))
		if !s.oneOf(here, "disposition", string(d), s.dispositions()) {
			continue
		}
		if len(s.step.Retry.ByDisposition[d].ByDisposition) > 0 {
			s.bad(at(here, "by_disposition"), "cannot be nested", "")
		}
		s.retryRule(here, s.step.Retry.ByDisposition[d])
		s.fits(here, d)
	}
}

func (s *stepCheck) dispositions() []string {
	if s.step.Channel == IVR {
		return words(Answered, Machine, Busy, NoAnswer, Rejected, Unreachable, InvalidNumber, TrunkFault, BackPressure)
	}
	return words(Undelivered, Refused, Throttled, InvalidNumber, Accepted, Delivered)
}

func (s *stepCheck) retryRule(base string, r Retry) {
	s.between(at(base, "max_attempts"), float64(r.MaxAttempts), 0, 10, "1 to 10, the first included")
	if r.Interval != nil && len(r.Intervals) > 0 {
		s.bad(at(base, "intervals"), "interval and intervals exclude each other", "take one out")
	}
	s.lasts(at(base, "interval"), r.Interval, time.Second, 366*24*time.Hour)
	for i := range r.Intervals {
		s.lasts(at(base, "intervals", i), &r.Intervals[i], time.Second, 366*24*time.Hour)
	}
}

// fits refuses tries that the deadline would cut off for certain. Only what is written down is held
// against the hospital: the default waits stop at the deadline by themselves.
func (s *stepCheck) fits(base string, d Disposition) {
	r := s.step.Retry
	if d != "" {
		by := r.ByDisposition[d]
		r = &by
	}
	if r.Interval == nil && len(r.Intervals) == 0 {
		return
	}
	tries, total := s.step.MaxTries(d), time.Duration(0)
	for n := 1; n < tries; n++ {
		wait := s.step.RetryAfter(d, n)
		total += wait.Approx()
	}
	if deadline := s.available(); deadline > 0 && total >= deadline {
		s.bad(base, fmt.Sprintf("%d tries take %s, but the transaction is over %s after it is due: the last one can never be made", tries, Exactly(total), Exactly(deadline)),
			"fewer tries, shorter intervals, or a longer grace")
	}
}

func (s *stepCheck) advance(last bool) {
	a := s.step.Advance
	if a == nil {
		return
	}
	base := at(s.here, "advance")
	if a.On != nil && len(a.On) == 0 {
		s.bad(at(base, "on"), "is empty", `leave it out for ["failed", "no_response"]`)
	}
	for i, on := range a.On {
		s.oneOf(at(base, "on", i), "reason to move on", on, []string{"failed", "no_response"})
		if slices.Index(a.On, on) < i {
			s.bad(at(base, "on", i), on+" is there twice", "")
		}
	}
	if a.After != nil && a.After.Approx() < time.Second {
		s.bad(at(base, "after"), "leaves no time to answer", "such as PT1H")
	}
	if last || len(a.On) != 1 || a.On[0] != "no_response" {
		return
	}
	switch {
	case len(s.actions) == 0:
		s.bad(at(base, "on"), "the next step cannot be reached: without actions there is no response to wait for", `add "failed", or give the step actions`)
	case a.After != nil && a.After.Approx() >= s.available():
		s.bad(at(base, "after"), "the next step cannot be reached: the transaction is over by then", "wait less, or set a longer grace")
	}
}
