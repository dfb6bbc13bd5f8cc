package scheduler_test

import (
	"fmt"
	"testing"

	"curlew/outreach"
)

func TestAConfigurationThatChangedItsChannelSendsWhatWaitedInTheOldQueue(t *testing.T) {
	r := newRig(t, nil)
	id := r.fire("01")
	doc := document()
	doc.Configurations[0].Steps = []outreach.Step{{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"},
		Actions: []outreach.KeyAction{{Action: outreach.Confirm}}}}
	r.enforce(doc)
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

func TestRowsThatNobodyCanPlaceAnewHoldUpNoOtherQueue(t *testing.T) {
	messages := func(d *outreach.Document) {
		c := d.Configurations[0]
		c.Name, c.Event, c.Steps = "Word", "DoctorUnavailable", []outreach.Step{{Channel: outreach.SMS, Text: outreach.LocalText{"": "Call us."}}}
		d.Configurations = append(d.Configurations, c)
	}
	r := newRig(t, messages)
	for i := range 130 { // more than two batches, so that a full one follows another
		r.fireAs(fmt.Sprint("waits-", i), "Booked", fmt.Sprintf("%02d", i%100))
	}
	changed := document()
	messages(&changed)
	changed.Configurations[0].Steps = changed.Configurations[0].Steps[1:]
	changed.Configurations[0].Steps[0].Actions = []outreach.KeyAction{{Action: outreach.Confirm}}
	gone := changed
	gone.Configurations = gone.Configurations[1:]
	for _, doc := range []outreach.Document{changed, gone} { // so that no settings say any more where its rows belong
		r.enforce(doc)
	}
	other := r.fireAs("word", "DoctorUnavailable", "01")
	stop := r.run()
	if m := r.sent(); m.Transaction != other {
		t.Errorf("sent %s, want that of the queue nobody is stuck in", m.Transaction)
	}
	stop()
	if len(r.orders) > 0 {
		t.Errorf("%d were dialled by a configuration that has changed", len(r.orders))
	}
	r.enforce(changed)
	stop = newScheduler(r).run(t)
	for range 130 {
		r.sent()
	}
	stop()
}
