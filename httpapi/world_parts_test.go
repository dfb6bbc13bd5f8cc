package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"curlew/httpapi"
	"curlew/outreach"
)

// settings keeps the document under a revision, as package config does.
type settings struct{ *world }

func (s settings) Current() *outreach.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snap
}

func (s settings) Edit(_ context.Context, _ string, expect int64, change func(*outreach.Document) error) (*outreach.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if expect >= 0 && expect != s.snap.Revision {
		return nil, outreach.ErrRevision
	}
	text, err := json.Marshal(s.snap.Document)
	if err != nil {
		return nil, err
	}
	var doc outreach.Document
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if err := change(&doc); err != nil {
		return nil, err
	}
	snap, problems := outreach.CompileAfter(&s.snap.Document, doc, s.snap.Revision+1)
	if len(problems) > 0 {
		return nil, problems
	}
	for _, p := range doc.Prompts {
		if !slices.ContainsFunc(s.snap.Document.Prompts, func(was outreach.Prompt) bool { return reflect.DeepEqual(was, p) }) {
			s.changed[p.Category] = snap.Revision
		}
	}
	s.snap = snap
	return snap, nil
}

func (s settings) Export(context.Context) ([]byte, error) { return json.Marshal(s.Current().Document) }

func (s settings) Apply(_ context.Context, _ string, expect int64, file []byte, preview bool) (outreach.ApplyPlan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var doc outreach.Document
	if expect >= 0 && expect != s.snap.Revision {
		return outreach.ApplyPlan{}, outreach.ErrRevision
	}
	if json.Unmarshal(file, &doc) != nil {
		return outreach.ApplyPlan{}, outreach.Problems{{Pointer: "", Line: 1, Detail: "not JSON"}}
	}
	return outreach.ApplyPlan{Revision: s.snap.Revision, Applied: !preview}, nil
}

func (w *world) Accept(_ context.Context, source string, body []byte) (outreach.EventReceipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.boom {
		panic("patient +12025550101")
	}
	if w.failWith != nil {
		return outreach.EventReceipt{}, w.failWith
	}
	var ev outreach.Event
	if json.Unmarshal(body, &ev) != nil || ev.ID == "" {
		return outreach.EventReceipt{}, outreach.Problems{{Pointer: "/id", Detail: "missing"}}
	}
	key := source + "/" + ev.ID
	switch old, ok := w.bodies[key]; {
	case ok && old == string(body):
		return outreach.EventReceipt{EventID: ev.ID, Duplicate: true}, nil
	case ok:
		return outreach.EventReceipt{}, outreach.ErrConflict
	}
	w.bodies[key] = string(body)
	return outreach.EventReceipt{EventID: ev.ID, Transactions: []outreach.TransactionID{"t-" + outreach.TransactionID(ev.ID)}}, nil
}

func (w *world) AcceptWebhook(ctx context.Context, source string, header http.Header, body []byte) ([]outreach.EventReceipt, error) {
	if source == "" {
		if header.Get("Webhook-Signature") != "good" {
			return nil, httpapi.ErrUnsigned
		}
		source = "hims"
	}
	r, err := w.Accept(ctx, source, body)
	return []outreach.EventReceipt{r}, err
}

func (w *world) DryRun(context.Context, string, []byte) (outreach.DryRunReport, error) {
	return outreach.DryRunReport{At: noon}, w.failWith
}

func (w *world) Backfill(_ context.Context, _ outreach.Configuration, preview bool) (outreach.BackfillCount, error) {
	return outreach.BackfillCount{Events: 3, Transactions: 2}, nil
}

