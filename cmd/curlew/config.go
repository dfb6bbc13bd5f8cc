package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"curlew/clock"
	"curlew/config"
)

type configCommand struct {
	Validate configValidate `cmd:"" help:"Prints every mistake with line and pointer; exit 1 if there is one."`
	Apply    configApply    `cmd:"" help:"Makes the database's configuration what the file says; --plan only prints what would change."`
	Export   configExport   `cmd:"" help:"Prints the configuration as a file, secrets as references."`
	Schema   configSchema   `cmd:"" help:"Prints the JSON Schema of the config file."`

	FreeSWITCH configFreeSWITCH `cmd:"" name:"freeswitch" help:"Writes each PBX's gateways and access list as FreeSWITCH's files."`
}

type configValidate struct {
	File string `arg:"" help:"Config file." type:"existingfile"`
}

// Run is curlew config validate.
func (v *configValidate) Run(c *console) error {
	file, err := os.ReadFile(v.File)
	if err != nil {
		return fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, v.File, file); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s: no mistakes\n", v.File)
	return err
}

type configApply struct {
	File string `arg:"" help:"Config file." type:"existingfile"`
	DB   string `help:"SQLite file or postgres:// URL." default:"curlew.db"`
	Plan bool   `help:"Only print what would change: + added, ~ changed, - removed."`
}

// Run is curlew config apply.
func (p *configApply) Run(c *console) error {
	file, err := os.ReadFile(p.File)
	if err != nil {
		return fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, p.File, file); err != nil {
		return err
	}
	return withKeeper(c, p.DB, func(k *config.Keeper) error {
		plan, err := k.Apply(c.ctx, "file", -1, file, p.Plan)
		if err != nil {
			return fmt.Errorf("apply %s: %w", p.File, err)
		}
		for _, w := range plan.Warnings {
			printProblem(c, p.File, "warning: ", w)
		}
		return config.PrintPlan(c.out, plan.Changes)
	})
}

type configExport struct {
	DB string `help:"SQLite file or postgres:// URL." default:"curlew.db"`
}

// Run is curlew config export.
func (e *configExport) Run(c *console) error {
	return withKeeper(c, e.DB, func(k *config.Keeper) error {
		if k.Current() == nil {
			return errors.New("the database holds no configuration yet: curlew config apply FILE")
		}
		file, err := k.Export(c.ctx)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		_, err = c.out.Write(file)
		return err
	})
}

type configSchema struct{}

// Run is curlew config schema.
func (configSchema) Run(c *console) error {
	_, err := c.out.Write(config.Schema())
	return err
}

func withKeeper(c *console, db string, fn func(*config.Keeper) error) error {
	log := logger(c.err, slog.LevelWarn)
	return withStore(c.ctx, db, log, func(s *storeHandle) error {
		k, err := config.NewKeeper(c.ctx, s, clock.System{}, log)
		if err != nil {
			return fmt.Errorf("load configuration: %w", err)
		}
		return fn(k)
	})
}
