package store_test

import (
	"errors"
	"testing"

	"curlew/outreach"
	"curlew/store"
)

func TestADraftSavedByAnotherIsNotOverwritten(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		d := outreach.Draft{Configuration: outreach.Configuration{Name: reminder, Priority: 1}, Base: 1, Revision: -1, Actor: "a", At: t0}
		first, err := f.SaveDraft(t.Context(), d)
		must(t, err)
		first.Configuration.Priority = 2
		second, err := f.SaveDraft(t.Context(), first)
		must(t, err)
		if _, err := f.SaveDraft(t.Context(), first); !errors.Is(err, store.ErrRevision) {
			t.Errorf("saved over another's draft: %v", err)
		}
		got, err := f.Draft(t.Context(), reminder)
		must(t, err)
		if d := diff(second, got); d != "" || got.Configuration.Priority != 2 {
			t.Errorf("(-want +got):\n%s", d)
		}
		all, err := f.Drafts(t.Context())
		must(t, err)
		if len(all) != 1 {
			t.Errorf("%d drafts", len(all))
		}
		must(t, f.DeleteDraft(t.Context(), reminder))
		if _, err := f.Draft(t.Context(), reminder); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after deletion: %v", err)
		}
		if _, err := f.SaveDraft(t.Context(), second); !errors.Is(err, store.ErrRevision) {
			t.Errorf("a draft that is gone was saved over: %v", err)
		}
	})
}

func TestPendingTransactionsAreCountedByTheVersionTheyRunOn(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		started, waiting, done := f.open1(1), f.open1(2), f.open1(3)
		f.claim1(started, t0)
		f.end(f.claim1(done, t0), t0, true, failed(t0))
		doc := document()
		doc.Configurations[0].Steps = doc.Configurations[0].Steps[:1]
		_, err := f.SaveDocument(t.Context(), doc, -1, "amina", t0)
		must(t, err)
		got, err := f.Pending(t.Context())
		must(t, err)
		if len(got) != 2 || got[0].Version != 0 || got[0].Count != 1 || len(got[0].Configuration.Steps) != 1 ||
			got[1].Version != 1 || got[1].Count != 1 || len(got[1].Configuration.Steps) != 2 {
			t.Errorf("pending: %+v", got)
		}
		for version, want := range map[int64]outreach.TransactionID{0: waiting, 1: started} {
			ids, err := f.OpenOf(t.Context(), reminder, version, "", 10)
			must(t, err)
			if len(ids) != 1 || ids[0] != want {
				t.Errorf("version %d: %v, want %s", version, ids, want)
			}
			if ids, err = f.OpenOf(t.Context(), reminder, version, want, 10); err != nil || len(ids) != 0 {
				t.Errorf("after %s: %v %v", want, ids, err)
			}
		}
		versions, err := f.Versions(t.Context(), outreach.KindConfiguration, reminder)
		must(t, err)
		if len(versions) != 2 || versions[0].Version != 2 || versions[0].Actor != "amina" || versions[1].Actor != "test" {
			t.Errorf("versions: %+v", versions)
		}
	})
}
