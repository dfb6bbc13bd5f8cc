package config

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"curlew/outreach"
	"curlew/strictjson"
)

// Apply plans what the config file would change and, unless preview, changes it whole or not at all.
//
// The file owns what it holds. What it held at the last apply and no longer does is removed; what was made through
// REST and was never in the file stays. Its configurations are marked ManagedBy "file". Errors are Edit's, with the
// lines of the file.
func (k *Keeper) Apply(ctx context.Context, actor string, expect int64, file []byte, preview bool) (outreach.ApplyPlan, error) {
	var want outreach.Document
	src, form := strictjson.Decode(file, &want, strictjson.Options{})
	if len(form) > 0 {
		_, problems := Parse(file) // what it means, too, in one list
		return outreach.ApplyPlan{}, problems
	}
	plan := outreach.ApplyPlan{}
	own := 0
	snap, err := k.Edit(ctx, actor, expect, func(doc *outreach.Document) error {
		next := merged(*doc, want, Hash(file))
		own = len(want.Configurations)
		plan.Changes = Plan(*doc, next)
		plan.Warnings = silenced(*doc, next)
		if preview {
			return k.preview(*doc, next)
		}
		*doc = next
		return nil
	})
	var problems outreach.Problems
	switch {
	case errors.Is(err, errPreview):
		plan.Warnings = src.Locate(plan.Warnings)
		plan.Revision, err = k.store.Revision(ctx)
		return plan, err
	case errors.As(err, &problems):
		return outreach.ApplyPlan{}, inFile(src, problems, own)
	case err != nil:
		return outreach.ApplyPlan{}, err
	}
	plan.Revision, plan.Applied, plan.Warnings = snap.Revision, true, append(src.Locate(snap.Warnings), src.Locate(plan.Warnings)...)
	return plan, nil
}

// silenced warns of prompts that next inactivates although configurations play them.
func silenced(current, next outreach.Document) outreach.Problems {
	active := map[string]bool{}
	for _, p := range current.Prompts {
		active[p.Category] = p.Active
	}
	var out outreach.Problems
	for i, p := range next.Prompts {
		if p.Active || !active[p.Category] {
			continue
		}
		for _, c := range next.Configurations {
			if slices.ContainsFunc(c.Steps, func(s outreach.Step) bool { return slices.Contains(s.Sequence, p.Category) }) {
				out = append(out, outreach.Problem{Pointer: fmt.Sprintf("/prompts/%d/active", i),
					Detail: fmt.Sprintf("configuration %s plays prompt %s: its calls, pending ones too, go on without it", c.Name, p.Category)})
			}
		}
	}
	return out
}

// errPreview ends an edit that only looked.
var errPreview = errors.New("preview")

func (k *Keeper) preview(current, next outreach.Document) error {
	if _, problems := outreach.CompileAfter(&current, next, 0); len(problems) > 0 {
		return problems
	}
	return errPreview
}

// inFile gives problems their lines. One about a configuration that is not in the file has none.
func inFile(src strictjson.Source, problems outreach.Problems, own int) outreach.Problems {
	located := src.Locate(problems)
	for i, p := range located {
		var n int
		if _, err := fmt.Sscanf(p.Pointer, "/configurations/%d", &n); err == nil && n >= own {
			located[i].Line = 0
			located[i].Hint = strings.TrimSpace("not in this file but made through REST; " + p.Hint)
		}
	}
	return located
}

// merged is the document after want was applied over current.
func merged(current, want outreach.Document, hash string) outreach.Document {
	next := want
	next.Applied = &outreach.AppliedFile{SHA256: hash, Resources: resourceNames(&want)}
	next.Configurations = slices.Clone(want.Configurations)
	for i := range next.Configurations {
		next.Configurations[i].ManagedBy = ManagedByFile
	}
	var before []string
	if current.Applied != nil {
		before = current.Applied.Resources
	}
	for _, c := range collections {
		has := c.names(&want)
		for i, name := range c.names(&current) {
			if !slices.Contains(has, name) && !slices.Contains(before, c.list+"/"+name) {
				c.append(&next, &current, i)
			}
		}
	}
	return next
}

// AppliedAlready reports whether these bytes were the last to be applied: then a restart changes nothing, and what
// was changed through REST since stays.
func (k *Keeper) AppliedAlready(file []byte) bool {
	now := k.Current()
	if now == nil || now.Document.Applied == nil {
		return false
	}
	return now.Document.Applied.SHA256 == Hash(file)
}

// Hash names a config file in AppliedFile.
func Hash(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

// Offer remembers that this process has looked at the file: Watch applies it only once it has changed. Else two
// nodes with two files would undo each other's settings for ever.
func (k *Keeper) Offer(file []byte) (changed bool) {
	hash := Hash(file)
	old := k.offered.Swap(&hash)
	return old == nil || *old != hash
}

// Offered is the hash of the config file that this process has looked at last, "" for none.
func (k *Keeper) Offered() string {
	if hash := k.offered.Load(); hash != nil {
		return *hash
	}
	return ""
}

// PrintPlan writes one line per resource: + added, ~ changed (and which fields), - removed.
func PrintPlan(w io.Writer, changes []outreach.ApplyChange) error {
	signs := map[string]string{"add": "+", "change": "~", "remove": "-"}
	for _, c := range changes {
		line := signs[c.Action] + " " + describe(c)
		if len(c.Fields) > 0 {
			line += ": " + strings.Join(c.Fields, ", ")
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return fmt.Errorf("print the plan: %w", err)
		}
	}
	return nil
}

func describe(c outreach.ApplyChange) string {
	list, _, _ := strings.Cut(strings.TrimPrefix(c.Pointer, "/"), "/")
	for _, kind := range collections {
		if kind.list == list {
			return fmt.Sprintf("%s %q", kind.word, c.Name)
		}
	}
	return list
}
