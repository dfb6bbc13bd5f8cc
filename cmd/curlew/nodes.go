package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"curlew/clock"
	"curlew/outreach"
	"curlew/scheduler"
	"curlew/store"
)

// newMember is this process among those that share the database.
func (a *app) newMember() *scheduler.Member {
	self := outreach.Beat{Name: a.node, Incarnation: store.NewID(time.Now()), Version: version, StartedAt: time.Now(), ESLAdvertise: a.advertise}
	if a.file != nil {
		sum := sha256.Sum256(a.file)
		self.File = hex.EncodeToString(sum[:])
	}
	return scheduler.NewMember(scheduler.MemberOptions{Self: self, Roster: a.store, Clock: clock.System{}, Log: a.log,
		Under:    func(t outreach.Term) scheduler.Leading { return a.store.Under(t) },
		Revision: func() int64 { return a.keeper.Current().Revision },
		InFlight: a.sched.InFlight, Changed: a.sched.Wake, Every: beatEvery(a.db)})
}

// beatEvery: a file has one node, so that its beats serve only to be shown, and each is a write to the disk.
func beatEvery(db string) time.Duration {
	if store.Shared(db) {
		return time.Second
	}
	return 5 * time.Second
}

// leave takes a stopped node off the list, so that the others need not wait for its silence.
func (a *app) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := a.member.Leave(ctx); err != nil {
		a.log.Warn("the node stays on the list until it is forgotten", "err", err)
	}
	return nil
}

// nodes lists them in real time.
type nodes struct{ *storeHandle }

func (n nodes) Nodes(ctx context.Context) (outreach.NodeList, error) {
	return n.storeHandle.Nodes(ctx, time.Now())
}

// retire inactivates a configuration on behalf of the scheduler, if its date is over by the newest settings, too,
// and this node still leads when they are read: what is saved then is what was read.
func (a *app) retire(ctx context.Context, name string) error {
	_, err := a.keeper.Edit(ctx, "scheduler", -1, func(doc *outreach.Document) error {
		if err := a.member.Leads(ctx); err != nil {
			return err
		}
		for i := range doc.Configurations {
			if c := &doc.Configurations[i]; c.Name == name && c.Occurrence.Over(a.clock.Now().In(a.keeper.Current().Location)) {
				c.Active = false
			}
		}
		return nil
	})
	return err
}

// tellPaused pauses everything if that is asked for, and says at the start that everything is paused: a copy is
// silent until somebody has looked at it, and should say so.
func (a *app) tellPaused(ctx context.Context) error {
	if a.paused {
		if err := a.store.Pause(ctx, outreach.PauseScope{Kind: "all", By: "serve --paused", At: a.clock.Now()}); err != nil {
			return err
		}
	}
	all, err := a.store.Pauses(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Kind == "all" {
			a.log.Warn("everything is paused: nobody is called or written to until POST /api/v1/resume", "by", p.By, "since", p.At)
		}
	}
	return nil
}
