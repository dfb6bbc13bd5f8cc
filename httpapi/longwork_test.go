package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"curlew/httpapi"
	"curlew/outreach"
)

func (w *world) PurgeNow(ctx context.Context, step func(int)) (int, error) {
	for n := 200; n <= 600; n += 200 {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		step(n)
	}
	return 600, nil
}

func (w *world) AddOptOuts(_ context.Context, all []outreach.OptOutRow) ([]outreach.OptOutRow, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.optOuts = append(w.optOuts, all...)
	return all, nil
}

func (w *world) DeleteOptOuts(_ context.Context, all []outreach.OptOutRow) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.optOuts = w.optOuts[:len(w.optOuts)-len(all)]
	return nil
}

// leaky is a database that goes away after so many parts.
type leaky struct {
	*world
	parts int
	last  func() // what happens as the last part that is taken comes
}

func (l *leaky) AddOptOuts(ctx context.Context, all []outreach.OptOutRow) ([]outreach.OptOutRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if l.parts--; l.parts < 0 {
		return nil, errors.New("the disk is full")
	}
	if l.parts == 0 && l.last != nil {
		l.last()
	}
	return l.world.AddOptOuts(ctx, all)
}

func optOutFile(n int) string {
	var b strings.Builder
	b.WriteString("address\n")
	for i := range n {
		fmt.Fprintf(&b, "+1202555%04d\n", i)
	}
	return b.String()
}

const csvType, watched = "text/csv", "application/x-ndjson"

// Long work tells each step to whoever watches, and its result to everybody.
func TestLongWorkTellsItsSteps(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	rec := request(h, http.MethodPost, "/api/v1/opt-outs.csv", adminKey, []byte(optOutFile(1200)), "Content-Type", csvType, "Accept", watched)
	if want := `{"done":500,"total":1200}` + "\n" + `{"done":1000,"total":1200}` + "\n" + `{"done":1200,"total":1200}` + "\n" + `{"result":{"imported":1200}}` + "\n"; rec.Body.String() != want {
		t.Errorf("%s", rec.Body)
	}
	rec = request(h, http.MethodPost, "/api/v1/opt-outs.csv", adminKey, []byte(optOutFile(2)), "Content-Type", csvType)
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `"imported":2`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	rec = request(h, http.MethodPost, "/api/v1/purge", adminKey, nil, "Accept", watched)
	if want := `{"done":200}` + "\n" + `{"done":400}` + "\n" + `{"done":600}` + "\n" + `{"result":{"removed":600}}` + "\n"; rec.Body.String() != want {
		t.Errorf("%s", rec.Body)
	}
	if n := len(w.audit); n != 3 {
		t.Errorf("%d audit entries: %+v", n, w.audit)
	}
}

// An import that does not come to its end, because the database fails or the person cancels, leaves nothing.
func TestAnImportThatBreaksOffLeavesNothing(t *testing.T) {
	for name, cancelled := range map[string]bool{"the database fails": false, "cancelled": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			leak := &leaky{world: w, parts: 2}
			h := w.server(func(o *httpapi.Options) { o.OptOuts = leak }).Handler()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if cancelled {
				leak.last = cancel
			}
			req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/opt-outs.csv", strings.NewReader(optOutFile(1200)))
			req.Header.Set("Authorization", "Bearer "+adminKey)
			req.Header.Set("Content-Type", csvType)
			req.Header.Set("Accept", watched)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req)
			if leak.parts > 0 {
				t.Error("nothing was stored on the way")
			}
			if len(w.optOuts) != 0 {
				t.Errorf("%d opt-outs stayed: %s", len(w.optOuts), rec.Body)
			}
			if !cancelled && !strings.Contains(rec.Body.String(), `"problem":{`) {
				t.Errorf("no word of it: %s", rec.Body)
			}
		})
	}
}
