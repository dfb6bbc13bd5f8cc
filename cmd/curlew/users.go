package main

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"curlew/httpapi"
	"curlew/outreach"
)

// passwordVariable may hold the password, so that it stands in no list of processes.
const passwordVariable = "CURLEW_PASSWORD"

type usersCommand struct {
	DB       string       `help:"SQLite file or postgres:// URL." default:"curlew.db"`
	Create   userCreate   `cmd:"" help:"Adds a person; prints a password unless CURLEW_PASSWORD holds one."`
	List     userList     `cmd:"" help:"Lists the people who sign in."`
	Password userPassword `cmd:"" help:"Sets a new password (CURLEW_PASSWORD, else prints one) and ends the person's sessions."`
	Delete   userDelete   `cmd:"" help:"Removes a person."`
}

type userCreate struct {
	Name string `arg:"" help:"What the person signs in with."`
	Role string `help:"admin, operator or viewer." default:"admin" enum:"admin,operator,viewer"`
}

type userList struct{}

type userPassword struct {
	Name string `arg:""`
}

type userDelete struct {
	Name string `arg:""`
}

// newPassword returns the password to set and its hash; made says that it was made up and must be printed.
func newPassword(c *console) (password, hash string, made bool, err error) {
	password, given := c.getenv(passwordVariable)
	if !given {
		password = rand.Text()
	}
	hash, err = httpapi.HashPassword(password, httpapi.PasswordCost)
	return password, hash, !given, err
}

// Run is curlew users create.
func (u *userCreate) Run(c *console, parent *usersCommand) error {
	password, hash, made, err := newPassword(c)
	if err != nil {
		return err
	}
	return withStore(c.ctx, parent.DB, logger(c.err, slog.LevelWarn), func(s *storeHandle) error {
		if _, err := s.User(c.ctx, u.Name); err == nil {
			return fmt.Errorf("there is a user %s already; curlew users password sets a new password", u.Name)
		}
		user := outreach.User{Name: u.Name, Role: outreach.Role(u.Role), Hash: hash, CreatedAt: time.Now()}
		if err := s.SaveUser(c.ctx, user); err != nil {
			return fmt.Errorf("create user %s: %w", u.Name, err)
		}
		return printPassword(c, password, made)
	})
}

func printPassword(c *console, password string, made bool) error {
	if !made {
		return nil
	}
	_, err := fmt.Fprintln(c.out, password)
	return err
}

// Run is curlew users list.
func (u *userList) Run(c *console, parent *usersCommand) error {
	return withStore(c.ctx, parent.DB, logger(c.err, slog.LevelWarn), func(s *storeHandle) error {
		users, err := s.Users(c.ctx)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tROLE\tCREATED\tDISABLED")
		for _, user := range users {
			disabled := "-"
			if !user.DisabledAt.IsZero() {
				disabled = user.DisabledAt.Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", user.Name, user.Role, user.CreatedAt.Format(time.RFC3339), disabled)
		}
		return w.Flush()
	})
}

// Run is curlew users password.
func (u *userPassword) Run(c *console, parent *usersCommand) error {
	password, hash, made, err := newPassword(c)
	if err != nil {
		return err
	}
	return withStore(c.ctx, parent.DB, logger(c.err, slog.LevelWarn), func(s *storeHandle) error {
		user, err := s.User(c.ctx, u.Name)
		if err != nil {
			return fmt.Errorf("user %s: %w", u.Name, err)
		}
		user.Hash = hash
		if err := s.SaveUser(c.ctx, user); err != nil {
			return fmt.Errorf("password of user %s: %w", u.Name, err)
		}
		return printPassword(c, password, made)
	})
}

// Run is curlew users delete.
func (u *userDelete) Run(c *console, parent *usersCommand) error {
	return withStore(c.ctx, parent.DB, logger(c.err, slog.LevelWarn), func(s *storeHandle) error {
		if err := s.DeleteUser(c.ctx, u.Name); err != nil {
			return fmt.Errorf("delete user %s: %w", u.Name, err)
		}
		return nil
	})
}
