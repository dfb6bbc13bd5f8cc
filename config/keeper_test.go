package config_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/outreach"
	"curlew/store"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: filepath.Join(t.TempDir(), "curlew.db"), Node: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func keeperOn(t *testing.T, s config.Store) *config.Keeper {
	t.Helper()
	k, err := config.NewKeeper(t.Context(), s, clock.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// demoKeeper has the demo's document in force.
func demoKeeper(t *testing.T) (*config.Keeper, *store.Store) {
	t.Helper()
	s := openStore(t)
	k := keeperOn(t, s)
	if k.Current() != nil {
		t.Fatal("something is in force before the first document")
	}
	if _, err := k.Apply(t.Context(), "test", -1, exampleFiles(t)["demo.json"], false); err != nil {
		t.Fatal(err)
	}
	return k, s
}

func TestExportApplyExportGivesTheSameBytes(t *testing.T) {
	k, _ := demoKeeper(t)
	first, err := k.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := k.Apply(t.Context(), "test", -1, first, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Changes) > 0 {
		t.Errorf("applying the export changes something: %v", plan.Changes)
	}
	second, err := k.Export(t.Context())
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("(%v)\n%s", err, cmp.Diff(string(first), string(second)))
	}
	if c, _ := k.Current().Configuration("Appointment reminder"); c.ManagedBy != config.ManagedByFile {
		t.Errorf("the file's configuration is managed by %q", c.ManagedBy)
	}
}

func TestAnEditIsWholeOrNotAtAll(t *testing.T) {
	k, _ := demoKeeper(t)
	before := k.Current()
	_, err := k.Edit(t.Context(), "admin", -1, func(d *outreach.Document) error {
		d.Facility.Name = "Another"
		d.Configurations[0].Steps[0].Channel = "fax"
		return nil
	})
	var problems outreach.Problems
	if !errors.As(err, &problems) || problems[0].Pointer != "/configurations/0/steps/0/channel" {
		t.Fatalf("got %v", err)
	}
	if k.Current() != before || k.Current().Document.Facility.Name != "City Hospital" {
		t.Error("a refused edit left a trace")
	}
	mine := errors.New("mine")
	if _, err := k.Edit(t.Context(), "admin", -1, func(*outreach.Document) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("the change's own error became %v", err)
	}
}

func TestAnEditOfAnOldRevisionIsRefusedAndOneOfAnyIsMadeAnew(t *testing.T) {
	k, s := demoKeeper(t)
	other := keeperOn(t, s)
	old := k.Current().Revision
	rename := func(to string) func(*outreach.Document) error {
		return func(d *outreach.Document) error { d.Facility.Name = to; return nil }
	}
	if _, err := other.Edit(t.Context(), "b", old, rename("B")); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Edit(t.Context(), "a", old, rename("A")); !errors.Is(err, outreach.ErrRevision) {
		t.Fatalf("an edit of revision %d is answered %v", old, err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			who := []*config.Keeper{k, other}[i%2]
			_, err := who.Edit(context.WithoutCancel(t.Context()), "x", -1, func(d *outreach.Document) error {
				d.Facility.Holidays = append(d.Facility.Holidays, noon.AddDate(0, 0, i).Format(time.DateOnly))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(k.Current().Document.Facility.Holidays); n != 8 {
		t.Errorf("%d of 8 edits by two nodes survived", n)
	}
}

func TestAnotherNodesChangeComesWithRefreshAndReachesSubscribers(t *testing.T) {
	k, s := demoKeeper(t)
	other := keeperOn(t, s)
	var seen []int64
	cancel := other.Subscribe(func(s *outreach.Snapshot) { seen = append(seen, s.Revision) })
	snap, err := k.Edit(t.Context(), "a", -1, func(d *outreach.Document) error { d.Facility.Name = "A"; return nil })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := other.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if other.Current().Document.Facility.Name != "A" || !slices.Equal(seen, []int64{snap.Revision}) {
		t.Errorf("name %q, told %v, want once %d", other.Current().Document.Facility.Name, seen, snap.Revision)
	}
	cancel()
	if _, err := other.Edit(t.Context(), "b", -1, func(d *outreach.Document) error { d.Facility.Name = "B"; return nil }); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 {
		t.Error("a cancelled subscriber is told")
	}
}

func TestAUsedPromptMayBeInactivatedButNothingActivatedWithIt(t *testing.T) {
	k, s := demoKeeper(t)
	inactive := func(d *outreach.Document) error {
		i := slices.IndexFunc(d.Prompts, func(p outreach.Prompt) bool { return p.Category == "greeting" })
		d.Prompts[i].Active = false
		return nil
	}
	snap, err := k.Edit(t.Context(), "admin", -1, inactive)
	if err != nil {
		t.Fatalf("a used prompt cannot be inactivated: %v", err)
	}
	if len(snap.Warnings) == 0 {
		t.Error("nobody is warned")
	}
	if again := keeperOn(t, s); again.Current() == nil {
		t.Error("a restart refuses what was allowed")
	}
	set := func(active bool) error {
		_, err := k.Edit(t.Context(), "admin", -1, func(d *outreach.Document) error { d.Configurations[0].Active = active; return nil })
		return err
	}
	if err := set(false); err != nil {
		t.Fatal(err)
	}
	var problems outreach.Problems
	if err := set(true); !errors.As(err, &problems) || problems[0].Pointer != "/configurations/0/steps/0/sequence/0" {
		t.Errorf("activating with an inactive prompt: %v", err)
	}
}

func second(t *testing.T, name string) []byte {
	t.Helper()
	return exampleFiles(t)[name]
}

func TestAFileOwnsWhatItHeldAndLeavesAloneWhatItNeverHeld(t *testing.T) {
	k, _ := demoKeeper(t)
	_, err := k.Edit(t.Context(), "admin", -1, func(d *outreach.Document) error {
		mine := d.Configurations[0]
		mine.Name, mine.ManagedBy, mine.Active = "By hand", "", false
		d.Configurations = append(d.Configurations, mine)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before := k.Current()
	preview, err := k.Apply(t.Context(), "file", -1, second(t, "feedback.json"), true)
	if err != nil {
		t.Fatal(err)
	}
	if k.Current() != before || preview.Applied {
		t.Fatal("a preview changed something")
	}
	plan, err := k.Apply(t.Context(), "file", -1, second(t, "feedback.json"), false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(preview.Changes, plan.Changes); diff != "" {
		t.Errorf("the preview said otherwise:\n%s", diff)
	}
	var out strings.Builder
	if err := config.PrintPlan(&out, plan.Changes); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`+ configuration "Feedback"`, `- configuration "Appointment reminder"`, `~ PBX "main": `, `- prompt "patient_name"`, "~ facility: public_base_url"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("the plan lacks %q:\n%s", line, out.String())
		}
	}
	if _, ok := k.Current().Configuration("By hand"); !ok {
		t.Error("a configuration that was never in a file is gone")
	}
	if _, ok := k.Current().Configuration("Appointment reminder"); ok {
		t.Error("a configuration that the file no longer holds is still there")
	}
}

func TestAFileThatWasAppliedLastIsNotAppliedAgainByARestart(t *testing.T) {
	k, s := demoKeeper(t)
	path := filepath.Join(t.TempDir(), "curlew.json")
	if err := os.WriteFile(path, exampleFiles(t)["demo.json"], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Edit(t.Context(), "admin", -1, func(d *outreach.Document) error { d.Configurations[0].Active = false; return nil }); err != nil {
		t.Fatal(err)
	}
	restarted := keeperOn(t, s)
	if plan, err := restarted.ApplyFile(t.Context(), path); err != nil || plan.Applied {
		t.Fatalf("applied again: %v %v", plan, err)
	}
	if restarted.Current().Document.Configurations[0].Active {
		t.Error("a restart activated what an admin had inactivated")
	}
}

func TestARefusedFileChangesNothingAndNamesItsLine(t *testing.T) {
	k, _ := demoKeeper(t)
	before := k.Current()
	broken := strings.Replace(string(exampleFiles(t)["demo.json"]), `"channel": "sms"`, `"channel": "fax"`, 1)
	line := 1 + strings.Count(broken[:strings.Index(broken, `"fax"`)], "\n")
	_, err := k.Apply(t.Context(), "file", -1, []byte(broken), false)
	var problems outreach.Problems
	if !errors.As(err, &problems) || problems[0].Line != line {
		t.Fatalf("got %v, want line %d", err, line)
	}
	if k.Current() != before {
		t.Error("a refused file left a trace")
	}
}

func TestAChangedFileIsAppliedWhileCurlewRuns(t *testing.T) {
	s := openStore(t)
	k, err := config.NewKeeper(t.Context(), s, clock.NewDemo(noon, 1000), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "curlew.json")
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(path+".new", b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	changed := make(chan *outreach.Snapshot, 4)
	k.Subscribe(func(s *outreach.Snapshot) { changed <- s })
	write(exampleFiles(t)["demo.json"])
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.Watch(ctx, path, 3*time.Second) }()
	if got := <-changed; len(got.Document.Configurations) != 1 {
		t.Fatal("the file was not applied")
	}
	write([]byte(`{"facility": {`)) // refused: what is in force stays
	write(exampleFiles(t)["feedback.json"])
	if _, ok := (<-changed).Configuration("Feedback"); !ok {
		t.Error("the changed file was not applied")
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

func TestReferencesAreResolvedAtUseAndNeverEchoed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := config.NewResolver(func(name string) (string, bool) { return map[string]string{"A": "from env"}[name], name == "A" })
	for ref, want := range map[string]string{"${env:A}": "from env", "${file:" + path + "}": "from a file", "literal": "literal", "": "", "${env:A": "${env:A"} {
		if got, err := r.Resolve(ref); err != nil || got != want {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
	doc, _ := config.Parse(exampleFiles(t)["bill-due.json"])
	missing := r.Missing(doc)
	if len(missing) != 6 {
		t.Errorf("%d references cannot be resolved, want 6: %v", len(missing), missing)
	}
	if _, err := r.PBX(doc.PBXs[0]); err == nil || !strings.Contains(err.Error(), "PBX_PASSWORD") {
		t.Errorf("the error does not name the variable: %v", err)
	}
	if _, err := r.Channels(doc.Channels); err == nil {
		t.Error("channels resolve without their secrets")
	}
	if _, err := r.Webhooks(doc.Webhooks); err == nil {
		t.Error("webhooks resolve without their secrets")
	}
}

func TestAFileThatHasNotChangedDoesNotUndoAnotherNodes(t *testing.T) {
	s := openStore(t)
	hurried := clock.NewDemo(noon, 1000)
	k, err := config.NewKeeper(t.Context(), s, hurried, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "curlew.json")
	own := exampleFiles(t)["demo.json"]
	if err := os.WriteFile(path, own, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.ApplyFile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if _, err := keeperOn(t, s).Apply(t.Context(), "file", -1, exampleFiles(t)["feedback.json"], false); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.Watch(ctx, path, 3*time.Second) }()
	if err := clock.Wait(t.Context(), hurried, time.Minute); err != nil { // twenty looks
		t.Fatal(err)
	}
	stop()
	<-ended
	if _, ok := k.Current().Configuration("Feedback"); !ok || k.Current().Revision != 2 {
		t.Errorf("revision %d, its own file again", k.Current().Revision)
	}
	if k.Offer(own) || !k.Offer(append(own, ' ')) {
		t.Error("what changed is not told from what did not")
	}
}
