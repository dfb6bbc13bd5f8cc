package httpapi_test

import (
	"context"
	"net/http"
	"testing"

	"curlew/outreach"
)

// roster is one node, n1, that leads.
type roster struct{ w *world }

func (r roster) Nodes(context.Context) (outreach.NodeList, error) {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	out := outreach.NodeList{Leader: "n1", Term: 7, Revision: 3, Now: r.w.clock.Now(), Items: []outreach.NodeStatus{{Name: "n1", LastSeen: r.w.clock.Now(),
		Leader: true, Term: 7, Revision: 3, Draining: r.w.drained, InFlight: 2}}}
	out.Judge()
	return out, nil
}

func (r roster) DrainNode(_ context.Context, name string, on bool) error {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if name != "n1" {
		return outreach.ErrNotFound
	}
	r.w.drained = on
	return nil
}

func TestANodeIsShownDrainedAndResumed(t *testing.T) {
	h := newWorld(t).server().Handler()
	list := decode[outreach.NodeList](t, request(h, "GET", "/api/v1/nodes", adminKey, nil))
	if len(list.Items) != 1 || list.Items[0].State != "serving" || list.Leader != "n1" || list.Term != 7 {
		t.Fatalf("%+v", list)
	}
	if n := decode[outreach.NodeStatus](t, request(h, "POST", "/api/v1/nodes/n1/drain", adminKey, nil)); n.State != "draining" || n.InFlight != 2 {
		t.Errorf("drained: %+v", n)
	}
	if n := decode[outreach.NodeStatus](t, request(h, "POST", "/api/v1/nodes/n1/resume", adminKey, nil)); n.State != "serving" {
		t.Errorf("resumed: %+v", n)
	}
	want(t, request(h, "POST", "/api/v1/nodes/n2/drain", adminKey, nil), http.StatusNotFound)
}
