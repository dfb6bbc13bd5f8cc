package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/httpapi"
	"curlew/outreach"
	"curlew/prompts"
)

type previewCommand struct {
	Name   string `arg:"" help:"Name of the outbound configuration, active or not."`
	Config string `required:"" help:"JSON config file." type:"existingfile"`
	Out    string `required:"" help:"WAV file to write."`
	Event  string `help:"JSON file with an event; default a sample." type:"existingfile"`
	Lang   string `help:"Language of the call; default the event's."`
	Data   string `help:"Directory of audio, as given to serve, for recordings that were uploaded."`
	speechFlags
}

// Run is curlew preview: no database, no socket.
func (p *previewCommand) Run(c *console) error {
	order, err := p.order(c)
	if err != nil {
		return err
	}
	speaker, err := p.speaker(c.ctx, c.getenv)
	if err != nil {
		return fmt.Errorf("speech: %w", err)
	}
	dir := ""
	if p.Data != "" {
		dir = filepath.Join(p.Data, "audio")
	} else {
		if dir, err = os.MkdirTemp("", "curlew-preview-"); err != nil {
			return fmt.Errorf("directory for the preview: %w", err)
		}
		defer os.RemoveAll(dir)
	}
	library := prompts.New(prompts.Options{Dir: dir, Recordings: filepath.Dir(p.Config), Speaker: speaker})
	shown, wav, err := previews{library, clock.System{}}.Preview(c.ctx, order)
	var problems outreach.Problems
	switch {
	case errors.As(err, &problems):
		return printProblems(c, problems)
	case err != nil:
		return fmt.Errorf("preview %s: %w", p.Name, err)
	case shown.Step < 0:
		return fmt.Errorf("configuration %q has no call step: there is nothing to hear", p.Name)
	}
	if err := os.WriteFile(p.Out, wav, 0o600); err != nil {
		return fmt.Errorf("write the preview: %w", err)
	}
	return printPreview(c, shown, p.Out)
}

func (p *previewCommand) order(c *console) (o httpapi.PreviewOrder, err error) {
	file, err := os.ReadFile(p.Config)
	if err != nil {
		return o, fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, p.Config, file); err != nil {
		return o, err
	}
	doc, _ := config.Parse(file)
	snap, problems := outreach.Compile(doc, 0)
	if len(problems) > 0 {
		return o, problems
	}
	i := slices.IndexFunc(doc.Configurations, func(cfg outreach.Configuration) bool { return cfg.Name == p.Name })
	if i < 0 {
		return o, fmt.Errorf("%s has no configuration %q", p.Config, p.Name)
	}
	if languages := doc.Facility.Languages; p.Lang != "" && !slices.Contains(languages, p.Lang) {
		return o, fmt.Errorf("--lang %s: the hospital speaks %s", p.Lang, strings.Join(languages, ", "))
	}
	o = httpapi.PreviewOrder{Snapshot: snap, Configuration: doc.Configurations[i], Language: p.Lang, Step: -1}
	if p.Event != "" {
		if o.Event, err = os.ReadFile(p.Event); err != nil {
			return o, fmt.Errorf("read the event: %w", err)
		}
	}
	return o, nil
}

func printPreview(c *console, shown outreach.Preview, file string) error {
	w := &lines{w: c.out}
	for _, said := range shown.Prompts {
		w.printf("%6.1f s  %-20s %s\n", time.Duration(said.StartMS*int64(time.Millisecond)).Seconds(), said.Category, said.Text)
	}
	for _, gap := range shown.LeftOut {
		w.printf("left out  %-20s %s\n", gap.Category, gap.Why)
	}
	w.printf("%s: %.1f s in %s\n", file, time.Duration(shown.DurationMS*int64(time.Millisecond)).Seconds(), shown.Language)
	return w.err
}

// printProblems prints them one by one and finds the run wanting.
func printProblems(c *console, problems outreach.Problems) error {
	for _, p := range problems {
		fmt.Fprintf(c.err, "%s: %s", p.Pointer, p.Detail)
		if p.Hint != "" {
			fmt.Fprintf(c.err, " (%s)", p.Hint)
		}
		fmt.Fprintln(c.err)
	}
	return errWanting
}
