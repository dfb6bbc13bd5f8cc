package main

import (
	"context"
	"time"

	"curlew/clock"
)

const (
	speechKept   = 60 * 24 * time.Hour // shared speech that no call has used since
	keepingEvery = time.Hour
)

// keep deletes audio whose time is over: what patients recorded, by the retention of the settings, and
// speech that nobody uses any more.
func (a *app) keep(ctx context.Context) {
	for {
		now := time.Now() // files are dated by the machine's clock
		kept := 365 * 24 * time.Hour
		if r := a.keeper.Current().Document.Retention; r != nil && !r.Transactions.IsZero() {
			kept = r.Transactions.Approx()
		}
		if n, err := a.library.PruneAnswers(ctx, now.Add(-kept)); err != nil || n > 0 {
			a.log.Info("recordings deleted by retention", "deleted", n, "err", err)
		}
		if n, err := a.library.Prune(ctx, now.Add(-speechKept)); err != nil || n > 0 {
			a.log.Info("speech deleted that nobody used", "deleted", n, "err", err)
		}
		if clock.Wait(ctx, clock.System{}, keepingEvery) != nil {
			return
		}
	}
}
