package channelsbench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"curlew/clock"
)

// inParallel runs do for 0 to below n on so many workers; each stops at its first error.
func inParallel(workers, n int, do func(int) error) error {
	var next atomic.Int64
	errs := make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for errs[i] == nil {
				k := int(next.Add(1)) - 1
				if k >= n {
					return
				}
				errs[i] = do(k)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// dispositions asks Curlew what became of its attempts.
func (b *bench) dispositions(ctx context.Context) (map[string]int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.rig.Nodes[0].URL+"/api/v1/stats", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+b.rig.Key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var out struct {
		Dispositions map[string]int `json:"dispositions"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return nil, fmt.Errorf("read the stats: %w", err)
	}
	return out.Dispositions, nil
}

// until waits until every message has that disposition.
func (b *bench) until(ctx context.Context, want string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		got, err := b.dispositions(ctx)
		if err != nil {
			return err
		}
		if got[want] == b.o.Messages {
			return nil
		}
		if err := clock.Wait(ctx, clock.System{}, 100*time.Millisecond); err != nil {
			return fmt.Errorf("not all are %s: %v: %w", want, got, err)
		}
	}
}

// delivered checks that each callback that was taken is stored, and that no later one undid it.
func (b *bench) delivered(ctx context.Context) error {
	got, err := b.dispositions(ctx)
	if err != nil {
		return err
	}
	if got["delivered"] != b.o.Messages {
		return fmt.Errorf("%d callbacks were taken, and these are the messages: %v", b.o.Messages, got)
	}
	return nil
}
