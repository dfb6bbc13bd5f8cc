package channels_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"curlew/outreach"
	"curlew/sim/twilio"
)

// The simulator refuses every name and value that Twilio's reference does not allow (sim/twilio/limits.go);
// whatever Curlew is given, it must have refused itself or be taken.
func TestWhateverIsSentKeepsToTwiliosNamesAndLimits(t *testing.T) {
	r := newRig(t, nil)
	r.sim.SetTemplate(contentSID, twilio.Template{Text: "{{1}}"})
	rapid.Check(t, func(t *rapid.T) {
		m := outreach.Message{
			Attempt: "a", Channel: rapid.SampledFrom([]outreach.Channel{outreach.SMS, outreach.WhatsApp}).Draw(t, "channel"),
			To:          rapid.OneOf(rapid.Just("+12025550100"), rapid.StringMatching(`\+[0-9]{3,17}`), rapid.String()).Draw(t, "to"),
			Text:        rapid.OneOf(rapid.String(), rapid.Map(rapid.IntRange(1590, 1610), func(n int) string { return strings.Repeat("ع", n) })).Draw(t, "text"),
			From:        rapid.SampledFrom([]string{"", "+12025550191", "MG0123456789abcdef0123456789abcdef"}).Draw(t, "from"),
			StatusToken: rapid.String().Draw(t, "token"),
		}
		if rapid.Bool().Draw(t, "template") {
			m.ContentSID = contentSID
			m.Variables = rapid.MapOfN(rapid.StringMatching(`[1-9]`), rapid.String(), 0, 5).Draw(t, "variables")
		}
		if rapid.Bool().Draw(t, "expires") {
			m.ExpiresAt = r.clock.Now().Add(time.Duration(rapid.Int64Range(-100, 1<<40).Draw(t, "left")) * time.Millisecond)
		}
		before := posted(r.sim)
		got, err := r.router.Send(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		taken := posted(r.sim) - before
		switch {
		case got.Disposition == outreach.Accepted && taken == 1:
		case got.Disposition == outreach.Refused && taken == 0 && (got.Code == "malformed" || got.Code == "too_long" || got.Code == "expired"):
		case got.Disposition == outreach.Misconfig && taken == 0 && got.Code == "no_content":
		default:
			t.Fatalf("receipt %+v, %d taken", got, taken)
		}
	})
}

// posted is how many messages Twilio took from us; what it answers a simulated patient itself comes when it likes.
func posted(sim *twilio.Server) (n int) {
	for _, m := range sim.Sent() {
		if !m.Reply {
			n++
		}
	}
	return n
}
