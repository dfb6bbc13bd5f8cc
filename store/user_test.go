package store_test

import (
	"errors"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"
)

func TestAUsersEpochRisesWithPasswordRoleAndDisablingOnly(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		u := outreach.User{Name: "amina", Role: outreach.RoleAdmin, Hash: "one", CreatedAt: t0}
		save := func(epoch int64) {
			t.Helper()
			must(t, f.SaveUser(t.Context(), u))
			got, err := f.User(t.Context(), "amina")
			must(t, err)
			u.Epoch = epoch
			if d := diff(u, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		}
		save(1)
		save(1)
		u.Hash = "two"
		save(2)
		u.Role = outreach.RoleViewer
		save(3)
		u.DisabledAt = t0
		save(4)
		u.DisabledAt = time.Time{}
		save(5)
		must(t, f.DeleteUser(t.Context(), "amina"))
		if _, err := f.User(t.Context(), "amina"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after deletion: %v", err)
		}
		if err := f.DeleteUser(t.Context(), "amina"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
	})
}

func TestASessionIsGoneOnceItHasExpiredAndLeavesWithTheNext(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		must(t, f.SaveSession(t.Context(), "a", []byte("one"), t0.Add(time.Hour), t0))
		must(t, f.SaveSession(t.Context(), "a", []byte("two"), t0.Add(2*time.Hour), t0))
		found := func(hash string, at time.Time, want string) {
			t.Helper()
			data, ok, err := f.Session(t.Context(), hash, at)
			must(t, err)
			if string(data) != want || ok != (want != "") {
				t.Errorf("%s at %s: %q %v, want %q", hash, at, data, ok, want)
			}
		}
		found("a", t0.Add(time.Hour), "two")
		found("a", t0.Add(2*time.Hour), "")
		must(t, f.SaveSession(t.Context(), "b", []byte("x"), t0.Add(4*time.Hour), t0.Add(3*time.Hour)))
		found("a", t0, "")
		must(t, f.DeleteSession(t.Context(), "b"))
		must(t, f.DeleteSession(t.Context(), "b"))
		found("b", t0, "")
	})
}
