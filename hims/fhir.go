package hims

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
	"curlew/strictjson"
)

// What is read of a FHIR R4 Bundle. Source: HL7 FHIR R4 (4.0.1), Appointment, Patient, Bundle.
type (
	bundle struct {
		ResourceType string `json:"resourceType"`
		ID           string `json:"id"`
		Entry        []struct {
			FullURL  string          `json:"fullUrl"`
			Resource json.RawMessage `json:"resource"`
		} `json:"entry"`
	}
	resourceHead struct {
		ResourceType string `json:"resourceType"`
		ID           string `json:"id"`
	}
	fhirAppointment struct {
		ID   string `json:"id"`
		Meta struct {
			VersionID   string    `json:"versionId"`
			LastUpdated time.Time `json:"lastUpdated"`
		} `json:"meta"`
		Status             string    `json:"status"`
		Start              time.Time `json:"start"`
		PatientInstruction string    `json:"patientInstruction"`
		Specialty          []concept `json:"specialty"`
		ServiceType        []concept `json:"serviceType"`
		Participant        []struct {
			Actor actor `json:"actor"`
		} `json:"participant"`
		Contained []json.RawMessage `json:"contained"`
	}
	actor struct {
		Reference string `json:"reference"`
		Type      string `json:"type"`
		Display   string `json:"display"`
	}
	concept struct {
		Text   string `json:"text"`
		Coding []struct {
			Code    string `json:"code"`
			Display string `json:"display"`
		} `json:"coding"`
	}
	humanName struct {
		Use    string   `json:"use"`
		Text   string   `json:"text"`
		Prefix []string `json:"prefix"`
		Given  []string `json:"given"`
		Family string   `json:"family"`
	}
	fhirPerson struct {
		ID        string      `json:"id"`
		Name      []humanName `json:"name"`
		BirthDate string      `json:"birthDate"`
		Telecom   []struct {
			System string `json:"system"`
			Value  string `json:"value"`
			Use    string `json:"use"`
			Rank   int    `json:"rank"`
		} `json:"telecom"`
		Communication []struct {
			Language  concept `json:"language"`
			Preferred bool    `json:"preferred"`
		} `json:"communication"`
	}
)

// appointmentEvents maps Appointment.status to our events. proposed, pending and waitlist are no appointment yet.
var appointmentEvents = map[string]string{
	"booked":           "Booked",
	"arrived":          "CheckedIn",
	"checked-in":       "CheckedIn",
	"fulfilled":        "Completed",
	"cancelled":        "Cancelled",
	"entered-in-error": "Cancelled",
	"noshow":           "NoShow",
}

// decodeBundle maps each Appointment of a FHIR Bundle (rest-hook notification, message, collection) to an event; its
// Patient, Practitioner and Location come from the same Bundle or are contained. Other resources are passed over.
func decodeBundle(body []byte) ([]Decoded, outreach.Problems) {
	var any any
	if _, problems := strictjson.Decode(body, &any, strictjson.Options{MaxBytes: MaxBody, MaxDepth: 40, Null: true, Discreet: true}); len(problems) > 0 {
		return nil, discreet(problems)
	}
	var b bundle
	if err := json.Unmarshal(body, &b); err != nil || b.ResourceType != "Bundle" {
		return nil, outreach.Problems{{Pointer: "/resourceType", Detail: "is no FHIR R4 Bundle", Hint: "send Appointments with their Patients in a Bundle"}}
	}
	m := mapper{resources: map[string]json.RawMessage{}}
	for _, e := range b.Entry {
		m.index(e.FullURL, e.Resource)
	}
	for i, e := range b.Entry {
		if head(e.Resource).ResourceType == "Appointment" {
			m.appointment("/entry/"+strconv.Itoa(i)+"/resource", e.Resource)
		}
	}
	if len(m.problems) > 0 {
		return nil, m.problems
	}
	return m.events, nil
}

func head(resource json.RawMessage) resourceHead {
	var h resourceHead
	if json.Unmarshal(resource, &h) != nil {
		return resourceHead{}
	}
	return h
}

type mapper struct {
	resources map[string]json.RawMessage // by "Patient/1", full URL, or "#id" of the contained
	events    []Decoded
	problems  outreach.Problems
}

func (m *mapper) index(fullURL string, resource json.RawMessage) {
	h := head(resource)
	if fullURL != "" {
		m.resources[fullURL] = resource
	}
	if h.ID != "" {
		m.resources[h.ResourceType+"/"+h.ID] = resource
	}
}

func (m *mapper) bad(pointer, detail, hint string) {
	m.problems = append(m.problems, outreach.Problem{Pointer: pointer, Detail: detail, Hint: hint})
}

func (m *mapper) appointment(pointer string, resource json.RawMessage) {
	var a fhirAppointment
	if err := json.Unmarshal(resource, &a); err != nil {
		m.bad(pointer, "is no R4 Appointment: an element has the wrong type, or a time is not RFC 3339", "")
		return
	}
	event, ok := appointmentEvents[a.Status]
	switch {
	case a.ID == "":
		m.bad(pointer+"/id", "is missing", "the Appointment's logical id")
		return
	case !ok && !slices.Contains([]string{"proposed", "pending", "waitlist"}, a.Status):
		m.bad(pointer+"/status", "is no R4 status of an Appointment", "")
		return
	case !ok:
		return
	}
	maps.DeleteFunc(m.resources, func(ref string, _ json.RawMessage) bool { return strings.HasPrefix(ref, "#") }) // another Appointment's
	for _, c := range a.Contained {
		m.resources["#"+head(c).ID] = c
	}
	ev := outreach.Event{
		ID: "Appointment/" + a.ID + "/_history/" + version(a, resource), Component: "Appointment", Type: event, OccurredAt: a.Meta.LastUpdated,
		Subject: outreach.Subject{ID: a.ID, Time: a.Start}, Data: map[string]any{},
	}
	if n, err := strconv.ParseInt(a.Meta.VersionID, 10, 64); err == nil && n > 0 {
		ev.Subject.Version = n
	}
	m.participants(pointer, a, &ev)
	put(ev.Data, "instructions", a.PatientInstruction)
	put(ev.Data, "department", firstText(append(a.Specialty, a.ServiceType...)))
	d, problems := hashed(ev)
	for _, p := range problems {
		m.bad(pointer, p.Detail, p.Hint)
	}
	m.events = append(m.events, d)
}

