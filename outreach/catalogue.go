package outreach

import "slices"

// steering are the actions that every event supports: they steer the call or concern the patient, not the subject.
var steering = []Action{CallBack, Transfer, OptOut, Record, Repeat, Language}

func also(actions ...Action) []Action { return append(actions, steering...) }

// Purposes scope opt-outs: a patient who wants no feedback calls still gets care calls.
const (
	PurposeCare     = "care"
	PurposeBilling  = "billing"
	PurposeFeedback = "feedback"
)

// ShippedComponents returns what a HIMS has before a hospital adds or overrides anything. The slice is the caller's.
func ShippedComponents() []Component {
	return []Component{
		appointment(), labReport(), invoice(), admission(), prescription(), vaccination(), followUp(), feedback(),
	}
}

func appointment() Component {
	answers := also(Confirm, Cancel, Reschedule)
	return Component{
		Name: "Appointment", Title: "Appointment", Purpose: PurposeCare,
		Description: "A visit at a time. subject.time is when it begins.",
		Fields: []Field{
			doctorField, departmentField, instructionsField,
			{Name: "location", Type: FieldText, Description: "Building, floor or room", Example: "Block B, floor 2"},
			{Name: "token_number", Type: FieldDigits, Description: "Number in the doctor's queue", Example: "17"},
			{Name: "visit_type", Type: FieldText, Description: "First visit, review, procedure…", Example: "review"},
		},
		Events: []EventType{
			{Name: "Booked", Title: "Appointment booked", Effect: EffectTrigger, Actions: answers, Upcoming: true},
			{Name: "Reminder", Title: "Reminder asked for by the HIMS", Effect: EffectTrigger, Actions: answers, Upcoming: true},
			{Name: "DoctorUnavailable", Title: "The doctor cannot keep the appointment", Effect: EffectTrigger, Actions: answers},
			{Name: "NoShow", Title: "The patient did not come", Effect: EffectTrigger, Actions: also(Confirm, Reschedule)},
			{Name: "Rescheduled", Title: "Appointment moved", Effect: EffectRetime, Actions: answers, Upcoming: true},
			{Name: "Cancelled", Title: "Appointment cancelled", Effect: EffectCancel, Actions: also(Confirm, Reschedule), Revokes: true},
			{Name: "CheckedIn", Title: "The patient has arrived", Effect: EffectCancel, Actions: also(Confirm)},
			{Name: "Completed", Title: "The visit is over", Effect: EffectCancel, Actions: also(Confirm, Rating)},
		},
	}
}

func labReport() Component {
	return Component{
		Name: "LabReport", Title: "Lab report", Purpose: PurposeCare,
		Description: "A laboratory or imaging report. subject.time, if given, is when it became ready.",
		Fields: []Field{
			{Name: "test_name", Type: FieldText, Description: "Name of the test as the patient knows it", Example: "blood test"},
			doctorField, departmentField, instructionsField,
			{Name: "collect_from", Type: FieldText, Description: "Where the report is handed out", Example: "the laboratory desk"},
		},
		Events: []EventType{
			{Name: "Ready", Title: "Report ready", Effect: EffectTrigger, Actions: also(Confirm)},
			{Name: "ReviewNeeded", Title: "The doctor wants to talk about the report", Effect: EffectTrigger, Actions: also(Confirm, Reschedule)},
			{Name: "Delivered", Title: "Report handed over", Effect: EffectCancel, Actions: also(Confirm)},
			{Name: "Withdrawn", Title: "Report withdrawn", Effect: EffectCancel, Actions: also(Confirm)},
		},
	}
}

func invoice() Component {
	return Component{
		Name: "Invoice", Title: "Invoice", Purpose: PurposeBilling,
		Description: "A bill. subject.time is when it is due.",
		Fields: []Field{
			{Name: "amount", Type: FieldAmount, Required: true, Description: "Amount to pay, a decimal", Example: "1250.50"},
			{Name: "currency", Type: FieldText, Description: "ISO 4217; default the facility's", Example: "SAR"},
			{Name: "invoice_number", Type: FieldDigits, Description: "Number on the bill", Example: "20417"},
			{Name: "due_date", Type: FieldDate, Description: "Day it is due, where it differs from subject.time", Example: "2026-12-31"},
		},
		Events: []EventType{
			{Name: "Issued", Title: "Bill issued", Effect: EffectTrigger, Actions: also(Confirm)},
			{Name: "Due", Title: "Bill falls due", Effect: EffectTrigger, Actions: also(Confirm)},
			{Name: "Overdue", Title: "Bill overdue", Effect: EffectTrigger, Actions: also(Confirm)},
			{Name: "DueDateChanged", Title: "Due date moved", Effect: EffectRetime, Actions: also(Confirm), Upcoming: true},
			{Name: "Paid", Title: "Bill paid", Effect: EffectCancel, Actions: also(Confirm)},
			{Name: "Cancelled", Title: "Bill cancelled", Effect: EffectCancel, Actions: also(Confirm)},
		},
	}
}

func admission() Component {
	return Component{
		Name: "Admission", Title: "Admission", Purpose: PurposeCare,
		Description: "A stay in hospital. subject.time is the admission, of Discharged the discharge.",
		Fields: []Field{
			doctorField, departmentField, instructionsField,
			{Name: "ward", Type: FieldText, Description: "Ward", Example: "Ward 4"},
			{Name: "room", Type: FieldDigits, Description: "Room number", Example: "412"},
		},
		Events: []EventType{
			{Name: "Scheduled", Title: "Admission planned", Effect: EffectTrigger, Actions: also(Confirm, Cancel, Reschedule), Upcoming: true},
			{Name: "Rescheduled", Title: "Admission moved", Effect: EffectRetime, Actions: also(Confirm, Cancel, Reschedule), Upcoming: true},
			{Name: "Discharged", Title: "Patient discharged", Effect: EffectTrigger, Actions: also(Confirm, Rating)},
			{Name: "Admitted", Title: "Patient admitted", Effect: EffectCancel, Actions: also(Confirm)},
			{Name: "Cancelled", Title: "Admission cancelled", Effect: EffectCancel, Actions: also(Confirm, Reschedule)},
		},
	}
}

