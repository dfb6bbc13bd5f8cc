package hims

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// EventStore keeps events and what they lead to, in one database transaction each.
type EventStore interface {
	AcceptEvent(ctx context.Context, in outreach.Acceptance, plan func(outreach.SubjectHistory) (outreach.EventPlan, error)) (outreach.AcceptedEvent, error)
	KeptEvents(ctx context.Context, component, cursor string, limit int) ([]outreach.KeptEvent, error)
	Backfill(ctx context.Context, source, id string, at time.Time, plan func(outreach.SubjectHistory) (outreach.EventPlan, error)) (outreach.AcceptedEvent, error)
}

// IntakeOptions are the parts of an Intake; all are needed.
type IntakeOptions struct {
	Store     EventStore
	Catalogue interface{ Current() *outreach.Snapshot }
	Clock     clock.Clock
	Secrets   func() ([]string, error) // resolved signing secrets of /webhooks/hims
	HangUp    func(ctx context.Context, ids []outreach.AttemptID)
	Texts     func(outreach.Case, outreach.Step) map[string][]string // of a dry run
}

// Intake takes events in: decode, normalise, plan, store. It returns only when an event is durable.
type Intake struct{ o IntakeOptions }

// NewIntake returns an Intake.
func NewIntake(o IntakeOptions) *Intake { return &Intake{o} }

// ErrUnsigned means that a webhook's signature does not hold.
var ErrUnsigned = errors.New("the webhook is not signed with a configured secret, or its timestamp is more than five minutes off")

// Accept takes one event in Curlew's own JSON. Errors: outreach.Problems, outreach.ErrConflict.
func (in *Intake) Accept(ctx context.Context, source string, body []byte) (outreach.EventReceipt, error) {
	d, problems := Decode(body)
	if len(problems) > 0 {
		return outreach.EventReceipt{}, problems
	}
	return in.accept(ctx, source, d)
}

// AcceptWebhook takes own JSON, CloudEvents or a FHIR Bundle. Without a source somebody vouched for,
// the signature must hold. Every event is checked before the first is stored.
func (in *Intake) AcceptWebhook(ctx context.Context, source string, header http.Header, body []byte) ([]outreach.EventReceipt, error) {
	snap := in.o.Catalogue.Current()
	if source == "" {
		secrets, err := in.o.Secrets()
		if err != nil {
			return nil, fmt.Errorf("webhook secrets: %w", err)
		}
		if err := Verify(secrets, header, body, in.o.Clock.Now()); err != nil {
			return nil, ErrUnsigned
		}
		if source = snap.Document.Webhooks.In.Source; source == "" {
			source = "hims"
		}
	}
	decoded, problems := DecodeWebhook(header, body)
	if len(problems) > 0 {
		return nil, problems
	}
	now := in.o.Clock.Now()
	for i := range decoded {
		if problems := Normalize(snap, &decoded[i].Event, now); len(problems) > 0 {
			return nil, problems
		}
	}
	receipts := make([]outreach.EventReceipt, 0, len(decoded))
	for _, d := range decoded {
		r, err := in.accept(ctx, source, d)
		if err != nil {
			return receipts, err
		}
		receipts = append(receipts, r)
	}
	return receipts, nil
}

func (in *Intake) accept(ctx context.Context, source string, d Decoded) (outreach.EventReceipt, error) {
	snap, now := in.o.Catalogue.Current(), in.o.Clock.Now()
	ev := d.Event
	if problems := Normalize(snap, &ev, now); len(problems) > 0 {
		return outreach.EventReceipt{}, problems
	}
	if ev.Source == "" {
		ev.Source = source
	}
	if ev.OccurredAt.IsZero() {
		ev.OccurredAt = now
	}
	got, err := in.o.Store.AcceptEvent(ctx, outreach.Acceptance{Event: ev, Hash: d.Hash, At: now},
		func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
			return outreach.PlanEvent(snap, ev, h, now)
		})
	if err != nil {
		return outreach.EventReceipt{}, fmt.Errorf("accept event: %w", err)
	}
	if len(got.Hangup) > 0 {
		in.o.HangUp(ctx, got.Hangup)
	}
	return outreach.EventReceipt{EventID: got.EventID, Transactions: got.Transactions, Duplicate: got.Duplicate, Stale: got.Stale}, nil
}

// DryRun takes what Accept takes; nothing is stored or sent.
func (in *Intake) DryRun(_ context.Context, source string, body []byte) (outreach.DryRunReport, error) {
	d, problems := Decode(body)
	if len(problems) > 0 {
		return outreach.DryRunReport{}, problems
	}
	snap, now := in.o.Catalogue.Current(), in.o.Clock.Now()
	ev := d.Event
	if problems := Normalize(snap, &ev, now); len(problems) > 0 {
		return outreach.DryRunReport{}, problems
	}
	if ev.Source == "" {
		ev.Source = source
	}
	entries, err := outreach.Timeline(snap, ev, now, in.o.Texts)
	if err != nil {
		return outreach.DryRunReport{}, fmt.Errorf("dry run: %w", err)
	}
	return outreach.DryRunReport{Event: ev, At: now, Timeline: entries}, nil
}

// Backfill counts the kept events that wait for cfg, and plans them unless preview.
func (in *Intake) Backfill(ctx context.Context, cfg outreach.Configuration, preview bool) (outreach.BackfillCount, error) {
	snap, now := in.o.Catalogue.Current(), in.o.Clock.Now()
	var count outreach.BackfillCount
	for cursor := ""; ; {
		kept, err := in.o.Store.KeptEvents(ctx, cfg.Component, cursor, 200)
		if err != nil {
			return count, fmt.Errorf("kept events: %w", err)
		}
		for _, k := range kept {
			cursor = k.Cursor
			if k.Event.Type != cfg.Event {
				continue
			}
			n, err := in.backfill(ctx, snap, cfg, k.Event, now, preview)
			if err != nil {
				return count, err
			}
			count.Events++
			count.Transactions += n
		}
		if len(kept) == 0 {
			return count, nil
		}
	}
}

func (in *Intake) backfill(ctx context.Context, snap *outreach.Snapshot, cfg outreach.Configuration, ev outreach.Event, now time.Time, preview bool) (int, error) {
	if preview {
		cfg.Active = true
		one, err := outreach.PlanFor(snap, cfg, ev, outreach.SubjectHistory{}, now)
		return len(one.Open), err
	}
	got, err := in.o.Store.Backfill(ctx, ev.Source, ev.ID, now, func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
		return outreach.PlanFor(snap, cfg, ev, h, now)
	})
	if err != nil {
		return 0, fmt.Errorf("backfill event: %w", err)
	}
	return len(got.Transactions), nil
}
