package dialplan_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"curlew/dialplan"
)

const busyRecord = `{"core-uuid": "c", "channel_data": {"state": "CS_REPORTING"}, "variables": {"uuid": "0193a000-0000-7000-8000-000000000001",
	"hangup_cause": "USER_BUSY", "sip_term_status": "486", "sip_invite_failure_status": "486", "progress_uepoch": "0", "answer_uepoch": "0",
	"end_uepoch": "1764579600500000"}}`

func TestARecordTellsHowTheChannelEnded(t *testing.T) {
	form := url.Values{"cdr": {busyRecord}}.Encode()
	for contentType, body := range map[string]string{"application/json": busyRecord, "application/x-www-form-urlencoded": form} {
		r, err := dialplan.ReadCDR(contentType, []byte(body))
		if err != nil || r.Attempt != "0193a000-0000-7000-8000-000000000001" || r.Cause != "USER_BUSY" || r.SIPStatus != 486 || r.Progress || r.Answered ||
			!r.Sent || !r.Created || !r.EndedAt.Equal(time.UnixMicro(1764579600500000)) {
			t.Errorf("%s: %+v %v", contentType, r, err)
		}
	}
	r, err := dialplan.ReadCDR("application/json", []byte(`{"variables": {"uuid": "a", "hangup_cause": "NORMAL%5FCLEARING", "sip_term_status": "503",
		"progress_mediauepoch": "1764579600000000", "answer_uepoch": "1764579601000000"}}`))
	if err != nil || !r.Progress || !r.Answered || r.SIPStatus != 0 || r.Cause != "NORMAL_CLEARING" {
		t.Errorf("%+v %v", r, err)
	}
	for _, bad := range []string{"", "[]", "{}", `{"variables": {"uuid": "a b", "hangup_cause": "X"}}`, `{"variables": {"uuid": 7, "hangup_cause": "X"}}`} {
		if _, err := dialplan.ReadCDR("application/json", []byte(bad)); !errors.Is(err, dialplan.ErrNoRecord) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
