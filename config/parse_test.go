package config_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"curlew/config"
	"curlew/examples"
	"curlew/outreach"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"
)

// exampleFiles are the documents of package examples, without the schema.
func exampleFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	names, err := fs.Glob(examples.Files, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".schema.json") {
			continue
		}
		b, err := examples.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	if len(files) < 7 {
		t.Fatalf("%d examples, want the demo and six ready-made configurations", len(files))
	}
	return files
}

func TestEveryExampleIsValidInThreeLanguagesWithoutAWarning(t *testing.T) {
	for name, file := range exampleFiles(t) {
		doc, problems, warnings := config.ParseWithWarnings(file)
		if len(problems)+len(warnings) > 0 {
			t.Errorf("%s: %v %v", name, problems, warnings)
		}
		if !slices.Equal(doc.Facility.Languages, []string{"en", "ar", "hi"}) {
			t.Errorf("%s speaks %v", name, doc.Facility.Languages)
		}
		for _, c := range doc.Configurations {
			if !c.Active {
				t.Errorf("%s: %s is only a draft", name, c.Name)
			}
		}
	}
}

func TestAnExampleIsWrittenInItsCanonicalForm(t *testing.T) {
	for name, file := range exampleFiles(t) {
		doc, _ := config.Parse(file)
		again, err := config.Export(doc)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(file), string(again)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestEveryMistakeIsFoundAtOnceWithPointerAndLine(t *testing.T) {
	file := `{
  "facility": {"name": "City Hospital", "time_zone": "Asia/Riyad", "languages": ["en"], "colour": "blue"},
  "pbxs": [{"name": "main", "esl": {"host": "pbx.example.org", "port": "8021", "password": "ClueCon"},
            "gateways": [{"name": "trunk1", "allowed_prefixes": ["1202"]}],
            "name": "second"}],
  "prompts": [{"category": "greting", "active": true, "languages": {}}],
  "configurations": [
    {"name": "Reminder", "component": "Appointment", "event": "Bocked", "active": true,
     "when": {"type": "before"},
     "steps": [
       {"channel": "ivr", "sequence": ["greeting"], "actions": [{"key": "1", "action": "confirm"}, {"key": "1", "action": "cancel"}]},
       {"channel": "sms", "text": "Hello {{data.nothing}}", "retry": null}]}]
}
`
	_, problems := config.Parse([]byte(file))
	got := map[string]int{}
	for _, p := range problems {
		got[p.Pointer] = p.Line
	}
	for pointer, line := range map[string]int{
		"/facility/time_zone": 2, "/facility/colour": 2,
		"/pbxs/0/esl/port": 3, "/pbxs/0/esl/password": 3, "/pbxs/0/gateways/0/allowed_prefixes/0": 4, "/pbxs/0/name": 5,
		"/prompts/0/category":                  6,
		"/configurations/0/event":              8,
		"/configurations/0/when/offset":        9,
		"/configurations/0/steps/0/sequence/0": 11, "/configurations/0/steps/0/actions/1/key": 11,
		"/configurations/0/steps/1/retry": 12,
	} {
		if got[pointer] != line {
			t.Errorf("%s: line %d, want %d", pointer, got[pointer], line)
		}
	}
	if !slices.IsSortedFunc(problems, func(a, b outreach.Problem) int { return a.Line - b.Line }) {
		t.Error("the problems are not in the order of the file")
	}
	for _, p := range problems {
		if p.Pointer == "/prompts/0/category" && !strings.Contains(p.Hint, `"greeting"`) {
			t.Errorf("no hint at greeting: %q", p.Hint)
		}
	}
}

func TestWhatIsNoConfigAtAllIsSaidInOneProblem(t *testing.T) {
	for what, file := range map[string]string{
		"nothing": "", "a list": "[]", "half an object": `{"facility": {`, "two objects": "{}{}", "a byte order mark": "\xef\xbb\xbf{}", "not UTF-8": "{\"a\": \"\xff\"}",
	} {
		if _, problems := config.Parse([]byte(file)); len(problems) == 0 {
			t.Errorf("%s is accepted", what)
		} else if what != "two objects" && len(problems) != 1 {
			t.Errorf("%s: %v", what, problems)
		}
	}
}

func TestSecretsAreReferencesExceptOnLoopback(t *testing.T) {
	demo := string(exampleFiles(t)["demo.json"])
	if _, problems := config.Parse([]byte(demo)); len(problems) > 0 {
		t.Fatalf("literals on loopback are refused: %v", problems)
	}
	away := strings.NewReplacer("127.0.0.1", "10.1.2.3", "http://10.1.2.3:8080", "https://reach.example.org").Replace(demo)
	_, problems := config.Parse([]byte(away))
	for _, pointer := range []string{"/pbxs/0/esl/password", "/channels/twilio/auth_token", "/webhooks/in/secrets/0", "/webhooks/out/0/secret"} {
		if !slices.ContainsFunc(problems, func(p outreach.Problem) bool { return p.Pointer == pointer }) {
			t.Errorf("%s may be written down", pointer)
		}
	}
	for _, p := range problems {
		if strings.Contains(fmt.Sprint(p), "demo-pbx") {
			t.Errorf("the problem repeats the secret: %v", p)
		}
	}
}

// anyDocument draws documents around the demo: valid where it matters for writing, odd where texts are free.
func anyDocument(t *rapid.T, base outreach.Document) outreach.Document {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aä\"\\<>&\u2028😀ه ")), 1, 20, -1)
	base.Facility.Name = "x" + text.Draw(t, "name")
	base.Facility.Names = rapid.MapOfN(rapid.SampledFrom([]string{"en", "ar", "hi"}), text, 0, 3).Draw(t, "names")
	base.Facility.Holidays = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"2026-12-01", "2026-12-02", "2027-01-01"}), 0, 3, rapid.ID).Draw(t, "holidays")
	d := outreach.Exactly(0)
	if err := d.UnmarshalText([]byte(rapid.SampledFrom([]string{"PT24H", "P1D", "P1DT2H", "P2W", "PT90M"}).Draw(t, "offset"))); err != nil {
		t.Fatal(err)
	}
	base.Configurations = slices.Clone(base.Configurations)
	base.Configurations[0].When.Offset = d
	base.Configurations[0].Priority = rapid.IntRange(-1000, 1000).Draw(t, "priority")
	base.PBXs = slices.Clone(base.PBXs)
	base.PBXs[0].CallsPerSecond = rapid.Float64Range(0, 1000).Draw(t, "cps")
	return base
}

