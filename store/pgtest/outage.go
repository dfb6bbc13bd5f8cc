package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Exec runs a statement as the cluster's superuser.
func (c *Cluster) Exec(ctx context.Context, statement string) error {
	if _, err := c.admin.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// Tablespace makes an empty directory one that databases may lie in.
func (c *Cluster) Tablespace(ctx context.Context, name, dir string) error {
	if os.Geteuid() == 0 {
		uid, gid, err := unprivileged()
		if err != nil {
			return err
		}
		if err := os.Chown(dir, uid, gid); err != nil {
			return err
		}
	}
	return c.Exec(ctx, "CREATE TABLESPACE "+name+" LOCATION '"+dir+"'")
}

// Crash ends the server at once, as a power cut would, and leaves what is on its disk.
func (c *Cluster) Crash(ctx context.Context) error {
	return c.run(ctx, "pg_ctl", "-D", c.data(), "-m", "immediate", "-w", "stop")
}

// Restart starts a server that has crashed.
func (c *Cluster) Restart(ctx context.Context, opt Options) error { return c.serve(ctx, opt) }

// Standby makes a second server that follows this one; from then on a commit waits until both have it.
func (c *Cluster) Standby(ctx context.Context, opt Options) (*Cluster, error) {
	dir, err := os.MkdirTemp("", "curlew-pg-")
	if err != nil {
		return nil, err
	}
	s := &Cluster{bin: c.bin, dir: dir}
	err = errors.Join(s.own(), s.run(ctx, "pg_basebackup", "-h", c.dir, "-U", "curlew", "-D", s.data(), "-X", "stream", "-c", "fast", "-R"))
	if err == nil {
		err = s.serve(ctx, opt)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop(ctx))
	}
	return s, errors.Join(c.Exec(ctx, "ALTER SYSTEM SET synchronous_standby_names = '*'"), c.Exec(ctx, "SELECT pg_reload_conf()"))
}

// Promote makes a standby take writes.
func (c *Cluster) Promote(ctx context.Context) error {
	return c.run(ctx, "pg_ctl", "-D", c.data(), "-w", "promote")
}

// Either is the URL of a database that is on this server or on other, whichever takes writes.
func (c *Cluster) Either(other *Cluster, url string) string {
	return strings.Replace(url, "host="+escaped(c.dir), "host="+escaped(c.dir)+","+escaped(other.dir), 1) + "&target_session_attrs=read-write"
}
