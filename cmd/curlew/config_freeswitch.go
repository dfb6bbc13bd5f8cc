package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"curlew/config"
	"curlew/outreach"
)

type configFreeSWITCH struct {
	Config string   `required:"" help:"JSON config file." type:"existingfile"`
	Out    string   `required:"" help:"Directory to write to; one folder per PBX."`
	From   []string `help:"Addresses that Curlew connects from; default those of each PBX's callback."`
}

// Run is curlew config freeswitch: gateways and access list as files, and the commands that put them to use.
func (k *configFreeSWITCH) Run(c *console) error {
	file, err := os.ReadFile(k.Config)
	if err != nil {
		return fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, k.Config, file); err != nil {
		return err
	}
	doc, _ := config.Parse(file)
	for _, p := range doc.PBXs {
		p, err := config.NewResolver(c.getenv).PBX(p)
		if err != nil {
			return err // names the PBX
		}
		if err := k.render(c, p); err != nil {
			return fmt.Errorf("PBX %s: %w", p.Name, err)
		}
	}
	return nil
}

func (k *configFreeSWITCH) render(c *console, p outreach.PBX) error {
	from, err := k.addresses(c.ctx, p)
	if err != nil {
		return err
	}
	files, err := config.SwitchFiles(p, from)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Join(k.Out, p.Name, filepath.FromSlash(f.Path))
		mode := os.FileMode(0o644)
		if f.Secret {
			mode = 0o640
		}
		if err := writeSwitchFile(name, f.Body, mode); err != nil {
			return err
		}
		fmt.Fprintln(c.out, name)
	}
	for _, g := range p.Gateways {
		if g.Proxy == "" {
			fmt.Fprintf(c.out, "# %s has no proxy here and is kept by hand\n", g.Name)
			continue
		}
		fmt.Fprintf(c.out, "fs_cli -x 'sofia profile external killgw %s'\n", g.Name)
	}
	if err := k.gone(c, p, files); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "fs_cli -x 'sofia profile external rescan'\nfs_cli -x reloadacl")
	return nil
}

// gone names what an earlier run left of gateways that are no more: a rescan would bring them back.
func (k *configFreeSWITCH) gone(c *console, p outreach.PBX, now []config.SwitchFile) error {
	left, err := filepath.Glob(filepath.Join(k.Out, p.Name, "sip_profiles", "external", "curlew-*.xml"))
	if err != nil {
		return fmt.Errorf("look for gateways that are gone: %w", err)
	}
	for _, name := range left {
		if slices.ContainsFunc(now, func(f config.SwitchFile) bool { return path.Base(f.Path) == filepath.Base(name) }) {
			continue
		}
		gateway := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "curlew-"), ".xml")
		fmt.Fprintf(c.out, "# %s is no gateway any more: delete its file here and on the switch\nrm %s\nfs_cli -x 'sofia profile external killgw %s'\n",
			gateway, name, gateway)
	}
	return nil
}

// addresses are where the PBX will see Curlew coming from.
func (k *configFreeSWITCH) addresses(ctx context.Context, p outreach.PBX) ([]netip.Addr, error) {
	hosts := k.From
	if len(hosts) == 0 && p.Callback.Host != "" {
		hosts = []string{p.Callback.Host}
	}
	if len(hosts) == 0 {
		hosts = []string{"127.0.0.1"}
	}
	var all []netip.Addr
	for _, host := range hosts {
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return nil, fmt.Errorf("address that Curlew connects from: %w; name it with --from", err)
		}
		for _, a := range found {
			all = append(all, a.Unmap())
		}
	}
	return all, nil
}

// writeSwitchFile replaces a file in one step: FreeSWITCH may be reading it.
func writeSwitchFile(name string, body []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("directory of %s: %w", name, err)
	}
	if err := os.WriteFile(name+".new", body, mode); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
