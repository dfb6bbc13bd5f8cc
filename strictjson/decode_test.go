package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/strictjson"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	When time.Time         `json:"when,omitzero"`
	Wait outreach.Duration `json:"wait,omitzero"`
	Any  any               `json:"any,omitempty"`
}

type outer struct {
	Name   string            `json:"name,omitempty"`
	Count  int               `json:"count,omitempty"`
	Rate   float64           `json:"rate,omitempty"`
	On     *bool             `json:"on,omitempty"`
	List   []inner           `json:"list,omitempty"`
	Map    map[string]string `json:"map,omitempty"`
	Hidden string            `json:"-"`
}

func decode(text string, o strictjson.Options) (outer, outreach.Problems) {
	var v outer
	_, problems := strictjson.Decode([]byte(text), &v, o)
	return v, problems
}

func TestWhatIsWellFormedIsReadAsEncodingJSONReadsIt(t *testing.T) {
	for _, text := range []string{
		`{}`,
		`{"name": "\u0041\ud83d\ude00é", "count": -3, "rate": 1e-2, "on": false, "map": {"a/b": "c", "~": "d"}}`,
		`{"list": [{"when": "2026-12-02T09:30:00+03:00", "wait": "P1D", "any": [1, "x", true, {"y": null}]}, {}]}`,
	} {
		got, problems := decode(text, strictjson.Options{Null: true})
		if len(problems) > 0 {
			t.Fatalf("%s: %v", text, problems)
		}
		var want outer
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(outreach.Duration{})); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

func TestEachMistakeOfFormHasItsPointerAndLine(t *testing.T) {
	text := `{
 "Name": "case counts",
 "count": 1.5,
 "rate": "fast",
 "on": null,
 "list": [{"wait": "soon"}, {"when": "tomorrow",
   "any": 12345678901234567890}],
 "map": {"a/b": 1, "c": "x",
   "c": "y"},
 "hidden": 1,
 "-": 1
} trailing`
	_, problems := decode(text, strictjson.Options{})
	got := map[string]int{}
	for _, p := range problems {
		got[p.Pointer] = p.Line
	}
	want := map[string]int{
		"/Name": 2, "/count": 3, "/rate": 4, "/on": 5, "/list/0/wait": 6, "/list/1/when": 6, "/list/1/any": 7,
		"/map/a~1b": 8, "/map/c": 9, "/hidden": 10, "/-": 11, "": 12,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheRestIsReadBesideAMistake(t *testing.T) {
	got, problems := decode(`{"count": "x", "name": "kept", "list": [{"wait": "bad"}, {"wait": "P1D"}]}`, strictjson.Options{})
	if len(problems) != 2 || got.Name != "kept" || len(got.List) != 2 || got.List[1].Wait.Days != 1 {
		t.Errorf("%+v %v", got, problems)
	}
}

func TestLimitsHold(t *testing.T) {
	deep := strings.Repeat(`{"any":`, 70) + "1" + strings.Repeat("}", 70)
	var v any
	if _, problems := strictjson.Decode([]byte(deep), &v, strictjson.Options{}); len(problems) != 1 {
		t.Errorf("70 levels: %v", problems)
	}
	if _, problems := strictjson.Decode([]byte(`{"a":{"b":1}}`), &v, strictjson.Options{MaxDepth: 2}); len(problems) > 0 {
		t.Errorf("two levels of two: %v", problems)
	}
	if _, problems := decode(`{"name": "too long"}`, strictjson.Options{MaxBytes: 5}); len(problems) != 1 {
		t.Errorf("20 bytes of 5: %v", problems)
	}
}

func TestADiscreetProblemRepeatsNothing(t *testing.T) {
	secret := "Amina Yusuf"
	for _, text := range []string{
		`{"Amina Yusuf": 1}`, `{"name": ["Amina Yusuf"]}`, `{"list": [{"when": "Amina Yusuf"}]}`, `{"list": [{"wait": "Amina Yusuf"}]}`, `{"list": [{"Amina Yusuf": {}}]}`,
	} {
		_, problems := decode(text, strictjson.Options{Discreet: true})
		b, err := json.Marshal(problems)
		if err != nil {
			t.Fatal(err)
		}
		if len(problems) != 1 || strings.Contains(string(b), secret) {
			t.Errorf("%s: %s", text, b)
		}
	}
}

func TestALineIsFoundForWhatIsMissingToo(t *testing.T) {
	var v outer
	src, _ := strictjson.Decode([]byte("{\n \"list\": [\n  {}\n ]\n}"), &v, strictjson.Options{})
	for pointer, line := range map[string]int{"": 1, "/list": 2, "/list/0": 3, "/list/0/when": 3, "/nothing/here": 1} {
		if got := src.Line(pointer); got != line {
			t.Errorf("%q is in line %d, want %d", pointer, got, line)
		}
	}
}

func FuzzDecodeAgreesWithEncodingJSON(f *testing.F) {
	for _, seed := range []string{`{"name":"a","list":[{"when":"2026-12-02T09:30:00Z","wait":"PT1H","any":{"a":[1,2]}}],"map":{"k":"v"}}`, `{"on":true}`, `[]`, `{"a":1,"a":2}`, "{\"rate\":1e400}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want outer
		src, problems := strictjson.Decode(data, &got, strictjson.Options{})
		for _, p := range problems {
			if src.Line(p.Pointer) < 0 || p.Detail == "" {
				t.Fatalf("a problem says nothing: %+v", p)
			}
		}
		if len(problems) > 0 {
			return
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(outreach.Duration{})); diff != "" {
			t.Fatal(diff)
		}
	})
}
