package channels

import (
	"context"
	"fmt"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"curlew/outreach"
)

// Around a send, Twilio's clock and ours may differ, and a request may be slow to be taken.
const (
	settleBefore = time.Minute
	settleAfter  = 2 * time.Minute
	settleProof  = 5 * time.Minute // from then on, a message that is not listed was never accepted
	settlePage   = 50
)

// Settle lists the messages to the attempt's number and looks for the one that was created when the
// attempt was sent and belongs to no other attempt. Exactly one is the attempt's. None, five minutes
// after the send, proves that nothing was accepted (throttled, code not_accepted). Anything else is no proof.
func (t *Twilio) Settle(ctx context.Context, a outreach.Attempt) (outreach.Receipt, bool, error) {
	m := outreach.Message{Attempt: a.ID, Token: a.Token, Channel: a.Channel}
	unknown := t.receipt(m, outreach.Unknown, "unsettled", "")
	found, complete, err := t.candidates(ctx, m, a)
	if err != nil {
		return unknown, false, fmt.Errorf("settle %s: %w", a.ID, err)
	}
	switch {
	case len(found) == 1:
		r := t.concludeMessage(m, &found[0])
		if found[0].Status != nil && (*found[0].Status == "delivered" || *found[0].Status == "read") {
			r.Disposition = outreach.Delivered
		}
		return r, true, nil
	case len(found) == 0 && complete && t.clock.Now().Sub(a.StartedAt) >= settleProof:
		return t.receipt(m, outreach.Throttled, "not_accepted", "not among the messages to this number"), true, nil
	}
	return unknown, false, nil
}

// candidates reads the newest page; complete means that it reaches back to before the send.
func (t *Twilio) candidates(ctx context.Context, m outreach.Message, a outreach.Attempt) (found []api.ApiV2010Message, complete bool, err error) {
	service, _ := t.service(ctx)
	params := &api.ListMessageParams{}
	params.SetTo(t.address(m, a.Address)).SetPageSize(settlePage)
	page, err := service.PageMessage(params, "", "")
	if err != nil {
		return nil, false, fmt.Errorf("list messages: %s", networkWord(err)) // the error itself names the number
	}
	from, until := a.StartedAt.Add(-settleBefore), a.StartedAt.Add(settleAfter)
	complete = len(page.Messages) < settlePage
	for _, listed := range page.Messages {
		created, err := time.Parse(time.RFC1123Z, deref(listed.DateCreated))
		if err != nil {
			return nil, false, fmt.Errorf("list messages: date_created of %s: %w", deref(listed.Sid), err)
		}
		if created.Before(from) {
			complete = true
			break
		}
		sid := deref(listed.Sid)
		another := sid != a.ProviderID && t.known != nil && t.known(ctx, sid)
		reply := deref(listed.Direction) == "outbound-reply" // Twilio's own, or ours to a word of the patient's
		if created.After(until) || another || reply {
			continue
		}
		found = append(found, listed)
	}
	return found, complete, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
