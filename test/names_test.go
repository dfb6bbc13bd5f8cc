package test

import (
	"encoding/json"
	"os"
	"testing"

	"curlew/outreach"
)

// What we ship has a name in every language of the console, and no name stands there for what is not shipped.
func TestTheCatalogueIsNamedInEveryLanguage(t *testing.T) {
	for _, lang := range []string{"ar", "hi"} {
		var named map[string]struct {
			Title  string
			Events map[string]string
		}
		read(t, "../console/src/i18n/"+lang+"/catalogue.json", &named)
		shipped := outreach.ShippedComponents()
		if len(named) != len(shipped) {
			t.Errorf("%s names %d components, %d are shipped", lang, len(named), len(shipped))
		}
		for _, c := range shipped {
			if named[c.Name].Title == "" {
				t.Errorf("%s has no name for %s", lang, c.Name)
			}
			if len(named[c.Name].Events) != len(c.Events) {
				t.Errorf("%s names %d events of %s, it has %d", lang, len(named[c.Name].Events), c.Name, len(c.Events))
			}
			for _, e := range c.Events {
				if named[c.Name].Events[e.Name] == "" {
					t.Errorf("%s has no name for %s of %s", lang, e.Name, c.Name)
				}
			}
		}
	}
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
