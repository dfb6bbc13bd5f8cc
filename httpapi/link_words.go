package httpapi

import "curlew/outreach"

// linkWords is what the patients' pages say in one language.
type linkWords struct {
	name, dir       string // of the language
	title           string // with a time to show
	titleNoTime     string
	choose          string
	current         string // before the label of the current answer
	thanks          string
	change          string
	late, lateKept  string
	superseded      string
	closed          string
	gone, goneTitle string
	busy, broken    string
	brokenTitle     string
	notOffered      string
	call            string
	sure            map[outreach.Action]string
	yes             map[outreach.Action]string
	back            string
	slots, anySlot  string
	stop, stopYes   string
	stopped         string
}

// languageTags in the order in which pages offer them.
var languageTags = []string{"en", "ar", "hi"}

var linkLanguages = map[string]linkWords{
	"en": {
		name: "English", dir: "ltr",
		title: "Your visit", titleNoTime: "A message for you",
		choose: "Please choose an answer.", current: "Your answer:", thanks: "Thank you. Your answer was saved.",
		change: "You can still change it here.",
		late:   "It is too late to answer here. Please call us if something has changed.", lateKept: "Your answer came too late to change anything. It was noted; please call us as well.",
		superseded: "This has changed. Please use the link in our newest message.",
		closed:     "This is no longer open. There is nothing to answer.",
		goneTitle:  "This link cannot be used", gone: "It may have expired or been copied incompletely. Please use the link in our newest message, or call us.",
		busy: "Too many requests at once. Please try again in a minute.", brokenTitle: "Please try again", broken: "Something went wrong on our side. Please try again in a minute.",
		notOffered: "This answer is not possible here. Please choose one of these.",
		call:       "Call us:", back: "Go back",
		sure: map[outreach.Action]string{outreach.Cancel: "Do you really want to cancel?", outreach.Reschedule: "Do you want to ask for another time?",
			outreach.OptOut: "Do you want us to stop these messages and calls?"},
		yes:   map[outreach.Action]string{outreach.Cancel: "Yes, cancel", outreach.Reschedule: "Yes, ask for another time", outreach.OptOut: "Yes, stop them"},
		slots: "Which time would suit you?", anySlot: "Another time",
		stop: "Do you want to stop these messages and calls?", stopYes: "Yes, stop them", stopped: "You will get no more of these messages and calls.",
	},
	"ar": {
		name: "العربية", dir: "rtl",
		title: "زيارتكم", titleNoTime: "رسالة لكم",
		choose: "يرجى اختيار إجابة.", current: "إجابتكم:", thanks: "شكرًا لكم. تم حفظ إجابتكم.",
		change: "لا يزال بإمكانكم تغييرها هنا.",
		late:   "فات وقت الإجابة هنا. يرجى الاتصال بنا إذا تغيّر شيء.", lateKept: "وصلت إجابتكم متأخرة فلم تغيّر شيئًا. لقد سجّلناها، ونرجو الاتصال بنا أيضًا.",
		superseded: "لقد تغيّر هذا الموعد. يرجى استخدام الرابط في أحدث رسالة منا.",
		closed:     "لم يعد هذا مفتوحًا، ولا حاجة إلى إجابة.",
		goneTitle:  "لا يمكن استخدام هذا الرابط", gone: "ربما انتهت صلاحيته أو نُسخ ناقصًا. يرجى استخدام الرابط في أحدث رسالة منا أو الاتصال بنا.",
		busy: "طلبات كثيرة في وقت واحد. يرجى المحاولة بعد دقيقة.", brokenTitle: "يرجى المحاولة مرة أخرى", broken: "حدث خطأ لدينا. يرجى المحاولة بعد دقيقة.",
		notOffered: "هذه الإجابة غير متاحة هنا. يرجى اختيار إحدى الإجابات التالية.",
		call:       "اتصلوا بنا:", back: "رجوع",
		sure: map[outreach.Action]string{outreach.Cancel: "هل تريدون الإلغاء فعلًا؟", outreach.Reschedule: "هل تريدون طلب موعد آخر؟",
			outreach.OptOut: "هل تريدون إيقاف هذه الرسائل والمكالمات؟"},
		yes:   map[outreach.Action]string{outreach.Cancel: "نعم، إلغاء", outreach.Reschedule: "نعم، طلب موعد آخر", outreach.OptOut: "نعم، إيقافها"},
		slots: "أي موعد يناسبكم؟", anySlot: "موعد آخر",
		stop: "هل تريدون إيقاف هذه الرسائل والمكالمات؟", stopYes: "نعم، إيقافها", stopped: "لن تصلكم هذه الرسائل والمكالمات بعد الآن.",
	},
	"hi": {
		name: "हिन्दी", dir: "ltr",
		title: "आपकी मुलाक़ात", titleNoTime: "आपके लिए एक संदेश",
		choose: "कृपया एक उत्तर चुनें।", current: "आपका उत्तर:", thanks: "धन्यवाद। आपका उत्तर सहेज लिया गया है।",
		change: "आप इसे यहाँ अब भी बदल सकते हैं।",
		late:   "यहाँ उत्तर देने का समय निकल चुका है। कुछ बदला हो तो कृपया हमें फ़ोन करें।", lateKept: "आपका उत्तर देर से आया, इसलिए कुछ नहीं बदला। हमने इसे दर्ज कर लिया है; कृपया हमें फ़ोन भी करें।",
		superseded: "यह बदल गया है। कृपया हमारे सबसे नए संदेश का लिंक खोलें।",
		closed:     "यह अब खुला नहीं है। उत्तर देने की ज़रूरत नहीं है।",
		goneTitle:  "यह लिंक काम नहीं करता", gone: "इसकी अवधि समाप्त हो गई होगी या यह अधूरा कॉपी हुआ है। कृपया हमारे सबसे नए संदेश का लिंक खोलें या हमें फ़ोन करें।",
		busy: "एक साथ बहुत सारे अनुरोध आए। कृपया एक मिनट बाद फिर कोशिश करें।", brokenTitle: "कृपया फिर कोशिश करें", broken: "हमारी ओर से कुछ गड़बड़ हुई। कृपया एक मिनट बाद फिर कोशिश करें।",
		notOffered: "यह उत्तर यहाँ संभव नहीं है। कृपया इनमें से एक चुनें।",
		call:       "हमें फ़ोन करें:", back: "वापस जाएँ",
		sure: map[outreach.Action]string{outreach.Cancel: "क्या आप सचमुच रद्द करना चाहते हैं?", outreach.Reschedule: "क्या आप दूसरा समय माँगना चाहते हैं?",
			outreach.OptOut: "क्या आप ये संदेश और कॉल बंद करना चाहते हैं?"},
		yes:   map[outreach.Action]string{outreach.Cancel: "हाँ, रद्द करें", outreach.Reschedule: "हाँ, दूसरा समय माँगें", outreach.OptOut: "हाँ, बंद करें"},
		slots: "कौन सा समय आपके लिए ठीक रहेगा?", anySlot: "कोई दूसरा समय",
		stop: "क्या आप ये संदेश और कॉल बंद करना चाहते हैं?", stopYes: "हाँ, बंद करें", stopped: "अब आपको ये संदेश और कॉल नहीं आएँगे।",
	},
}
