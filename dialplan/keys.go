package dialplan

import (
	"slices"
	"strings"
	"time"

	"curlew/outreach"
)

// choice is one key of the menu and what it asks for.
type choice struct {
	outreach.KeyAction
	key   string // Key, or the digit of a rating without one
	value string // the rating
}

// choices lays out the menu by key. A rating without a key of its own takes the digits 1…ratingMax
// that no other action has.
func choices(menu []outreach.KeyAction, ratingMax int) []choice {
	var all []choice
	for _, a := range menu {
		if a.Key != "" {
			all = append(all, choice{KeyAction: a, key: a.Key})
		}
	}
	for _, a := range menu {
		if a.Key != "" || a.Action != outreach.Rating {
			continue
		}
		for n := 1; n <= min(ratingMax, 9); n++ {
			digit := itoa(n)
			if !slices.ContainsFunc(all, func(c choice) bool { return c.key == digit }) {
				all = append(all, choice{KeyAction: a, key: digit, value: digit})
			}
		}
	}
	return all
}

// keys are the digits pressed and not yet used.
type keys struct {
	waiting string
	all     string // since the last reset, for the result
	newest  byte
	at      time.Time
}

// press takes one digit; false means it bounced: the same digit again within debounce.
func (k *keys) press(digit byte, at time.Time, debounce time.Duration) bool {
	if strings.IndexByte("0123456789*#ABCD", digit) < 0 {
		return false
	}
	bounced := digit == k.newest && !k.at.IsZero() && !at.Before(k.at) && at.Sub(k.at) < debounce
	k.newest, k.at = digit, at
	if bounced {
		return false
	}
	k.waiting += string(rune(digit))
	k.all += string(rune(digit))
	return true
}

func (k *keys) last() string { return string(rune(k.newest)) }

// discard drops what waits.
func (k *keys) discard() { k.waiting = "" }

// reset forgets every digit so far: the human test's keys are no answer.
func (k *keys) reset() { k.waiting, k.all = "", "" }

type found int

const (
	nothing found = iota
	part          // the start of a key, or one that could still go on
	whole
	wrong
)

type taken struct {
	found  found
	choice choice
	digits string // what was used up, also of a wrong key
}

// take uses up the first key that waits. A key that is also the start of a longer one is whole only
// when final, when "#" ends it, or when the next digit does not go on with the longer one.
func (k *keys) take(menu []choice, final bool) taken {
	for n := 1; n <= len(k.waiting); n++ {
		digits := k.waiting[:n]
		exact := slices.IndexFunc(menu, func(c choice) bool { return c.key == digits })
		longer := slices.ContainsFunc(menu, func(c choice) bool { return len(c.key) > n && strings.HasPrefix(c.key, digits) })
		goesOn := n < len(k.waiting) && slices.ContainsFunc(menu, func(c choice) bool {
			return strings.HasPrefix(c.key, k.waiting[:n+1])
		})
		ended := n < len(k.waiting) && k.waiting[n] == '#' && !goesOn
		switch {
		case longer && goesOn:
			continue
		case exact >= 0 && (!longer || final || n < len(k.waiting)):
			k.waiting = k.waiting[n:]
			if ended && longer {
				k.waiting = k.waiting[1:]
			}
			return taken{whole, menu[exact], digits}
		case longer && n == len(k.waiting) && !final:
			return taken{found: part}
		default:
			if longer && n < len(k.waiting) { // "1" of 10 followed by something else
				n++
			}
			digits, k.waiting = k.waiting[:n], k.waiting[n:]
			return taken{found: wrong, digits: digits}
		}
	}
	return taken{found: nothing}
}
