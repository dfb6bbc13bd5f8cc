package outreach

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// SamplePatient is whom a sample event is about.
type SamplePatient struct {
	Digits   string // the last two of the number: who answers how, by contract.md's table
	Phone    string // E.164
	Email    string
	Language string // "": the facility's first
}

// SampleBirthYear is when every simulated patient was born: they key it in when they ring back.
const SampleBirthYear = 1980

// sampleNames are whom sample events are about, as the patient would write the name.
var sampleNames = texts("Amina Yusuf", "أمينة يوسف", "अमीना यूसुफ़")

// sampleWords are the shipped examples of fields in the other shipped languages: a hospital's system sends
// what is spoken in the patient's language.
var sampleWords = map[string]map[string]string{
	"Dr. Rao":                           {"ar": "الدكتور راو", "hi": "डॉक्टर राव"},
	"Cardiology":                        {"ar": "أمراض القلب", "hi": "हृदय रोग"},
	"Please bring your earlier reports": {"ar": "يرجى إحضار تقاريركم السابقة", "hi": "कृपया अपनी पुरानी रिपोर्ट साथ लाएँ"},
	"Block B, floor 2":                  {"ar": "المبنى ب، الطابق 2", "hi": "ब्लॉक बी, दूसरी मंज़िल"},
	"review":                            {"ar": "مراجعة", "hi": "दोबारा जाँच"},
	"blood test":                        {"ar": "تحليل الدم", "hi": "खून की जाँच"},
	"the laboratory desk":               {"ar": "مكتب المختبر", "hi": "प्रयोगशाला काउंटर"},
	"Ward 4":                            {"ar": "الجناح 4", "hi": "वार्ड 4"},
	"your tablets":                      {"ar": "أقراصكم", "hi": "आपकी गोलियाँ"},
	"the ground-floor pharmacy":         {"ar": "صيدلية الطابق الأرضي", "hi": "भूतल की फ़ार्मेसी"},
	"measles":                           {"ar": "الحصبة", "hi": "खसरा"},
}

// SampleEvent is an event that starts cfg at now or soon after, with a value for every field of its component: what the
// catalogue gives as the field's example. Ids are made of the patient's digits and of now.
func SampleEvent(s *Snapshot, cfg Configuration, p SamplePatient, now time.Time) Event {
	lang := cmp.Or(p.Language, s.Document.Facility.Languages[0])
	component, _ := s.Component(cfg.Component)
	ref := sampleReference(s, cfg, now)
	stamp := p.Digits + "-" + strconv.FormatInt(now.Unix(), 36)
	ev := Event{
		ID: "sample-" + stamp, Component: cfg.Component, Type: cfg.Event, OccurredAt: now.Truncate(time.Second),
		Subject:   Subject{ID: "S-" + stamp, Time: ref, Patient: &Patient{BirthYear: SampleBirthYear}},
		Recipient: Recipient{ID: "P-" + p.Digits, Name: inLanguage(sampleNames, lang), Phone: p.Phone, Email: p.Email, Language: lang},
		Data:      map[string]any{},
	}
	for _, f := range component.Fields {
		ev.Data[f.Name] = sampleValue(s, f, lang, ref)
	}
	return ev
}

// sampleReference is a reference time from which cfg is due at now: half an hour ago where min_lead allows it, else in
// a minute. What follows a time that must lie ahead is due later.
func sampleReference(s *Snapshot, cfg Configuration, now time.Time) time.Time {
	event, _ := s.Event(cfg.Component, cfg.Event)
	const soon = time.Minute
	switch cfg.When.Type {
	case Before:
		due := cfg.When.Offset.Add(now, 1, s.Location)
		if early := due.Add(-30 * time.Minute).Truncate(30 * time.Minute); early.Sub(now) >= minLead(cfg)+soon {
			return early.In(s.Location)
		}
		return due.Add(soon).In(s.Location)
	case After:
		if ref := cfg.When.Offset.Add(now, -1, s.Location); !event.Upcoming {
			return ref.In(s.Location)
		}
		return now.Add(15 * time.Minute).In(s.Location)
	}
	return now.Add(24 * time.Hour).Truncate(30 * time.Minute).In(s.Location)
}

func sampleValue(s *Snapshot, f Field, lang string, ref time.Time) any {
	switch f.Type {
	case FieldDate:
		return ref.In(s.Location).Format(time.DateOnly)
	case FieldTime:
		return ref.Format(time.RFC3339)
	case FieldBoolean:
		return f.Example != "false"
	case FieldNumber:
		if n, err := strconv.ParseFloat(f.Example, 64); err == nil {
			return n
		}
		return 1.0
	case FieldAmount:
		return cmp.Or(f.Example, "100.00")
	case FieldDigits:
		return cmp.Or(f.Example, "1234")
	}
	if f.Name == "currency" && s.Document.Facility.Currency != "" {
		return s.Document.Facility.Currency
	}
	if word, ok := sampleWords[f.Example][lang]; ok {
		return word
	}
	return cmp.Or(f.Example, strings.ReplaceAll(f.Name, "_", " "))
}
