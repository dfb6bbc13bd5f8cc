package channels

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

// Meaning is what a Twilio error code says about a message.
type Meaning struct {
	Disposition outreach.Disposition
	Wait        time.Duration // at least, before another try
}

// The meanings that shipped codes have.
var (
	nextChannel = Meaning{Disposition: outreach.Refused}     // permanent for this number and channel
	suppress    = Meaning{Disposition: outreach.OptedOut}    // the patient wants no more on this channel
	ours        = Meaning{Disposition: outreach.Misconfig}   // pause the channel, alert
	perhaps     = Meaning{Disposition: outreach.Undelivered} // again by the step's retry policy
	backOff     = Meaning{Disposition: outreach.Throttled}   // nothing left
	nextDay     = Meaning{Disposition: outreach.Throttled, Wait: 24 * time.Hour}
)

// meaningWords are what the configuration's channels.twilio.codes may map a code to.
var meaningWords = map[string]Meaning{
	"next_channel": nextChannel, string(outreach.Refused): nextChannel, string(outreach.InvalidNumber): {Disposition: outreach.InvalidNumber},
	"suppress": suppress, string(outreach.OptedOut): suppress,
	"retry_later": perhaps, string(outreach.Undelivered): perhaps,
	string(outreach.Throttled): backOff, string(outreach.Misconfig): ours, string(outreach.Unknown): {Disposition: outreach.Unknown},
}

// shippedCodes is read after the configuration's own. Source: Twilio's error and warning dictionary; the
// second part are faults of a request that a sound configuration never causes.
var shippedCodes = map[int]Meaning{
	21211: nextChannel, 21614: nextChannel, 21635: nextChannel, 30005: nextChannel, 30006: nextChannel,
	21610: suppress, 63014: suppress,
	20003: ours, 21408: ours, 21606: ours, 21608: ours, 63008: ours, 63016: ours,
	21612: perhaps, 30003: perhaps, 30008: perhaps,
	30007: nextChannel,
	20429: backOff, 21611: backOff, 30001: backOff, 63017: backOff,
	63018: nextDay,

	20404: ours, // no such account or resource
	21212: ours, // invalid From
	21603: ours, // no From
	21609: ours, // invalid StatusCallback
	21655: ours, // invalid ContentSid
	21656: ours, // invalid ContentVariables
	21705: ours, // invalid MessagingServiceSid
	21910: ours, // From and To of different channels
	63007: ours, // no such WhatsApp sender
	21222: ours, // the account SID has characters that cannot be
	21224: ours, // the auth token has
	21266: nextChannel,
	21617: nextChannel, // longer than 1,600 characters
	30004: nextChannel, // blocked
	63003: nextChannel, // no such WhatsApp recipient
	63024: nextChannel, // the same
	63049: nextChannel, // Meta chose not to deliver
}

// Codes is the error-code table of one account.
type Codes map[int]Meaning

// NewCodes lays the configuration's own codes over the shipped ones.
func NewCodes(own map[string]string) (Codes, error) {
	table := Codes(maps.Clone(shippedCodes))
	for text, word := range own {
		code, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("error code %q is no number", text)
		}
		m, ok := meaningWords[word]
		if !ok {
			return nil, fmt.Errorf("error code %d: %q is none of %s", code, word, strings.Join(slices.Sorted(maps.Keys(meaningWords)), ", "))
		}
		table[code] = m
	}
	return table, nil
}

// Refusal is what a code on a create request means: nothing was accepted. An unlisted code is refused for good.
func (c Codes) Refusal(code int) Meaning {
	if m, ok := c[code]; ok {
		return m
	}
	return nextChannel
}

// Failure is what a code means on a message that was accepted and then not delivered: it was a try, so
// what would be backed off is undelivered. An unlisted code is undelivered.
func (c Codes) Failure(code int) outreach.Disposition {
	m, ok := c[code]
	if !ok || m.Disposition == outreach.Throttled || m.Disposition == outreach.Unknown {
		return outreach.Undelivered
	}
	return m.Disposition
}
