package config_test

import (
	"encoding/xml"
	"net/netip"
	"strings"
	"testing"

	"curlew/config"
	"curlew/outreach"
)

func TestAGatewayFileSaysWhatTheConfigurationSaysOfTheTrunk(t *testing.T) {
	files, err := config.SwitchFiles(outreach.PBX{Gateways: []outreach.Gateway{
		{Name: "trunk1", Proxy: "sip.example.org:5080;transport=tcp", Username: "curlew", Password: `a"b<c>&'d`, Register: true},
		{Name: "elsewhere"},
	}}, []netip.Addr{netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("2001:db8::7")})
	if err != nil || len(files) != 2 || files[0].Path != "sip_profiles/external/curlew-trunk1.xml" || !files[0].Secret || files[1].Secret {
		t.Fatalf("%v %v", files, err)
	}
	var gw struct {
		Gateway struct {
			Name   string `xml:"name,attr"`
			Params []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"param"`
		} `xml:"gateway"`
	}
	if err := xml.Unmarshal(files[0].Body, &gw); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range gw.Gateway.Params {
		got[p.Name] = p.Value
	}
	for name, want := range map[string]string{"proxy": "sip.example.org:5080;transport=tcp", "realm": "sip.example.org:5080", "username": "curlew",
		"password": `a"b<c>&'d`, "register": "true", "caller-id-in-from": "true", "ping": "30"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for _, want := range []string{`<list name="curlew" default="deny">`, `cidr="10.1.2.3/32"`, `cidr="2001:db8::7/128"`} {
		if !strings.Contains(string(files[1].Body), want) {
			t.Errorf("the access list lacks %s:\n%s", want, files[1].Body)
		}
	}
}

func TestAPasswordThatFreeSWITCHWouldExpandIsRefusedAndNotEchoed(t *testing.T) {
	for _, password := range []string{"a$${domain}", "line\nbreak"} {
		_, err := config.SwitchFiles(outreach.PBX{Gateways: []outreach.Gateway{{Name: "trunk1", Proxy: "sip.example.org", Password: password}}}, nil)
		if err == nil || strings.Contains(err.Error(), password) || !strings.Contains(err.Error(), "trunk1") {
			t.Errorf("%v", err)
		}
	}
}
