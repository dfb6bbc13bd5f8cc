package store

import "time"

const (
	patienceFor    = 8 * time.Millisecond // for which a group is held open, at most
	patienceEnough = 8                    // operations are a group that waits for no more
	patienceHeels  = time.Millisecond     // after a commit its own callers come back
	patienceRest   = 64                   // groups that close at once after waiting has brought too little; doubles,
	patienceLong   = 4096                 // to so many
	patienceCredit = 8                    // the most that good waits make up for bad ones
)

// patience holds a group open for a moment where operations come one by one, each of which would otherwise have a
// commit of its own: some hundred calls under way write as often a second, and a commit costs more processor time
// than what it carries. Waiting must pay for itself: it stops for a while where it brings less than one operation for
// two waits. What comes on the heels of a commit does not count, for those are the last group's callers, who
// would be held up themselves: one client that posts event after event is not slowed down. What comes after a rest does not wait.
type patience struct {
	timer   *time.Timer
	ended   time.Time // when the last group was committed
	lonely  bool      // the open group began long after the last one
	waiting bool      // the open group has begun to wait
	brought int       // by that
	credit  int
	resting int // groups
	rest    int // groups, the last time
}

// open begins a group.
func (p *patience) open() {
	gap := time.Since(p.ended)
	p.lonely = gap > 2*patienceFor
}

// await returns the operation that comes before the group's time is over, nil if none does. n are those it has.
func (p *patience) await(ops <-chan *operation, n int) *operation {
	if n >= patienceEnough || p.resting > 0 || p.lonely {
		return nil
	}
	if !p.waiting {
		p.waiting = true
		p.start()
	}
	select {
	case op := <-ops:
		if time.Since(p.ended) > patienceHeels {
			p.brought++
		}
		return op
	case <-p.timer.C:
		return nil
	}
}

func (p *patience) start() {
	if p.timer == nil {
		p.timer = time.NewTimer(patienceFor)
		return
	}
	p.timer.Reset(patienceFor)
}

// close ends the group's wait and settles whether the next one waits, too.
func (p *patience) close() {
	p.ended = time.Now()
	if !p.waiting {
		p.resting = max(p.resting-1, 0)
		return
	}
	p.timer.Stop()
	p.credit = min(p.credit+2*p.brought-1, patienceCredit)
	if p.waiting, p.brought = false, 0; p.credit < 0 {
		p.rest = min(max(2*p.rest, patienceRest), patienceLong)
		p.credit, p.resting = 0, p.rest
	} else if p.credit == patienceCredit {
		p.rest = 0
	}
}
