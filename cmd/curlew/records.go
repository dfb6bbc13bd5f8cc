package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"curlew/dialplan"
	"curlew/outreach"
)

// records is httpapi's way for a PBX's call detail records: dialplan reads them, the scheduler settles by them.
type records struct{ app *app }

// Known reports whether the PBX of that name has that callback_secret.
func (r records) Known(pbx, secret string) bool {
	p, ok := r.app.keeper.Current().PBX(pbx)
	if !ok || p.CallbackSecret == "" {
		return false
	}
	p, err := r.app.resolver.PBX(p)
	if err != nil {
		r.app.log.Error("secret of call detail records", "pbx", pbx, "err", err)
		return false
	}
	want, got := sha256.Sum256([]byte(p.CallbackSecret)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// Take settles the attempt that the record is about, if it is one of ours and open.
func (r records) Take(ctx context.Context, pbx, contentType string, body []byte) error {
	result, err := dialplan.ReadCDR(contentType, body)
	if errors.Is(err, dialplan.ErrNoRecord) {
		return outreach.Problems{{Detail: "this is no call detail record of mod_json_cdr", Hint: "Set encode to false or true, not to base64."}}
	}
	if err != nil {
		return err
	}
	return r.app.sched.CallRecord(ctx, pbx, result)
}
