package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"curlew/outreach"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(beCurlew) != "" || len(os.Args) == 2 && os.Args[1] == "rehearsal" {
		os.Exit(process(machineOf(os.Args)))
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/rivo/uniseg.init"))
}

// curlew runs the program and returns its exit status and what it printed.
func curlew(t *testing.T, args ...string) (status int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), args, os.LookupEnv, &o, &e, nil)
	return status, o.String(), e.String()
}

func TestTheHeadlessDemoPlaysEveryPatientAsExpected(t *testing.T) {
	t.Parallel()
	status, out, errOut := curlew(t, "demo", "--headless", "--json")
	if status != exitDone {
		t.Fatalf("status %d\n%s%s", status, out, errOut)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(expectations) {
		t.Fatalf("%d rows for %d patients", len(lines), len(expectations))
	}
	for _, line := range lines {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Got != expectations[r.Patient] || !r.Told || r.Attempts == 0 || r.Channel == "" {
			t.Errorf("%s", line)
		}
	}
}

func TestAWrongExpectationIsFoundWanting(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "expect.json")
	if err := os.WriteFile(file, []byte(`[{"patient": "01", "expected": "completed/cancel/ivr"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ := curlew(t, "demo", "--headless", "--expect", file)
	if status != exitWanted || !strings.Contains(out, "WRONG") {
		t.Fatalf("status %d\n%s", status, out)
	}
}

func TestWrongUsageIsStatusTwoAndOneSentence(t *testing.T) {
	for _, args := range [][]string{{"dial"}, {"serve", "--nonsense"}, {"config", "validate"}, {"config", "validate", "/does/not/exist.json"}} {
		status, _, errOut := curlew(t, args...)
		if status != exitUsage || errOut == "" {
			t.Errorf("%v: status %d %q", args, status, errOut)
		}
	}
}

func TestAWrongConfigFileShowsEveryMistakeWithItsLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "curlew.json")
	body := `{
  "facility": {"name": "H", "time_zone": "Mars/Olympus", "languages": []},
  "pbxs": [{"name": "main", "esl": {"host": "10.0.0.1", "port": 8021, "password": "ClueCon"}, "active": true, "nonsense": 1}],
  "prompts": [],
  "configurations": []
}`
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, errOut := curlew(t, "config", "validate", file)
	if status != exitWanted {
		t.Fatalf("status %d\n%s", status, errOut)
	}
	for _, want := range []string{":2:", ":3:", "/facility/time_zone", "nonsense"} {
		if !strings.Contains(errOut, want) {
			t.Errorf("%q is not in\n%s", want, errOut)
		}
	}
}

func TestApplyThenExportThenApplyChangesNothing(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "c.db"), filepath.Join(dir, "curlew.json")
	demo, err := os.ReadFile("../../examples/demo.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, demo, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errOut := curlew(t, "config", "apply", "--db", db, file); status != exitDone || !strings.Contains(out, "+") {
		t.Fatalf("apply: status %d %s%s", status, out, errOut)
	}
	_, first, _ := curlew(t, "config", "export", "--db", db)
	if err := os.WriteFile(file, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errOut := curlew(t, "config", "apply", "--db", db, "--plan", file); status != exitDone || strings.ContainsAny(out, "+~") {
		t.Fatalf("the export, planned again: status %d %s%s", status, out, errOut)
	}
	curlew(t, "config", "apply", "--db", db, file)
	if _, second, _ := curlew(t, "config", "export", "--db", db); second != first {
		t.Error("export is not the same byte for byte after it was applied")
	}
}

func TestAKeyIsPrintedOnceAndListedWithoutItsText(t *testing.T) {
	db := filepath.Join(t.TempDir(), "k.db")
	status, key, errOut := curlew(t, "keys", "--db", db, "create", "hims", "--scopes", "hims")
	if status != exitDone || !strings.HasPrefix(key, "ck_") {
		t.Fatalf("create: status %d %q %s", status, key, errOut)
	}
	_, list, _ := curlew(t, "keys", "--db", db, "list")
	if !strings.Contains(list, "hims") || strings.Contains(list, strings.TrimSpace(key)) {
		t.Errorf("list: %s", list)
	}
	if status, _, errOut := curlew(t, "keys", "--db", db, "revoke", "hims"); status != exitDone {
		t.Errorf("revoke: %s", errOut)
	}
}

func TestAPasswordIsPrintedOnceAndAUserIsListedWithoutIt(t *testing.T) {
	db := filepath.Join(t.TempDir(), "u.db")
	status, password, errOut := curlew(t, "users", "--db", db, "create", "amina", "--role", "operator")
	if status != exitDone || len(strings.TrimSpace(password)) < 20 {
		t.Fatalf("create: status %d %q %s", status, password, errOut)
	}
	if status, _, _ := curlew(t, "users", "--db", db, "create", "amina"); status != exitWanted {
		t.Errorf("created twice: status %d", status)
	}
	_, list, _ := curlew(t, "users", "--db", db, "list")
	if !strings.Contains(list, "amina  operator") || strings.Contains(list, strings.TrimSpace(password)) {
		t.Errorf("list: %s", list)
	}
	if status, second, _ := curlew(t, "users", "--db", db, "password", "amina"); status != exitDone || second == password {
		t.Errorf("new password: status %d", status)
	}
	if status, _, errOut := curlew(t, "users", "--db", db, "delete", "amina"); status != exitDone {
		t.Errorf("delete: %s", errOut)
	}
}

func TestTheDryRunShowsTheDatedTimelineAndSendsNothing(t *testing.T) {
	event := filepath.Join(t.TempDir(), "event.json")
	b, err := json.Marshal(demoEvent("01", demoStart))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(event, b, 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errOut := curlew(t, "dry-run", "--config", "../../examples/demo.json", "--event", event, "--at", "2026-12-01T07:00:00Z")
	if status != exitDone || strings.Count(out, "attempt") < 4 || !strings.Contains(out, "main/trunk1") || !strings.Contains(out, "whatsapp") {
		t.Fatalf("status %d\n%s%s", status, out, errOut)
	}
}

// demoEvent is an appointment tomorrow at 09:30 for the patient with these last two digits.
func demoEvent(patient string, now time.Time) outreach.Event {
	languages := []string{"en", "ar", "hi"}
	names := []string{"Amina Yusuf", "Omar Haddad", "Priya Nair"}
	n := int(patient[1] - '0')
	return outreach.Event{
		ID: "demo-" + patient, Component: "Appointment", Type: "Booked", OccurredAt: now,
		Subject: outreach.Subject{ID: "A-47" + patient, Time: demoStart.Add(23*time.Hour + 30*time.Minute)},
		Recipient: outreach.Recipient{ID: "P-" + patient, Name: names[n%3], Phone: "+120255501" + patient,
			Email: "p" + patient + "@example.org", Language: languages[n%3]},
		Data: map[string]any{"doctor": "Dr. Rao", "department": "Cardiology"},
	}
}
