package patient

import "sync"

// Lives are the reactions under way of one server.
type Lives struct {
	mu    sync.Mutex
	ended bool
	wg    sync.WaitGroup
}

// Go starts f, or returns false once End was called.
func (l *Lives) Go(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.wg.Go(f)
	return true
}

// End lets nothing more start and waits for what was started.
func (l *Lives) End() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.wg.Wait()
}
