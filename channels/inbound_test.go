package channels_test

import (
	"testing"

	"curlew/channels"
	"curlew/sim/twilio"
)

func TestASignatureHoldsForThePublicAddressWhateverTheProxyMadeOfIt(t *testing.T) {
	const public = "https://reach.example.org/outreach"
	r := newRig(t, func(o *channels.Options) { o.PublicBaseURL = public + "/" })
	form := map[string][]string{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	const uri, body = "/webhooks/twilio/status?t=x", "MessageSid=SM1&MessageStatus=delivered"
	if !r.twilio.Verify(uri, []byte(body), twilio.Sign(authToken, public+uri, form)) {
		t.Error("what Twilio signed for the public address is refused behind a proxy that takes the path's beginning off")
	}
	for _, inside := range []string{"http://10.0.0.5:8080", "http://reach.example.org/outreach", "https://reach.example.org"} {
		if r.twilio.Verify(uri, []byte(body), twilio.Sign(authToken, inside+uri, form)) {
			t.Errorf("a signature for %s is believed", inside)
		}
	}
}
