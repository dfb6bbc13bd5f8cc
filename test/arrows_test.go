// Package test holds what is true of the tree as a whole.
package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// adapters never import each other; dialplan uses esl the way one uses net/http, strictjson reads for
// config and hims, and both are libraries that know no patient.
var adapters = []string{"bench", "channels", "config", "console", "dialplan", "esl", "hims", "httpapi", "prompts", "scheduler", "sim", "store"}

var allowed = map[string]map[string]bool{"dialplan": {"esl": true}}

func TestArrowsPointInward(t *testing.T) {
	for _, p := range packages(t) {
		from := folder(p.ImportPath)
		if from == "cmd" || from == "bench" || from == "test" || from == "examples" {
			continue
		}
		for _, to := range p.Imports {
			if strings.Contains(strings.SplitN(to, "/", 2)[0], ".") && (from == "outreach" || from == "clock") {
				t.Errorf("%s imports %s: it knows the standard library only", p.ImportPath, to)
			}
			target := folder(to)
			if !strings.HasPrefix(to, "curlew/") || target == from || allowed[from][target] {
				continue
			}
			if from == "outreach" || from == "clock" || from == "strictjson" {
				if from != "strictjson" || target != "outreach" {
					t.Errorf("%s imports %s: arrows point inward", p.ImportPath, to)
				}
				continue
			}
			for _, a := range adapters {
				if target == a {
					t.Errorf("%s imports %s: adapters never import each other", p.ImportPath, to)
				}
			}
		}
	}
}

func TestSQLLivesInStoreOnly(t *testing.T) {
	for _, p := range packages(t) {
		if from := folder(p.ImportPath); from == "store" || from == "bench" {
			continue
		}
		for _, to := range p.Imports {
			if to == "database/sql" || strings.Contains(to, "sqlx") || strings.Contains(to, "go-sqlite3") || strings.Contains(to, "pgx") {
				t.Errorf("%s imports %s", p.ImportPath, to)
			}
		}
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

func folder(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "curlew/"), "/")
	return parts[0]
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "curlew/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages listed", len(all))
	}
	return all
}
