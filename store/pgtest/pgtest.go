// Package pgtest starts a private PostgreSQL for tests and benchmarks: in a temporary directory, on a
// unix socket that only its owner reaches, gone when it is stopped. It refuses to touch any other
// server.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/jmoiron/sqlx"
)

// ErrUnavailable says that this machine has no PostgreSQL server programs.
var ErrUnavailable = errors.New("no PostgreSQL server programs found")

// Cluster is one running server.
type Cluster struct {
	bin, dir string
	admin    *sqlx.DB
	count    atomic.Int64
}

// Options of Start. Durable leaves fsync on, for benchmarks.
type Options struct{ Durable bool }

// Start makes a cluster and returns once it takes connections, or ErrUnavailable.
func Start(ctx context.Context, opt Options) (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "curlew-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, dir: dir}
	if err := c.start(ctx, opt); err != nil {
		return nil, errors.Join(err, c.Stop(ctx))
	}
	return c, nil
}

func programs() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.Join(ErrUnavailable, err)
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

func (c *Cluster) start(ctx context.Context, opt Options) error {
	if err := c.own(); err != nil {
		return err
	}
	if err := c.run(ctx, "initdb", "-D", c.data(), "-U", "curlew", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"); err != nil {
		return err
	}
	return c.serve(ctx, opt)
}

// serve starts the server on what is in its directory.
func (c *Cluster) serve(ctx context.Context, opt Options) (err error) {
	settings := []string{"-c listen_addresses=", "-c unix_socket_directories=" + c.dir, "-c max_connections=200", "-c shared_buffers=256MB"}
	if !opt.Durable {
		settings = append(settings, "-c fsync=off", "-c full_page_writes=off")
	}
	err = c.run(ctx, "pg_ctl", "-D", c.data(), "-w", "-t", "60", "-l", filepath.Join(c.dir, "log"), "-o", strings.Join(settings, " "), "start")
	if err == nil && c.admin == nil {
		c.admin, err = sqlx.Open("pgx", c.url("postgres"))
	}
	return err
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) url(database string) string {
	v := url.Values{"host": {c.dir}, "user": {"curlew"}, "sslmode": {"disable"}}
	return "postgres:///" + database + "?" + v.Encode()
}

func escaped(dir string) string { return url.QueryEscape(dir) }

// own gives the directory to the user that the server runs as: it refuses to run as root.
func (c *Cluster) own() error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := unprivileged()
	if err != nil {
		return err
	}
	return os.Chown(c.dir, uid, gid)
}

// unprivileged returns the user that PostgreSQL's packages make.
func unprivileged() (uid, gid int, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, errors.Join(ErrUnavailable, err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return uid, gid, errors.Join(err1, err2)
}

// run runs one of the server's programs, as its own user where we are root.
func (c *Cluster) run(ctx context.Context, name string, arg ...string) error {
	path, err := c.Program(name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, arg...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		uid, gid, err := unprivileged()
		if err != nil {
			return err
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	out, err := os.CreateTemp("", "curlew-pg-out-") // a pipe would be kept open by the server
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(out.Name()) }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := errors.Join(cmd.Run(), out.Close()); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(text)))
	}
	return nil
}

// Database makes an empty database and returns its URL.
func (c *Cluster) Database(ctx context.Context) (string, error) {
	name := "t" + strconv.FormatInt(c.count.Add(1), 10)
	if _, err := c.admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	return c.url(name), nil
}

// Program is the path of one of PostgreSQL's programs, such as pg_dump: the server's own if it has it.
func (c *Cluster) Program(name string) (string, error) {
	if p, err := exec.LookPath(filepath.Join(c.bin, name)); err == nil {
		return p, nil
	}
	return exec.LookPath(name)
}

// Stop ends the server and removes its directory.
func (c *Cluster) Stop(ctx context.Context) error {
	var errs []error
	if c.admin != nil {
		errs = append(errs, c.admin.Close())
	}
	if _, err := os.Stat(filepath.Join(c.data(), "postmaster.pid")); err == nil {
		errs = append(errs, c.Crash(ctx))
	}
	return errors.Join(append(errs, os.RemoveAll(c.dir))...)
}
