// Command river does with River, on PostgreSQL, the jobs that a call is made of, for the queue benchmark
// to print beside its own figure. It is a module of its own: who uses Curlew does not inherit River.
//
//	go run . postgres://…
//
// It prints one JSON object a line: jobs inserted by 32 clients, jobs done whose worker does nothing, and
// jobs done that commit what a call must commit before it goes on (call.go).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

const (
	clients = 32  // insert at once
	workers = 128 // jobs in flight, as many as calls in the queue benchmark
	conns   = 24  // as many as Curlew's node has to write

	schema = "curlew_bench_river" // of its own, dropped at the next run
)

// figure is a line of the answer.
type figure struct {
	Name   string  `json:"name"`
	Figure float64 `json:"figure"`
	Unit   string  `json:"unit"`
}

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "river:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("say the URL of an empty PostgreSQL database, and maybe the number of jobs")
	}
	jobs := 10_000
	if len(args) == 2 {
		n, err := strconv.Atoi(args[1])
		if err != nil || n < workers {
			return fmt.Errorf("%q is no number of jobs from %d on", args[1], workers)
		}
		jobs = n
	}
	pool, err := open(ctx, args[0])
	if err != nil {
		return err
	}
	defer pool.Close()
	inserter, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	b := &bench{pool: pool, results: inserter, enc: json.NewEncoder(out)}
	if err := b.insertedAlone(ctx, jobs); err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	if err := b.worked(ctx, jobs, "jobs done, the worker does nothing", func(context.Context, *river.Job[Call]) error { return nil }); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	if err := b.insertedAtOnce(ctx, jobs); err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	if err := b.worked(ctx, jobs, "jobs done, each with a call's own commits", b.call); err != nil {
		return fmt.Errorf("work on calls: %w", err)
	}
	return nil
}

func open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = conns
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE; CREATE SCHEMA "+schema); err != nil {
		pool.Close()
		return nil, err
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err == nil {
		_, err = pool.Exec(ctx, tables)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

type bench struct {
	pool    *pgxpool.Pool
	results *river.Client[pgx.Tx] // inserts, and works on nothing
	enc     *json.Encoder
}

func (b *bench) say(name string, n int, took time.Duration) error {
	return b.enc.Encode(figure{Name: name, Figure: float64(n) / took.Seconds(), Unit: "jobs/s"})
}

// insertedAlone is one commit for each job, by clients that wait for it.
func (b *bench) insertedAlone(ctx context.Context, jobs int) error {
	var next atomic.Int64
	errs := make([]error, clients)
	var wg sync.WaitGroup
	began := time.Now()
	for w := range clients {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= jobs && errs[w] == nil; n = int(next.Add(1)) {
				_, errs[w] = b.results.Insert(ctx, callOf(n), nil)
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, b.say("jobs inserted, durable, 32 clients", jobs, time.Since(began)))...)
}

func (b *bench) insertedAtOnce(ctx context.Context, jobs int) error {
	many := make([]river.InsertManyParams, 0, jobs)
	for n := 1; n <= jobs; n++ {
		many = append(many, river.InsertManyParams{Args: callOf(n)})
	}
	_, err := b.results.InsertManyFast(ctx, many)
	return err
}

// worked starts the workers on what was inserted and stops the clock when no job is left.
func (b *bench) worked(ctx context.Context, jobs int, name string, work func(context.Context, *river.Job[Call]) error) error {
	set := river.NewWorkers()
	river.AddWorker(set, river.WorkFunc(work))
	c, err := river.NewClient(riverpgxv5.New(b.pool), &river.Config{Workers: set, Logger: slog.New(slog.DiscardHandler),
		FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 50 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}})
	if err != nil {
		return err
	}
	ends, cancel := c.SubscribeConfig(&river.SubscribeConfig{ChanSize: 2 * jobs,
		Kinds: []river.EventKind{river.EventKindJobCompleted, river.EventKindJobFailed}})
	defer cancel()
	began := time.Now()
	if err := c.Start(ctx); err != nil {
		return err
	}
	for range jobs {
		if e := <-ends; e.Kind != river.EventKindJobCompleted {
			return fmt.Errorf("job %d: %v", e.Job.ID, e.Job.Errors)
		}
	}
	took := time.Since(began)
	return errors.Join(c.Stop(ctx), b.say(name, jobs, took))
}
