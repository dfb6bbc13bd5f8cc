package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// Store keeps documents; package store is it. A loaded document is shared and never changed.
type Store interface {
	LoadDocument(ctx context.Context) (outreach.Document, int64, error)
	// SaveDocument returns the new revision, or outreach.ErrRevision unless expect is the newest (-1: any).
	SaveDocument(ctx context.Context, doc outreach.Document, expect int64, actor string, at time.Time) (int64, error)
	Revision(ctx context.Context) (int64, error)
}

// Keeper holds the settings in force and is the only way to change them: read the newest document, change a copy,
// check the whole, save it under the revision that was read, put it into force, tell the subscribers.
type Keeper struct {
	store Store
	clock clock.Clock
	log   *slog.Logger

	live    atomic.Pointer[outreach.Snapshot]
	offered atomic.Pointer[string] // hash of the config file that this process has looked at last

	mu          sync.Mutex // one change at a time on this node; other nodes are held off by the revision
	watchers    map[int]func(*outreach.Snapshot)
	nextWatcher int
}

// ManagedByFile marks the configurations that the config file owns.
const ManagedByFile = "file"

// changeTries is how often a change is made anew when another node was faster.
const changeTries = 5

// NewKeeper loads the settings in force. The error is outreach.Problems where the stored document does not compile.
// A store without any document yields nothing in force: Current is nil until the first Apply.
func NewKeeper(ctx context.Context, store Store, c clock.Clock, log *slog.Logger) (*Keeper, error) {
	k := &Keeper{store: store, clock: c, log: log, watchers: map[int]func(*outreach.Snapshot){}}
	if err := k.Refresh(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

// Current returns the settings in force, nil before the first document.
func (k *Keeper) Current() *outreach.Snapshot { return k.live.Load() }

// Subscribe calls fn after every change, this node's and others', one at a time, with the settings in force.
// fn must not change settings.
func (k *Keeper) Subscribe(fn func(*outreach.Snapshot)) (cancel func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := k.nextWatcher
	k.nextWatcher++
	k.watchers[id] = fn
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.watchers, id)
	}
}

// Refresh takes over what another node has saved. It costs one look at the revision where nothing has.
func (k *Keeper) Refresh(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.refresh(ctx)
}

func (k *Keeper) refresh(ctx context.Context) error {
	if now := k.Current(); now != nil {
		revision, err := k.store.Revision(ctx)
		if err != nil {
			return fmt.Errorf("settings revision: %w", err)
		}
		if revision == now.Revision {
			return nil
		}
	}
	doc, revision, err := k.store.LoadDocument(ctx)
	if err != nil {
		return fmt.Errorf("load settings: %w", err)
	}
	if revision == 0 {
		return nil
	}
	snap, problems := outreach.CompileAfter(&doc, doc, revision)
	if len(problems) > 0 {
		return fmt.Errorf("settings of revision %d: %w", revision, problems)
	}
	k.enforce(snap)
	return nil
}

// enforce is called with the lock held.
func (k *Keeper) enforce(snap *outreach.Snapshot) {
	k.live.Store(snap)
	for _, id := range sorted(k.watchers) {
		k.watchers[id](snap)
	}
}

// Edit lets change work on a copy of the newest document and puts the result into force. expect is the revision that
// the caller has read, or negative for any: then change may be called again after a race. Errors: change's own,
// outreach.ErrRevision, outreach.Problems with pointers into the document; nothing was changed then.
func (k *Keeper) Edit(ctx context.Context, actor string, expect int64, change func(*outreach.Document) error) (*outreach.Snapshot, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for try := 1; ; try++ {
		snap, err := k.edit(ctx, actor, expect, change)
		if err == nil || !errors.Is(err, outreach.ErrRevision) || expect >= 0 || try == changeTries {
			return snap, err
		}
	}
}

func (k *Keeper) edit(ctx context.Context, actor string, expect int64, change func(*outreach.Document) error) (*outreach.Snapshot, error) {
	before, revision, err := k.store.LoadDocument(ctx)
	if err != nil {
		return nil, fmt.Errorf("load settings: %w", err)
	}
	if expect >= 0 && expect != revision {
		return nil, fmt.Errorf("change settings of revision %d: %w", expect, outreach.ErrRevision)
	}
	next, err := copied(before)
	if err != nil {
		return nil, err
	}
	if err := change(&next); err != nil {
		return nil, err
	}
	if _, problems := outreach.CompileAfter(&before, next, revision); len(problems) > 0 {
		return nil, problems
	}
	saved, err := k.store.SaveDocument(ctx, next, revision, actor, k.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("save settings: %w", err)
	}
	snap, problems := outreach.CompileAfter(&before, next, saved)
	if len(problems) > 0 {
		return nil, problems
	}
	k.enforce(snap)
	k.log.InfoContext(ctx, "settings changed", "revision", saved, "actor", actor)
	return snap, nil
}

// copied returns a document that shares nothing with doc.
func copied(doc outreach.Document) (outreach.Document, error) {
	var out outreach.Document
	b, err := json.Marshal(doc)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return out, fmt.Errorf("copy settings: %w", err)
	}
	out.Applied = doc.Applied
	return out, nil
}

// Export writes the settings in force as a config file.
func (k *Keeper) Export(context.Context) ([]byte, error) {
	now := k.Current()
	if now == nil {
		return nil, fmt.Errorf("export settings: %w", outreach.ErrNotFound)
	}
	return Export(now.Document)
}

func sorted[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