// version tells one state of an Appointment from the next, by content where the server keeps no versions.
func version(a fhirAppointment, resource json.RawMessage) string {
	if a.Meta.VersionID != "" {
		return a.Meta.VersionID
	}
	sum, err := canonicalHash(resource)
	if err != nil {
		return "0"
	}
	return hexOf(sum[:8])
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

func (m *mapper) participants(pointer string, a fhirAppointment, ev *outreach.Event) {
	found := false
	for i, p := range a.Participant {
		here := pointer + "/participant/" + strconv.Itoa(i) + "/actor"
		switch m.kind(p.Actor) {
		case "Patient":
			if !found {
				m.patient(here, p.Actor, ev)
			}
			found = true
		case "Practitioner":
			put(ev.Data, "doctor", m.named(p.Actor))
		case "Location":
			put(ev.Data, "location", p.Actor.Display)
		}
	}
	if !found {
		m.bad(pointer+"/participant", "has no Patient", "one participant's actor refers to the Patient")
	}
}

// kind is the type of the resource that the reference names.
func (m *mapper) kind(a actor) string {
	if a.Type != "" {
		return a.Type
	}
	if resource, ok := m.find(a); ok {
		return head(resource).ResourceType
	}
	words := strings.Split(a.Reference, "/")
	return words[max(len(words)-2, 0)]
}

// find resolves a reference within the Bundle, relative or absolute.
func (m *mapper) find(a actor) (json.RawMessage, bool) {
	if r, ok := m.resources[a.Reference]; ok {
		return r, true
	}
	words := strings.Split(a.Reference, "/")
	if len(words) < 2 {
		return nil, false
	}
	r, ok := m.resources[strings.Join(words[len(words)-2:], "/")]
	return r, ok
}

func (m *mapper) patient(pointer string, a actor, ev *outreach.Event) {
	resource, ok := m.find(a)
	var p fhirPerson
	if !ok || json.Unmarshal(resource, &p) != nil {
		m.bad(pointer, "is not in this Bundle", "include the Patient with its telecom: there is no other way to reach the patient")
		return
	}
	r := &ev.Recipient
	r.ID, r.Name = p.ID, p.fullName()
	r.Phones = p.phonesFirst()
	for _, t := range p.Telecom {
		if t.System == "email" && r.Email == "" && t.Use != "old" {
			r.Email = t.Value
		}
	}
	for _, c := range p.Communication {
		if len(c.Language.Coding) > 0 && (r.Language == "" || c.Preferred) {
			r.Language = c.Language.Coding[0].Code
		}
	}
	ev.Subject.Patient = &outreach.Patient{ID: p.ID, Name: r.Name}
	if year, _, _ := strings.Cut(p.BirthDate, "-"); len(year) == 4 {
		ev.Subject.Patient.BirthYear, _ = strconv.Atoi(year)
	}
}

// phonesFirst lists the phone numbers: mobiles before others, then by rank, old ones left out.
func (p fhirPerson) phonesFirst() []string {
	type phone struct {
		value string
		order int
	}
	var phones []phone
	for _, t := range p.Telecom {
		if t.System != "phone" && t.System != "sms" || t.Use == "old" || t.Value == "" {
			continue
		}
		order := 100
		if t.Rank > 0 {
			order = min(t.Rank, 99)
		}
		if t.Use != "mobile" && t.System != "sms" {
			order += 1000
		}
		phones = append(phones, phone{t.Value, order})
	}
	slices.SortStableFunc(phones, func(a, b phone) int { return a.order - b.order })
	values := make([]string, 0, len(phones))
	for _, ph := range phones {
		if !slices.Contains(values, ph.value) && len(values) < maxPhones {
			values = append(values, ph.value)
		}
	}
	return values
}

func (p fhirPerson) fullName() string {
	if len(p.Name) == 0 {
		return ""
	}
	best := p.Name[0]
	for _, use := range []string{"official", "usual"} {
		for _, n := range p.Name {
			if n.Use == use {
				best = n
			}
		}
	}
	return best.full()
}

func (n humanName) full() string {
	if n.Text != "" {
		return n.Text
	}
	return strings.Join(strings.Fields(strings.Join(append(append(slices.Clone(n.Prefix), n.Given...), n.Family), " ")), " ")
}

// named is what a Practitioner is called: as the Appointment displays it, else as its resource says.
func (m *mapper) named(a actor) string {
	if a.Display != "" {
		return a.Display
	}
	resource, ok := m.find(a)
	var p fhirPerson
	if !ok || json.Unmarshal(resource, &p) != nil {
		return ""
	}
	return p.fullName()
}

func firstText(concepts []concept) string {
	for _, c := range concepts {
		if c.Text != "" {
			return c.Text
		}
		if len(c.Coding) > 0 && c.Coding[0].Display != "" {
			return c.Coding[0].Display
		}
	}
	return ""
}

func put(data map[string]any, name, value string) {
	if _, ok := data[name]; !ok && value != "" {
		data[name] = value
	}
}
