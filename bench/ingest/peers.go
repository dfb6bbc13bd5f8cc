package ingestbench

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"curlew/clock"
	"curlew/hims"
	"curlew/httpapi"
	"curlew/outreach"
)

// served is the rate of the same load on a handler in this process.
func served(ctx context.Context, n int, h http.Handler) (float64, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: h}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	rate, err := load(ctx, l.Addr().String(), "none", 0, n)
	err = errors.Join(err, server.Close())
	<-done
	return rate, err
}

// decodeAndAnswer is the least that a server can do.
func decodeAndAnswer(w http.ResponseWriter, r *http.Request) {
	var ev outreach.Event
	if err := json.NewDecoder(r.Body).Decode(&ev); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	json.NewEncoder(w).Encode(map[string]any{"event_id": ev.ID, "transactions": []string{ev.Subject.ID}, "duplicate": false})
}

// withoutStore is Curlew's own way from the socket to the store, and no store.
func withoutStore(ctx context.Context, n int, doc outreach.Document) (float64, error) {
	doc.Channels, doc.Webhooks = outreach.ChannelSettings{}, outreach.WebhookSettings{}
	doc.PBXs[0].ESL.Password = "env:UNUSED"
	snap, problems := outreach.Compile(doc, 1)
	if len(problems) > 0 {
		return 0, problems
	}
	intake := hims.NewIntake(hims.IntakeOptions{Store: nowhere{}, Catalogue: fixed{snap}, Clock: clock.System{}})
	s, err := httpapi.New(httpapi.Options{Log: slog.New(slog.DiscardHandler), Clock: clock.System{}, Feed: httpapi.NewFeed(), Events: intake, Keys: anyKey{}})
	if err != nil {
		return 0, err
	}
	return served(ctx, n, s.Handler())
}

type fixed struct{ *outreach.Snapshot }

func (f fixed) Current() *outreach.Snapshot { return f.Snapshot }

// nowhere takes every event and keeps none.
type nowhere struct{ hims.EventStore }

// anyKey is known and may post events.
type anyKey struct{ allKeys }

type allKeys httpapi.Keys

func (nowhere) AcceptEvent(_ context.Context, in outreach.Acceptance, _ func(outreach.SubjectHistory) (outreach.EventPlan, error)) (outreach.AcceptedEvent, error) {
	return outreach.AcceptedEvent{EventID: in.Event.ID, Transactions: []outreach.TransactionID{outreach.TransactionID(in.Event.Subject.ID)}}, nil
}

func (anyKey) KeyByHash(_ context.Context, hash string) (outreach.APIKey, error) {
	return outreach.APIKey{Name: "hims", Hash: hash, Scopes: []string{"hims"}}, nil
}
