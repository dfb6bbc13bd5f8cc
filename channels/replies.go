package channels

import (
	"strings"

	"curlew/outreach"
)

// twilioKeywords are the words that Twilio itself answers on long codes and toll-free numbers, and acts on. Source:
// Twilio's "Support for opt-out keywords (SMS STOP filtering)".
var twilioKeywords = map[string]bool{
	"STOP": true, "STOPALL": true, "UNSUBSCRIBE": true, "END": true, "QUIT": true, "CANCEL": true, "REVOKE": true, "OPTOUT": true,
	"START": true, "YES": true, "UNSTOP": true, "HELP": true, "INFO": true,
}

// AnsweredByTwilio reports whether Twilio has replied already: by Advanced Opt-Out, or by its own handling of the
// English keywords, which short codes do not have and WhatsApp neither.
func (in Inbound) AnsweredByTwilio() bool {
	if in.OptOutType != "" {
		return true
	}
	return in.Channel == outreach.SMS && strings.HasPrefix(in.To, "+") && twilioKeywords[strings.ToUpper(strings.TrimSpace(in.Text))]
}

// replyTexts answer a word in its own language. They say how to come back, and nothing of what the message was about.
var replyTexts = map[ReplyKind]map[string]string{
	ReplyHelp: {
		"en": "{{facility.name}}: please answer by the link or button in our message, or call us{{phone}}. Reply STOP to get no more messages.",
		"ar": "{{facility.name}}: يرجى الإجابة عبر الرابط أو الزر في رسالتنا، أو الاتصال بنا{{phone}}. أرسلوا إيقاف لإيقاف الرسائل.",
		"hi": "{{facility.name}}: कृपया हमारे संदेश के लिंक या बटन से उत्तर दें, या हमें फ़ोन करें{{phone}}। संदेश बंद करने के लिए रोकें लिखें।",
		"es": "{{facility.name}}: responda con el enlace o el botón de nuestro mensaje, o llámenos{{phone}}. Envíe PARAR para no recibir más mensajes.",
		"fr": "{{facility.name}} : répondez par le lien ou le bouton de notre message, ou appelez-nous{{phone}}. Envoyez ARRET pour ne plus en recevoir.",
	},
	ReplyStop: {
		"en": "{{facility.name}}: you will get no more of these messages. Reply START to get them again.",
		"ar": "{{facility.name}}: لن تصلكم هذه الرسائل بعد الآن. أرسلوا ابدأ لاستئنافها.",
		"hi": "{{facility.name}}: अब आपको ये संदेश नहीं आएँगे। फिर से पाने के लिए शुरू लिखें।",
		"es": "{{facility.name}}: no recibirá más estos mensajes. Envíe INICIAR para volver a recibirlos.",
		"fr": "{{facility.name}} : vous ne recevrez plus ces messages. Envoyez REPRENDRE pour les recevoir à nouveau.",
	},
	ReplyStart: {
		"en": "{{facility.name}}: you will get our messages again. Reply STOP to end them.",
		"ar": "{{facility.name}}: ستصلكم رسائلنا من جديد. أرسلوا إيقاف لإيقافها.",
		"hi": "{{facility.name}}: अब आपको हमारे संदेश फिर से मिलेंगे। बंद करने के लिए रोकें लिखें।",
		"es": "{{facility.name}}: volverá a recibir nuestros mensajes. Envíe PARAR para terminarlos.",
		"fr": "{{facility.name}} : vous recevrez à nouveau nos messages. Envoyez ARRET pour les arrêter.",
	},
}

// Answer is what the patient is told in reply, "" for nothing: only help, stop and start are answered, in the
// language of the word (of a button or a digit: in lang), and only where Twilio does not do it. A reply needs no
// template: the patient has just written.
func (in Inbound) Answer(r Reply, snap *outreach.Snapshot, lang string) string {
	texts, ok := replyTexts[r.Kind]
	if !ok || in.AnsweredByTwilio() {
		return ""
	}
	if lang = first(r.Language, lang); texts[lang] == "" {
		lang = "en"
	}
	text, _ := outreach.Render(texts[lang], func(name string) (string, bool) {
		if name == "phone" {
			if snap.Document.Facility.Phone == "" {
				return "", true
			}
			return " (" + snap.Document.Facility.Phone + ")", true
		}
		return snap.FacilityName(lang), true
	})
	return text
}
