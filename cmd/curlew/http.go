package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"time"

	web "curlew/console"
	"curlew/hims"
	"curlew/httpapi"
	"curlew/outreach"
	"curlew/prompts"
	"curlew/scheduler"
	"curlew/store"
)

// wireHTTP gives every door what stands behind it.
func (a *app) wireHTTP() (err error) {
	built, ok := web.Built()
	if !ok {
		built = nil // a plain page says how to build it
	}
	var plays httpapi.Rehearsals
	if a.rehearsable {
		if a.rehearse, err = newRehearsals(a); err != nil {
			return err
		}
		plays = a.rehearse
	}
	a.server, err = httpapi.New(httpapi.Options{
		Console: built,
		Version: version, Log: a.log, Clock: a.clock, Settings: a.keeper, Events: events{a.intake}, Transactions: pages{a.store}, Dispatch: a.sched,
		Answers: &answers{store: a.store, sched: a.sched, router: a.router, clock: a.clock, log: a.log}, Keys: keyStore{a.store, a},
		Audit: pages{a.store}, OptOuts: pages{a.store}, Pauses: pauses{a.store, a.sched}, Results: results{pages{a.store}, a.outbox}, Nodes: nodes{a.store, a.machine()},
		Users:    a.store,
		Versions: a.store,
		Audio:    recordings{a},
		Previews: previews{a.library, a.clock},
		Voice:    voice{a.library, a.clock},
		Feed:     a.feed, TwilioSigned: a.twilioSigned, Ready: a.ready, PBXNetworks: a.pbxNetworks, Records: records{a}, TrustedProxies: a.proxies,
		Rehearsals: plays,
		Demo:       a.demo, DemoKey: a.demoKey,
	})
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	return nil
}

func (a *app) twilioSigned(uri string, body []byte, signature string) bool {
	tw, ok := a.router.Twilio()
	return ok && tw.Verify(uri, body, signature)
}

// ready fails while the node starts or stops, or its database does not answer or takes no writes.
func (a *app) ready(ctx context.Context) error {
	if !a.started.Load() {
		return httpapi.NotReadyError("it is starting or stopping")
	}
	if why := a.store.Trouble(); why != "" {
		return httpapi.NotReadyError("the database takes no writes: " + why)
	}
	_, err := a.store.Revision(ctx)
	return err
}

// pbxNetworks are the addresses of the PBXs: they may fetch audio.
func (a *app) pbxNetworks() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range a.keeper.Current().Document.PBXs {
		if ip, err := netip.ParseAddr(p.ESL.Host); err == nil {
			out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
		} else if ips, err := net.LookupIP(p.ESL.Host); err == nil {
			for _, ip := range ips {
				if addr, ok := netip.AddrFromSlice(ip); ok {
					out = append(out, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
				}
			}
		}
		for _, cidr := range p.AllowFrom {
			if prefix, err := netip.ParsePrefix(cidr); err == nil {
				out = append(out, prefix)
			}
		}
	}
	return out
}

// events speaks httpapi's errors.
type events struct{ *hims.Intake }

func (e events) AcceptWebhook(ctx context.Context, source string, header http.Header, body []byte) ([]outreach.EventReceipt, error) {
	out, err := e.Intake.AcceptWebhook(ctx, source, header, body)
	if errors.Is(err, hims.ErrUnsigned) {
		return nil, fmt.Errorf("%w: %w", httpapi.ErrUnsigned, err)
	}
	return out, err
}

// pages speaks httpapi's error for a foreign cursor.
type pages struct{ *storeHandle }

func foreign(err error) error {
	var cursor *store.CursorError
	if errors.As(err, &cursor) {
		return httpapi.ErrCursor
	}
	return err
}

func (p pages) Activities(ctx context.Context, f outreach.ActivityFilter) (outreach.ActivityPage, error) {
	out, err := p.storeHandle.Activities(ctx, f)
	return out, foreign(err)
}

func (p pages) Logs(ctx context.Context, f outreach.LogFilter) (outreach.LogPage, error) {
	out, err := p.storeHandle.Logs(ctx, f)
	return out, foreign(err)
}

func (p pages) AuditLog(ctx context.Context, cursor string, limit int) (outreach.AuditPage, error) {
	out, err := p.storeHandle.AuditLog(ctx, cursor, limit)
	return out, foreign(err)
}

func (p pages) OptOuts(ctx context.Context, cursor string, limit int) (outreach.OptOutPage, error) {
	out, err := p.storeHandle.OptOuts(ctx, cursor, limit)
	return out, foreign(err)
}

func (p pages) Results(ctx context.Context, f outreach.ResultFilter) (outreach.ResultPage, error) {
	out, err := p.storeHandle.Results(ctx, f)
	return out, foreign(err)
}

// keyStore gives the store the time.
type keyStore struct {
	*storeHandle
	app *app
}

