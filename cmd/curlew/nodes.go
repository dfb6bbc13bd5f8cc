package main

import (
	"context"
	"slices"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/outreach"
	"curlew/scheduler"
	"curlew/store"
)

// newMember is this process among those that share the database.
func (a *app) newMember() *scheduler.Member {
	self := outreach.Beat{Name: a.node, Incarnation: store.NewID(time.Now()), Version: version, StartedAt: a.machine().Now(), ESLAdvertise: a.advertise}
	return scheduler.NewMember(scheduler.MemberOptions{Self: self, Roster: a.store, Clock: a.machine(), Log: a.log,
		Under:    func(t outreach.Term) scheduler.Leading { return a.store.Under(t) },
		File:     a.keeper.Offered,
		Revision: func() int64 { return a.keeper.Current().Revision },
		InFlight: a.sched.InFlight, Changed: a.sched.Wake, Behind: func() { poke(a.newer) }, Every: beatEvery(a.db)})
}

// poke leaves word in a channel that holds one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
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
type nodes struct {
	*storeHandle
	machine clock.Clock
}

func (n nodes) Nodes(ctx context.Context) (outreach.NodeList, error) {
	return n.storeHandle.Nodes(ctx, n.machine.Now())
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

// applyAtStart brings the config file into force, unless it was the last to be applied: changes made by REST since
// then would be undone. Beside other nodes a file that was applied before and has been replaced stays replaced, too:
// whichever of them was started last would undo what the others were given.
func (a *app) applyAtStart(ctx context.Context) error {
	if a.file == nil {
		return nil
	}
	a.keeper.Offer(a.file)
	if a.keeper.AppliedAlready(a.file) {
		return nil
	}
	old, err := a.store.AppliedBefore(ctx, config.Hash(a.file))
	if err != nil {
		return err
	}
	others, err := a.others(ctx)
	if err != nil {
		return err
	}
	if old && others {
		a.log.Warn("the config file is an older one than the other nodes': the settings in the database hold; curlew config apply brings it into force")
		return nil
	}
	_, err = a.keeper.Apply(ctx, a.actor, -1, a.file, false)
	return err
}

// others reports whether another node is alive.
func (a *app) others(ctx context.Context) (bool, error) {
	list, err := a.store.Nodes(ctx, a.machine().Now())
	return slices.ContainsFunc(list.Items, func(n outreach.NodeStatus) bool { return n.Name != a.node && n.State != "gone" }), err
}
