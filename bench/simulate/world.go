package simulatebench

import (
	"fmt"
	"math/rand/v2"
	"time"

	"curlew/outreach"
)

// start is the midnight before a working day, in the facility's zone.
var start = time.Date(2026, 12, 1, 0, 0, 0, 0, time.FixedZone("", 3*60*60))

const (
	laneWidth = 5 // PBXs that share the calls of one department's queue
	firstHour = 9 * time.Hour
	lastHour  = 20 * time.Hour
)

// arrivals is the share of a day's events that each hour brings: a clinic's booking desk.
var arrivals = [24]float64{0, 0, 0, 0, 0, 0, 1, 4, 9, 11, 12, 11, 9, 8, 9, 9, 7, 5, 3, 2, 0, 0, 0, 0}

// document has one department, with a queue of its own, for every laneWidth PBXs. Calls fall back to SMS.
func document(o Options) outreach.Document {
	half, hour, none := o.Lines/2, outreach.Exactly(time.Hour), 0
	doc := outreach.Document{
		Facility: outreach.Facility{Name: "City Hospitals", TimeZone: "Asia/Riyadh", Languages: []string{"en"}, PublicBaseURL: "https://reach.example.org"},
		Channels: outreach.ChannelSettings{Twilio: outreach.TwilioSettings{AccountSID: "AC0123456789abcdef0123456789abcdef", AuthToken: "${env:TWILIO_AUTH_TOKEN}", SMSFrom: "+12025550198", PerSecond: 1000}},
	}
	for i := range o.PBXs {
		p := outreach.PBX{Name: pbxName(i), ESL: outreach.ESLAddress{Host: pbxName(i) + ".example.org", Port: 8021, Password: "${env:PBX_PASSWORD}"}, Callback: outreach.HostPort{Host: "127.0.0.1", Port: 8084},
			MaxConcurrentCalls: o.Lines, CallsPerSecond: o.Rate, ReserveInbound: &none, Active: true}
		for _, g := range []string{"trunk1", "trunk2"} {
			p.Gateways = append(p.Gateways, outreach.Gateway{Name: g, CallerID: "+12025550199", AllowedPrefixes: []string{"+1"}, Strip: "+",
				MaxConcurrentCalls: half, CallsPerSecond: o.Rate / 2, Active: true})
		}
		doc.PBXs = append(doc.PBXs, p)
	}
	for _, category := range []string{"greeting", "action_menu"} {
		doc.Prompts = append(doc.Prompts, outreach.Prompt{Category: category, Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Text: "Hello."}}})
	}
	appointment := outreach.ShippedComponents()[0]
	for d := range (o.PBXs + laneWidth - 1) / laneWidth {
		c := appointment
		c.Name = department(d)
		doc.Components = append(doc.Components, c)
		var pbxs []string
		for i := d * laneWidth; i < min((d+1)*laneWidth, o.PBXs); i++ {
			pbxs = append(pbxs, pbxName(i))
		}
		doc.Configurations = append(doc.Configurations, outreach.Configuration{Name: c.Name, Component: c.Name, Event: "Booked", Active: true,
			When: outreach.When{Type: outreach.Immediate}, CallWindow: &outreach.Window{From: "09:00", To: "20:00"},
			Steps: []outreach.Step{{Channel: outreach.IVR, PBXs: pbxs, Sequence: []string{"greeting", "action_menu"},
				Actions: []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}},
				Advance: &outreach.Advance{On: []string{"failed", "no_response"}, After: &hour}},
				{Channel: outreach.SMS, Text: outreach.LocalText{"en": "City Hospitals: your appointment. Answer: {{link}}"}}}})
	}
	return doc
}

func pbxName(i int) string    { return fmt.Sprintf("pbx-%03d", i+1) }
func department(d int) string { return fmt.Sprintf("Department%02d", d+1) }

// arrivalTimes are n times in rising order, spread over each hour by its share.
func arrivalTimes(n int, r *rand.Rand) []time.Time {
	sum := 0.0
	for _, share := range arrivals {
		sum += share
	}
	out := make([]time.Time, 0, n)
	for hour, share := range arrivals {
		count := int(float64(n) * share / sum)
		at := start.Add(time.Duration(hour) * time.Hour)
		for i := range count {
			slot := time.Hour / time.Duration(count)
			out = append(out, at.Add(time.Duration(i)*slot+time.Duration(r.Int64N(int64(slot)+1))).Truncate(time.Millisecond))
		}
	}
	return out
}

// event is the nth. Two events in five are of a patient who has another one today.
func (s *sim) event(n int, at time.Time) outreach.Event {
	patient := n
	if s.rand.IntN(5) < 2 {
		patient = s.rand.IntN(n + 1)
	}
	return outreach.Event{ID: fmt.Sprintf("evt-%d", n), Source: "hims", Component: department(patient % len(s.snap.Document.Configurations)), Type: "Booked",
		OccurredAt: at, Subject: outreach.Subject{ID: fmt.Sprintf("A-%d", n), Time: at.Add(48 * time.Hour)},
		Recipient: outreach.Recipient{ID: fmt.Sprintf("P-%d", patient), Name: "Amina Yusuf", Phone: fmt.Sprintf("+1202%07d", patient), Language: "en"}}
}

// outcome is what a call comes to: shares are of a hundred calls.
type outcome struct {
	share    int
	progress bool
	answered bool
	key      bool
	machine  bool
	cause    string
	sip      int
	ring     time.Duration // the least; half as much again at most
	talk     time.Duration
}

var outcomes = []outcome{
	{share: 56, progress: true, answered: true, key: true, cause: "NORMAL_CLEARING", sip: 200, ring: 10 * time.Second, talk: 28 * time.Second},
	{share: 11, progress: true, answered: true, cause: "NORMAL_CLEARING", sip: 200, ring: 10 * time.Second, talk: 32 * time.Second},
	{share: 7, progress: true, answered: true, machine: true, cause: "NORMAL_CLEARING", sip: 200, ring: 18 * time.Second, talk: 6 * time.Second},
	{share: 14, progress: true, cause: "NO_ANSWER", sip: 480, ring: 35 * time.Second},
	{share: 6, cause: "USER_BUSY", sip: 486, ring: 2 * time.Second},
	{share: 2, progress: true, cause: "CALL_REJECTED", sip: 603, ring: 6 * time.Second},
	{share: 2, cause: "UNALLOCATED_NUMBER", sip: 404, ring: time.Second},
	{share: 2, cause: "NETWORK_OUT_OF_ORDER", sip: 503, ring: time.Second},
}

func (s *sim) draw() outcome {
	n := s.rand.IntN(100)
	for _, o := range outcomes {
		if n -= o.share; n < 0 {
			o.ring += time.Duration(s.rand.Int64N(int64(o.ring)/2 + 1)).Truncate(time.Millisecond)
			if o.talk > 0 {
				o.talk += time.Duration(s.rand.Int64N(int64(o.talk)/2 + 1)).Truncate(time.Millisecond)
			}
			return o
		}
	}
	return outcomes[0]
}

// linkUp: for half an hour before noon one PBX in a hundred has lost its link.
func (s *sim) linkUp(i int) bool {
	at := s.now.Sub(start)
	return i%100 != 42 || at < 11*time.Hour+30*time.Minute || at >= 12*time.Hour
}
