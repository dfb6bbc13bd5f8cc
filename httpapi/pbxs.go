package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"curlew/outreach"
)

// Dispatch is what decides and carries out: who is next, what holds it, and an admin's hand.
type Dispatch interface {
	// Line returns the state of each PBX as of now; an unknown name is a PBX that is down.
	Line(ctx context.Context) (func(pbx string) outreach.Line, error)
	// Status is what the PBX last told of itself.
	Status(pbx string) outreach.PBXStatus
	// Paused reports whether the channel or the configuration is paused, or everything.
	Paused(ch outreach.Channel, configuration string) bool
	// Cancel and RetryNow act on one transaction. Errors: outreach.ErrNotFound, *outreach.TransitionError.
	Cancel(ctx context.Context, id outreach.TransactionID) error
	RetryNow(ctx context.Context, id outreach.TransactionID) error
	TestCalls
	// PurgeNow removes what the retention no longer keeps and tells how many rows are gone so far.
	PurgeNow(ctx context.Context, step func(removed int)) (int, error)
}

// NameInput is the name in an address.
type NameInput struct {
	Name string `path:"name" maxLength:"200" doc:"Its name"`
}

type pbxBody struct {
	Conditional
	Body outreach.PBX
}

func (in *pbxBody) target() string { return in.Body.Name }

type pbxPut struct {
	NameInput
	Conditional
	Body outreach.PBX
}

func (in *pbxPut) target() string { return in.Name }

type nameDelete struct {
	NameInput
	Conditional
}

func (in *nameDelete) target() string { return in.Name }

type pbxStatus struct {
	outreach.PBXStatus
	InUse              int     `json:"in_use" doc:"Calls of ours that hold a line, as the database counts them"`
	MaxConcurrentCalls int     `json:"max_concurrent_calls"`
	CallsPerSecond     float64 `json:"calls_per_second"`
	Active             bool    `json:"active"`
	Paused             bool    `json:"paused"`

	Pace outreach.Pace `json:"pace" doc:"What its caps and its switch leave to us now: reserve_inbound and the other callers are taken off"`
}

// gatewayInput names a gateway of a PBX.
type gatewayInput struct {
	NameInput
	Gateway string `path:"gateway" maxLength:"200" doc:"Name of the gateway"`
}

func (in *gatewayInput) target() string { return in.Name + "/" + in.Gateway }

func (s *Server) mountPBXs() {
	const tag = "PBXs"
	route(s, operation{id: "list-pbxs", method: http.MethodGet, path: "/pbxs", tag: tag, summary: "Every PBX"}, s.listPBXs)
	route(s, operation{id: "create-pbx", method: http.MethodPost, path: "/pbxs", tag: tag, status: http.StatusCreated, summary: "Add a PBX"}, s.createPBX)
	route(s, operation{id: "get-pbx", method: http.MethodGet, path: "/pbxs/{name}", tag: tag, summary: "One PBX"}, s.getPBX)
	route(s, operation{id: "put-pbx", method: http.MethodPut, path: "/pbxs/{name}", tag: tag, summary: "Replace a PBX, or add it",
		text: "A secret that is sent as ******** stays as it is."}, s.putPBX)
	route(s, operation{id: "delete-pbx", method: http.MethodDelete, path: "/pbxs/{name}", tag: tag, status: http.StatusNoContent,
		summary: "Delete a PBX", text: "409 names the configurations whose steps use it."}, s.deletePBX)
	route(s, operation{id: "pbx-status", method: http.MethodGet, path: "/pbxs/{name}/status", tag: tag,
		summary: "Link, gateways with their breakers, calls in use, FreeSWITCH version"}, s.statusOfPBX)
	route(s, operation{id: "drain-gateway", method: http.MethodPost, path: "/pbxs/{name}/gateways/{gateway}/drain", tag: tag,
		summary: "Start no new call through a gateway", text: "Its calls finish. A drain outlives restarts."},
		func(ctx context.Context, in *gatewayInput) (*resource[pbxStatus], error) {
			return s.drain(ctx, in, func(p outreach.PauseScope) error { return s.Pauses.Pause(ctx, p) })
		})
	route(s, operation{id: "resume-gateway", method: http.MethodPost, path: "/pbxs/{name}/gateways/{gateway}/resume", tag: tag,
		summary: "End the drain of a gateway"},
		func(ctx context.Context, in *gatewayInput) (*resource[pbxStatus], error) {
			return s.drain(ctx, in, func(p outreach.PauseScope) error { return s.Pauses.Resume(ctx, p) })
		})
}

func (s *Server) listPBXs(_ context.Context, _ *struct{}) (*listing[outreach.PBX], error) {
	snap := s.snapshot()
	all := make([]outreach.PBX, 0, len(snap.Document.PBXs))
	for _, p := range snap.Document.PBXs {
		all = append(all, maskedPBX(p))
	}
	return listed(snap.Revision, all), nil
}

func (s *Server) getPBX(_ context.Context, in *NameInput) (*resource[outreach.PBX], error) {
	return s.showPBX(s.snapshot(), in.Name, http.StatusOK)
}

func (s *Server) showPBX(snap *outreach.Snapshot, name string, status int) (*resource[outreach.PBX], error) {
	p, err := pbxs.find(snap, name)
	if err != nil {
		return nil, err
	}
	return &resource[outreach.PBX]{status, etag(snap.Revision), prefix + "/pbxs/" + url.PathEscape(name), maskedPBX(p)}, nil
}

