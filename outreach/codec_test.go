package outreach_test

import (
	"testing"

	"curlew/outreach"
)

func TestACallAsksForTheCodecOfItsCountryUnlessTheGatewayHasOne(t *testing.T) {
	for _, c := range []struct{ codec, number, want string }{
		{"", "+12025550101", "PCMU"}, {"", "+81312345678", "PCMU"}, {"", "+966512345678", "PCMA"}, {"", "+911234567890", "PCMA"}, {"PCMA", "+12025550101", "PCMA"},
	} {
		if got := (outreach.Gateway{Codec: c.codec}).CodecFor(c.number); got != c.want {
			t.Errorf("%q %s: %s, want %s", c.codec, c.number, got, c.want)
		}
	}
}

func TestWhoRingsIsHeardByTonesOnlyWhereEveryTrunkSendsThem(t *testing.T) {
	tones, events, off := outreach.Gateway{DTMF: outreach.DTMFInband, Active: true}, outreach.Gateway{Active: true}, outreach.Gateway{}
	for want, all := range map[bool][][]outreach.Gateway{true: {{tones}, {tones, off}}, false: {nil, {events}, {tones, events}, {off}}} {
		for _, gateways := range all {
			if (outreach.PBX{Gateways: gateways}).KeysAreTones() != want {
				t.Errorf("%+v: not %v", gateways, want)
			}
		}
	}
}
