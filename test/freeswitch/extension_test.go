package freeswitch_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"curlew/outreach"
)

// TestATransferReachesAnExtensionOfThePBXItself through its dialplan, not through a trunk; one that is busy becomes a
// call back.
func TestATransferReachesAnExtensionOfThePBXItself(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	const desks = `<extension name="desk"><condition field="destination_number" expression="^7000$">
<action application="answer"/><action application="sleep" data="1000"/><action application="hangup"/></condition></extension>
<extension name="busy desk"><condition field="destination_number" expression="^7001$"><action application="hangup" data="USER_BUSY"/></condition></extension>`
	if err := os.WriteFile(filepath.Join(sw.Path("conf"), "dialplan", "desks.xml"), []byte(desks), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(t, sw, "reloadxml")
	h := open(t, sw, hospitalOptions{pbx: func(p *outreach.PBX) { p.ExtensionContext = "public" }})
	for desk, want := range map[string][]string{
		"7000": {"respond transfer 7 7000", "note end"}, "7001": {"respond transfer 7 7001", "respond call_back 7", "note prompt did_call_back"},
	} {
		t.Run(desk, func(t *testing.T) {
			t.Parallel()
			r, lines := h.placed(t, func() outreach.CallOrder {
				o := h.order("12025550107")
				i := slices.IndexFunc(o.Script.Menu, func(a outreach.KeyAction) bool { return a.Action == outreach.Transfer })
				o.Script.Menu[i].Target = desk
				return o
			}, func(_ outreach.CallResult, lines []string) bool { return inOrder(lines, want) })
			if called := slices.Contains(lines, "respond call_back 7"); called != (desk == "7001") || r.Cause != "NORMAL_CLEARING" {
				t.Errorf("%+v\n%q", r, lines)
			}
		})
	}
}
