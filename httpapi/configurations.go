package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"curlew/outreach"

	"golang.org/x/sync/errgroup"
)

type configurationBody struct {
	Conditional
	Body outreach.Configuration
}

func (in *configurationBody) target() string { return in.Body.Name }

type configurationPut struct {
	NameInput
	Conditional
	Body outreach.Configuration
}

func (in *configurationPut) target() string { return in.Name }

type activateInput struct {
	NameInput
	Conditional
	Backfill string `query:"backfill" enum:"preview,true,false" doc:"preview counts the events that were kept for it and changes nothing; true schedules them"`
}

func (in *activateInput) target() string { return in.Name }

type deactivateInput struct {
	NameInput
	Conditional
	Pending string `query:"pending" enum:"keep,cancel" doc:"cancel ends its open transactions too; otherwise they finish"`
}

func (in *deactivateInput) target() string { return in.Name }

type activation struct {
	Configuration outreach.Configuration  `json:"configuration"`
	Backfill      *outreach.BackfillCount `json:"backfill,omitempty" doc:"What became, or would become, of kept events"`
	Cancelled     *int                    `json:"cancelled,omitempty" doc:"Open transactions that were cancelled"`
}

func (s *Server) mountConfigurations() {
	const tag = "Configurations"
	route(s, operation{id: "list-components", method: http.MethodGet, path: "/components", tag: tag,
		summary: "The catalogue of what the HIMS has: components, events, fields, actions"},
		func(context.Context, *struct{}) (*listing[outreach.Component], error) {
			snap := s.snapshot()
			return listed(snap.Revision, snap.Components()), nil
		})
	route(s, operation{id: "list-configurations", method: http.MethodGet, path: "/configurations", tag: tag, summary: "Every outbound configuration"},
		func(context.Context, *struct{}) (*listing[outreach.Configuration], error) {
			snap := s.snapshot()
			return listed(snap.Revision, snap.Document.Configurations), nil
		})
	route(s, operation{id: "create-configuration", method: http.MethodPost, path: "/configurations", tag: tag, status: http.StatusCreated, summary: "Add a configuration"}, s.createConfiguration)
	route(s, operation{id: "get-configuration", method: http.MethodGet, path: "/configurations/{name}", tag: tag, summary: "One configuration"},
		func(_ context.Context, in *NameInput) (*resource[outreach.Configuration], error) {
			return showConfiguration(s.snapshot(), in.Name, http.StatusOK)
		})
	route(s, operation{id: "put-configuration", method: http.MethodPut, path: "/configurations/{name}", tag: tag, summary: "Replace a configuration, or add it",
		text: "Transactions that have started keep the version they started with."}, s.putConfiguration)
	route(s, operation{id: "delete-configuration", method: http.MethodDelete, path: "/configurations/{name}", tag: tag, status: http.StatusNoContent,
		summary: "Delete a configuration", text: "409 while it is active or has open transactions."}, s.deleteConfiguration)
	route(s, operation{id: "activate-configuration", method: http.MethodPost, path: "/configurations/{name}/activate", tag: tag, summary: "Activate",
		text: "Refused where a prompt or language that it needs is missing or inactive."}, s.activate)
	route(s, operation{id: "deactivate-configuration", method: http.MethodPost, path: "/configurations/{name}/deactivate", tag: tag, summary: "Inactivate: nothing new starts"}, s.deactivate)
}

func showConfiguration(snap *outreach.Snapshot, name string, status int) (*resource[outreach.Configuration], error) {
	c, err := configurations.find(snap, name)
	if err != nil {
		return nil, err
	}
	return &resource[outreach.Configuration]{status, etag(snap.Revision), prefix + "/configurations/" + url.PathEscape(name), c}, nil
}

func (s *Server) createConfiguration(ctx context.Context, in *configurationBody) (*resource[outreach.Configuration], error) {
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindConfiguration, in.Body.Name, func(d *outreach.Document) (string, error) { return configurations.add(d, in.Body) })
	if err != nil {
		return nil, err
	}
	return showConfiguration(snap, in.Body.Name, http.StatusCreated)
}

func (s *Server) putConfiguration(ctx context.Context, in *configurationPut) (*resource[outreach.Configuration], error) {
	status := http.StatusOK
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindConfiguration, in.Name, func(d *outreach.Document) (string, error) {
		at, created, err := configurations.put(d, in.Name, in.Body, keepNothing)
		if created {
			status = http.StatusCreated
		}
		return at, err
	})
	if err != nil {
		return nil, err
	}
	return showConfiguration(snap, in.Name, status)
}

