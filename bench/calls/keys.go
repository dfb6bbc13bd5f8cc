package callsbench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"curlew/outreach"
	"curlew/test/freeswitch"
)

// keyDelay is how long after the answer the first of a call's three keys comes.
func keyDelay(i, n int) time.Duration {
	const first, last = 20 * time.Millisecond, 5 * time.Second
	return first + (last-first)*time.Duration(i)/time.Duration(max(n-1, 1))
}

// keyScript plays prompts with gaps between them for longer than keys come, and acts on no key.
func keyScript(short, long string) outreach.Script {
	part := func(media string, d time.Duration) outreach.Segment {
		return outreach.Segment{Category: "greeting", Media: media, Duration: d}
	}
	var message []outreach.Segment
	for range 6 {
		message = append(message, part(short, shortPrompt))
	}
	message = append(message, part(long, time.Second), part(short, shortPrompt), part(long, time.Second))
	return outreach.Script{Language: "en", Flows: map[string]outreach.Flow{"en": {Sequence: message, MenuAt: len(message)}},
		Menu:        []outreach.KeyAction{{Key: "*", Action: outreach.Confirm}},
		FirstPrompt: 700 * time.Millisecond, KeyWait: 4 * time.Second, InterDigit: time.Second, Invalid: 100, Debounce: 100 * time.Millisecond}
}

// pressed makes n calls to patients that press three keys and returns how many keys there were and how many were lost.
func (o *ours) pressed(ctx context.Context, n, lines int, s outreach.Script) (keys, lost int, err error) {
	var mu sync.Mutex
	var calls sync.WaitGroup
	places := make(chan struct{}, lines)
	for i := range n {
		places <- struct{}{}
		calls.Go(func() {
			defer func() { <-places }()
			digits := fmt.Sprint(111 + rand.IntN(889))
			r, callErr := o.call(ctx, fmt.Sprintf("1%s%04d%s", freeswitch.AreaKeysAt, keyDelay(i, n).Milliseconds(), digits), s)
			mu.Lock()
			defer mu.Unlock()
			if callErr != nil {
				err = errors.Join(err, callErr)
				return
			}
			keys += len(digits)
			if r.Digits != digits {
				lost += max(len(digits)-len(r.Digits), 1)
			}
		})
	}
	calls.Wait()
	return keys, lost, err
}
