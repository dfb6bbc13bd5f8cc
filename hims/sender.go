package hims

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"curlew/outreach"
)

// retrySchedule is the wait after each failed try. Source: Standard Webhooks, "Deliverability and reliability".
var retrySchedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// longestRetryAfter bounds what a receiver may ask for.
const longestRetryAfter = 24 * time.Hour

// jitterShare spreads retries, so that results that failed together do not come back together.
const jitterShare = 0.2

func randomShare() float64 { return rand.Float64() }

// inOrder delivers one transaction's results to one receiver, oldest first; after a failure the rest
// waits with it.
func (b *Outbox) inOrder(ctx context.Context, g group, rows []outreach.OutboxRow) {
	slices.SortStableFunc(rows, func(x, y outreach.OutboxRow) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.ID, y.ID))
	})
	for _, r := range rows {
		if ctx.Err() != nil {
			return // the claim runs out and the row comes again
		}
		if h, waits := b.holdOf(g, r); waits {
			b.record(ctx, r, outcome{detail: "waits for an earlier result", next: h.until})
			continue
		}
		out := b.try(ctx, r)
		if ctx.Err() != nil && !out.delivered {
			return
		}
		b.record(ctx, r, out)
		b.hold(g, r, out)
	}
}

func (b *Outbox) holdOf(g group, r outreach.OutboxRow) (hold, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.held[g]
	if !ok || h.id == r.ID || !r.At.After(h.at) || !h.until.After(b.o.Clock.Now()) {
		return hold{}, false
	}
	return h, true
}

func (b *Outbox) hold(g group, r outreach.OutboxRow, out outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if out.delivered || out.dead {
		if b.held[g].id == r.ID {
			delete(b.held, g)
		}
		return
	}
	b.held[g] = hold{id: r.ID, at: r.At, until: out.next}
}

// outcome is what one try came to.
type outcome struct {
	delivered bool
	dead      bool
	gone      bool // 410
	next      time.Time
	detail    string // a word or a status; never what the receiver wrote
}

// try posts one row and decides what comes next.
func (b *Outbox) try(ctx context.Context, r outreach.OutboxRow) outcome {
	d, why := b.destination(r)
	if why != "" {
		return outcome{dead: true, detail: why}
	}
	now := b.o.Clock.Now()
	if b.isSilent(d.Name, now) {
		return b.again(r, 0, "the receiver has just not answered")
	}
	answer, err := b.poster.post(ctx, d, r, now)
	b.heard(d.Name, err == nil)
	switch {
	case err != nil:
		return b.again(r, 0, err.Error())
	case answer.status >= 200 && answer.status < 300:
		return outcome{delivered: true}
	case answer.status == statusGone:
		b.disable(ctx, d)
		return outcome{dead: true, gone: true, detail: "http 410"}
	}
	return b.again(r, answer.retryAfter, answer.word())
}

// A receiver that left silentPosts posts in a row without an answer is not asked for silentFor, so that
// its rows, each a time-out, do not keep the other receivers waiting.
const (
	silentPosts = 3
	silentFor   = 30 * time.Second
)

func (b *Outbox) isSilent(destination string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mute[destination].until.After(now)
}

func (b *Outbox) heard(destination string, answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answered {
		delete(b.mute, destination)
		return
	}
	s := b.mute[destination]
	if s.posts++; s.posts >= silentPosts {
		s.until = b.o.Clock.Now().Add(silentFor)
	}
	b.mute[destination] = s
}

// destination finds the row's receiver, or says why it gets nothing.
func (b *Outbox) destination(r outreach.OutboxRow) (outreach.WebhookOut, string) {
	all := b.o.Destinations()
	i := slices.IndexFunc(all, func(d outreach.WebhookOut) bool { return d.Name == r.Destination })
	if i < 0 {
		return outreach.WebhookOut{}, "destination removed"
	}
	d := all[i]
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !d.Active:
		return d, "destination inactive"
	case b.gone[d.Name] == d.URL:
		return d, "destination answered 410"
	case len(d.Events) > 0 && !slices.Contains(d.Events, r.Type):
		return d, "not subscribed"
	}
	return d, ""
}

func (b *Outbox) disable(ctx context.Context, d outreach.WebhookOut) {
	b.mu.Lock()
	b.gone[d.Name] = d.URL
	b.mu.Unlock()
	b.o.Log.LogAttrs(ctx, slog.LevelError, "webhook receiver answered 410 and gets no more results", slog.String("destination", d.Name))
	if b.o.Disabled != nil {
		b.o.Disabled(ctx, d.Name)
	}
}

// again schedules the next try, not before the receiver asked for it; after the last one the row is dead.
func (b *Outbox) again(r outreach.OutboxRow, retryAfter time.Duration, detail string) outcome {
	if r.Tries >= len(retrySchedule) {
		return outcome{dead: true, detail: detail}
	}
	wait := retrySchedule[r.Tries]
	wait += time.Duration(float64(wait) * jitterShare * b.o.Jitter())
	wait = max(wait, min(retryAfter, longestRetryAfter))
	return outcome{next: b.o.Clock.Now().Add(wait), detail: detail}
}

// record writes the outcome; where that fails the claim runs out and the receiver sees the same id again.
func (b *Outbox) record(ctx context.Context, r outreach.OutboxRow, out outcome) {
	var err error
	level := slog.LevelInfo
	switch {
	case out.delivered:
		err = b.o.Store.ResultDelivered(ctx, r.ID, b.o.Clock.Now())
	default:
		err = b.o.Store.ResultFailed(ctx, r.ID, out.next, out.dead, out.detail)
		level = slog.LevelWarn
		if out.dead {
			level = slog.LevelError
		}
	}
	attrs := []slog.Attr{slog.String("result", r.ID), slog.String("destination", r.Destination), slog.String("transaction_id", string(r.Transaction)),
		slog.Int("tries", r.Tries+1), slog.Bool("delivered", out.delivered)}
	if out.detail != "" {
		attrs = append(attrs, slog.String("detail", out.detail))
	}
	if err != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.Any("err", err))
	}
	b.o.Log.LogAttrs(ctx, level, "result", attrs...)
}
