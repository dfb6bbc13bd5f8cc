package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"curlew/outreach"

	"golang.org/x/crypto/bcrypt"
)

// Users are the people who sign in, and their sessions.
type Users interface {
	Users(ctx context.Context) ([]outreach.User, error)
	// User returns one, or outreach.ErrNotFound.
	User(ctx context.Context, name string) (outreach.User, error)
	// SaveUser adds or replaces one; its Epoch is the store's business.
	SaveUser(ctx context.Context, u outreach.User) error
	// DeleteUser returns outreach.ErrNotFound if there is none.
	DeleteUser(ctx context.Context, name string) error
	SaveSession(ctx context.Context, hash string, data []byte, expires, now time.Time) error
	Session(ctx context.Context, hash string, now time.Time) (data []byte, found bool, err error)
	DeleteSession(ctx context.Context, hash string) error
}

// PasswordCost is bcrypt's: some 0.1 s on one core.
const PasswordCost = 11

const shortestPassword = 10 // characters

// HashPassword returns the form in which a password is stored, or a problem if it is too short.
func HashPassword(password string, cost int) (string, error) {
	if n := utf8.RuneCountInString(password); n < shortestPassword || n > 200 {
		return "", outreach.Problems{{Pointer: "/password", Detail: "want 10 to 200 characters", Hint: "A few words are easier to keep in mind than signs."}}
	}
	b, err := bcrypt.GenerateFromPassword(secretOf(password), cost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return string(b), nil
}

type userView struct {
	Name      string        `json:"name"`
	Role      outreach.Role `json:"role" enum:"admin,operator,viewer"`
	Disabled  bool          `json:"disabled"`
	CreatedAt time.Time     `json:"created_at"`
}

func viewUser(u outreach.User) userView {
	return userView{u.Name, u.Role, !u.DisabledAt.IsZero(), u.CreatedAt}
}

type usersOutput struct {
	Body struct {
		Items []userView `json:"items"`
	}
}

type userOutput struct{ Body userView }

type userCreate struct {
	Body struct {
		Name     string        `json:"name" required:"true" minLength:"1" maxLength:"100" pattern:"^[^\\s/?#%][^/?#%\\x00-\\x1f]*$" doc:"What the person signs in with"`
		Role     outreach.Role `json:"role" required:"true" enum:"admin,operator,viewer" doc:"admin: everything; operator: transactions, pauses and opt-outs; viewer: reading"`
		Password string        `json:"password" required:"true" maxLength:"200" doc:"At least 10 characters"`
	}
}

func (in *userCreate) target() string { return in.Body.Name }

type userChange struct {
	Name string `path:"name" maxLength:"100"`
	Body struct {
		Role     outreach.Role `json:"role,omitempty" enum:"admin,operator,viewer"`
		Password string        `json:"password,omitempty" maxLength:"200" doc:"A new one; it ends the user's sessions"`
		Disabled *bool         `json:"disabled,omitempty" doc:"true: may not sign in"`
	}
}

func (in *userChange) target() string { return in.Name }

type userName struct {
	Name string `path:"name" maxLength:"100"`
}

type passwordChange struct {
	Body struct {
		Old string `json:"old" required:"true" maxLength:"200"`
		New string `json:"new" required:"true" maxLength:"200"`
	}
}

func (in *passwordChange) target() string { return "own" }

func (s *Server) mountUsers() {
	const tag = "Administration"
	route(s, operation{id: "list-users", method: http.MethodGet, path: "/users", tag: tag, scope: scopeAdmin, summary: "People who sign in"}, s.listUsers)
	route(s, operation{id: "create-user", method: http.MethodPost, path: "/users", tag: tag, status: http.StatusCreated, summary: "Add a person"}, s.createUser)
	route(s, operation{id: "change-user", method: http.MethodPut, path: "/users/{name}", tag: tag, summary: "Change role or password, disable or enable",
		text: "What is left out stays. The last admin cannot be disabled or given another role."}, s.changeUser)
	route(s, operation{id: "delete-user", method: http.MethodDelete, path: "/users/{name}", tag: tag, status: http.StatusNoContent, summary: "Remove a person"}, s.deleteUser)
}

func (s *Server) listUsers(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	users, err := s.Users.Users(ctx)
	if err != nil {
		return nil, err
	}
	out := &usersOutput{}
	out.Body.Items = emptyNotNull(rows(users, viewUser))
	return out, nil
}

func (s *Server) createUser(ctx context.Context, in *userCreate) (*userOutput, error) {
	_, err := s.Users.User(ctx, in.Body.Name)
	if err == nil {
		return nil, problem(http.StatusConflict, "There is a user of this name.", outreach.Problem{Pointer: "/name", Detail: "taken"})
	}
	if !errors.Is(err, outreach.ErrNotFound) {
		return nil, err
	}
	hash, err := HashPassword(in.Body.Password, s.PasswordCost)
	if err != nil {
		return nil, err
	}
	u := outreach.User{Name: in.Body.Name, Role: in.Body.Role, Hash: hash, CreatedAt: s.now()}
	if err := s.Users.SaveUser(ctx, u); err != nil {
		return nil, err
	}
	return &userOutput{viewUser(u)}, nil
}

func (s *Server) changeUser(ctx context.Context, in *userChange) (*userOutput, error) {
	defer s.keys.forget()
	u, err := s.Users.User(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if in.Body.Role != "" {
		u.Role = in.Body.Role
	}
	if d := in.Body.Disabled; d != nil && *d != !u.DisabledAt.IsZero() {
		u.DisabledAt = time.Time{}
		if *d {
			u.DisabledAt = s.now()
		}
	}
	if in.Body.Password != "" {
		if u.Hash, err = HashPassword(in.Body.Password, s.PasswordCost); err != nil {
			return nil, err
		}
	}
	if u.Role != outreach.RoleAdmin || !u.DisabledAt.IsZero() {
		if err := s.notTheLastAdmin(ctx, u.Name); err != nil {
			return nil, err
		}
	}
	if err := s.Users.SaveUser(ctx, u); err != nil {
		return nil, err
	}
	return &userOutput{viewUser(u)}, nil
}

func (s *Server) deleteUser(ctx context.Context, in *userName) (*struct{}, error) {
	defer s.keys.forget()
	if err := s.notTheLastAdmin(ctx, in.Name); err != nil {
		return nil, err
	}
	return nil, s.Users.DeleteUser(ctx, in.Name)
}

// notTheLastAdmin refuses what would leave people at the console but no admin among them.
func (s *Server) notTheLastAdmin(ctx context.Context, name string) error {
	users, err := s.Users.Users(ctx)
	if err != nil {
		return err
	}
	was, others := false, 0
	for _, u := range users {
		admin := u.Role == outreach.RoleAdmin && u.DisabledAt.IsZero()
		if admin && u.Name == name {
			was = true
		} else if admin {
			others++
		}
	}
	if was && others == 0 && len(users) > 1 {
		return problem(http.StatusConflict, "This is the last admin. Make somebody else an admin first.")
	}
	return nil
}

func (s *Server) changePassword(ctx context.Context, in *passwordChange) (*struct{}, error) {
	who, _ := ctx.Value(principalKey{}).(principal)
	if who.user == "" {
		return nil, problem(http.StatusConflict, "You signed in by API key: it has no password.")
	}
	u, err := s.Users.User(ctx, who.user)
	if err != nil {
		return nil, err
	}
	if bcrypt.CompareHashAndPassword([]byte(u.Hash), secretOf(in.Body.Old)) != nil {
		return nil, outreach.Problems{{Pointer: "/old", Detail: "is not the present password"}}
	}
	if u.Hash, err = HashPassword(in.Body.New, s.PasswordCost); err != nil {
		var problems outreach.Problems
		if errors.As(err, &problems) {
			problems[0].Pointer = "/new"
		}
		return nil, err
	}
	defer s.keys.forget()
	return nil, s.Users.SaveUser(ctx, u)
}
