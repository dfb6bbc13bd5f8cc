package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"curlew/channels"
	"curlew/config"
	"curlew/hims"
	"curlew/outreach"
	"curlew/prompts"

	"curlew/clock"
)

type dryRunCommand struct {
	Config string `required:"" help:"JSON config file." type:"existingfile"`
	Event  string `required:"" help:"JSON file with one event." type:"existingfile"`
	At     string `help:"Pretend that it is this time (RFC 3339); default now."`
	JSON   bool   `help:"Print the report as JSON."`
}

// Run is curlew dry-run: no database, no socket.
func (d *dryRunCommand) Run(c *console) error {
	file, err := os.ReadFile(d.Config)
	if err != nil {
		return fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, d.Config, file); err != nil {
		return err
	}
	doc, _ := config.Parse(file)
	snap, problems := outreach.Compile(doc, 0)
	if len(problems) > 0 {
		return problems
	}
	event, err := os.ReadFile(d.Event)
	if err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	at := clock.Clock(clock.System{})
	if d.At != "" {
		now, err := time.Parse(time.RFC3339, d.At)
		if err != nil {
			return fmt.Errorf("--at: %w", err)
		}
		at = clock.NewDemo(now, 1)
	}
	lib := prompts.New(prompts.Options{Dir: os.TempDir()})
	intake := hims.NewIntake(hims.IntakeOptions{Catalogue: fixed{snap}, Clock: at,
		Texts: func(tc outreach.Case, step outreach.Step) map[string][]string { return stepTexts(snap, lib, tc, step) }})
	report, err := intake.DryRun(c.ctx, "dry-run", event)
	var wrong outreach.Problems
	if errors.As(err, &wrong) {
		for _, p := range wrong {
			printProblem(c, d.Event, "", p)
		}
		return errWanting
	}
	if err != nil {
		return err
	}
	if d.JSON {
		enc := json.NewEncoder(c.out)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	printTimeline(c, snap, report)
	return nil
}

// fixed is a configuration that never changes.
type fixed struct{ snap *outreach.Snapshot }

func (f fixed) Current() *outreach.Snapshot { return f.snap }

func printTimeline(c *console, snap *outreach.Snapshot, report outreach.DryRunReport) {
	for _, e := range report.Timeline {
		fmt.Fprintf(c.out, "%s  %-24s %-9s %s", e.At.In(snap.Location).Format(time.RFC3339), e.Configuration, e.Kind, e.Channel)
		switch e.Kind {
		case "attempt":
			fmt.Fprintf(c.out, " try %d", e.Try)
			if e.Gateway != "" {
				fmt.Fprintf(c.out, " by %s/%s", e.PBX, e.Gateway)
			}
		default:
			fmt.Fprintf(c.out, " %s %s", e.Note, e.Reason)
		}
		fmt.Fprintln(c.out)
		for _, lang := range slices.Sorted(maps.Keys(e.Texts)) {
			for _, text := range e.Texts[lang] {
				fmt.Fprintf(c.out, "    %s: %s\n", lang, text)
			}
			if n, ok := e.Segments[lang]; ok {
				fmt.Fprintf(c.out, "    %s: (%s)\n", lang, n)
			}
		}
	}
	if len(report.Timeline) == 0 {
		fmt.Fprintln(c.out, "No active configuration matches this event: nothing would happen.")
	}
}

// stepTexts renders a step in every language: what is spoken, or the message with a stand-in link.
func stepTexts(snap *outreach.Snapshot, lib *prompts.Library, tc outreach.Case, step outreach.Step) map[string][]string {
	if step.Channel == outreach.IVR {
		return lib.Texts(snap, tc, step)
	}
	out := map[string][]string{}
	for _, lang := range snap.Document.Facility.Languages {
		tc.Transaction.Language = lang
		m, err := channels.Compose(snap, tc, step, snap.Document.Facility.PublicBaseURL+"/r/…", "")
		if err != nil {
			continue // this language has no text; validation has said so
		}
		for _, text := range append([]string{m.Subject, m.Text}, templateText(step, m)...) {
			if text != "" {
				out[lang] = append(out[lang], text)
			}
		}
	}
	return out
}

// templateText is what an approved template will say, as far as it is known here: its text with the
// variables put in, else the variables alone.
func templateText(step outreach.Step, m outreach.Message) []string {
	if m.ContentSID == "" {
		return nil
	}
	if text, ok := step.Template.Text.In(m.Language); ok {
		for name, value := range m.Variables {
			text = strings.ReplaceAll(text, "{{"+name+"}}", value)
		}
		return []string{text}
	}
	out := []string{"template " + m.ContentSID}
	for _, name := range slices.Sorted(maps.Keys(m.Variables)) {
		out = append(out, name+" = "+m.Variables[name])
	}
	return out
}
