package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"curlew/outreach"
)

type componentBody struct {
	Conditional
	Body outreach.Component
}

func (in *componentBody) target() string { return in.Body.Name }

type componentPut struct {
	NameInput
	Conditional
	Body outreach.Component
}

func (in *componentPut) target() string { return in.Name }

type categoryBody struct {
	Conditional
	Body outreach.PromptCategory
}

func (in *categoryBody) target() string { return in.Body.Name }

type categoryPut struct {
	NameInput
	Conditional
	Body outreach.PromptCategory
}

func (in *categoryPut) target() string { return in.Name }

var (
	components = collection[outreach.Component]{"/components", "name",
		func(d *outreach.Document) *[]outreach.Component { return &d.Components }, func(c *outreach.Component) *string { return &c.Name }}
	categories = collection[outreach.PromptCategory]{"/prompt_categories", "name",
		func(d *outreach.Document) *[]outreach.PromptCategory { return &d.PromptCategories }, func(c *outreach.PromptCategory) *string { return &c.Name }}
)

func (s *Server) mountCatalogue() {
	const tag = "Configurations"
	own := "Shipped ones are changed by none; a hospital's own component of a shipped one's name takes its place."
	route(s, operation{id: "create-component", method: http.MethodPost, path: "/components", tag: tag, status: http.StatusCreated, summary: "Add a component of the hospital's own", text: own},
		func(ctx context.Context, in *componentBody) (*resource[outreach.Component], error) {
			snap, err := s.edit(ctx, in.Conditional, func(d *outreach.Document) (string, error) { return components.add(d, in.Body) })
			return shown(snap, err, components, "/components/", in.Body.Name, http.StatusCreated)
		})
	route(s, operation{id: "put-component", method: http.MethodPut, path: "/components/{name}", tag: tag, summary: "Replace a component of the hospital's own, or add it", text: own},
		func(ctx context.Context, in *componentPut) (*resource[outreach.Component], error) {
			return putOwn(ctx, s, in.Conditional, components, "/components/", in.Name, in.Body)
		})
	route(s, operation{id: "delete-component", method: http.MethodDelete, path: "/components/{name}", tag: tag, status: http.StatusNoContent, summary: "Delete a component of the hospital's own",
		text: "409 names the configurations that use it, unless a shipped one of its name takes its place again."}, s.deleteComponent)
	route(s, operation{id: "create-prompt-category", method: http.MethodPost, path: "/prompt-categories", tag: "Prompts", status: http.StatusCreated, summary: "Add a prompt category of the hospital's own"},
		func(ctx context.Context, in *categoryBody) (*resource[outreach.PromptCategory], error) {
			snap, err := s.edit(ctx, in.Conditional, func(d *outreach.Document) (string, error) { return categories.add(d, in.Body) })
			return shown(snap, err, categories, "/prompt-categories/", in.Body.Name, http.StatusCreated)
		})
	route(s, operation{id: "put-prompt-category", method: http.MethodPut, path: "/prompt-categories/{name}", tag: "Prompts", summary: "Replace a prompt category of the hospital's own, or add it"},
		func(ctx context.Context, in *categoryPut) (*resource[outreach.PromptCategory], error) {
			return putOwn(ctx, s, in.Conditional, categories, "/prompt-categories/", in.Name, in.Body)
		})
	route(s, operation{id: "delete-prompt-category", method: http.MethodDelete, path: "/prompt-categories/{name}", tag: "Prompts", status: http.StatusNoContent,
		summary: "Delete a prompt category of the hospital's own", text: "409 while there is a prompt of it or a configuration plays it."}, s.deleteCategory)
}

// shown answers with one of the collection as it is now.
func shown[T any](snap *outreach.Snapshot, err error, c collection[T], path, name string, status int) (*resource[T], error) {
	if err != nil {
		return nil, err
	}
	v, err := c.find(snap, name)
	if err != nil {
		return nil, err
	}
	return &resource[T]{status, etag(snap.Revision), prefix + path + url.PathEscape(name), v}, nil
}

func putOwn[T any](ctx context.Context, s *Server, cond Conditional, c collection[T], path, name string, v T) (*resource[T], error) {
	status := http.StatusOK
	snap, err := s.edit(ctx, cond, func(d *outreach.Document) (string, error) {
		at, created, err := c.put(d, name, v, keepNothing)
		if created {
			status = http.StatusCreated
		}
		return at, err
	})
	return shown(snap, err, c, path, name, status)
}

func (s *Server) deleteComponent(ctx context.Context, in *nameDelete) (*noContent, error) {
	shipped := slices.ContainsFunc(outreach.ShippedComponents(), func(c outreach.Component) bool { return c.Name == in.Name })
	snap, err := s.edit(ctx, in.Conditional, func(d *outreach.Document) (string, error) {
		var users []string
		for _, c := range d.Configurations {
			if c.Component == in.Name && !shipped {
				users = append(users, "configuration "+c.Name)
			}
		}
		if len(users) > 0 && components.index(d, in.Name) >= 0 {
			return "", &InUseError{What: "The component", Users: users, Hint: "Delete them first."}
		}
		return "", components.drop(d, in.Name)
	})
	if err != nil {
		return nil, err
	}
	return &noContent{etag(snap.Revision)}, nil
}

func (s *Server) deleteCategory(ctx context.Context, in *nameDelete) (*noContent, error) {
	snap, err := s.edit(ctx, in.Conditional, func(d *outreach.Document) (string, error) {
		users := stepUsers(d, func(step outreach.Step) bool { return slices.Contains(step.Sequence, in.Name) })
		if prompts.index(d, in.Name) >= 0 {
			users = append(users, "prompt "+in.Name)
		}
		if len(users) > 0 && categories.index(d, in.Name) >= 0 {
			return "", &InUseError{What: "The prompt category", Users: users, Hint: "Take it out of the sequences and delete its prompt first."}
		}
		return "", categories.drop(d, in.Name)
	})
	if err != nil {
		return nil, err
	}
	return &noContent{etag(snap.Revision)}, nil
}
