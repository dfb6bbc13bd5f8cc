package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"curlew/store"
)

type backupCommand struct {
	DB  string `help:"SQLite file; PostgreSQL is backed up by pg_dump." default:"curlew.db"`
	Out string `help:"The copy. A file that is there already is left alone." required:""`
}

// Run is curlew backup: a copy of the database while it is being served.
func (b *backupCommand) Run(c *console) error {
	if store.Shared(b.DB) {
		return errors.New("back PostgreSQL up with pg_dump, as docs/operations.md says; curlew backup copies a SQLite file")
	}
	if _, err := os.Stat(b.DB); err != nil {
		return fmt.Errorf("back %s up: %w; name the database with --db", b.DB, err)
	}
	err := store.Backup(c.ctx, b.DB, b.Out, time.Now())
	switch {
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%s is there already and was left alone: choose another --out", b.Out)
	case err != nil:
		return fmt.Errorf("back %s up: %w; nothing is left at %s", b.DB, err, b.Out)
	}
	info, err := os.Stat(b.Out)
	if err != nil {
		return fmt.Errorf("look at the copy: %w", err)
	}
	_, err = fmt.Fprintf(c.out, "%s holds %s, %d KiB. Served from, it calls nobody until somebody resumes it: POST /api/v1/resume.\n",
		b.Out, b.DB, info.Size()>>10)
	return err
}