func prescription() Component {
	return Component{
		Name: "Prescription", Title: "Prescription", Purpose: PurposeCare,
		Description: "Medicine to collect or renew. subject.time is when it runs out or is ready.",
		Fields: []Field{
			{Name: "medicine", Type: FieldText, Description: "Name of the medicine", Example: "your tablets"},
			{Name: "pharmacy", Type: FieldText, Description: "Where to collect it", Example: "the ground-floor pharmacy"},
			doctorField, instructionsField,
		},
		Events: []EventType{
			{Name: "Ready", Title: "Medicine ready", Effect: EffectTrigger, Actions: also(Confirm)},
			{Name: "RefillDue", Title: "Refill due", Effect: EffectTrigger, Actions: also(Confirm, Cancel, Reschedule), Upcoming: true},
			{Name: "Rescheduled", Title: "Refill moved", Effect: EffectRetime, Actions: also(Confirm, Cancel, Reschedule), Upcoming: true},
			{Name: "Collected", Title: "Medicine collected", Effect: EffectCancel, Actions: also(Confirm)},
			{Name: "Cancelled", Title: "Prescription cancelled", Effect: EffectCancel, Actions: also(Confirm)},
		},
	}
}

func vaccination() Component {
	answers := also(Confirm, Cancel, Reschedule)
	return Component{
		Name: "Vaccination", Title: "Vaccination", Purpose: PurposeCare,
		Description: "A dose that is due. subject.time is when.",
		Fields: []Field{
			{Name: "vaccine", Type: FieldText, Required: true, Description: "Name of the vaccine", Example: "measles"},
			{Name: "dose", Type: FieldNumber, Description: "Which dose of the series", Example: "2"},
			doctorField, departmentField, instructionsField,
		},
		Events: []EventType{
			{Name: "Due", Title: "Dose due", Effect: EffectTrigger, Actions: answers, Upcoming: true},
			{Name: "Overdue", Title: "Dose overdue", Effect: EffectTrigger, Actions: answers},
			{Name: "Rescheduled", Title: "Dose moved", Effect: EffectRetime, Actions: answers, Upcoming: true},
			{Name: "Given", Title: "Dose given", Effect: EffectCancel, Actions: also(Confirm)},
			{Name: "Cancelled", Title: "Vaccination cancelled", Effect: EffectCancel, Actions: also(Confirm, Reschedule)},
		},
	}
}

func followUp() Component {
	answers := also(Confirm, Cancel, Reschedule)
	return Component{
		Name: "FollowUp", Title: "Follow-up", Purpose: PurposeCare,
		Description: "A look after the patient following a stay or procedure. subject.time is the event it follows or when it is due.",
		Fields:      []Field{doctorField, departmentField, instructionsField},
		Events: []EventType{
			{Name: "Due", Title: "Follow-up due", Effect: EffectTrigger, Actions: answers},
			{Name: "Rescheduled", Title: "Follow-up moved", Effect: EffectRetime, Actions: answers},
			{Name: "Completed", Title: "Follow-up done", Effect: EffectCancel, Actions: also(Confirm)},
			{Name: "Cancelled", Title: "Follow-up cancelled", Effect: EffectCancel, Actions: also(Confirm, Reschedule)},
		},
	}
}

func feedback() Component {
	return Component{
		Name: "Feedback", Title: "Feedback", Purpose: PurposeFeedback,
		Description: "A question after a visit. subject.time, if given, is when the visit ended.",
		Fields:      []Field{doctorField, departmentField},
		Events: []EventType{
			{Name: "Requested", Title: "Feedback asked for", Effect: EffectTrigger, Actions: also(Rating, Confirm)},
			{Name: "Withdrawn", Title: "Feedback no longer wanted", Effect: EffectCancel, Actions: also(Confirm)},
		},
	}
}

var (
	doctorField       = Field{Name: "doctor", Type: FieldName, Description: "Doctor's name as spoken", Example: "Dr. Rao"}
	departmentField   = Field{Name: "department", Type: FieldText, Description: "Department or clinic", Example: "Cardiology"}
	instructionsField = Field{Name: "instructions", Type: FieldText, Description: "What the patient should do or bring", Example: "Please bring your earlier reports"}
)

// mergeComponents lays a hospital's own components over the shipped ones: the same name replaces the whole component.
func mergeComponents(own []Component) []Component {
	all := ShippedComponents()
	for _, c := range own {
		if i := slices.IndexFunc(all, func(s Component) bool { return s.Name == c.Name }); i >= 0 {
			all[i] = c
		} else {
			all = append(all, c)
		}
	}
	return all
}

// Field returns the component's field of that name, or false.
func (c Component) Field(name string) (Field, bool) {
	i := slices.IndexFunc(c.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return c.Fields[i], true
}

// Event returns the component's event of that name, or false.
func (c Component) Event(name string) (EventType, bool) {
	i := slices.IndexFunc(c.Events, func(e EventType) bool { return e.Name == name })
	if i < 0 {
		return EventType{}, false
	}
	return c.Events[i], true
}