func (w *world) Activities(_ context.Context, f outreach.ActivityFilter) (outreach.ActivityPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.Cursor != "" && !strings.HasPrefix(f.Cursor, "c") {
		return outreach.ActivityPage{}, httpapi.ErrCursor
	}
	var page outreach.ActivityPage
	skip := len(strings.TrimPrefix(f.Cursor, "c"))
	for _, c := range w.cases {
		t := c.Transaction
		if f.State != "" && t.State != f.State || f.Configuration != "" && t.Configuration != f.Configuration || f.Reason != "" && t.Reason != f.Reason {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if f.Limit > 0 && len(page.Items) == f.Limit {
			page.Next = "c" + strings.TrimPrefix(f.Cursor, "c") + strings.Repeat("i", f.Limit)
			break
		}
		page.Items = append(page.Items, c)
	}
	return page, nil
}

func (w *world) Case(_ context.Context, id outreach.TransactionID) (outreach.Case, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.cases {
		if c.Transaction.ID == id {
			return c, nil
		}
	}
	return outreach.Case{}, outreach.ErrNotFound
}

func (w *world) Logs(context.Context, outreach.LogFilter) (outreach.LogPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return outreach.LogPage{Items: slices.Clone(w.logs)}, nil
}

func (w *world) Stats(context.Context, time.Time, time.Time) (outreach.Stats, error) {
	return outreach.Stats{Total: len(w.cases), States: map[outreach.State]int{outreach.Queued: 1}}, nil
}

// Report counts one completed transaction, of the configuration that was asked for, in every span.
func (w *world) Report(_ context.Context, _, _ time.Time, configuration string) (outreach.ReportCounts, error) {
	return outreach.ReportCounts{Transactions: []outreach.ReportTransactions{{Configuration: configuration, Channel: outreach.IVR, State: outreach.Completed, Count: 1}}}, nil
}

func (w *world) Line(context.Context) (func(string) outreach.Line, error) {
	return func(pbx string) outreach.Line {
		if pbx != "main" {
			return outreach.Line{}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.line
	}, nil
}

func (w *world) Status(pbx string) outreach.PBXStatus {
	return outreach.PBXStatus{Name: pbx, LinkUp: true, Version: "1.10.12"}
}

func (w *world) Paused(outreach.Channel, string) bool { return false }

func (w *world) Cancel(_ context.Context, id outreach.TransactionID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.cases {
		t := &w.cases[i].Transaction
		if t.ID != id {
			continue
		}
		ch, err := outreach.OnCancel(w.snap, w.cases[i], noon)
		if err != nil {
			return err
		}
		*t = *ch.Transaction
		return nil
	}
	return outreach.ErrNotFound
}

func (w *world) RetryNow(context.Context, outreach.TransactionID) error { return outreach.ErrNotFound }

func (w *world) KeyByHash(_ context.Context, hash string) (outreach.APIKey, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range w.keys {
		if k.Hash == hash {
			return k, nil
		}
	}
	return outreach.APIKey{}, outreach.ErrNotFound
}

func (w *world) CreateKey(_ context.Context, name, hash string, scopes ...string) (outreach.APIKey, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := outreach.APIKey{ID: "k-" + name, Name: name, Hash: hash, Scopes: scopes, CreatedAt: noon}
	w.keys = append(w.keys, k)
	return k, nil
}

func (w *world) Keys(context.Context) ([]outreach.APIKey, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.keys), nil
}

func (w *world) RevokeKey(_ context.Context, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.keys {
		if w.keys[i].ID == id || w.keys[i].Name == id {
			w.keys[i].RevokedAt = noon
			return nil
		}
	}
	return outreach.ErrNotFound
}

func (w *world) Audit(_ context.Context, e outreach.AuditEntry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.audit = append(w.audit, e)
	return nil
}

func (w *world) AuditLog(context.Context, string, int) (outreach.AuditPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return outreach.AuditPage{Items: slices.Clone(w.audit)}, nil
}

func (w *world) OptOuts(context.Context, string, int) (outreach.OptOutPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return outreach.OptOutPage{Items: slices.Clone(w.optOuts)}, nil
}

func (w *world) AddOptOut(_ context.Context, o outreach.OptOutRow) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.optOuts = append(w.optOuts, o)
	return nil
}

func (w *world) DeleteOptOut(_ context.Context, o outreach.OptOutRow) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.optOuts, func(x outreach.OptOutRow) bool { return x.Address == o.Address && x.Channel == o.Channel })
	if i < 0 {
		return outreach.ErrNotFound
	}
	w.optOuts = slices.Delete(w.optOuts, i, i+1)
	return nil
}

func (w *world) Pauses(context.Context) ([]outreach.PauseScope, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.pauses), nil
}

func (w *world) Pause(_ context.Context, p outreach.PauseScope) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pauses = append(w.pauses, p)
	return nil
}

func (w *world) Resume(_ context.Context, p outreach.PauseScope) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.pauses)
	w.pauses = slices.DeleteFunc(w.pauses, func(x outreach.PauseScope) bool { return x.Kind == p.Kind && x.Name == p.Name })
	if len(w.pauses) == n {
		return outreach.ErrNotFound
	}
	return nil
}

