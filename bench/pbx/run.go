package pbxbench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"curlew/bench/rig"
	"curlew/bench/sheet"
	"curlew/clock"
	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
	"curlew/store"
)

// Options of Run. Program is needed.
type Options struct {
	Program  []string // how to run curlew
	Env      []string
	Calls    int           // default 1000
	KeyDelay time.Duration // patients think so long before each of their three keys; default 20 s
}

// behaviours: one asks for a repetition, the other presses a key that means nothing; both confirm then. With
// the key of the human test that makes three keys a call.
var behaviours = []int{9, 10}

// Run holds o.Calls calls and returns what it took.
// A row's ratio is over 1 where the target is beaten.
func Run(ctx context.Context, o Options) (rows []sheet.Row, err error) {
	if o.Calls == 0 {
		o.Calls = 1000
	}
	if o.KeyDelay == 0 {
		o.KeyDelay = 20 * time.Second
	}
	dir, err := os.MkdirTemp("", "curlew-bench-pbx-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(ctx, 4*o.KeyDelay+3*time.Minute)
	defer cancel()
	p, err := startPBX(ctx, o, filepath.Join(dir, "calls.log"))
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if err := p.listen(ctx); err != nil {
		return nil, err
	}
	doc := rig.Document(o.Calls)
	wait := outreach.Exactly(o.KeyDelay + 10*time.Second)
	doc.Call.KeyWait = &wait
	r, err := rig.New(ctx, rig.Options{Program: o.Program, Env: o.Env, Dir: dir, Document: doc, Greeting: 2 * time.Second, Switch: p.addr})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.Nodes[0].Start(ctx); err != nil {
		return nil, err
	}
	if err := r.Nodes[0].Ready(ctx); err != nil {
		return nil, err
	}
	m := measurement{o: o, pbx: p, rig: r}
	if err := m.run(ctx); err != nil {
		return nil, err
	}
	return m.rows(), nil
}

// measurement is one run. Marks are taken before the first event, when all calls are answered, when the first
// of them ends, and at the end.
type measurement struct {
	o   Options
	pbx *pbx
	rig *rig.Rig

	began, full, first, over mark
	held                     int // answered calls at once
	heard                    int // keys in Curlew's log
	confirmed                int // transactions with their answer
}

// mark is a moment and what the two processes had used by then.
type mark struct {
	at          time.Time
	curlew, pbx rig.Usage
}

func (m *measurement) mark() (k mark, err error) {
	k.at = time.Now()
	if k.curlew, err = m.rig.Nodes[0].Usage(); err != nil {
		return k, err
	}
	k.pbx, err = rig.ProcessUsage(m.pbx.cmd.Process.Pid)
	return k, err
}

func (m *measurement) run(ctx context.Context) (err error) {
	if m.began, err = m.mark(); err != nil {
		return err
	}
	ids, err := m.fire(ctx)
	if err != nil {
		return err
	}
	err = m.until(ctx, &m.full, func(answered, ended int) bool { return answered >= m.o.Calls || ended > 0 })
	if err != nil {
		return fmt.Errorf("all answered: %w", err)
	}
	if err := m.until(ctx, &m.first, func(_, ended int) bool { return ended > 0 }); err != nil {
		return fmt.Errorf("the first end: %w", err)
	}
	if err := m.until(ctx, &m.over, func(_, ended int) bool { return ended >= m.o.Calls }); err != nil {
		return fmt.Errorf("the last end: %w", err)
	}
	return m.read(ctx, ids)
}

// until polls the PBX's account and takes the mark once ok.
func (m *measurement) until(ctx context.Context, k *mark, ok func(answered, ended int) bool) error {
	for {
		records, err := m.pbx.records()
		if err != nil {
			return err
		}
		answered, ended := 0, 0
		up, most := 0, 0
		for _, r := range records {
			up, answered, ended = count(r, up, answered, ended)
			most = max(most, up)
		}
		m.held = most
		if ok(answered, ended) {
			*k, err = m.mark()
			return err
		}
		if err := clock.Wait(ctx, clock.System{}, 250*time.Millisecond); err != nil {
			return fmt.Errorf("%d answered, %d ended: %w", answered, ended, err)
		}
	}
}

func count(r simfs.Record, up, answered, ended int) (int, int, int) {
	switch r.Kind {
	case "answer":
		return up + 1, answered + 1, ended
	case "end", "lost":
		if r.Answered {
			up--
		}
		return up, answered, ended + 1
	}
	return up, answered, ended
}

// fire posts the events, eight at a time.
func (m *measurement) fire(ctx context.Context) ([]outreach.TransactionID, error) {
	numbers := rig.Numbers(m.o.Calls, behavioursFor(m.o.Calls))
	var (
		mu   sync.Mutex
		ids  []outreach.TransactionID
		errs []error
		next int
		wg   sync.WaitGroup
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next <= len(numbers) && len(errs) == 0
	}
	for range 8 {
		wg.Go(func() {
			client := m.rig.Nodes[0].Client(nil)
			for i, ok := take(); ok; i, ok = take() {
				answer, err := client.Post(ctx, rig.Event(fmt.Sprintf("pbx-%d", i), numbers[i]))
				if err == nil && answer.Status != http.StatusAccepted {
					err = fmt.Errorf("status %d: %s", answer.Status, answer.Body)
				}
				mu.Lock()
				if err != nil {
					errs = append(errs, fmt.Errorf("event %d: %w", i, err))
				}
				for _, id := range answer.Transactions {
					ids = append(ids, outreach.TransactionID(id))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return ids, errors.Join(errs...)
}

// behavioursFor spreads n calls over enough endings of numbers: there are some 300 of each.
func behavioursFor(n int) []int {
	out := append([]int(nil), behaviours...)
	for b := 24; len(out) < n/200; b++ { // 24 to 99 press 1 at once: two keys
		out = append(out, b)
	}
	return out
}

// read waits until the answers are stored and counts what Curlew heard.
func (m *measurement) read(ctx context.Context, ids []outreach.TransactionID) error {
	if err := clock.Wait(ctx, clock.System{}, 2*time.Second); err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{URL: m.rig.DB, Node: "benchmark"})
	if err != nil {
		return err
	}
	defer s.Close()
	for _, id := range ids {
		c, err := s.Case(ctx, id)
		if err != nil {
			return err
		}
		if c.Response != nil && c.Response.Action == outreach.Confirm {
			m.confirmed++
		}
	}
	for filter := (outreach.LogFilter{Kind: "key", Limit: 500}); ; {
		page, err := s.Logs(ctx, filter)
		if err != nil {
			return err
		}
		m.heard += len(page.Items)
		if filter.Cursor = page.Next; page.Next == "" {
			return nil
		}
	}
}

const target = "target"

func (m *measurement) rows() []sheet.Row {
	cores := func(of func(mark) rig.Usage, from, to mark) float64 {
		return (of(to).CPU - of(from).CPU).Seconds() / max(to.at.Sub(from.at).Seconds(), 1e-3)
	}
	ours := func(k mark) rig.Usage { return k.curlew }
	theirs := func(k mark) rig.Usage { return k.pbx }
	lost := float64(m.pbx.pressed.Load()) - float64(m.heard)
	n := float64(m.o.Calls)
	most := func(name string, figure float64, unit string, limit float64) sheet.Row {
		r := sheet.Row{Name: name, Figure: figure, Unit: unit, Peer: target + ": at most", PeerFigure: limit, Ratio: 1}
		if figure > 0 {
			r.Ratio = limit / figure
		}
		return r
	}
	least := func(name string, figure float64, unit string, limit float64) sheet.Row {
		return sheet.Row{Name: name, Figure: figure, Unit: unit, Peer: target, PeerFigure: limit, Ratio: figure / limit}
	}
	what := fmt.Sprintf("%d calls on a simulated PBX: ", m.o.Calls)
	return []sheet.Row{
		least(what+"answered at once", float64(m.held), "calls", n),
		least(what+"answers stored", float64(m.confirmed), "calls", n),
		most(what+fmt.Sprintf("keys lost of %d", m.pbx.pressed.Load()), lost, "keys", 0),
		most(what+fmt.Sprintf("Curlew's CPU while all are up (%.0f s)", m.first.at.Sub(m.full.at).Seconds()), cores(ours, m.full, m.first), "cores", 1),
		most(what+fmt.Sprintf("Curlew's CPU from the first event to the last end (%.0f s)", m.over.at.Sub(m.began.at).Seconds()), cores(ours, m.began, m.over), "cores", 1),
		most(what+"Curlew's memory at most", float64(m.over.curlew.Top)/1e6, "MB", 200),
		{Name: what + "the PBX's own CPU, for comparison", Figure: cores(theirs, m.began, m.over), Unit: "cores", Peer: "Curlew's", PeerFigure: cores(ours, m.began, m.over),
			Ratio: cores(theirs, m.began, m.over) / max(cores(ours, m.began, m.over), 1e-9)},
	}
}
