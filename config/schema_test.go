package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"curlew/config"
	"curlew/outreach"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the golden files anew")

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("urn:curlew:config", raw); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:curlew:config")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func against(t *testing.T, s *jsonschema.Schema, document []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestTheSchemaAcceptsEveryExampleAndRefusesBrokenOnes(t *testing.T) {
	s := compiledSchema(t)
	for name, file := range exampleFiles(t) {
		if err := against(t, s, file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	demo := string(exampleFiles(t)["demo.json"])
	for _, broken := range []struct{ what, old, new string }{
		{"a field that does not exist", `"time_zone"`, `"timezone"`},
		{"a channel that does not exist", `"channel": "sms"`, `"channel": "fax"`},
		{"a port out of range", `"port": 18021`, `"port": 70000`},
		{"a duration that is none", `"PT15M"`, `"15 minutes"`},
		{"a key that no phone has", `"key": "1"`, `"key": "10"`},
		{"a number for a text", `"name": "main"`, `"name": 5`},
		{"a prefix without +", `"+1202555"`, `"1202555"`},
		{"a missing name", `"name": "City Hospital",`, ``},
	} {
		text := strings.Replace(demo, broken.old, broken.new, 1)
		if text == demo {
			t.Fatalf("%s: the demo has no %s", broken.what, broken.old)
		}
		if against(t, s, []byte(text)) == nil {
			t.Errorf("the schema accepts %s", broken.what)
		}
	}
}

func TestTheSchemaBesideTheExamplesIsTheOneInForce(t *testing.T) {
	path := filepath.Join("..", "examples", "curlew.schema.json")
	if *update {
		if err := os.WriteFile(path, config.Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, config.Schema()) {
		t.Fatal("examples/curlew.schema.json is not what Schema returns: run with -update")
	}
}

func TestEveryFieldOfTheSchemaIsDescribed(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(config.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	fields := 0
	var walk func(path string, v any)
	walk = func(path string, v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		properties, _ := m["properties"].(map[string]any)
		for name, p := range properties {
			fields++
			if d, _ := p.(map[string]any)["description"].(string); d == "" {
				t.Errorf("%s.%s has no description", path, name)
			}
		}
		defs, _ := m["$defs"].(map[string]any)
		for name, d := range defs {
			walk(name, d)
		}
	}
	walk("Document", root)
	if want := described(reflect.TypeFor[outreach.Document](), map[reflect.Type]bool{}); fields != want {
		t.Errorf("the schema has %d fields, the types %d", fields, want)
	}
}

// described counts the JSON fields of a type and of what it holds.
func described(typ reflect.Type, seen map[reflect.Type]bool) int {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || seen[typ] || typ == reflect.TypeFor[outreach.Duration]() {
		return 0
	}
	seen[typ] = true
	n := 0
	for i := range typ.NumField() {
		if tag := typ.Field(i).Tag.Get("json"); tag != "" && tag != "-" {
			n += 1 + described(typ.Field(i).Type, seen)
		}
	}
	return n
}
