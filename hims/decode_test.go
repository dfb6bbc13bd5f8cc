package hims

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"curlew/examples"
	"curlew/outreach"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// now is a Tuesday, 12:00 in Riyadh.
var now = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

const sample = `{"id": "evt-1", "component": "Appointment", "event": "Booked", "occurred_at": "2026-12-01T08:00:00Z",
 "subject": {"id": "A-4711", "time": "2026-12-02T09:30:00+03:00"},
 "recipient": {"id": "P-1", "name": "Amina Yusuf", "phone": "+12025550101", "email": "amina@example.org",
               "language": "en", "time_zone": "Asia/Riyadh"},
 "data": {"doctor": "Dr. Rao", "department": "Cardiology"}}`

func demo(t testing.TB) *outreach.Snapshot {
	t.Helper()
	var doc outreach.Document
	if err := json.Unmarshal(examples.Demo, &doc); err != nil {
		t.Fatal(err)
	}
	s, problems := outreach.Compile(doc, 1)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func pointers(problems outreach.Problems) []string {
	out := []string{}
	for _, p := range problems {
		out = append(out, p.Pointer)
	}
	slices.Sort(out)
	return out
}

func TestTheContractsEventIsTakenAsItStands(t *testing.T) {
	d, problems := Decode([]byte(sample))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	before := d.Event
	if problems := Normalize(demo(t), &d.Event, now); len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(before, d.Event); diff != "" {
		t.Errorf("it was altered:\n%s", diff)
	}
}

func TestTheHashIsOfTheMeaningNotOfTheSpelling(t *testing.T) {
	first, _ := Decode([]byte(sample))
	var v map[string]any
	if err := json.Unmarshal([]byte(sample), &v); err != nil {
		t.Fatal(err)
	}
	respelt, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if same, _ := Decode(respelt); same.Hash != first.Hash {
		t.Error("other order and spaces make another hash")
	}
	if other, _ := Decode([]byte(strings.Replace(sample, "Dr. Rao", "Dr. Rai", 1))); other.Hash == first.Hash {
		t.Error("another doctor makes no other hash")
	}
}

func TestABodyThatIsNotAnEventIsRefused(t *testing.T) {
	for what, body := range map[string]string{
		"nothing": "", "a list": "[]", "two": sample + sample, "an unknown field": `{"id":"a","colour":"blue"}`, "a name twice": `{"id":"a","id":"b"}`,
		"a number for a text": `{"id": 5}`, "a local time": `{"subject": {"time": "2026-12-02T09:30:00"}}`, "too deep": `{"data":{"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}}`,
		"over a megabyte": `{"id":"` + strings.Repeat("x", MaxBody) + `"}`, "digits that would be lost": `{"data":{"account": 12345678901234567890}}`,
	} {
		if d, problems := Decode([]byte(body)); len(problems) == 0 {
			t.Errorf("%s is accepted: %+v", what, d.Event)
		}
	}
	if _, problems := Decode([]byte(`{"id":"a","recipient":{"email":null},"data":null}`)); len(problems) > 0 {
		t.Errorf("null does not stand for a field that is left out: %v", problems)
	}
}

func TestProblemsNeverRepeatWhatWasSent(t *testing.T) {
	secrets := []string{"Zaynab Secretname", "+4412", "zaynab(at)example", "diagnosisword"}
	body := `{"id": "e\u0007", "component": "Appointment", "event": "diagnosisword", "subject": {"id": "A", "time": "2026-12-02T09:30:00Z"},
	 "recipient": {"id": "P", "name": "Zaynab Secretname\u202e", "phone": "+4412", "email": "zaynab(at)example", "language": "diagnosisword!", "time_zone": "diagnosisword"},
	 "data": {"doctor": {"Zaynab Secretname": 1}, "Zaynab Secretname": "diagnosisword\u0000"}}`
	d, problems := Decode([]byte(body))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	problems = Normalize(demo(t), &d.Event, now)
	d.Event.Type = "Booked"
	problems = append(problems, Normalize(demo(t), &d.Event, now)...)
	for _, broken := range []string{`{"recipient": {"name": ["Zaynab Secretname"]}}`, `{"Zaynab Secretname": 1}`, `{"occurred_at": "Zaynab Secretname"}`, `{"data": {"Zaynab Secretname": 1, "Zaynab Secretname": 12345678901234567890}}`} {
		_, p := Decode([]byte(broken))
		problems = append(problems, p...)
	}
	if len(problems) < 10 {
		t.Fatalf("only %d problems: %v", len(problems), problems)
	}
	told, err := json.Marshal(problems)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if strings.Contains(string(told), s) {
			t.Errorf("%q is repeated in %s", s, told)
		}
	}
}

func FuzzDecode(f *testing.F) {
	snap := demo(f)
	for _, seed := range []string{sample, `{}`, `{"data":{"a":1e308,"b":-0,"c":"${system rm}"}}`, `{"recipient":{"phones":["00 1 (202) 555-0101"]}}`, `{"id":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, problems := Decode(body)
		if len(problems) > 0 {
			return
		}
		if again, problems := Decode(body); len(problems) > 0 || again.Hash != d.Hash {
			t.Fatal("the same body gives another hash")
		}
		if problems := Normalize(snap, &d.Event, now); len(problems) > 0 {
			return
		}
		once, err := json.Marshal(d.Event)
		if err != nil {
			t.Fatal(err)
		}
		if problems := Normalize(snap, &d.Event, now); len(problems) > 0 {
			t.Fatalf("a normalised event is refused: %v", problems)
		}
		twice, err := json.Marshal(d.Event)
		if err != nil || string(once) != string(twice) {
			t.Fatalf("normalising again changes it (%v):\n%s\n%s", err, once, twice)
		}
		if strings.ContainsAny(string(once), "\x00\r\n\u202e") {
			t.Fatalf("a control character is let through: %q", once)
		}
	})
}

func signed(t *testing.T, secret string, at time.Time, body string) http.Header {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := w.Sign("msg-1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Webhook-Id": {"msg-1"}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Webhook-Signature": {signature}}
}

func TestASignatureHoldsForItsSecretBodyAndTime(t *testing.T) {
	const old, fresh, other = "whsec_b2xkLW9sZC1vbGQtb2xkLW9sZA==", "whsec_bmV3LW5ldy1uZXctbmV3LW5ldw==", "whsec_b3RoZXItb3RoZXItb3RoZXItb3Q="
	good := signed(t, old, now, sample)
	for _, c := range []struct {
		what    string
		secrets []string
		header  http.Header
		body    string
		at      time.Time
		ok      bool
	}{
		{"the secret", []string{old}, good, sample, now, true},
		{"while rotating", []string{fresh, old}, good, sample, now, true},
		{"within five minutes", []string{old}, good, sample, now.Add(299 * time.Second), true},
		{"after five minutes", []string{old}, good, sample, now.Add(301 * time.Second), false},
		{"from the future", []string{old}, good, sample, now.Add(-301 * time.Second), false},
		{"another secret", []string{other}, good, sample, now, false},
		{"another body", []string{old}, good, sample + " ", now, false},
		{"no secret", nil, good, sample, now, false},
		{"an empty secret", []string{""}, good, sample, now, false},
		{"no header", []string{old}, http.Header{}, sample, now, false},
		{"a secret that is no base64", []string{"whsec_!"}, good, sample, now, false},
	} {
		if err := Verify(c.secrets, c.header, []byte(c.body), c.at); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
