package httpapi

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

type purgeInput struct{ LongInput }

func (in *purgeInput) target() string { return "retention" }

type purged struct {
	Removed int `json:"removed" doc:"Rows that are gone: activities with all that belongs to them, old events, what patients and providers said"`
}

func (s *Server) mountPurge() {
	const path = "/purge"
	route(s, operation{id: "purge", method: http.MethodPost, path: path, tag: "Administration", quiet: true, summary: "Remove now what the retention no longer keeps",
		text: "As every night, some rows at a time, so that calls go on. With Accept: application/x-ndjson each step is told as it is done; closing the " +
			"connection stops it, and what is removed stays removed."},
		func(_ context.Context, in *purgeInput) (*huma.StreamResponse, error) {
			return s.long("purge", in, in.watched(), func(ctx context.Context, step func(done, total int)) (any, error) {
				n, err := s.Dispatch.PurgeNow(ctx, func(removed int) { step(removed, 0) })
				return purged{n}, err
			}), nil
		})
	s.api.OpenAPI().Paths[prefix+path].Post.Responses["200"] = s.longResponse(reflect.TypeFor[purged](), "Purged")
}
