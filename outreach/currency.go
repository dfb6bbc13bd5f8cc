package outreach

import "strings"

// currencyWords are how texts in Arabic and Hindi write the currencies of ISO 4217; others, and English, write the code.
var currencyWords = map[string]map[string]string{
	"SAR": {"ar": "ر.س", "hi": "सऊदी रियाल"}, "QAR": {"ar": "ر.ق", "hi": "क़तरी रियाल"}, "OMR": {"ar": "ر.ع", "hi": "ओमानी रियाल"},
	"AED": {"ar": "د.إ", "hi": "दिरहम"}, "KWD": {"ar": "د.ك", "hi": "कुवैती दीनार"}, "BHD": {"ar": "د.ب", "hi": "बहरीनी दीनार"},
	"JOD": {"ar": "د.أ", "hi": "जॉर्डनी दीनार"}, "EGP": {"ar": "ج.م", "hi": "मिस्री पाउंड"}, "GBP": {"ar": "جنيه إسترليني", "hi": "पाउंड"},
	"USD": {"ar": "دولار", "hi": "डॉलर"}, "EUR": {"ar": "يورو", "hi": "यूरो"}, "INR": {"ar": "روبية هندية", "hi": "रुपये"},
	"PKR": {"ar": "روبية باكستانية", "hi": "पाकिस्तानी रुपये"},
}

// CurrencyIn is what a text in lang writes after an amount in the currency of that ISO 4217 code.
func CurrencyIn(code, lang string) string {
	if word, ok := currencyWords[strings.ToUpper(code)][lang]; ok {
		return word
	}
	return code
}
