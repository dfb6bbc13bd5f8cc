package main

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"curlew/outreach"
)

func TestEveryShippedTextIsSpokenWithSampleValuesAndForgotten(t *testing.T) {
	p, dir := listening(t)
	snap := compiled(t, exampleDocument(t, "demo.json"))
	for _, c := range snap.Categories() {
		prompt := outreach.Prompt{Category: c.Name, Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Text: c.DefaultText["en"]}}}
		wav, err := voice{p.library, p.clock}.Say(t.Context(), snap, prompt, "en")
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if !bytes.HasPrefix(wav, []byte("RIFF")) || len(wav) < 1000 {
			t.Errorf("%s: %d bytes", c.Name, len(wav))
		}
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s stayed", path)
		}
		return err
	})
}

func TestATextThatCannotBeSpokenIsRefusedAtTheField(t *testing.T) {
	p, _ := listening(t)
	snap := compiled(t, exampleDocument(t, "demo.json"))
	for text, pointer := range map[string]string{"": "/text", "Hello {{data.nothing}}.": "/text", "Hello {{name": "/text"} {
		prompt := outreach.Prompt{Category: "greeting", Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Text: text}}}
		_, err := voice{p.library, p.clock}.Say(t.Context(), snap, prompt, "en")
		var problems outreach.Problems
		if !errors.As(err, &problems) || problems[0].Pointer != pointer {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := voice{p.library, p.clock}.Say(t.Context(), snap, outreach.Prompt{Category: "greeting"}, "fr")
	var problems outreach.Problems
	if !errors.As(err, &problems) || problems[0].Pointer != "/language" {
		t.Errorf("a language that the hospital does not have: %v", err)
	}
}
