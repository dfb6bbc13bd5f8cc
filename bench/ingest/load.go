package ingestbench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"curlew/bench/rig"
)

// clients post at once.
const clients = 32

// load posts events from to below to over clients connections and returns how many a second were accepted.
func load(ctx context.Context, address, key string, from, to int) (float64, error) {
	var next atomic.Int64
	next.Store(int64(from))
	errs := make([]error, clients)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range clients {
		wg.Go(func() { errs[i] = one(ctx, address, key, &next, to) })
	}
	wg.Wait()
	return float64(to-from) / time.Since(began).Seconds(), errors.Join(errs...)
}

func one(ctx context.Context, address, key string, next *atomic.Int64, to int) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	in := bufio.NewReader(conn)
	for {
		n := int(next.Add(1)) - 1
		if n >= to {
			return nil
		}
		request, err := post(n, address, key)
		if err != nil {
			return err
		}
		if _, err := conn.Write(request); err != nil {
			return fmt.Errorf("event %d: %w", n, err)
		}
		if err := accepted(in); err != nil {
			return fmt.Errorf("event %d: %w", n, err)
		}
	}
}

var errRefused = errors.New("the event was not accepted")

func accepted(in *bufio.Reader) error {
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("status %d: %s: %w", res.StatusCode, body, errRefused)
	}
	return nil
}

// post is the nth event as a request.
func post(n int, address, key string) ([]byte, error) {
	ev := rig.Event(fmt.Sprintf("ingest-%d", n), rig.Scattered(n))
	ev.Subject.Time = ev.OccurredAt.Add(10 * 24 * time.Hour)
	ev.Data = map[string]any{"doctor": "Dr. Rao", "department": "Cardiology"}
	body, err := json.Marshal(ev)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("POST /api/v1/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		address, key, len(body))
	return append([]byte(head), body...), nil
}
