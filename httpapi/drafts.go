package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

type draftView struct {
	Configuration    outreach.Configuration `json:"configuration"`
	BaseVersion      int64                  `json:"base_version" doc:"Version that it began from, 0 for a new configuration"`
	ChangedSinceBase bool                   `json:"changed_since_base" doc:"Another version came into force since it was begun"`
	Actor            string                 `json:"actor"`
	At               time.Time              `json:"at"`
	Problems         []outreach.Problem     `json:"problems" doc:"What keeps it from being activated"`
}

type draftOutput struct {
	Status int
	ETag   string `header:"ETag"`
	Body   draftView
}

type draftsOutput struct {
	Body struct {
		Items []draftRow `json:"items"`
	}
}

type draftRow struct {
	Name        string    `json:"name"`
	BaseVersion int64     `json:"base_version"`
	Actor       string    `json:"actor"`
	At          time.Time `json:"at"`
}

type draftPut struct {
	NameInput
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of the draft that was read, \"0\" if there was none; 412 if somebody else saved it since"`
	Body    outreach.Configuration
}

func (in *draftPut) target() string { return in.Name }

type draftActivate struct {
	NameInput
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The draft's ETag"`
	Pending string `query:"pending" enum:"keep,cancel" doc:"cancel ends the open transactions; otherwise those that have started finish on their version, and the others follow the new one"`
	Force   bool   `query:"force" doc:"Activate although another version came into force since the draft was begun"`
}

func (in *draftActivate) target() string { return in.Name }

type draftDiff struct {
	BaseVersion      int64                 `json:"base_version"`
	ChangedSinceBase bool                  `json:"changed_since_base"`
	Changes          []outreach.Difference `json:"changes" doc:"From the version in force to the draft"`
	Problems         []outreach.Problem    `json:"problems"`
	Pending          struct {
		NotStarted   int                      `json:"not_started" doc:"Open transactions that will follow the draft, their due times too"`
		Started      int                      `json:"started" doc:"Open transactions that finish on the version that they began on"`
		Transactions []outreach.TransactionID `json:"transactions" doc:"At most 50 of those that have not started"`
	} `json:"pending"`
}

type draftDiffOutput struct{ Body draftDiff }

type draftActivated struct {
	ETag string `header:"ETag"`
	Body struct {
		Configuration outreach.Configuration `json:"configuration"`
		Version       int64                  `json:"version"`
		Cancelled     *int                   `json:"cancelled,omitempty"`
	}
}

func (s *Server) mountDrafts() {
	const tag, path = "Configurations", "/configurations/{name}/draft"
	route(s, operation{id: "list-drafts", method: http.MethodGet, path: "/drafts", tag: tag, summary: "Configurations that somebody works on"}, s.listDrafts)
	route(s, operation{id: "get-draft", method: http.MethodGet, path: path, tag: tag, summary: "The draft of a configuration", text: "404 if there is none: begin with the configuration itself."},
		func(ctx context.Context, in *NameInput) (*draftOutput, error) {
			d, err := s.Versions.Draft(ctx, in.Name)
			if err != nil {
				return nil, err
			}
			return s.showDraft(ctx, d, http.StatusOK)
		})
	route(s, operation{id: "put-draft", method: http.MethodPut, path: path, tag: tag, summary: "Save a draft",
		text: "It need not be complete: what is wrong is listed, nothing is refused but what is no configuration at all. It is in force only once activated."}, s.putDraft)
	route(s, operation{id: "delete-draft", method: http.MethodDelete, path: path, tag: tag, status: http.StatusNoContent, summary: "Throw a draft away"},
		func(ctx context.Context, in *struct{ NameInput }) (*struct{}, error) {
			return nil, s.Versions.DeleteDraft(ctx, in.Name)
		})
	route(s, operation{id: "diff-draft", method: http.MethodGet, path: path + "/diff", tag: tag, summary: "What activating the draft would change, and for whom"}, s.diffDraft)
	route(s, operation{id: "activate-draft", method: http.MethodPost, path: path + "/activate", tag: tag, summary: "Put the draft into force",
		text: "As the next version, active, whole or not at all; 422 lists everything that is wrong, 409 says that another version came into force meanwhile."}, s.activateDraft)
}

