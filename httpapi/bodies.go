package httpapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// uploadTime is for a recording over a slow line; other bodies have 5 s, a config file 20.
const (
	uploadTime = 2 * time.Minute
	configTime = 20 * time.Second
)

// admitBody refuses a body that says it is too large before a byte of it is read, and gives a slow one the time to be answered.
func (s *Server) admitBody(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	r, w := unwrap(ctx)
	if most := op.MaxBodyBytes - 1; most > 0 && r.ContentLength > most {
		p := tooLarge(most)
		p.headers = http.Header{"Connection": {"close"}} // the rest of it is not read either
		writeHuma(ctx, p)
		return
	}
	if op.BodyReadTimeout > 0 {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(op.BodyReadTimeout + writeTimeout)) // best effort: a recorder has none
	}
	next(ctx)
}

// tooLarge names the limit in bytes.
func tooLarge(most int64) *Problem {
	size := fmt.Sprintf("%d KiB", most>>10)
	if most >= 1<<20 {
		size = fmt.Sprintf("%d MiB", most>>20)
	}
	return problem(http.StatusRequestEntityTooLarge, "The body is too large: at most "+size+" are taken here.")
}