func (w *world) Results(context.Context, outreach.ResultFilter) (outreach.ResultPage, error) {
	return outreach.ResultPage{Items: []outreach.OutboxRow{{ID: "r1", Type: "transaction.ended", Payload: []byte(`{"secret":1}`)}}}, nil
}

func (w *world) ReplayResult(context.Context, string) error { return outreach.ErrNotFound }

func (w *world) Store(_ context.Context, wav []byte) (outreach.AudioReport, error) {
	if !bytes.HasPrefix(wav, []byte("RIFF")) {
		return outreach.AudioReport{}, outreach.Problems{{Detail: "the file is no WAV file", Hint: "save it as WAV, PCM 16-bit, mono, 8000 Hz"}}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	sha := httpapi.HashKey(string(wav))
	w.audio[sha] = wav
	return outreach.AudioReport{SHA256: sha, SampleRate: 8000, Channels: 1, Bits: 16}, nil
}

func (w *world) Answer(id outreach.AttemptID) (io.ReadSeekCloser, error) {
	return w.Open("answer " + string(id))
}

func (w *world) RecordedAt(_ context.Context, id outreach.AttemptID) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.audio["node of "+string(id)]), nil
}

func (w *world) KeepAnswer(_ context.Context, id outreach.AttemptID, wav []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.audio["answer "+string(id)]; known {
		return outreach.ErrConflict
	}
	if id != "att-live" {
		return outreach.ErrNotFound
	}
	w.audio["answer "+string(id)] = wav
	return nil
}

func (w *world) Recording(_ context.Context, reference string) (io.ReadSeekCloser, error) {
	sha, _ := strings.CutPrefix(reference, "sha256:")
	return w.Open(sha)
}

func (w *world) Open(sha string) (io.ReadSeekCloser, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wav, ok := w.audio[sha]
	if !ok {
		return nil, outreach.ErrNotFound
	}
	return closer{bytes.NewReader(wav)}, nil
}

type closer struct{ *bytes.Reader }

func (closer) Close() error { return nil }

// answers applies the real rules to the world's links.
type answers struct{ *world }

func (a answers) Link(_ context.Context, token string) (outreach.LinkView, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v, ok := a.links[token]
	if !ok {
		return v, outreach.ErrNotFound
	}
	return v, nil
}

func (a answers) Opened(context.Context, outreach.LinkView) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opened++
}

func (a answers) Answer(_ context.Context, v outreach.LinkView, action outreach.Action, value string) (outreach.AnswerReceipt, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := outreach.Response{Attempt: v.Link.Attempt, Action: action, Channel: outreach.SMS, Via: "link", Value: value}
	for token, known := range a.links {
		if known.Link.Hash != v.Link.Hash {
			continue
		}
		ch, accepted := outreach.OnResponse(a.snap, known.Case, r, a.clock.Now())
		if ch.Transaction != nil {
			known.Case.Transaction = *ch.Transaction
		}
		if ch.Response != nil {
			r = *ch.Response
			a.answers = append(a.answers, r)
			if accepted {
				known.Case.Response = ch.Response
			}
		}
		a.links[token] = known
		return outreach.AnswerReceipt{Accepted: accepted, Response: r}, nil
	}
	return outreach.AnswerReceipt{}, errors.New("the link is gone")
}

func (a answers) Inbound(_ context.Context, form url.Values) (string, error) {
	a.form = form
	return a.world.reply, nil
}

func (a answers) Delivery(_ context.Context, query, form url.Values) error {
	a.world.query, a.world.form = query, form
	return nil
}

func (w *world) Drafts(context.Context) ([]outreach.Draft, error) { return nil, nil }

func (w *world) Draft(context.Context, string) (outreach.Draft, error) {
	return outreach.Draft{}, outreach.ErrNotFound
}

func (w *world) SaveDraft(_ context.Context, d outreach.Draft) (outreach.Draft, error) { return d, nil }

func (w *world) DeleteDraft(context.Context, string) error { return outreach.ErrNotFound }

// Versions is also asked while settings are edited: changed is theirs, under their lock.
func (w *world) Versions(_ context.Context, _, name string) ([]outreach.Version, error) {
	return []outreach.Version{{Version: 1, Revision: w.changed[name], At: noon, Actor: "file", Body: []byte("{}")}}, nil
}

func (w *world) Pending(context.Context) ([]outreach.PendingVersion, error) { return nil, nil }

func (w *world) OpenOf(context.Context, string, int64, outreach.TransactionID, int) ([]outreach.TransactionID, error) {
	return nil, nil
}