func (s *Server) listDrafts(ctx context.Context, _ *struct{}) (*draftsOutput, error) {
	all, err := s.Versions.Drafts(ctx)
	if err != nil {
		return nil, err
	}
	out := &draftsOutput{}
	out.Body.Items = rows(all, func(d outreach.Draft) draftRow { return draftRow{d.Configuration.Name, d.Base, d.Actor, d.At} })
	return out, nil
}

// versionInForce is 0 where there is no such configuration.
func (s *Server) versionInForce(ctx context.Context, name string) (int64, error) {
	found, err := s.Versions.Versions(ctx, outreach.KindConfiguration, name)
	if err != nil || len(found) == 0 || found[0].Deleted {
		return 0, err
	}
	return found[0].Version, nil
}

func (s *Server) showDraft(ctx context.Context, d outreach.Draft, status int) (*draftOutput, error) {
	now, err := s.versionInForce(ctx, d.Configuration.Name)
	if err != nil {
		return nil, err
	}
	return &draftOutput{status, etag(d.Revision), draftView{Configuration: d.Configuration, BaseVersion: d.Base, ChangedSinceBase: now != d.Base,
		Actor: d.Actor, At: d.At, Problems: emptyNotNull(s.draftProblems(d.Configuration))}}, nil
}

// draftProblems is what would keep the draft from being activated, with pointers into it.
func (s *Server) draftProblems(c outreach.Configuration) []outreach.Problem {
	snap := s.snapshot()
	doc := snap.Document
	doc.Configurations = append([]outreach.Configuration(nil), doc.Configurations...)
	c.Active = true
	at, _, err := configurations.put(&doc, c.Name, c, keepManager)
	if err == nil {
		_, problems := outreach.CompileAfter(&snap.Document, doc, snap.Revision)
		return rebase(problems, at)
	}
	var problems outreach.Problems
	if errors.As(err, &problems) {
		return problems
	}
	return []outreach.Problem{{Detail: err.Error()}}
}

func keepManager(old, v *outreach.Configuration) { v.ManagedBy = old.ManagedBy }

func (s *Server) putDraft(ctx context.Context, in *draftPut) (*draftOutput, error) {
	if in.Body.Name == "" {
		in.Body.Name = in.Name
	}
	if in.Body.Name != in.Name {
		return nil, outreach.Problems{{Pointer: "/name", Detail: "differs from the address", Hint: "A name cannot be changed: begin a new draft under it."}}
	}
	expect, err := Conditional{in.IfMatch}.revision()
	if err != nil {
		return nil, s.draftTaken(ctx, in.Name)
	}
	status, base := http.StatusOK, int64(0)
	old, err := s.Versions.Draft(ctx, in.Name)
	switch {
	case err == nil:
		base = old.Base
	case errors.Is(err, outreach.ErrNotFound):
		status = http.StatusCreated
		if base, err = s.versionInForce(ctx, in.Name); err != nil {
			return nil, err
		}
	default:
		return nil, err
	}
	in.Body.ManagedBy = ""
	d, err := s.Versions.SaveDraft(ctx, outreach.Draft{Configuration: in.Body, Base: base, Revision: expect, Actor: actor(ctx), At: s.now()})
	if errors.Is(err, outreach.ErrRevision) {
		return nil, s.draftTaken(ctx, in.Name)
	}
	if err != nil {
		return nil, err
	}
	return s.showDraft(ctx, d, status)
}

