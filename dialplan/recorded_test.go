package dialplan

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"curlew/esl/esltest"
	"curlew/outreach"
)

// recording is one originate at a real FreeSWITCH: its events in plain format.
type recording struct {
	name, uuid, job string
	events          []string
}

func recordings(t *testing.T) []recording {
	t.Helper()
	text, err := os.ReadFile("testdata/recorded.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []recording
	for _, section := range strings.Split(string(text), "\n=== ")[1:] {
		head, body, _ := strings.Cut(section, "\n\n")
		words := strings.Fields(head)
		r := recording{name: words[0], uuid: words[1], job: words[2]}
		for _, e := range strings.Split(strings.TrimSpace(body), "\n\n") {
			r.events = append(r.events, e+"\n")
		}
		all = append(all, r)
	}
	return all
}

// frame is the event as it goes over the wire, about our attempt.
func (r recording) frame(event string, id outreach.AttemptID) string {
	event = strings.NewReplacer(r.uuid, string(id), r.job, jobOf(id)).Replace(event)
	if head, body, ok := strings.Cut(event, "\n> "); ok { // a job's event has a body of its own
		head = head[:strings.Index(head, "Content-Length: ")]
		event = fmt.Sprintf("%sContent-Length: %d\n\n%s", head, len(body), body)
	} else {
		event += "\n"
	}
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(event), event)
}

// TestWhatARealFreeSWITCHSaidIsUnderstood replays recorded originates, as they came and with the job's
// result moved to either end: it comes before or after HANGUP_COMPLETE.
func TestWhatARealFreeSWITCHSaidIsUnderstood(t *testing.T) {
	type want struct {
		created, progress, answered bool
		cause                       string
		sip                         int
		verdict                     outreach.Verdict
		counted                     bool
	}
	wants := map[string]want{
		"14-fail-loopback-busy":                              {true, false, false, "USER_BUSY", 0, outreach.VerdictRetryLater, true},
		"15-fail-sip-busy":                                   {true, false, false, "USER_BUSY", 486, outreach.VerdictRetryLater, true},
		"15-fail-sip-noanswer3000":                           {true, true, false, "NO_ANSWER", 480, outreach.VerdictRetryLater, true},
		"15-fail-sip-resp403":                                {true, false, false, "CALL_REJECTED", 403, outreach.VerdictNextGateway, false},
		"15-fail-sip-resp404":                                {true, false, false, "UNALLOCATED_NUMBER", 404, outreach.VerdictNextChannel, true},
		"15-fail-sip-resp408":                                {true, false, false, "RECOVERY_ON_TIMER_EXPIRE", 408, outreach.VerdictNextGateway, false},
		"15-fail-sip-resp480":                                {true, false, false, "NO_USER_RESPONSE", 480, outreach.VerdictRetryLater, true},
		"15-fail-sip-resp486":                                {true, false, false, "USER_BUSY", 486, outreach.VerdictRetryLater, true},
		"15-fail-sip-resp503":                                {true, false, false, "NORMAL_TEMPORARY_FAILURE", 503, outreach.VerdictNextGateway, false},
		"15-fail-sip-resp603":                                {true, false, false, "CALL_REJECTED", 603, outreach.VerdictNextChannel, true},
		"17-fail-originate-timeout-sip":                      {true, true, false, "NO_ANSWER", 487, outreach.VerdictRetryLater, true},
		"18-fail-noringing-timeout-sip":                      {true, false, false, "NO_ANSWER", 487, outreach.VerdictNextGateway, false},
		"19b-early-media-then-busy-ignore-early-media-sip":   {true, true, false, "USER_BUSY", 486, outreach.VerdictRetryLater, true},
		"19c-early-media-then-answer-ignore-early-media-sip": {true, true, true, "NORMAL_CLEARING", 0, outreach.VerdictAnswered, true},
		"20-answer-then-remote-hangup-sip":                   {true, false, true, "NORMAL_CLEARING", 0, outreach.VerdictAnswered, true},
		"21-invalid-gateway":                                 {false, false, false, "INVALID_GATEWAY", 0, outreach.VerdictNextGateway, false},
		"22-gateway-down":                                    {true, false, false, "NORMAL_TEMPORARY_FAILURE", 503, outreach.VerdictNextGateway, false},
		"23-gateway-dead-port-no-ping":                       {true, false, false, "NORMAL_TEMPORARY_FAILURE", 503, outreach.VerdictNextGateway, false},
		"24-unknown-endpoint-type":                           {false, false, false, "CHAN_NOT_IMPLEMENTED", 0, outreach.VerdictNextGateway, false},
		"24b-unknown-profile":                                {false, false, false, "INVALID_PROFILE", 0, outreach.VerdictNextGateway, false},
	}
	found := 0
	for _, r := range recordings(t) {
		e, listed := wants[r.name]
		if listed {
			found++
		}
		for order, events := range orders(r.events) {
			var result outreach.CallResult
			id := attempt(1)
			withScript(t, &scripted{originate: func(p *esltest.Peer, job string) error {
				if err := p.Accept(job); err != nil {
					return err
				}
				for _, event := range events {
					if err := p.Raw(r.frame(event, id)); err != nil {
						return err
					}
				}
				return nil
			}}, func(t *testing.T, w *town) { result = w.place(w.order(1, "12025550101")) })
			if !result.Sent || !result.Accepted || result.Indeterminate || result.Cause == "" {
				t.Errorf("%s, %s: %+v", r.name, order, result)
			}
			c := outreach.Conclude(nil, result)
			got := want{result.Created, result.Progress, result.Answered, result.Cause, result.SIPStatus, c.Verdict, c.Counted}
			if listed && got != e {
				t.Errorf("%s, %s:\n got %+v\nwant %+v", r.name, order, got, e)
			}
		}
	}
	if found != len(wants) {
		t.Errorf("%d of %d recordings found", found, len(wants))
	}
}

// orders returns the events as recorded, and with BACKGROUND_JOB as early and as late as it can come.
func orders(events []string) map[string][]string {
	job := slices.IndexFunc(events, func(e string) bool { return strings.HasPrefix(e, "Event-Name: BACKGROUND_JOB") })
	if job < 0 || len(events) == 1 {
		return map[string][]string{"as recorded": events}
	}
	rest := slices.Delete(slices.Clone(events), job, job+1)
	end := slices.IndexFunc(rest, func(e string) bool { return strings.HasPrefix(e, "Event-Name: CHANNEL_HANGUP_COMPLETE") })
	return map[string][]string{
		"as recorded": events,
		"job first":   slices.Insert(slices.Clone(rest), max(end, 0), events[job]),
		"job last":    append(slices.Clone(rest), events[job]),
	}
}
