package config

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strconv"
	"strings"

	freeswitchconf "curlew/freeswitch-conf"
	"curlew/outreach"
)

// SwitchFile is one file for a FreeSWITCH, by its path below the switch's configuration directory.
type SwitchFile struct {
	Path   string
	Body   []byte
	Secret bool // holds a password
}

// errUnprintable is a value that FreeSWITCH would take apart or expand when it reads the file.
var errUnprintable = errors.New("holds a line break, a control character or $")

// SwitchFiles renders what p asks of its FreeSWITCH: one file per gateway that has a proxy, the dialplan of
// its callback_dids, and the access list of the event socket for Curlew's addresses. Secrets of p are resolved. Gateways without a proxy are
// kept elsewhere and left out. A password that cannot stand in a file of FreeSWITCH is an error that names
// the gateway, never the value.
func SwitchFiles(p outreach.PBX, curlew []netip.Addr) ([]SwitchFile, error) {
	var files []SwitchFile
	for _, g := range p.Gateways {
		if g.Proxy == "" {
			continue
		}
		body, err := gatewayFile(g)
		if err != nil {
			return nil, fmt.Errorf("gateway %s: %w", g.Name, err)
		}
		files = append(files, SwitchFile{Path: path.Join("sip_profiles", "external", "curlew-"+g.Name+".xml"), Body: body, Secret: g.Password != ""})
	}
	if len(p.CallbackDIDs) > 0 {
		files = append(files, SwitchFile{Path: path.Join("dialplan", "public", "00_curlew_callback.xml"), Body: []byte(ringBackPlan(p))})
	}
	return append(files, SwitchFile{Path: path.Join("merge", "acl.conf.xml"), Body: accessList(curlew)}), nil
}

// ringBackPlan is the shipped dialplan of patients who ring back, for p's numbers and Curlew's address.
func ringBackPlan(p outreach.PBX) string {
	dids := make([]string, len(p.CallbackDIDs))
	for i, did := range p.CallbackDIDs {
		dids[i] = strings.TrimPrefix(did, "+")
	}
	socket := freeswitchconf.ExampleSocket
	if p.Callback.Host != "" {
		socket = net.JoinHostPort(p.Callback.Host, strconv.Itoa(p.Callback.Port))
	}
	return strings.NewReplacer(freeswitchconf.ExampleDIDs, strings.Join(dids, "|"), freeswitchconf.ExampleSocket, socket).Replace(freeswitchconf.Callback)
}

// gatewayFile is one trunk. caller-id-in-from and ping are not FreeSWITCH's defaults: without the first the
// called see the trunk's user, without the second a dead trunk stays up for ever.
func gatewayFile(g outreach.Gateway) ([]byte, error) {
	var b strings.Builder
	b.WriteString("<include>\n")
	fmt.Fprintf(&b, "  <gateway name=\"%s\">\n", escaped(g.Name))
	realm, _, _ := strings.Cut(g.Proxy, ";")
	params := [][2]string{{"proxy", g.Proxy}, {"realm", realm}, {"register", yesNo(g.Register)}}
	if g.Username != "" {
		params = append(params, [2]string{"username", g.Username})
	}
	if g.Password != "" {
		params = append(params, [2]string{"password", g.Password})
	}
	params = append(params, [][2]string{{"caller-id-in-from", "true"}, {"ping", "30"}, {"ping-max", "3"}, {"ping-min", "1"}, {"context", "public"}}...)
	for _, param := range params {
		if strings.ContainsFunc(param[1], func(r rune) bool { return r < ' ' || r == 0x7f || r == '$' }) {
			return nil, fmt.Errorf("%s %w", param[0], errUnprintable)
		}
		fmt.Fprintf(&b, "    <param name=\"%s\" value=\"%s\"/>\n", param[0], escaped(param[1]))
	}
	b.WriteString("  </gateway>\n</include>\n")
	return []byte(b.String()), nil
}

// accessList is the list curlew of acl.conf: who may speak to the event socket, and nobody else.
func accessList(from []netip.Addr) []byte {
	var b strings.Builder
	b.WriteString("<!-- Into autoload_configs/acl.conf.xml, inside <network-lists>; then: fs_cli -x reloadacl -->\n<list name=\"curlew\" default=\"deny\">\n")
	for _, a := range from {
		fmt.Fprintf(&b, "  <node type=\"allow\" cidr=\"%s\"/>\n", netip.PrefixFrom(a, a.BitLen()))
	}
	b.WriteString("</list>\n")
	return []byte(b.String())
}

func yesNo(v bool) string {
	if v {
		return "true"
	}
	return "false"
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