// draftTaken says who was faster.
func (s *Server) draftTaken(ctx context.Context, name string) error {
	d, err := s.Versions.Draft(ctx, name)
	if err != nil {
		return problem(http.StatusPreconditionFailed, "The draft was thrown away or activated since you read it. Begin a new one.")
	}
	return problem(http.StatusPreconditionFailed, fmt.Sprintf("%s saved this draft at %s, after you read it. Read it again and repeat your change.",
		d.Actor, d.At.UTC().Format(time.RFC3339)))
}

func (s *Server) diffDraft(ctx context.Context, in *NameInput) (*draftDiffOutput, error) {
	d, err := s.Versions.Draft(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	view, err := s.showDraft(ctx, d, http.StatusOK)
	if err != nil {
		return nil, err
	}
	out := &draftDiffOutput{draftDiff{BaseVersion: d.Base, ChangedSinceBase: view.Body.ChangedSinceBase, Problems: view.Body.Problems}}
	current, err := configurations.find(s.snapshot(), in.Name)
	var from any = current
	if errors.Is(err, outreach.ErrNotFound) {
		from = map[string]any{}
	}
	next := d.Configuration
	next.Active, next.ManagedBy = true, current.ManagedBy
	if out.Body.Changes, err = outreach.Differences(from, next); err != nil {
		return nil, err
	}
	out.Body.Changes = emptyNotNull(out.Body.Changes)
	return out, s.touchedBy(ctx, in.Name, &out.Body)
}

// touchedBy counts the open transactions of the configuration.
func (s *Server) touchedBy(ctx context.Context, name string, d *draftDiff) error {
	waiting, err := s.pending(ctx, func(p outreach.PendingVersion) bool { return p.Configuration.Name == name && p.Version == 0 })
	if err != nil {
		return err
	}
	begun, err := s.pending(ctx, func(p outreach.PendingVersion) bool { return p.Configuration.Name == name && p.Version > 0 })
	d.Pending.NotStarted, d.Pending.Transactions, d.Pending.Started = waiting.Count, waiting.Transactions, begun.Count
	return err
}

func (s *Server) activateDraft(ctx context.Context, in *draftActivate) (*draftActivated, error) {
	d, err := s.Versions.Draft(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if tag := strings.Trim(strings.TrimPrefix(in.IfMatch, "W/"), `"`); tag != "" && tag != "*" && tag != strconv.FormatInt(d.Revision, 10) {
		return nil, s.draftTaken(ctx, in.Name)
	}
	snap := s.snapshot()
	now, err := s.versionInForce(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if now != d.Base && !in.Force {
		return nil, problem(http.StatusConflict, fmt.Sprintf("Version %d came into force since this draft was begun from version %d. Look at the differences, then activate with force=true.", now, d.Base))
	}
	// The revision holds what was looked at: a change that comes between is refused.
	snap, err = s.edit(ctx, Conditional{etag(snap.Revision)}, func(doc *outreach.Document) (string, error) {
		c := d.Configuration
		c.Active = true
		at, _, err := configurations.put(doc, in.Name, c, keepManager)
		return at, err
	})
	if err != nil {
		return nil, err
	}
	return s.draftDone(ctx, in, snap)
}

// draftDone ends the draft that is in force now. A draft that stays behind because of a crash differs in nothing.
func (s *Server) draftDone(ctx context.Context, in *draftActivate, snap *outreach.Snapshot) (*draftActivated, error) {
	if err := s.Versions.DeleteDraft(ctx, in.Name); err != nil && !errors.Is(err, outreach.ErrNotFound) {
		return nil, err
	}
	out := &draftActivated{ETag: etag(snap.Revision)}
	var err error
	if out.Body.Configuration, err = configurations.find(snap, in.Name); err != nil {
		return nil, err
	}
	if out.Body.Version, err = s.versionInForce(ctx, in.Name); err != nil {
		return nil, err
	}
	if in.Pending == "cancel" {
		n, err := s.cancelOpen(ctx, in.Name)
		if err != nil {
			return nil, err
		}
		out.Body.Cancelled = &n
	}
	return out, nil
}
