package scheduler_test

import (
	"testing"

	"curlew/outreach"
)

func TestAConfigurationThatChangedItsChannelSendsWhatWaitedInTheOldQueue(t *testing.T) {
	r := newRig(t, nil)
	id := r.fire("01")
	doc := document()
	doc.Configurations[0].Steps = []outreach.Step{{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"},
		Actions: []outreach.KeyAction{{Action: outreach.Confirm}}}}
	snap, problems := outreach.Compile(doc, 2)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r.snap = snap
	_, err := r.store.SaveDocument(t.Context(), doc, -1, "test", r.clock.Now())
	must(t, err)
	stop := r.run()
	m := r.sent()
	if m.Channel != outreach.SMS || len(r.orders) != 0 {
		t.Errorf("sent %s, dialled %d", m.Channel, len(r.orders))
	}
	r.until(id, "sent by the new version", func(c outreach.Case) bool {
		return len(c.Attempts) == 1 && c.Attempts[0].Channel == outreach.SMS && c.Transaction.Version == 2
	})
	stop()
}
