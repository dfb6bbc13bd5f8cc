package channelsbench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"curlew/bench/rig"
	"curlew/bench/sheet"
	"curlew/outreach"
)

// Options of Run. Program is needed.
type Options struct {
	Program  []string // how to run curlew
	Env      []string
	Messages int           // default 10,000
	Rate     int           // messages a second that the configuration allows, default 200
	Notice   time.Duration // from the first event until all fall due, default 20 s
	Pages    int           // default 5,000, at 500 a second
}

const pageRate = 500

// Run sends the messages, opens their pages and reports their delivery.
// A row's ratio is ours over the peer's, of times the peer's over ours.
func Run(ctx context.Context, o Options) (rows []sheet.Row, err error) {
	o = o.withDefaults()
	dir, err := os.MkdirTemp("", "curlew-bench-channels-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := newProvider(o.Messages)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	doc := document(o)
	r, err := rig.New(ctx, rig.Options{Program: o.Program, Env: o.Env, Dir: dir, Document: doc, Twilio: p.url})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.Nodes[0].Start(ctx); err != nil {
		return nil, err
	}
	if err := r.Nodes[0].Ready(ctx); err != nil {
		return nil, err
	}
	b := bench{o: o, rig: r, provider: p, secret: doc.Channels.Twilio.AuthToken}
	return b.run(ctx)
}

func (o Options) withDefaults() Options {
	if o.Messages == 0 {
		o.Messages = 10_000
	}
	if o.Rate == 0 {
		o.Rate = 200
	}
	if o.Notice == 0 {
		o.Notice = 20 * time.Second
	}
	if o.Pages == 0 {
		o.Pages = 5_000
	}
	return o
}

// document has one configuration: an SMS a day before, with a link.
func document(o Options) outreach.Document {
	doc := rig.Document(10)
	doc.Channels.Twilio.PerSecond = float64(o.Rate)
	cfg := &doc.Configurations[0]
	cfg.When = outreach.When{Type: outreach.Before, Offset: outreach.Exactly(24 * time.Hour)}
	cfg.Steps = []outreach.Step{{Channel: outreach.SMS, Text: outreach.LocalText{"": "{{facility.name}}: appointment {{subject.time}}. Answer: {{link}}"},
		Actions: []outreach.KeyAction{{Action: outreach.Confirm}, {Action: outreach.Cancel}}}}
	return doc
}

type bench struct {
	o        Options
	rig      *rig.Rig
	provider *provider
	secret   string
}

func (b *bench) run(ctx context.Context) ([]sheet.Row, error) {
	messages, err := b.send(ctx)
	if err != nil {
		return nil, err
	}
	rate := pace(messages)
	node := b.rig.Nodes[0]
	paths := make([]string, b.o.Pages)
	for i := range paths {
		paths[i] = messages[i%len(messages)].link
	}
	ours, err := open(ctx, node.URL, paths, pageRate)
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	bare, err := static(ctx, paths)
	if err != nil {
		return nil, fmt.Errorf("open static pages: %w", err)
	}
	taken, err := report(ctx, b.secret, "delivered", messages)
	if err != nil {
		return nil, fmt.Errorf("report delivery: %w", err)
	}
	again, err := report(ctx, b.secret, "sent", messages)
	if err != nil {
		return nil, fmt.Errorf("report late: %w", err)
	}
	if err := b.delivered(ctx); err != nil {
		return nil, err
	}
	page := fmt.Sprintf("a response page at %d requests/s: ", pageRate)
	p99 := func(all []time.Duration) float64 { return float64(all[len(all)*99/100]) / float64(time.Millisecond) }
	return []sheet.Row{
		sheet.Of(fmt.Sprintf("%d due messages leave, each answered in 300 ms", len(messages)), rate, "messages/s", "the configured rate", float64(b.o.Rate), rate/float64(b.o.Rate)),
		sheet.Of(page+"p99", p99(ours), "ms", "target", 20, 20/p99(ours)),
		sheet.Of(page+"p99", p99(ours), "ms", "a page that is always the same, the same load", p99(bare), p99(bare)/p99(ours)),
		sheet.Of("status callbacks taken, durable, 32 at once", taken, "callbacks/s", "target", 1000, taken/1000),
		sheet.Of("status callbacks that come too late and change nothing", again, "callbacks/s", "target", 1000, again/1000),
	}, nil
}

// send posts the events, which fall due together, and returns what the provider got, each number once.
func (b *bench) send(ctx context.Context) ([]message, error) {
	due := time.Now().Add(b.o.Notice)
	if err := b.post(ctx, due); err != nil {
		return nil, err
	}
	if time.Now().After(due) {
		return nil, fmt.Errorf("posting %d events took longer than %s: they did not fall due together", b.o.Messages, b.o.Notice)
	}
	bounded, cancel := context.WithTimeout(ctx, b.o.Notice+3*time.Duration(b.o.Messages/b.o.Rate+10)*time.Second)
	defer cancel()
	messages, err := b.provider.wait(bounded)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, m := range messages {
		if m.link == "" || m.callback == "" || seen[m.to] {
			return nil, fmt.Errorf("a message has no link, no callback, or came twice")
		}
		seen[m.to] = true
	}
	// The last ones' answers are still to come, and their receipts to be written.
	return messages, b.until(ctx, "accepted")
}

// pace is how many messages a second came.
func pace(messages []message) float64 {
	slices.SortFunc(messages, func(a, b message) int { return a.at.Compare(b.at) })
	return float64(len(messages)-1) / messages[len(messages)-1].at.Sub(messages[0].at).Seconds()
}

func (b *bench) post(ctx context.Context, due time.Time) error {
	c := &http.Client{Timeout: 30 * time.Second}
	return inParallel(reporters, b.o.Messages, func(n int) error {
		ev := rig.Event(fmt.Sprintf("sms-%d", n), rig.Scattered(n))
		ev.Subject.Time = due.Add(24 * time.Hour)
		body, err := json.Marshal(ev)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.rig.Nodes[0].URL+"/api/v1/events", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+b.rig.Key)
		return spent(c.Do(req))(http.StatusAccepted)
	})
}

// static is the same load on a server whose page is always the same.
func static(ctx context.Context, paths []string) ([]time.Duration, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	page := bytes.Repeat([]byte("<p>a page</p>\n"), 200)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	took, err := open(ctx, "http://"+l.Addr().String(), paths, pageRate)
	err = errors.Join(err, server.Close())
	<-done
	return took, err
}
