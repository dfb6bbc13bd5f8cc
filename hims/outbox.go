package hims

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// ResultStore is the outbox. ClaimResults hands out due rows and keeps them from other nodes for a while;
// a row that is neither delivered nor failed comes again.
type ResultStore interface {
	ClaimResults(ctx context.Context, now time.Time, limit int) ([]outreach.OutboxRow, error)
	ResultDelivered(ctx context.Context, id string, at time.Time) error
	ResultFailed(ctx context.Context, id string, next time.Time, dead bool, detail string) error
	ReplayResult(ctx context.Context, id string) error
}

// OutboxOptions are the parts of an Outbox. Store, Clock and Destinations are needed.
type OutboxOptions struct {
	Store ResultStore
	Clock clock.Clock
	Log   *slog.Logger
	// Destinations returns the configured receivers with their secrets resolved, as they are now.
	Destinations func() []outreach.WebhookOut
	// Disabled is told of a receiver that answered 410: it wants no more. May be nil.
	Disabled func(ctx context.Context, destination string)
	Poll     time.Duration // how often due rows are looked for without a Wake, default 5 s
	Batch    int           // rows claimed at once, default 24: they are through within a claim
	Workers  int           // posts under way, default 8
	Timeout  time.Duration // of one post, default 15 s
	Jitter   func() float64
}

// Outbox takes results to their receivers until each was delivered or its retries are used up.
// Results of one transaction go to a receiver one after the other; when one fails, the later ones that
// are known by then wait with it.
type Outbox struct {
	o      OutboxOptions
	poster *poster
	wake   chan struct{}

	mu   sync.Mutex
	gone map[string]string // destination → address that answered 410
	held map[group]hold    // an earlier result waits for its retry
	mute map[string]silence
}

type group struct {
	destination string
	transaction outreach.TransactionID
}

type hold struct {
	id    string
	at    time.Time // of the result that failed
	until time.Time
}

// silence counts the posts in a row that a receiver did not answer.
type silence struct {
	posts int
	until time.Time
}

// NewOutbox returns an Outbox that has not begun.
func NewOutbox(o OutboxOptions) *Outbox {
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	if o.Batch == 0 {
		o.Batch = 24
	}
	if o.Workers == 0 {
		o.Workers = 8
	}
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Jitter == nil {
		o.Jitter = randomShare
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Outbox{o: o, poster: newPoster(o.Timeout), wake: make(chan struct{}, 1), gone: map[string]string{}, held: map[group]hold{}, mute: map[string]silence{}}
}

// Wake makes Run look for due rows now.
func (b *Outbox) Wake() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Replay sends a result again, also one that was delivered or given up, and lets its receiver have
// another chance if it had answered 410.
func (b *Outbox) Replay(ctx context.Context, id, destination string) error {
	if err := b.o.Store.ReplayResult(ctx, id); err != nil {
		return fmt.Errorf("replay result %s: %w", id, err)
	}
	b.mu.Lock()
	delete(b.gone, destination)
	b.mu.Unlock()
	b.Wake()
	return nil
}

// Run delivers due results until ctx ends, and returns nil then. Errors of the store are logged and
// tried again at the next poll.
func (b *Outbox) Run(ctx context.Context) error {
	defer b.poster.close()
	for {
		n, err := b.Deliver(ctx)
		if err != nil && ctx.Err() == nil {
			b.o.Log.LogAttrs(ctx, slog.LevelError, "outbox", slog.Any("err", err))
		}
		if n == b.o.Batch && err == nil {
			continue
		}
		fired, stop := b.o.Clock.After(b.o.Poll)
		select {
		case <-fired:
		case <-b.wake:
		case <-ctx.Done():
		}
		stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// Close ends idle connections; Run does so itself.
func (b *Outbox) Close() { b.poster.close() }

// Deliver claims one batch of due rows and tries each once. It returns how many it claimed.
func (b *Outbox) Deliver(ctx context.Context) (int, error) {
	rows, err := b.o.Store.ClaimResults(ctx, b.o.Clock.Now(), b.o.Batch)
	if err != nil {
		return 0, fmt.Errorf("claim results: %w", err)
	}
	groups, order := map[group][]outreach.OutboxRow{}, []group{}
	for _, r := range rows {
		g := group{r.Destination, r.Transaction}
		if _, ok := groups[g]; !ok {
			order = append(order, g)
		}
		groups[g] = append(groups[g], r)
	}
	var workers sync.WaitGroup
	slots := make(chan struct{}, b.o.Workers)
	for _, g := range order {
		slots <- struct{}{}
		workers.Go(func() {
			defer func() { <-slots }()
			b.inOrder(ctx, g, groups[g])
		})
	}
	workers.Wait()
	return len(rows), ctx.Err()
}
