package store

import "sync"

// recent keeps the values that were used last: two generations of at most half entries each, so that
// it needs no list. What it holds never changes.
type recent[K comparable, V any] struct {
	mu         sync.Mutex
	young, old map[K]V
}

const recentHalf = 8192

func (r *recent[K, V]) load(k K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.young[k]
	if !ok {
		if v, ok = r.old[k]; ok {
			r.put(k, v)
		}
	}
	return v, ok
}

func (r *recent[K, V]) store(k K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(k, v)
}

func (r *recent[K, V]) put(k K, v V) {
	if r.young == nil || len(r.young) >= recentHalf {
		r.old, r.young = r.young, make(map[K]V)
	}
	r.young[k] = v
}

func (r *recent[K, V]) forget(k K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.young, k)
	delete(r.old, k)
}
