package channels_test

import (
	"strings"
	"testing"

	"curlew/channels"
	"curlew/outreach"
)

// answering is a hospital that can be called.
func answering(t *testing.T, name string) *outreach.Snapshot {
	t.Helper()
	s, problems := outreach.Compile(outreach.Document{Facility: outreach.Facility{Name: name, TimeZone: "Asia/Riyadh",
		Languages: []string{"en", "ar"}, Phone: "+966 11 000 0000", PublicBaseURL: "https://reach.example.org"}}, 1)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func TestHelpStopAndStartAreAnsweredInTheLanguageOfTheWord(t *testing.T) {
	snap := answering(t, "City Hospital")
	for text, part := range map[string]string{
		"help": "Reply STOP", "مساعدة": "أرسلوا إيقاف", "मदद": "रोकें लिखें", "ayuda": "Envíe PARAR", "aide": "Envoyez ARRET",
		"stop": "Reply START", "إيقاف": "أرسلوا ابدأ", "रोकें": "शुरू लिखें", "parar": "Envíe INICIAR", "arrêt": "Envoyez REPRENDRE",
		"start": "Reply STOP", "ابدأ": "أرسلوا إيقاف", "शुरू": "रोकें लिखें", "iniciar": "Envíe PARAR", "reprendre": "Envoyez ARRET",
	} {
		in := channels.Inbound{Channel: outreach.WhatsApp, To: "+12025550198", Text: text}
		said := in.Reply(nil)
		got := in.Answer(said, snap, "en")
		if !strings.Contains(got, part) || !strings.HasPrefix(got, "City Hospital") || strings.Contains(got, "{{") {
			t.Errorf("%q is answered %q, want %q in it", text, got, part)
		}
		if has := strings.Contains(got, "+966 11 000 0000"); has != (said.Kind == channels.ReplyHelp) {
			t.Errorf("%q: the phone number belongs to help alone: %q", text, got)
		}
		// What the answer tells the patient to write must be understood.
		for _, word := range []string{"STOP", "START", "إيقاف", "ابدأ", "रोकें", "शुरू", "PARAR", "INICIAR", "ARRET", "REPRENDRE"} {
			if kind := channels.Classify(word, nil).Kind; strings.Contains(got, word) && kind != channels.ReplyStop && kind != channels.ReplyStart {
				t.Errorf("%q asks for %q, which means nothing to us", got, word)
			}
		}
	}
}

func TestWhatTwilioAnswersItselfIsNotAnsweredTwice(t *testing.T) {
	snap := answering(t, "City Hospital")
	for _, c := range []struct {
		in   channels.Inbound
		ours bool
	}{
		{channels.Inbound{Channel: outreach.SMS, To: "+12025550198", Text: "STOP"}, false},
		{channels.Inbound{Channel: outreach.SMS, To: "+12025550198", Text: " help "}, false},
		{channels.Inbound{Channel: outreach.SMS, To: "+12025550198", Text: "start"}, false},
		{channels.Inbound{Channel: outreach.SMS, To: "+12025550198", Text: "stop all"}, true}, // a word of ours
		{channels.Inbound{Channel: outreach.SMS, To: "+12025550198", Text: "إيقاف"}, true},
		{channels.Inbound{Channel: outreach.SMS, To: "57575", Text: "STOP"}, true}, // a bare short code is left to us
		{channels.Inbound{Channel: outreach.SMS, To: "57575", Text: "STOP", OptOutType: "STOP"}, false},
		{channels.Inbound{Channel: outreach.WhatsApp, To: "+12025550198", Text: "STOP"}, true},
		{channels.Inbound{Channel: outreach.WhatsApp, To: "+12025550198", Text: "aide", OptOutType: "HELP"}, false},
		{channels.Inbound{Channel: outreach.WhatsApp, To: "+12025550198", Text: "good morning"}, false},
		{channels.Inbound{Channel: outreach.WhatsApp, To: "+12025550198", Text: "yes"}, false}, // an answer's page or button says thanks
	} {
		if got := c.in.Answer(c.in.Reply(nil), snap, "en"); (got != "") != c.ours {
			t.Errorf("%+v is answered %q", c.in, got)
		}
	}
}