func TestExportAndParseAreInverse(t *testing.T) {
	base, _ := config.Parse(exampleFiles(t)["demo.json"])
	rapid.Check(t, func(t *rapid.T) {
		doc := anyDocument(t, base)
		first, err := config.Export(doc)
		if err != nil {
			t.Fatal(err)
		}
		back, problems := config.Parse(first)
		if len(problems) > 0 {
			t.Fatalf("an exported document is refused: %v", problems)
		}
		second, err := config.Export(back)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("the second export differs (%v):\n%s", err, cmp.Diff(string(first), string(second)))
		}
	})
}

func TestAReleaseThatIsAcceptedCanBeScheduledAndFires(t *testing.T) {
	field := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789*/-,? monjanSUN")), 1, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOfN(field, 5, 5).Draw(t, "fields"), " ")
		if rapid.Bool().Draw(t, "plain") {
			line = fmt.Sprintf("%d %d %d %d *", rapid.IntRange(-1, 60).Draw(t, "minute"), rapid.IntRange(-1, 24).Draw(t, "hour"),
				rapid.IntRange(0, 32).Draw(t, "day"), rapid.IntRange(0, 13).Draw(t, "month"))
		}
		schedule, err := cron.ParseStandard(line)
		ours := outreach.CheckCron(line)
		switch {
		case ours == nil && err != nil:
			t.Fatalf("%q is accepted, but cron says %v", line, err)
		case ours == nil && schedule.Next(noon).IsZero():
			t.Fatalf("%q is accepted and never fires", line)
		}
	})
	for _, line := range []string{"0 9,15 * * *", "*/15 8-18 * * sun-thu", "@daily", "0 9 29 2 *", "5/10 * 1 jan,JUL ?"} {
		if err := outreach.CheckCron(line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, line := range []string{"", "9", "0 9 30 2 *", "TZ=UTC 0 9 * * *", "@every 1h", "60 * * * *", "* * * * 7", "0 9 31 4,6 *", "0 +9 * * *"} {
		if outreach.CheckCron(line) == nil {
			t.Errorf("%q is accepted", line)
		}
	}
}
