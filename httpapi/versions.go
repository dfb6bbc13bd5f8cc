package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"curlew/outreach"
)

// Versions are drafts of configurations, every version that was in force, and the open transactions that run on them.
type Versions interface {
	Drafts(ctx context.Context) ([]outreach.Draft, error)
	// Draft returns one, or outreach.ErrNotFound.
	Draft(ctx context.Context, name string) (outreach.Draft, error)
	// SaveDraft keeps d if its Revision is the newest (-1: any), else outreach.ErrRevision.
	SaveDraft(ctx context.Context, d outreach.Draft) (outreach.Draft, error)
	DeleteDraft(ctx context.Context, name string) error
	// Versions returns those of an outreach.KindConfiguration or KindPrompt, the newest first.
	Versions(ctx context.Context, kind, name string) ([]outreach.Version, error)
	Pending(ctx context.Context) ([]outreach.PendingVersion, error)
	OpenOf(ctx context.Context, configuration string, version int64, after outreach.TransactionID, limit int) ([]outreach.TransactionID, error)
}

// namedTransactions is how many transactions an answer about many names.
const namedTransactions = 50

type versionView struct {
	Version  int64     `json:"version"`
	Revision int64     `json:"revision" doc:"Of the settings that it came with"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Active   bool      `json:"active"`
	InForce  bool      `json:"in_force"`
	Deleted  bool      `json:"deleted,omitempty" doc:"It was deleted here"`
}

type versionsOutput struct {
	Body struct {
		Items []versionView `json:"items"`
	}
}

type versionInput struct {
	NameInput
	Version int64 `path:"version" minimum:"1"`
}

type rollback struct {
	NameInput
	Conditional
	Body struct {
		Version int64 `json:"version" required:"true" minimum:"1" doc:"To go back to"`
	}
}

func (in *rollback) target() string { return in.Name }

func (s *Server) mountVersions() {
	const tag = "Configurations"
	route(s, operation{id: "list-configuration-versions", method: http.MethodGet, path: "/configurations/{name}/versions", tag: tag,
		summary: "Every version of a configuration, the newest first"},
		func(ctx context.Context, in *NameInput) (*versionsOutput, error) {
			return s.versions(ctx, outreach.KindConfiguration, in.Name)
		})
	route(s, operation{id: "get-configuration-version", method: http.MethodGet, path: "/configurations/{name}/versions/{version}", tag: tag,
		summary: "A configuration as it was"},
		func(ctx context.Context, in *versionInput) (*resource[outreach.Configuration], error) {
			c, err := s.configurationAt(ctx, in.Name, in.Version)
			return &resource[outreach.Configuration]{Status: http.StatusOK, Body: c}, err
		})
	route(s, operation{id: "roll-back-configuration", method: http.MethodPost, path: "/configurations/{name}/rollback", tag: tag,
		summary: "Go back to an older version", text: "It becomes the next version, if it still fits today's prompts, PBXs and catalogue; active stays as it is now."}, s.rollBack)
	route(s, operation{id: "list-prompt-versions", method: http.MethodGet, path: "/prompts/{category}/versions", tag: "Prompts",
		summary: "Every version of a prompt, the newest first", text: "A call in progress plays what it started with."},
		func(ctx context.Context, in *CategoryInput) (*versionsOutput, error) {
			return s.versions(ctx, outreach.KindPrompt, in.Category)
		})
	route(s, operation{id: "prompt-usage", method: http.MethodGet, path: "/prompts/{category}/usage", tag: "Prompts",
		summary: "Who uses a prompt", text: "Configurations, and open transactions that have yet to call. Read it before inactivating one."},
		func(ctx context.Context, in *CategoryInput) (*usageOutput, error) {
			u, err := s.usage(ctx, in.Category)
			return &usageOutput{u}, err
		})
}

func (s *Server) versions(ctx context.Context, kind, name string) (*versionsOutput, error) {
	found, err := s.Versions.Versions(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, outreach.ErrNotFound
	}
	out := &versionsOutput{}
	out.Body.Items = rows(found, func(v outreach.Version) versionView {
		var body struct{ Active bool }
		_ = json.Unmarshal(v.Body, &body) // the store wrote it
		return versionView{Version: v.Version, Revision: v.Revision, At: v.At, Actor: v.Actor, Active: body.Active,
			InForce: v.Version == found[0].Version && !v.Deleted, Deleted: v.Deleted}
	})
	return out, nil
}

func (s *Server) configurationAt(ctx context.Context, name string, version int64) (c outreach.Configuration, err error) {
	found, err := s.Versions.Versions(ctx, outreach.KindConfiguration, name)
	if err != nil {
		return c, err
	}
	i := slices.IndexFunc(found, func(v outreach.Version) bool { return v.Version == version })
	if i < 0 {
		return c, outreach.ErrNotFound
	}
	if err := json.Unmarshal(found[i].Body, &c); err != nil {
		return c, fmt.Errorf("read configuration %q version %d: %w", name, version, err)
	}
	return c, nil
}

func (s *Server) rollBack(ctx context.Context, in *rollback) (*resource[outreach.Configuration], error) {
	old, err := s.configurationAt(ctx, in.Name, in.Body.Version)
	if err != nil {
		return nil, err
	}
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindConfiguration, in.Name, func(d *outreach.Document) (string, error) {
		at, _, err := configurations.put(d, in.Name, old, keepActive)
		return at, err
	})
	if err != nil {
		return nil, err
	}
	return showConfiguration(snap, in.Name, http.StatusOK)
}

// keepActive leaves it to activate and deactivate to start and stop a configuration.
func keepActive(old, v *outreach.Configuration) { v.Active, v.ManagedBy = old.Active, old.ManagedBy }

// pendingSum is how many open transactions something touches, and some of them.
type pendingSum struct {
	Count        int                      `json:"count"`
	Transactions []outreach.TransactionID `json:"transactions" doc:"At most 50 of them"`
}

type usage struct {
	Configurations []usedBy   `json:"configurations"`
	Pending        pendingSum `json:"pending" doc:"Open transactions whose version of a configuration plays it in a step that they have not passed or may not have"`
}

type usedBy struct {
	Name   string `json:"name"`
	Active bool   `json:"active"`
	Steps  []int  `json:"steps" doc:"Indexes of the steps that play it"`
}

type usageOutput struct{ Body usage }

func plays(c outreach.Configuration, category string) []int {
	var steps []int
	for i, step := range c.Steps {
		if slices.Contains(step.Sequence, category) {
			steps = append(steps, i)
		}
	}
	return steps
}

func (s *Server) usage(ctx context.Context, category string) (u usage, err error) {
	snap := s.snapshot()
	if _, err := prompts.find(snap, category); err != nil {
		return u, err
	}
	u.Configurations, u.Pending.Transactions = []usedBy{}, []outreach.TransactionID{}
	for _, c := range snap.Document.Configurations {
		if steps := plays(c, category); len(steps) > 0 {
			u.Configurations = append(u.Configurations, usedBy{c.Name, c.Active, steps})
		}
	}
	u.Pending, err = s.pending(ctx, func(p outreach.PendingVersion) bool { return len(plays(p.Configuration, category)) > 0 })
	return u, err
}

// pending sums up the open transactions of the versions that match.
func (s *Server) pending(ctx context.Context, match func(outreach.PendingVersion) bool) (sum pendingSum, err error) {
	sum.Transactions = []outreach.TransactionID{}
	all, err := s.Versions.Pending(ctx)
	if err != nil {
		return sum, err
	}
	for _, p := range all {
		if !match(p) {
			continue
		}
		sum.Count += p.Count
		if left := namedTransactions - len(sum.Transactions); left > 0 {
			ids, err := s.Versions.OpenOf(ctx, p.Configuration.Name, p.Version, "", left)
			if err != nil {
				return sum, err
			}
			sum.Transactions = append(sum.Transactions, ids...)
		}
	}
	return sum, nil
}

// touched is what a change that takes a prompt away warns of.
func (s *Server) touched(ctx context.Context, category string, before, after outreach.Prompt) ([]outreach.Problem, error) {
	if !before.Active || after.Active {
		return nil, nil
	}
	u, err := s.usage(ctx, category)
	if err != nil {
		return nil, err
	}
	var out []outreach.Problem
	for _, c := range u.Configurations {
		state := "inactive"
		if c.Active {
			state = "active"
		}
		out = append(out, outreach.Problem{Pointer: "/active", Detail: fmt.Sprintf("configuration %s (%s) plays this prompt: its calls go on without it", c.Name, state),
			Hint: "Take it out of the sequence, or pause the configuration."})
	}
	if u.Pending.Count > 0 {
		out = append(out, outreach.Problem{Pointer: "/active", Detail: fmt.Sprintf("%d pending transactions will call without it", u.Pending.Count),
			Hint: "They are listed at /api/v1/prompts/" + category + "/usage."})
	}
	return out, nil
}
