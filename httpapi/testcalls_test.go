package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"curlew/outreach"
)

func (w *world) TestCall(_ context.Context, o outreach.TestOrder) (outreach.TestCall, error) {
	switch {
	case o.PBX != "main":
		return outreach.TestCall{}, outreach.ErrNotFound
	case o.Gateway == "full":
		return outreach.TestCall{}, &outreach.HeldError{Reason: outreach.ReasonLine, Detail: "No line is free."}
	case o.Number == "":
		return outreach.TestCall{}, outreach.Problems{{Pointer: "/number", Detail: "is no E.164 number"}}
	}
	return outreach.TestCall{ID: "T1", PBX: o.PBX, Gateway: "trunk1", PhoneMasked: outreach.MaskPhone(o.Number), Actor: o.Actor, Lines: []outreach.TestLine{}}, nil
}

func (w *world) HangUpTest(_ context.Context, _ string, id outreach.AttemptID) error {
	if id != "T1" {
		return outreach.ErrNotFound
	}
	return nil
}

func (w *world) TestCalls(_ context.Context, _ string, id outreach.AttemptID, _ int) ([]outreach.TestCall, error) {
	if id != "" && id != "T1" {
		return nil, nil
	}
	return []outreach.TestCall{{ID: "T1", Lines: []outreach.TestLine{{Kind: "dialing"}}}}, nil
}

// A test call is placed by those who may act, is audited, and never shows the number.
func TestATestCallIsPlacedReadAndHungUp(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	const path = "/api/v1/pbxs/main/test-calls"
	for body, want := range map[string]int{
		`{"number":"+12025550101"}`: http.StatusAccepted, `{"number":""}`: http.StatusUnprocessableEntity, `{"number":"+12025550101","gateway":"full"}`: http.StatusConflict, `{"to":"x"}`: http.StatusUnprocessableEntity,
	} {
		answer := request(h, http.MethodPost, path, adminKey, body)
		if answer.Code != want {
			t.Errorf("%s: %d %s", body, answer.Code, answer.Body)
		}
		if strings.Contains(answer.Body.String(), "2025550101") {
			t.Errorf("the number is shown: %s", answer.Body)
		}
	}
	if got := request(h, http.MethodPost, path, himsKey, `{"number":"+12025550101"}`); got.Code != http.StatusForbidden {
		t.Errorf("the HIMS places test calls: %d", got.Code)
	}
	if got := request(h, http.MethodPost, "/api/v1/pbxs/none/test-calls", adminKey, `{"number":"+12025550101"}`); got.Code != http.StatusNotFound {
		t.Errorf("unknown PBX: %d", got.Code)
	}
	if got := request(h, http.MethodGet, path+"/T1", adminKey, nil); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"dialing"`) {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	for id, want := range map[string]int{"T1": http.StatusNoContent, "T2": http.StatusNotFound} {
		if got := request(h, http.MethodDelete, path+"/"+id, adminKey, nil); got.Code != want {
			t.Errorf("hang up %s: %d", id, got.Code)
		}
	}
	if len(w.audit) == 0 || w.audit[0].Target == "" {
		t.Errorf("not audited: %+v", w.audit)
	}
}
