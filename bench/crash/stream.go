package crashbench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"
	simhims "curlew/sim/hims"
)

// stream is the HIMS: it fires events and repeats each until it is answered, keeps a bounded number of
// transactions open, and repeats some events that were answered already.
type stream struct {
	rig     *rig.Rig
	numbers []string
	tokens  chan struct{} // one for each transaction that may be open
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	mu    sync.Mutex
	next  int
	ids   []outreach.TransactionID
	wrong []string
	ended map[outreach.TransactionID]bool // as the HIMS was told
	read  int                             // results looked at
}

const (
	posters  = 6
	pool     = 26 * 250 // numbers, each behaviour as often
	repeated = 20       // every so many events are sent a second time
)

func newStream(r *rig.Rig, open int) *stream {
	s := &stream{rig: r, numbers: rig.Numbers(pool, behaviours), tokens: make(chan struct{}, open), ended: map[outreach.TransactionID]bool{}}
	for range open {
		s.tokens <- struct{}{}
	}
	return s
}

func (s *stream) start(ctx context.Context) {
	// An event that was begun is posted to its end: only taking the next one is stopped.
	taking, cancel := context.WithCancel(ctx)
	s.cancel = cancel
	for range posters {
		s.wg.Go(func() { s.post(taking, ctx) })
	}
	s.wg.Go(func() { s.refill(taking) })
}

// stop waits until every event that was begun has been answered. It may be called twice.
func (s *stream) stop() {
	s.cancel()
	s.wg.Wait()
}

func (s *stream) post(taking, ctx context.Context) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	clients := make([]*simhims.Client, len(s.rig.Nodes))
	for i, n := range s.rig.Nodes {
		clients[i] = n.Client(transport)
	}
	for {
		select {
		case <-taking.Done():
			return
		case <-s.tokens:
		}
		n := s.take()
		ev := rig.Event(fmt.Sprintf("crash-%d", n), s.numbers[n%len(s.numbers)])
		answer, err := s.until(ctx, clients, n, ev)
		if err != nil {
			return
		}
		s.keep(answer)
		if n%repeated != 0 {
			continue
		}
		again, err := s.until(ctx, clients, n+1, ev)
		if err != nil {
			return
		}
		if !slices.Equal(again.Transactions, answer.Transactions) {
			s.conflict(fmt.Sprintf("event %s was answered with other transactions when it came again", ev.ID))
		}
	}
}

func (s *stream) take() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return s.next
}

func (s *stream) keep(a simhims.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range a.Transactions {
		s.ids = append(s.ids, outreach.TransactionID(id))
	}
}

func (s *stream) conflict(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, text)
}

var errRefused = errors.New("the event was refused")

// until posts ev to one node after another until one has accepted it.
func (s *stream) until(ctx context.Context, clients []*simhims.Client, n int, ev outreach.Event) (simhims.Answer, error) {
	for ; ; n++ {
		answer, err := clients[n%len(clients)].Post(ctx, ev)
		switch {
		case err == nil && (answer.Status == http.StatusAccepted || answer.Status == http.StatusOK):
			return answer, nil
		case err == nil && answer.Status < http.StatusInternalServerError:
			s.conflict(fmt.Sprintf("event %s was refused with status %d: %s", ev.ID, answer.Status, answer.Body))
			return answer, errRefused
		}
		if err := clock.Wait(ctx, clock.System{}, 20*time.Millisecond); err != nil {
			return answer, err
		}
	}
}

// refill lets a new event in for every transaction of whose end the HIMS is told.
func (s *stream) refill(ctx context.Context) {
	for clock.Wait(ctx, clock.System{}, 100*time.Millisecond) == nil {
		for range s.look() {
			select {
			case s.tokens <- struct{}{}:
			default:
			}
		}
	}
}

// look reads the results that came since, and returns how many transactions ended by them.
func (s *stream) look() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, n := s.rig.HIMS.Results(), 0
	for _, r := range all[s.read:] {
		var body struct {
			Data struct {
				ID    outreach.TransactionID `json:"transaction_id"`
				State outreach.State         `json:"state"`
			} `json:"data"`
		}
		if json.Unmarshal(r.Body, &body) == nil && !body.Data.State.Open() && !s.ended[body.Data.ID] {
			s.ended[body.Data.ID] = true
			n++
		}
	}
	s.read = len(all)
	return n
}

func (s *stream) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

func (s *stream) accepted() []outreach.TransactionID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ids)
}

func (s *stream) conflicts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.wrong)
}

func (s *stream) told() map[outreach.TransactionID]bool {
	s.look()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// allTold reports whether the HIMS knows of every end.
func (s *stream) allTold(cases map[outreach.TransactionID]outreach.Case) bool {
	told := s.told()
	for id, c := range cases {
		if !c.Transaction.State.Open() && !told[id] {
			return false
		}
	}
	return true
}
