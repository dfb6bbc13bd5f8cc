package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

// Settings is the live configuration and the way to change it.
type Settings interface {
	// Current returns the settings in force.
	Current() *outreach.Snapshot
	// Edit lets change work on a copy of the newest document, checks the result as a whole, saves it and
	// puts it into force. expect is the revision that the caller read, negative for any; with any, change
	// may be called again after a race. Errors: change's own, outreach.ErrRevision, outreach.Problems
	// with pointers into the document.
	Edit(ctx context.Context, actor string, expect int64, change func(*outreach.Document) error) (*outreach.Snapshot, error)
	// Export returns the document as a config file: indented JSON, secrets as references.
	Export(ctx context.Context) ([]byte, error)
	// Apply plans what the config file would change, and changes it unless preview. Errors are Edit's,
	// with lines of the file.
	Apply(ctx context.Context, actor string, expect int64, file []byte, preview bool) (outreach.ApplyPlan, error)
}

const anyRevision = -1

// Conditional is the If-Match of a change.
type Conditional struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag that was read; 412 if the settings have changed since"`
}

// revision is what If-Match expects, anyRevision without one.
func (c Conditional) revision() (int64, error) {
	tag := strings.TrimPrefix(strings.TrimSpace(c.IfMatch), "W/")
	if tag == "" || tag == "*" {
		return anyRevision, nil
	}
	n, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil || n < 0 {
		return 0, outreach.ErrRevision // no tag of ours: it cannot match
	}
	return n, nil
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// edit changes the settings and moves the problems' pointers to the resource under prefix.
func (s *Server) edit(ctx context.Context, c Conditional, change func(*outreach.Document) (prefix string, err error)) (*outreach.Snapshot, error) {
	expect, err := c.revision()
	if err != nil {
		return nil, err
	}
	at := ""
	snap, err := s.Settings.Edit(ctx, actor(ctx), expect, func(d *outreach.Document) error {
		var err error
		at, err = change(d)
		return err
	})
	var problems outreach.Problems
	if errors.As(err, &problems) {
		return nil, rebase(problems, at)
	}
	return snap, err
}

// editOne is edit for the resource of that kind and name. If-Match guards this resource only: what others changed
// elsewhere in the settings is no conflict. Where it is one, the answer says who changed the resource and when.
func (s *Server) editOne(ctx context.Context, c Conditional, kind, name string, change func(*outreach.Document) (prefix string, err error)) (*outreach.Snapshot, error) {
	read, err := c.revision()
	if err != nil {
		return nil, err
	}
	return s.edit(ctx, Conditional{}, func(d *outreach.Document) (string, error) {
		if read != anyRevision {
			if err := s.untouched(ctx, kind, name, read); err != nil {
				return "", err
			}
		}
		return change(d)
	})
}

// untouched is a 412 if the resource has changed since the settings' revision read.
func (s *Server) untouched(ctx context.Context, kind, name string, read int64) error {
	versions, err := s.Versions.Versions(ctx, kind, name)
	if err != nil {
		return fmt.Errorf("who changed %s %q: %w", kind, name, err)
	}
	if len(versions) == 0 || versions[0].Revision <= read { // none: it has not changed since versions are kept
		return nil
	}
	done := "changed"
	if versions[0].Deleted {
		done = "deleted"
	}
	return problem(http.StatusPreconditionFailed, fmt.Sprintf("This %s was %s by %s at %s, after you read it. Read it again and repeat your change.",
		kind, done, versions[0].Actor, versions[0].At.UTC().Format(time.RFC3339)))
}

// collection is one list of named resources of the document.
type collection[T any] struct {
	pointer string // of the list in the document
	key     string // the field that names one: name or category
	list    func(*outreach.Document) *[]T
	name    func(*T) *string
}

func (c collection[T]) index(d *outreach.Document, name string) int {
	return slices.IndexFunc(*c.list(d), func(v T) bool { return *c.name(&v) == name })
}

func (c collection[T]) at(i int) string { return c.pointer + "/" + strconv.Itoa(i) }

// add appends v; a name that exists is a conflict.
func (c collection[T]) add(d *outreach.Document, v T) (string, error) {
	if c.index(d, *c.name(&v)) >= 0 {
		return "", problem(http.StatusConflict, "There is one of this "+c.key+" already. Change it with PUT.",
			outreach.Problem{Pointer: "/" + c.key, Detail: "taken"})
	}
	*c.list(d) = append(*c.list(d), v)
	return c.at(len(*c.list(d)) - 1), nil
}

// put replaces the one called name, or adds it. merge takes from the old one what v must not lose.
func (c collection[T]) put(d *outreach.Document, name string, v T, merge func(old, v *T)) (pointer string, created bool, err error) {
	switch own := c.name(&v); *own {
	case "":
		*own = name
	case name:
	default:
		return "", false, outreach.Problems{{Pointer: "/" + c.key, Detail: "differs from the address",
			Hint: "A name cannot be changed: create a new one and delete the old."}}
	}
	i := c.index(d, name)
	if i < 0 {
		pointer, err = c.add(d, v)
		return pointer, true, err
	}
	old := &(*c.list(d))[i]
	merge(old, &v)
	*old = v
	return c.at(i), false, nil
}

// drop removes the one called name.
func (c collection[T]) drop(d *outreach.Document, name string) error {
	i := c.index(d, name)
	if i < 0 {
		return outreach.ErrNotFound
	}
	*c.list(d) = slices.Delete(*c.list(d), i, i+1)
	return nil
}

// find returns the one called name as it was written.
func (c collection[T]) find(s *outreach.Snapshot, name string) (T, error) {
	d := s.Document
	i := c.index(&d, name)
	if i < 0 {
		var none T
		return none, outreach.ErrNotFound
	}
	return (*c.list(&d))[i], nil
}

var (
	pbxs = collection[outreach.PBX]{"/pbxs", "name",
		func(d *outreach.Document) *[]outreach.PBX { return &d.PBXs }, func(p *outreach.PBX) *string { return &p.Name }}
	prompts = collection[outreach.Prompt]{"/prompts", "category",
		func(d *outreach.Document) *[]outreach.Prompt { return &d.Prompts }, func(p *outreach.Prompt) *string { return &p.Category }}
	configurations = collection[outreach.Configuration]{"/configurations", "name",
		func(d *outreach.Document) *[]outreach.Configuration { return &d.Configurations }, func(c *outreach.Configuration) *string { return &c.Name }}
)

// resource answers with one of them and the revision that it belongs to.
type resource[T any] struct {
	Status   int
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     T
}

type listing[T any] struct {
	ETag string `header:"ETag"`
	Body struct {
		Items []T `json:"items"`
	}
}

func listed[T any](revision int64, items []T) *listing[T] {
	out := &listing[T]{ETag: etag(revision)}
	out.Body.Items = emptyNotNull(items)
	return out
}

type noContent struct {
	ETag string `header:"ETag"`
}

func keepNothing[T any](_, _ *T) {}