func (s *Server) deleteConfiguration(ctx context.Context, in *nameDelete) (*noContent, error) {
	c, err := configurations.find(s.snapshot(), in.Name)
	if err != nil {
		return nil, err
	}
	if c.Active {
		return nil, problem(http.StatusConflict, "The configuration is active. Inactivate it first.")
	}
	for _, state := range openStates() {
		page, err := s.Transactions.Activities(ctx, outreach.ActivityFilter{Configuration: in.Name, State: state, Limit: 1})
		if err != nil {
			return nil, fmt.Errorf("open transactions: %w", err)
		}
		if len(page.Items) > 0 {
			return nil, problem(http.StatusConflict, "The configuration has open transactions. Let them finish, or inactivate it with pending=cancel.")
		}
	}
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindConfiguration, in.Name, func(d *outreach.Document) (string, error) {
		return "", configurations.drop(d, in.Name)
	})
	if err != nil {
		return nil, err
	}
	return &noContent{etag(snap.Revision)}, nil
}

func (s *Server) activate(ctx context.Context, in *activateInput) (*resource[activation], error) {
	if in.Backfill == "preview" {
		c, err := configurations.find(s.snapshot(), in.Name)
		if err != nil {
			return nil, err
		}
		c.Active = true
		count, err := s.Events.Backfill(ctx, c, true)
		if err != nil {
			return nil, fmt.Errorf("count kept events: %w", err)
		}
		return activated(s.snapshot(), in.Name, activation{Backfill: &count})
	}
	snap, err := s.setActive(ctx, in.Conditional, in.Name, true)
	if err != nil {
		return nil, err
	}
	var a activation
	if in.Backfill == "true" {
		c, _ := snap.Configuration(in.Name)
		count, err := s.Events.Backfill(ctx, c, false)
		if err != nil {
			return nil, fmt.Errorf("schedule kept events: %w", err)
		}
		a.Backfill = &count
	}
	return activated(snap, in.Name, a)
}

func activated(snap *outreach.Snapshot, name string, a activation) (*resource[activation], error) {
	c, err := configurations.find(snap, name)
	if err != nil {
		return nil, err
	}
	a.Configuration = c
	return &resource[activation]{Status: http.StatusOK, ETag: etag(snap.Revision), Body: a}, nil
}

func (s *Server) setActive(ctx context.Context, c Conditional, name string, active bool) (*outreach.Snapshot, error) {
	return s.editOne(ctx, c, outreach.KindConfiguration, name, func(d *outreach.Document) (string, error) {
		i := configurations.index(d, name)
		if i < 0 {
			return "", outreach.ErrNotFound
		}
		d.Configurations[i].Active = active
		return configurations.at(i), nil
	})
}

func (s *Server) deactivate(ctx context.Context, in *deactivateInput) (*resource[activation], error) {
	snap, err := s.setActive(ctx, in.Conditional, in.Name, false)
	if err != nil {
		return nil, err
	}
	var a activation
	if in.Pending == "cancel" {
		n, err := s.cancelOpen(ctx, in.Name)
		if err != nil {
			return nil, fmt.Errorf("cancel open transactions: %w", err)
		}
		a.Cancelled = &n
	}
	return activated(snap, in.Name, a)
}

func openStates() []outreach.State {
	return []outreach.State{outreach.Scheduled, outreach.Queued, outreach.InProgress, outreach.AwaitingResponse}
}

// cancellers work side by side so that the database can commit their changes together.
const cancellers = 16

// cancelOpen ends every open transaction of the configuration; those that end by themselves meanwhile
// are not counted.
func (s *Server) cancelOpen(ctx context.Context, name string) (int, error) {
	total := 0
	for _, state := range openStates() {
		cursor := ""
		for {
			page, err := s.Transactions.Activities(ctx, outreach.ActivityFilter{Configuration: name, State: state, Cursor: cursor, Limit: 500})
			if err != nil {
				return total, err
			}
			n, err := s.cancelAll(ctx, page.Items)
			total += n
			if err != nil || page.Next == "" {
				if err != nil {
					return total, err
				}
				break
			}
			cursor = page.Next
		}
	}
	return total, nil
}

func (s *Server) cancelAll(ctx context.Context, cases []outreach.Case) (int, error) {
	done := make([]bool, len(cases))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cancellers)
	for i, c := range cases {
		g.Go(func() error {
			err := s.Dispatch.Cancel(ctx, c.Transaction.ID)
			var ended *outreach.TransitionError
			if errors.As(err, &ended) {
				return nil
			}
			done[i] = err == nil
			return err
		})
	}
	err := g.Wait()
	n := 0
	for _, ok := range done {
		if ok {
			n++
		}
	}
	return n, err
}
