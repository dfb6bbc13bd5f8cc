package store

import (
	"sync"

	"curlew/outreach"
)

// trouble is why the database takes no writes. It begins with a write that fails for a reason that somebody can do
// something about, and ends with one that does not.
type trouble struct {
	mu  sync.Mutex
	why string
}

// note looks at how a write ended and returns its error.
func (t *trouble) note(tell func(string, error), err error, wrote bool) error {
	ails, advice := diagnose(err)
	if ails == "" && !(wrote && err == nil) { // nothing was learnt
		return err
	}
	why := ""
	if ails != "" {
		why = ails + "; " + advice
	}
	t.mu.Lock()
	was := t.why
	t.why = why
	t.mu.Unlock()
	if why != was {
		tell(why, err)
	}
	if ails == "" {
		return err
	}
	return unavailable{err}
}

// named is err, which is outreach.ErrUnavailable, too, where what ails the database is known.
func named(err error) error {
	if ails, _ := diagnose(err); ails != "" {
		return unavailable{err}
	}
	return err
}

// Trouble is why the database took no write when it was last asked to, and what to do about it, without a name or an
// address; "" where it did.
func (s *Store) Trouble() string {
	s.trouble.mu.Lock()
	defer s.trouble.mu.Unlock()
	return s.trouble.why
}

// unavailable is an error that may be over in a while.
type unavailable struct{ error }

func (u unavailable) Unwrap() error        { return u.error }
func (u unavailable) Is(target error) bool { return target == outreach.ErrUnavailable }
