package httpapi

import (
	"context"
	"net/http"

	"curlew/outreach"
)

// Pauses hold back what is named in them: nothing new of it leaves within a second.
type Pauses interface {
	Pauses(ctx context.Context) ([]outreach.PauseScope, error)
	Pause(ctx context.Context, p outreach.PauseScope) error
	// Resume lifts the pause of exactly this scope, or returns outreach.ErrNotFound.
	Resume(ctx context.Context, p outreach.PauseScope) error
}

// pauseInput may come without a body: whoever reaches for the kill switch should not have to quote JSON.
type pauseInput struct {
	Body *pauseRequest
}

type pauseRequest struct {
	Kind string `json:"kind,omitempty" enum:"all,pbx,gateway,drain,channel,configuration" doc:"all if absent"`
	Name string `json:"name,omitempty" maxLength:"400" doc:"Of the PBX, pbx/gateway, channel or configuration; none for all"`
}

func (in *pauseInput) target() string {
	if in.name() == "" {
		return in.kind()
	}
	return in.kind() + " " + in.name()
}

func (in *pauseInput) kind() string {
	if in.Body == nil || in.Body.Kind == "" {
		return "all"
	}
	return in.Body.Kind
}

func (in *pauseInput) name() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Name
}

type pausesOutput struct {
	Body struct {
		Items []outreach.PauseScope `json:"items"`
	}
}

func (s *Server) mountPauses() {
	const tag = "Administration"
	route(s, operation{id: "list-pauses", method: http.MethodGet, path: "/pauses", tag: tag, summary: "What is paused"},
		func(ctx context.Context, _ *struct{}) (*pausesOutput, error) { return s.paused(ctx) })
	route(s, operation{id: "pause", scope: scopeOperator, method: http.MethodPost, path: "/pause", tag: tag, summary: "Start no new call or message",
		text: "Of everything, a PBX, a gateway, a channel or a configuration; calls that are under way go on."},
		func(ctx context.Context, in *pauseInput) (*pausesOutput, error) {
			if err := s.knownScope(in); err != nil {
				return nil, err
			}
			p := outreach.PauseScope{Kind: in.kind(), Name: in.name(), By: actor(ctx), At: s.now()}
			if err := s.Pauses.Pause(ctx, p); err != nil {
				return nil, err
			}
			return s.paused(ctx)
		})
	route(s, operation{id: "resume", scope: scopeOperator, method: http.MethodPost, path: "/resume", tag: tag, summary: "Lift a pause", text: "404 if this scope is not paused."},
		func(ctx context.Context, in *pauseInput) (*pausesOutput, error) {
			if err := s.Pauses.Resume(ctx, outreach.PauseScope{Kind: in.kind(), Name: in.name()}); err != nil {
				return nil, err
			}
			return s.paused(ctx)
		})
}

func (s *Server) paused(ctx context.Context) (*pausesOutput, error) {
	all, err := s.Pauses.Pauses(ctx)
	if err != nil {
		return nil, err
	}
	out := &pausesOutput{}
	out.Body.Items = emptyNotNull(all)
	return out, nil
}

// knownScope refuses to pause what does not exist: a typing error must not look like a pause.
func (s *Server) knownScope(in *pauseInput) error {
	snap, name, ok := s.snapshot(), in.name(), false
	switch in.kind() {
	case "all":
		ok = name == ""
	case "pbx":
		_, ok = snap.PBX(name)
	case "gateway", outreach.PauseDrain:
		for _, p := range snap.PBXs() {
			for _, g := range p.Gateways {
				ok = ok || p.Name+"/"+g.Name == name
			}
		}
	case "channel":
		ok = outreach.Channel(name).Known()
	case "configuration":
		_, ok = snap.Configuration(name)
	}
	if !ok {
		return outreach.Problems{{Pointer: "/name", Detail: "there is no such " + in.kind(), Hint: "Gateways are named pbx/gateway; all takes no name."}}
	}
	return nil
}
