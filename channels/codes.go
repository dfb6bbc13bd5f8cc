package channels

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	"curlew/outreach"
)

// CodeVerdict is what a Twilio error code asks for. The configuration's channels.twilio.codes maps codes
// to these words, before the shipped table.
type CodeVerdict string

// The verdicts.
const (
	NextChannel CodeVerdict = "next_channel" // permanent for this number and channel
	Suppress    CodeVerdict = "suppress"     // the patient opted out of the channel
	PauseOurs   CodeVerdict = "pause"        // our account or configuration: pause the channel, alert
	RetryOnce   CodeVerdict = "retry_once"   // perhaps temporary: by the step's retry policy
	BackOff     CodeVerdict = "back_off"     // nothing left: again with backoff
	NextDay     CodeVerdict = "next_day"     // not before 24 h have passed
)

// shippedCodes is read after the configuration's own. Source: providers.md; the second part from Twilio's
// error and warning dictionary.
var shippedCodes = map[int]CodeVerdict{
	21211: NextChannel, 21614: NextChannel, 21635: NextChannel, 30005: NextChannel, 30006: NextChannel,
	21610: Suppress, 63014: Suppress,
	20003: PauseOurs, 21408: PauseOurs, 21606: PauseOurs, 21608: PauseOurs, 63008: PauseOurs, 63016: PauseOurs,
	21612: RetryOnce, 30003: RetryOnce, 30008: RetryOnce,
	30007: NextChannel,
	20429: BackOff, 21611: BackOff, 30001: BackOff, 63017: BackOff,
	63018: NextDay,

	20404: PauseOurs, // no such account or resource
	21212: PauseOurs, // invalid From
	21603: PauseOurs, // no From
	21609: PauseOurs, // invalid StatusCallback
	21655: PauseOurs, // invalid ContentSid
	21656: PauseOurs, // invalid ContentVariables
	21705: PauseOurs, // invalid MessagingServiceSid
	21910: PauseOurs, // From and To of different channels
	63007: PauseOurs, // no such WhatsApp sender
	21222: PauseOurs, // the account SID has characters that cannot be
	21224: PauseOurs, // the auth token has
	21266: NextChannel,
	21617: NextChannel, // longer than 1,600 characters
	30004: NextChannel, // blocked
	63003: NextChannel, // no such WhatsApp recipient
	63024: NextChannel, // the same
	63049: NextChannel, // Meta chose not to deliver
}

// Codes is the error-code table of one account.
type Codes map[int]CodeVerdict

// NewCodes lays the configuration's own codes over the shipped ones.
func NewCodes(own map[string]string) (Codes, error) {
	table := Codes(maps.Clone(shippedCodes))
	for text, verdict := range own {
		code, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("error code %q is no number", text)
		}
		v := CodeVerdict(verdict)
		if _, ok := dispositions[v]; !ok {
			return nil, fmt.Errorf("error code %d: %q is none of next_channel, suppress, pause, retry_once, back_off, next_day", code, verdict)
		}
		table[code] = v
	}
	return table, nil
}

var dispositions = map[CodeVerdict]outreach.Disposition{
	NextChannel: outreach.Refused, Suppress: outreach.OptedOut, PauseOurs: outreach.Misconfig,
	RetryOnce: outreach.Undelivered, BackOff: outreach.Throttled, NextDay: outreach.Throttled,
}

// Refusal is what a code on a create request means: nothing was accepted. An unlisted code is refused for good.
func (c Codes) Refusal(code int) (outreach.Disposition, time.Duration) {
	v, ok := c[code]
	if !ok {
		return outreach.Refused, 0
	}
	if v == NextDay {
		return dispositions[v], 24 * time.Hour
	}
	return dispositions[v], 0
}

// Failure is what a code means on a message that was accepted and then not delivered: it was a try, so
// what would be backed off is undelivered. An unlisted code is undelivered.
func (c Codes) Failure(code int) outreach.Disposition {
	v, ok := c[code]
	if !ok || v == BackOff || v == NextDay {
		return outreach.Undelivered
	}
	return dispositions[v]
}
