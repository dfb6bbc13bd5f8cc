package store

import (
	"testing"
	"testing/synctest"
	"time"
)

// groups runs n groups whose callers come every gap, or heel after the last commit where that is not zero, and returns how
// many operations they had and how long they took.
func (p *patience) groups(n int, gap, heel time.Duration) (operations int, took time.Duration) {
	ops, stop, ended := make(chan *operation), make(chan struct{}), make(chan struct{})
	committed := make(chan struct{}, 1)
	go func() {
		defer close(ended)
		for {
			if heel > 0 {
				<-committed
				time.Sleep(heel)
			} else {
				time.Sleep(gap)
			}
			select {
			case ops <- &operation{}:
			case <-stop:
				return
			}
		}
	}()
	defer func() {
		close(stop)
		<-ended
	}()
	committed <- struct{}{}
	began := time.Now()
	for range n {
		op := <-ops
		p.open()
		for has := 1; op != nil; has++ {
			operations++
			op = p.await(ops, has)
		}
		p.close()
		if heel > 0 {
			committed <- struct{}{}
		}
	}
	return operations, time.Since(began)
}

// Calls under way write one after the other: they share commits.
func TestOperationsThatComeOneByOneShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patience
		n, took := p.groups(100, 2*time.Millisecond, 0)
		if n < 300 {
			t.Errorf("%d operations in 100 groups", n)
		}
		if most := 100 * (patienceFor + 2*time.Millisecond); took > most {
			t.Errorf("100 groups took %v, over %v", took, most)
		}
	})
}

// A client that waits for each answer before it posts the next event would wait for nothing else, time and again.
func TestOneClientThatPostsEventAfterEventIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patience
		n, took := p.groups(650, 0, 500*time.Microsecond)
		if want := 650*500*time.Microsecond + 11*patienceFor; n != 650 || took > want {
			t.Errorf("%d operations took %v, want 650 within %v", n, took, want)
		}
	})
}
