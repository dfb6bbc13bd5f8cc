package channels

import (
	"fmt"

	"curlew/outreach"
)

// letterWords are what a letter says in one language.
type letterWords struct{ subject, text, call string }

var lettersSay = map[outreach.LetterKind]map[string]letterWords{
	outreach.LetterCancelled: {
		"en": {"Appointment cancelled", "Your appointment at {{facility}} on {{was}} was cancelled. The attached file takes it out of your calendar.", "Questions? Please call us: {{phone}}"},
		"ar": {"تم إلغاء الموعد", "تم إلغاء موعدكم في {{facility}}: {{was}}. الملف المرفق يحذفه من تقويمكم.", "لأي سؤال يرجى الاتصال بنا: {{phone}}"},
		"hi": {"अपॉइंटमेंट रद्द", "{{facility}} में {{was}} का आपका अपॉइंटमेंट रद्द हो गया है। संलग्न फ़ाइल इसे आपके कैलेंडर से हटा देती है।", "कोई प्रश्न हो तो हमें फ़ोन करें: {{phone}}"},
	},
	outreach.LetterMoved: {
		"en": {"Appointment moved", "Your appointment at {{facility}} on {{was}} was moved to {{start}}. The attached file moves it in your calendar.", "Questions? Please call us: {{phone}}"},
		"ar": {"تم تغيير الموعد", "تم نقل موعدكم في {{facility}} من {{was}} إلى {{start}}. الملف المرفق يحدّث تقويمكم.", "لأي سؤال يرجى الاتصال بنا: {{phone}}"},
		"hi": {"अपॉइंटमेंट का समय बदला", "{{facility}} में आपका अपॉइंटमेंट {{was}} से बदलकर {{start}} हो गया है। संलग्न फ़ाइल इसे आपके कैलेंडर में बदल देती है।", "कोई प्रश्न हो तो हमें फ़ोन करें: {{phone}}"},
	},
}

// Letter is the function Letter.
func (Composer) Letter(snap *outreach.Snapshot, l outreach.Letter) (outreach.Message, error) {
	return Letter(snap, l)
}

// Letter renders a letter in its language, or in English where we have no words in it.
func Letter(snap *outreach.Snapshot, l outreach.Letter) (outreach.Message, error) {
	lang := l.Language
	if _, ok := lettersSay[l.Kind][lang]; !ok {
		lang = "en"
	}
	words, ok := lettersSay[l.Kind][lang]
	if !ok {
		return outreach.Message{}, fmt.Errorf("letter %s: unknown kind %q", l.ID, l.Kind)
	}
	values := map[string]string{
		"facility": oneLine(snap.FacilityName(lang)), "phone": snap.Document.Facility.Phone,
		"was": outreach.SpeakTime(l.Was.In(snap.Location), lang), "start": outreach.SpeakTime(l.Start.In(snap.Location), lang),
	}
	text := words.text
	if values["phone"] != "" {
		text += "\n\n" + words.call
	}
	text, _ = outreach.Render(text, func(name string) (string, bool) { return values[name], true })
	return outreach.Message{
		Attempt: outreach.AttemptID(l.ID), Transaction: l.Transaction, Channel: outreach.Email, To: l.Address, Language: lang,
		Subject: words.subject, Text: text, HTML: page(lang, paragraphs(text, "")), ExpiresAt: l.Start,
		Calendar: &outreach.CalendarEntry{UID: l.UID, Sequence: l.Sequence, Start: l.Start, Summary: words.subject, Cancel: l.Kind == outreach.LetterCancelled},
	}, nil
}