func (k keyStore) CreateKey(ctx context.Context, name, hash string, scopes ...string) (outreach.APIKey, error) {
	return k.storeHandle.CreateKey(ctx, name, hash, k.app.clock.Now(), scopes...)
}

func (k keyStore) RevokeKey(ctx context.Context, idOrName string) error {
	return k.storeHandle.RevokeKey(ctx, idOrName, k.app.clock.Now())
}

// pauses makes a pause count on this node before the request is answered.
type pauses struct {
	*storeHandle
	sched *scheduler.Scheduler
}

func (p pauses) Pause(ctx context.Context, scope outreach.PauseScope) error {
	if err := p.storeHandle.Pause(ctx, scope); err != nil {
		return err
	}
	return p.now(ctx)
}

func (p pauses) Resume(ctx context.Context, scope outreach.PauseScope) error {
	if err := p.storeHandle.Resume(ctx, scope); err != nil {
		return err
	}
	return p.now(ctx)
}

func (p pauses) now(ctx context.Context) error {
	all, err := p.Pauses(ctx)
	if err != nil {
		return err
	}
	p.sched.SetPauses(all)
	p.sched.Wake()
	return nil
}

// results replays through the outbox, which gives a disabled receiver another chance.
type results struct {
	pages
	outbox *hims.Outbox
}

func (r results) ReplayResult(ctx context.Context, id string) error {
	row, err := r.find(ctx, id)
	if err != nil {
		return err
	}
	return r.outbox.Replay(ctx, id, row.Destination)
}

func (r results) find(ctx context.Context, id string) (outreach.OutboxRow, error) {
	for cursor := ""; ; {
		page, err := r.pages.Results(ctx, outreach.ResultFilter{Cursor: cursor, Limit: 500})
		if err != nil {
			return outreach.OutboxRow{}, err
		}
		for _, row := range page.Items {
			if row.ID == id {
				return row, nil
			}
		}
		if cursor = page.Next; cursor == "" {
			return outreach.OutboxRow{}, outreach.ErrNotFound
		}
	}
}

// recordings speaks httpapi's shapes.
type recordings struct{ *app }

// spokenLate is how long after its end a call's recording is still taken: the PBX sends it while it hangs up.
const spokenLate = 10 * time.Minute

func (r recordings) KeepAnswer(ctx context.Context, id outreach.AttemptID, wav []byte) error {
	a, err := r.store.AttemptByID(ctx, id)
	if err != nil {
		return err
	}
	if a.Channel != outreach.IVR || !a.EndedAt.IsZero() && time.Since(a.EndedAt) > spokenLate {
		return outreach.ErrNotFound
	}
	if err := r.library.KeepAnswer(id, wav); errors.Is(err, fs.ErrExist) {
		return outreach.ErrConflict
	} else if err != nil {
		return err
	}
	now := r.clock.Now()
	_, err = r.store.Decide(ctx, a.Transaction, now, func(outreach.Case) (outreach.Change, error) {
		return outreach.Change{Logs: []outreach.LogEntry{{Transaction: a.Transaction, Attempt: id, At: now, Kind: outreach.RecordingArrived,
			Data: map[string]any{"node": r.node}}}}, nil
	})
	return err
}

// RecordedAt names the node that has the recording of a call, where it is not this one.
func (r recordings) RecordedAt(ctx context.Context, id outreach.AttemptID) (string, error) {
	return r.recordedAt(ctx, id)
}

func (r recordings) Store(ctx context.Context, wav []byte) (outreach.AudioReport, error) {
	sha, report, err := r.library.Store(ctx, wav)
	out := outreach.AudioReport{SHA256: sha, DurationMS: report.Duration.Milliseconds(), SampleRate: report.SampleRate, Channels: report.Channels,
		Bits: report.Bits, Level: report.Level, Peak: report.Peak, SilentShare: report.Silent, LeadSilenceMS: report.LeadSilence.Milliseconds(),
		Converted: report.Converted, Advice: findings(report.Advice)}
	if errors.Is(err, prompts.ErrAudioRefused) {
		return out, outreach.Problems(findings(report.Problems))
	}
	return out, err
}

func findings(list []prompts.Finding) []outreach.Problem {
	var out []outreach.Problem
	for _, f := range list {
		out = append(out, outreach.Problem{Detail: f.Detail, Hint: f.Hint})
	}
	return out
}

func (r recordings) Answer(id outreach.AttemptID) (io.ReadSeekCloser, error) {
	f, err := r.library.Answer(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, outreach.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (r recordings) Recording(ctx context.Context, reference string) (io.ReadSeekCloser, error) {
	f, err := r.library.Recording(ctx, reference)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, outreach.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (r recordings) Open(sha256 string) (io.ReadSeekCloser, error) {
	f, err := r.library.Open(sha256)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, outreach.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}
