package outreach

import (
	"slices"
	"strconv"
)

// actionWords are what a menu and a page call an action.
type actionWords struct{ phrase, label map[string]string }

var shippedActionWords = map[Action]actionWords{
	Confirm:    {texts("To confirm", "للتأكيد", "पुष्टि करने के लिए"), texts("Confirm", "تأكيد", "पुष्टि करें")},
	Cancel:     {texts("To cancel", "للإلغاء", "रद्द करने के लिए"), texts("Cancel", "إلغاء", "रद्द करें")},
	Reschedule: {texts("To ask for another time", "لطلب موعد آخر", "दूसरा समय माँगने के लिए"), texts("Ask for another time", "طلب موعد آخر", "दूसरा समय माँगें")},
	CallBack:   {texts("To be called back", "لنعاود الاتصال بكم", "वापस कॉल पाने के लिए"), texts("Call me back", "عاودوا الاتصال بي", "मुझे वापस कॉल करें")},
	Transfer:   {texts("To speak to somebody", "للتحدث إلى أحد موظفينا", "किसी से बात करने के लिए"), texts("Speak to somebody", "التحدث إلى موظف", "किसी से बात करें")},
	OptOut:     {texts("To stop these messages", "لإيقاف هذه الرسائل", "ये संदेश बंद करने के लिए"), texts("Stop these messages", "إيقاف هذه الرسائل", "ये संदेश बंद करें")},
	Record:     {texts("To leave a message", "لترك رسالة", "संदेश छोड़ने के लिए"), texts("Leave a message", "ترك رسالة", "संदेश छोड़ें")},
	Rating:     {texts("To rate us", "لتقييمنا", "हमें रेटिंग देने के लिए"), texts("Rate us", "قيّمونا", "रेटिंग दें")},
	Repeat:     {texts("To hear this again", "لسماع الرسالة مرة أخرى", "इसे दोबारा सुनने के लिए"), texts("Hear it again", "إعادة الاستماع", "दोबारा सुनें")},
	Language:   {texts("To change the language", "لتغيير اللغة", "भाषा बदलने के लिए"), texts("Change the language", "تغيير اللغة", "भाषा बदलें")},
}

// languagePhrases are said in the language that the key switches to.
var languagePhrases = texts("For English", "للغة العربية", "हिन्दी के लिए")

// Phrase is what a menu in lang says of the action: its phrase there if it has one, else its label, else "To confirm".
// A language key is announced in its own language.
func (k KeyAction) Phrase(lang string) string {
	if own := k.Spoken[lang]; own != "" {
		return own
	}
	if own := k.Label[lang]; own != "" {
		return own
	}
	if p := languagePhrases[k.Target]; k.Action == Language && p != "" {
		return p
	}
	return inLanguage(shippedActionWords[k.Action].phrase, lang)
}

// LabelIn is what a page or button in lang calls the action: its label there if it has one, else "Confirm".
func (k KeyAction) LabelIn(lang string) string {
	if own := k.Label[lang]; own != "" {
		return own
	}
	return inLanguage(shippedActionWords[k.Action].label, lang)
}

func inLanguage(words map[string]string, lang string) string {
	if w, ok := words[lang]; ok {
		return w
	}
	return words["en"]
}

// defaultBestRating is the highest rating where the action names none.
const defaultBestRating = 5

// RatingMax is the best rating that actions offer, 0 without a rating: its target, 5 if it names none. A rating without
// a key takes the keys 1 to that; one with a key asks for them first.
func RatingMax(actions []KeyAction) int {
	i := slices.IndexFunc(actions, func(a KeyAction) bool { return a.Action == Rating })
	if i < 0 {
		return 0
	}
	if best, err := strconv.Atoi(actions[i].Target); err == nil {
		return best
	}
	return defaultBestRating
}
