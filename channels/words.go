package channels

import (
	"slices"
	"strings"
	"unicode"

	"curlew/outreach"
)

// ReplyKind is what a patient's own words are.
type ReplyKind string

// Kinds of replies.
const (
	ReplyStop   ReplyKind = "stop"
	ReplyStart  ReplyKind = "start"
	ReplyHelp   ReplyKind = "help"
	ReplyAnswer ReplyKind = "answer" // Action says which
	ReplyOther  ReplyKind = "other"  // for a person to read
)

// Reply is a classified inbound text.
type Reply struct {
	Kind   ReplyKind
	Action outreach.Action
	Digit  string // ASCII, of a reply that is one digit
	Value  string // of a rating: the digit

	Language string // of the word, "" where none was said
}

// The words opt out, opt in, ask for help and answer, in en, ar, hi, es and fr. A reply is read only if it is
// one of them as a whole: a sentence that holds "no" or "stop" goes to a person. CANCEL is an answer here,
// although Twilio's own list has it as an opt-out: what Twilio took as one, it says in OptOutType.
var (
	stopWords = words("stop, stopall, stop all, unsubscribe, end, quit, optout, opt-out, opt out, revoke",
		"توقف, قف, إيقاف, أوقف, إلغاء الاشتراك", "रोकें, रोको, रुको, बंद, बंद करें, बंद करो",
		"alto, parar, para, baja, detener, darse de baja", "arret, arrêt, arrêter, arrêtez, désinscrire, se désabonner, désabonner")
	startWords = words("start, unstop, subscribe, opt in, opt-in",
		"ابدأ, اشتراك", "शुरू, शुरू करें", "iniciar, comenzar, alta", "démarrer, demarrer, commencer, reprendre")
	helpWords = words("help, info", "مساعدة", "मदद, सहायता", "ayuda, información, informacion", "aide")

	actionWords = []struct {
		action outreach.Action
		words  map[string]string
	}{
		{outreach.Confirm, words("yes, y, yep, ok, okay, confirm, confirmed, i confirm",
			"نعم, أجل, تأكيد, موافق, أؤكد", "हाँ, हां, जी, जी हाँ, हाँ जी, ठीक है, पुष्टि",
			"si, sí, confirmar, confirmo, vale", "oui, confirmer, je confirme, d'accord")},
		{outreach.Cancel, words("cancel, cancelled, cancel it", "إلغاء, ألغ", "रद्द, रद्द करें",
			"cancelar, cancelo, anular", "annuler, annule, j'annule")},
		{outreach.Reschedule, words("reschedule, change, postpone", "تأجيل, تغيير", "बदलें, समय बदलें, स्थगित",
			"cambiar, reprogramar, aplazar", "reporter, changer, déplacer, deplacer")},
		{outreach.CallBack, words("call, callback, call me, call back, call me back", "اتصل, اتصل بي, اتصلوا بي", "कॉल, कॉल करें",
			"llamar, llámame, llamame, llámenme", "rappeler, rappelez-moi, appelez-moi")},
	}
)

// wordLanguages is the order of the lists below.
var wordLanguages = []string{"en", "ar", "hi", "es", "fr"}

// words reads a list per language of words and expressions that are separated by commas; each gives its language.
func words(lists ...string) map[string]string {
	set := map[string]string{}
	for i, l := range lists {
		for w := range strings.SplitSeq(l, ",") {
			if w = normal(w); set[w] == "" {
				set[w] = wordLanguages[i]
			}
		}
	}
	return set
}

// Classify reads a reply to a message that offered actions. Opt-out words count whatever was offered; an
// answer counts only if it was offered; a digit means the action with that key, or a rating.
func Classify(text string, actions []outreach.KeyAction) Reply {
	said := normal(text)
	switch {
	case stopWords[said] != "":
		return Reply{Kind: ReplyStop, Language: stopWords[said]}
	case startWords[said] != "":
		return Reply{Kind: ReplyStart, Language: startWords[said]}
	case helpWords[said] != "":
		return Reply{Kind: ReplyHelp, Language: helpWords[said]}
	case len(said) == 1 && said[0] >= '0' && said[0] <= '9':
		return byDigit(said, actions)
	}
	for _, a := range actionWords {
		if a.words[said] != "" && offered(actions, a.action) {
			return Reply{Kind: ReplyAnswer, Action: a.action, Language: a.words[said]}
		}
	}
	return Reply{Kind: ReplyOther}
}

func byDigit(digit string, actions []outreach.KeyAction) Reply {
	for _, a := range actions {
		if a.Key == digit && a.Action.Answers() && !a.Action.PhoneOnly() {
			if a.Action == outreach.OptOut {
				return Reply{Kind: ReplyStop, Digit: digit}
			}
			return Reply{Kind: ReplyAnswer, Action: a.Action, Digit: digit}
		}
	}
	if offered(actions, outreach.Rating) {
		return Reply{Kind: ReplyAnswer, Action: outreach.Rating, Digit: digit, Value: digit}
	}
	return Reply{Kind: ReplyOther, Digit: digit}
}

func offered(actions []outreach.KeyAction, want outreach.Action) bool {
	return slices.ContainsFunc(actions, func(a outreach.KeyAction) bool { return a.Action == want })
}

// normal folds case, white space, punctuation and emoji around the words, Arabic vowel marks and hamza
// seats, and the digits of other scripts.
func normal(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case r >= '०' && r <= '९':
			return '0' + r - '०'
		case r == 'أ' || r == 'إ' || r == 'آ':
			return 'ا'
		case r >= 0x064B && r <= 0x0652 || r == 0x0640 || unicode.Is(unicode.Cf, r) || r == 0xFE0F || r == 0x20E3:
			return -1 // vowel marks, tatweel, direction marks, the keycap of 1️⃣
		case r == '’':
			return '\''
		}
		return unicode.ToLower(r)
	}, s)
	s = strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	return strings.Join(strings.Fields(s), " ")
}
