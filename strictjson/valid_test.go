package strictjson

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"
)

// slow reads data by encoding/json's tokens alone.
func slow(data []byte) (*node, *reader) {
	r := &reader{data: data, depth: 64, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	n, err := r.value(nil, 0)
	if err != nil {
		return nil, r
	}
	return n, r
}

func checkWalker(t *testing.T, data []byte) {
	if !utf8.Valid(data) { // refused before anybody reads it
		return
	}
	fast := &reader{data: data, depth: 64}
	got, ok := fast.readValid()
	if !ok {
		return
	}
	want, r := slow(data)
	if want == nil {
		t.Fatal("the walker read what encoding/json's tokens refuse")
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(node{}, member{})); d != "" {
		t.Fatalf("tree (-tokens +walker):\n%s", d)
	}
	if d := cmp.Diff(r.problems, fast.problems); d != "" {
		t.Fatalf("problems (-tokens +walker):\n%s", d)
	}
	if len(fast.problems) > 0 { // a name that comes twice has no canonical form
		return
	}
	if canonical, ok := (Source{data: data, root: got}).Canonical(); ok {
		want, err := jcs.Transform(data)
		if got.kind == '{' && (err != nil || !bytes.Equal(canonical, want)) {
			t.Fatalf("canonical: %s, jcs %s, %v", canonical, want, err)
		}
	}
}

var walkerSeeds = []string{`{"id":"e","n":[1, -2,3.5,1e9,-0,true,false,null],"s":"a\"b\\\u00e9\ud800é","o":{"b":{},"a":[],"a":1}}`,
	" [ ] ", `"x"`, `12`, `{"b":1,"a":{"z":"é","y":[{"q":10}]}}`, `{"é":1,"z":2}`, `[[[[[[]]]]]]`, "{\"a\" :\t\n1 , \"b\":2}", `{"a":123456789012345678}`}

func TestTheWalkerReadsValidJSONAsTheTokensDo(t *testing.T) {
	for _, seed := range walkerSeeds {
		if _, ok := (&reader{data: []byte(seed), depth: 64}).readValid(); !ok {
			t.Errorf("%s was not read", seed)
		}
		checkWalker(t, []byte(seed))
	}
	canonical, ok := (Source{data: []byte(walkerSeeds[4]), root: func() *node { n, _ := slow([]byte(walkerSeeds[4])); return n }()}).Canonical()
	if !ok || string(canonical) != `{"a":{"y":[{"q":10}],"z":"é"},"b":1}` {
		t.Errorf("canonical: %s, %v", canonical, ok)
	}
}

func FuzzTheWalkerAgreesWithTheTokens(f *testing.F) {
	for _, seed := range walkerSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(checkWalker)
}
