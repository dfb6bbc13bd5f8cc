package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// What curlew openapi prints holds every door that a server has: clients are made of it.
func TestTheDescriptionOnTheCommandLineIsTheServers(t *testing.T) {
	doors, err := os.ReadFile("../../httpapi/testdata/doors.golden")
	if err != nil {
		t.Fatal(err)
	}
	text, err := describeAPI()
	if err != nil {
		t.Fatal(err)
	}
	for door := range strings.Lines(string(doors)) {
		_, path, _ := strings.Cut(strings.TrimSpace(door), " ")
		if strings.HasPrefix(path, "/api/v1/") && !bytes.Contains(text, []byte(`"`+path+`"`)) {
			t.Errorf("%s is missing", path)
		}
	}
}