func (s *Server) createPBX(ctx context.Context, in *pbxBody) (*resource[outreach.PBX], error) {
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindPBX, in.Body.Name, func(d *outreach.Document) (string, error) {
		at, err := pbxs.add(d, in.Body)
		if err == nil {
			err = noMaskLeft(*d, at, in.Body.Name)
		}
		return at, err
	})
	if err != nil {
		return nil, err
	}
	return s.showPBX(snap, in.Body.Name, http.StatusCreated)
}

func (s *Server) putPBX(ctx context.Context, in *pbxPut) (*resource[outreach.PBX], error) {
	status := http.StatusOK
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindPBX, in.Name, func(d *outreach.Document) (string, error) {
		at, created, err := pbxs.put(d, in.Name, in.Body, keepPBXSecrets)
		if created {
			status = http.StatusCreated
		}
		if err == nil {
			err = noMaskLeft(*d, at, in.Name)
		}
		return at, err
	})
	if err != nil {
		return nil, err
	}
	return s.showPBX(snap, in.Name, status)
}

func (s *Server) deletePBX(ctx context.Context, in *nameDelete) (*noContent, error) {
	snap, err := s.editOne(ctx, in.Conditional, outreach.KindPBX, in.Name, func(d *outreach.Document) (string, error) {
		if users := stepUsers(d, func(step outreach.Step) bool { return slices.Contains(step.PBXs, in.Name) }); len(users) > 0 {
			return "", &InUseError{What: "The PBX", Users: users, Hint: "Take it out of their steps, or inactivate it."}
		}
		return "", pbxs.drop(d, in.Name)
	})
	if err != nil {
		return nil, err
	}
	return &noContent{etag(snap.Revision)}, nil
}

// stepUsers names the configurations with a step for which uses holds.
func stepUsers(d *outreach.Document, uses func(outreach.Step) bool) []string {
	var users []string
	for _, c := range d.Configurations {
		if slices.ContainsFunc(c.Steps, uses) {
			users = append(users, "configuration "+c.Name)
		}
	}
	return users
}

func (s *Server) drain(ctx context.Context, in *gatewayInput, do func(outreach.PauseScope) error) (*resource[pbxStatus], error) {
	p, _ := s.snapshot().PBX(in.Name)
	if !slices.ContainsFunc(p.Gateways, func(g outreach.Gateway) bool { return g.Name == in.Gateway }) {
		return nil, outreach.ErrNotFound
	}
	if err := do(outreach.PauseScope{Kind: outreach.PauseDrain, Name: in.target(), By: actor(ctx), At: s.now()}); err != nil {
		return nil, err
	}
	return s.statusOfPBX(ctx, &in.NameInput)
}

func (s *Server) statusOfPBX(ctx context.Context, in *NameInput) (*resource[pbxStatus], error) {
	snap := s.snapshot()
	p, ok := snap.PBX(in.Name)
	if !ok {
		return nil, outreach.ErrNotFound
	}
	line, err := s.Dispatch.Line(ctx)
	if err != nil {
		return nil, fmt.Errorf("status of PBX: %w", err)
	}
	l := line(in.Name)
	st := pbxStatus{PBXStatus: s.Dispatch.Status(in.Name), InUse: l.InUse, Paused: l.Paused,
		MaxConcurrentCalls: p.MaxConcurrentCalls, CallsPerSecond: p.CallsPerSecond, Active: p.Active}
	st.Name, st.Pace = in.Name, l.Pace
	for i := range st.Gateways {
		st.Gateways[i].InUse = l.Gateways[st.Gateways[i].Name].InUse
	}
	return &resource[pbxStatus]{Status: http.StatusOK, ETag: etag(snap.Revision), Body: st}, nil
}

// masked stands for a secret that was written out instead of referred to.
const masked = "********"

func maskedSecret(v string) string {
	if v == "" || strings.HasPrefix(v, "${") && strings.HasSuffix(v, "}") {
		return v
	}
	return masked
}

func maskedPBX(p outreach.PBX) outreach.PBX {
	p.ESL.Password = maskedSecret(p.ESL.Password)
	p.CallbackSecret = maskedSecret(p.CallbackSecret)
	p.Gateways = slices.Clone(p.Gateways)
	for i := range p.Gateways {
		p.Gateways[i].Password = maskedSecret(p.Gateways[i].Password)
	}
	return p
}

// keepPBXSecrets puts back what a client that read masked secrets sends with them.
func keepPBXSecrets(old, p *outreach.PBX) {
	keep(&p.ESL.Password, old.ESL.Password)
	keep(&p.CallbackSecret, old.CallbackSecret)
	for i := range p.Gateways {
		g := &p.Gateways[i]
		j := slices.IndexFunc(old.Gateways, func(o outreach.Gateway) bool { return o.Name == g.Name })
		if j >= 0 {
			keep(&g.Password, old.Gateways[j].Password)
		}
	}
}

// noMaskLeft refuses a mask where there was no secret for it to stand for.
func noMaskLeft(d outreach.Document, at, name string) error {
	p := d.PBXs[pbxs.index(&d, name)]
	var bad outreach.Problems
	note := func(pointer, secret string) {
		if secret == masked {
			bad = append(bad, outreach.Problem{Pointer: at + pointer, Detail: "there is no secret to keep", Hint: "Send ${env:NAME}."})
		}
	}
	note("/esl/password", p.ESL.Password)
	note("/callback_secret", p.CallbackSecret)
	for i, g := range p.Gateways {
		note("/gateways/"+strconv.Itoa(i)+"/password", g.Password)
	}
	if len(bad) > 0 {
		return bad
	}
	return nil
}

func keep(sent *string, old string) {
	if *sent == masked {
		*sent = old
	}
}
