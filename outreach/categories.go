package outreach

// Roles of a prompt category: where its prompt plays.
const (
	RoleSequence     = "sequence"     // where a step's sequence names it
	RoleMenu         = "menu"         // in the sequence too: built from the step's actions, one line each
	RoleConfirmation = "confirmation" // after an answer
	RoleSystem       = "system"       // when the call needs it
)

// MenuVariables are those of a menu or confirmation text, set for each action in turn: the key, the phrase that
// ActionPhrase gives ("To confirm"), the label that ActionLabel gives ("Confirm"), and of a rating the best key.
var MenuVariables = []string{"action.key", "action.phrase", "action.label", "action.best"}

// FieldVariable is the prefix of a prompt's own fields in its text: {{field.counter}}.
const FieldVariable = "field."

// ShippedCategories returns the prompt categories before a hospital adds its own. The slice is the caller's.
func ShippedCategories() []PromptCategory {
	all := append(openingCategories(), subjectCategories()...)
	all = append(all, answerCategories()...)
	return append(all, systemCategories()...)
}

// texts pairs the three shipped languages.
func texts(en, ar, hi string) map[string]string {
	return map[string]string{"en": en, "ar": ar, "hi": hi}
}

func openingCategories() []PromptCategory {
	return []PromptCategory{
		{
			Name: "greeting", Title: "Greeting", Role: RoleSequence,
			Description: "The first words, before anything personal.",
			Variables:   []string{"facility.name"},
			DefaultText: texts("Hello, this is {{facility.name}}.", "مرحبًا، معكم {{facility.name}}.", "नमस्ते, हम {{facility.name}} से बोल रहे हैं।"),
		},
		{
			Name: "hospital_name", Title: "Hospital's name", Role: RoleSequence,
			Description: "Says who is calling, for sequences whose greeting does not.",
			Variables:   []string{"facility.name"},
			DefaultText: texts("This is a call from {{facility.name}}.", "هذه مكالمة من {{facility.name}}.", "यह कॉल {{facility.name}} की ओर से है।"),
		},
		{
			Name: "patient_name", Title: "Patient's name", Role: RoleSequence, Personal: true,
			Description: "Whom the message is for.",
			Variables:   []string{"recipient.name", "patient.name"},
			DefaultText: texts("This message is for {{recipient.name}}.", "هذه الرسالة موجهة إلى {{recipient.name}}.", "यह संदेश {{recipient.name}} के लिए है।"),
		},
		{
			Name: "doctor_name", Title: "Doctor's name", Role: RoleSequence, Personal: true,
			Description: "The doctor the subject is with.",
			Variables:   []string{"data.doctor"},
			DefaultText: texts("Your doctor is {{data.doctor}}.", "طبيبكم هو {{data.doctor}}.", "आपके डॉक्टर {{data.doctor}} हैं।"),
		},
		{
			Name: "department", Title: "Department", Role: RoleSequence, Personal: true,
			Description: "The department or clinic; it may tell of an illness, so it counts as personal.",
			Variables:   []string{"data.department"},
			DefaultText: texts("The department is {{data.department}}.", "القسم: {{data.department}}.", "विभाग है {{data.department}}।"),
		},
	}
}

func subjectCategories() []PromptCategory {
	return append(timeCategories(), thingCategories()...)
}

func timeCategories() []PromptCategory {
	return []PromptCategory{
		{
			Name: "appointment_date", Title: "Date of the appointment", Role: RoleSequence, Personal: true,
			Description: "The day, with weekday.",
			Variables:   []string{"subject.date", "subject.weekday"},
			DefaultText: texts("Your appointment is on {{subject.date}}.", "موعدكم يوم {{subject.date}}.", "आपका अपॉइंटमेंट {{subject.date}} को है।"),
		},
		{
			Name: "appointment_time", Title: "Time of the appointment", Role: RoleSequence, Personal: true,
			Description: "The time of day in the hospital's zone.",
			Variables:   []string{"subject.clock"},
			DefaultText: texts("The time is {{subject.clock}}.", "الساعة {{subject.clock}}.", "समय है {{subject.clock}}।"),
		},
		{
			Name: "due_date", Title: "Due date", Role: RoleSequence, Personal: true,
			Description: "The day by which something is due.",
			Variables:   []string{"subject.date", "subject.weekday", "data.due_date"},
			DefaultText: texts("It is due on {{subject.date}}.", "تاريخ الاستحقاق {{subject.date}}.", "इसकी अंतिम तिथि {{subject.date}} है।"),
		},
		{
			Name: "token_number", Title: "Token number", Role: RoleSequence, Personal: true,
			Description: "The patient's number in the queue, digit by digit.",
			Fields:      []Field{{Name: "counter", Type: FieldText, Description: "Counter or desk, for {{field.counter}} in the text", Example: "Counter 3"}},
			Variables:   []string{"data.token_number"},
			DefaultText: texts("Your token number is {{data.token_number}}.", "رقمكم في قائمة الانتظار هو {{data.token_number}}.", "आपका टोकन नंबर {{data.token_number}} है।"),
		},
	}
}

func thingCategories() []PromptCategory {
	return []PromptCategory{
		{
			Name: "amount", Title: "Amount", Role: RoleSequence, Personal: true,
			Description: "An amount of money with its currency.",
			Variables:   []string{"data.amount", "data.currency", "data.invoice_number"},
			DefaultText: texts("The amount to pay is {{data.amount}}.", "المبلغ المستحق هو {{data.amount}}.", "भुगतान की राशि {{data.amount}} है।"),
		},
		{
			Name: "instructions", Title: "Instructions", Role: RoleSequence, Personal: true,
			Description: "What the patient should do or bring, as the HIMS says it.",
			Variables:   []string{"data.instructions"},
			DefaultText: texts("Please note: {{data.instructions}}.", "يرجى ملاحظة ما يلي: {{data.instructions}}.", "कृपया ध्यान दें: {{data.instructions}}।"),
		},
		{
			Name: "test_name", Title: "Name of the test", Role: RoleSequence, Personal: true,
			Description: "Which report is ready; it never says the result.",
			Variables:   []string{"data.test_name"},
			DefaultText: texts("Your report is ready: {{data.test_name}}.", "تقريركم جاهز: {{data.test_name}}.", "आपकी रिपोर्ट तैयार है: {{data.test_name}}।"),
		},
		{
			Name: "medicine", Title: "Medicine", Role: RoleSequence, Personal: true,
			Description: "Which medicine is ready or runs out.",
			Variables:   []string{"data.medicine", "data.pharmacy"},
			DefaultText: texts("This is about your medicine: {{data.medicine}}.", "هذه الرسالة بخصوص دوائكم: {{data.medicine}}.", "यह आपकी दवा के बारे में है: {{data.medicine}}।"),
		},
		{
			Name: "vaccine", Title: "Vaccine", Role: RoleSequence, Personal: true,
			Description: "Which vaccination is due, and for whom.",
			Variables:   []string{"data.vaccine", "data.dose", "patient.name"},
			DefaultText: texts("A vaccination is due for {{patient.name}}: {{data.vaccine}}.", "حان موعد تطعيم {{patient.name}}: {{data.vaccine}}.", "{{patient.name}} को टीका लगना है: {{data.vaccine}}।"),
		},
		{
			Name: "rating_ask", Title: "Question for a rating", Role: RoleMenu,
			Description: "Asks for a rating by key; action.best is the best one, 5 unless the action's target says otherwise.",
			Variables:   []string{"facility.name", "action.best"},
			DefaultText: texts(
				"How was your experience with us? Press a number from 1 to {{action.best}}: 1 is poor, {{action.best}} is excellent.",
				"كيف كانت تجربتكم معنا؟ اضغطوا رقمًا من 1 إلى {{action.best}}، حيث 1 ضعيف و{{action.best}} ممتاز.",
				"हमारे यहाँ आपका अनुभव कैसा रहा? 1 से {{action.best}} के बीच कोई अंक दबाएँ: 1 यानी ख़राब, {{action.best}} यानी बहुत अच्छा।"),
		},
	}
}

func answerCategories() []PromptCategory {
	menu := []string{"action.key", "action.phrase", "action.label"}
	all := []PromptCategory{
		{
			Name: "action_menu", Title: "Menu of keys", Role: RoleMenu,
			Description: "One line for each of the step's actions, in their order; built from the keys, so it is never wrong about them.",
			Variables:   menu,
			DefaultText: texts("{{action.phrase}}, press {{action.key}}.", "{{action.phrase}}، اضغطوا {{action.key}}.", "{{action.phrase}} {{action.key}} दबाएँ।"),
		},
		{
			Name: "ask_once_more", Title: "Ask once more", Role: RoleConfirmation,
			Description: "Before cancel, reschedule and opt-out take effect: only the second press counts.",
			Variables:   menu,
			DefaultText: texts("Are you sure? {{action.phrase}}, press {{action.key}} once more.", "هل أنتم متأكدون؟ {{action.phrase}}، اضغطوا {{action.key}} مرة أخرى.", "क्या आप निश्चित हैं? {{action.phrase}} {{action.key}} फिर से दबाएँ।"),
		},
		{
			Name: "confirmation", Title: "Confirmation", Role: RoleConfirmation,
			Description: "After an answer that has no confirmation of its own.",
			Variables:   menu,
			DefaultText: texts("Thank you. We have saved your answer.", "شكرًا لكم. لقد حفظنا ردكم.", "धन्यवाद। हमने आपका उत्तर दर्ज कर लिया है।"),
		},
	}
	for _, c := range confirmations {
		all = append(all, PromptCategory{
			Name: ConfirmationCategory(c.action), Title: c.title, Role: RoleConfirmation,
			Description: "After the patient's " + string(c.action) + " was saved.",
			Variables:   menu, DefaultText: c.text,
		})
	}
	return all
}

// ConfirmationCategory is the category that confirms an action; where there is none, "confirmation" does.
func ConfirmationCategory(a Action) string { return "confirmation_" + string(a) }

var confirmations = []struct {
	action Action
	title  string
	text   map[string]string
}{
	{Confirm, "Confirmed", texts("Thank you. You have confirmed.", "شكرًا لكم. تم التأكيد.", "धन्यवाद। आपने पुष्टि कर दी है।")},
	{Cancel, "Cancelled", texts("Your cancellation has been recorded. Thank you for letting us know.", "تم تسجيل الإلغاء. شكرًا لإبلاغنا.", "आपका रद्दीकरण दर्ज कर लिया गया है। सूचित करने के लिए धन्यवाद।")},
	{Reschedule, "Reschedule", texts("Thank you. We will contact you with another time.", "شكرًا لكم. سنتصل بكم لتحديد موعد آخر.", "धन्यवाद। हम नए समय के लिए आपसे संपर्क करेंगे।")},
	{CallBack, "Call back", texts("Thank you. We will call you back.", "شكرًا لكم. سنعاود الاتصال بكم.", "धन्यवाद। हम आपको वापस कॉल करेंगे।")},
	{OptOut, "Opted out", texts("You will not receive these messages any more.", "لن تصلكم هذه الرسائل بعد الآن.", "अब आपको ये संदेश नहीं मिलेंगे।")},
	{Record, "Recorded", texts("Thank you. Your message has been recorded.", "شكرًا لكم. تم تسجيل رسالتكم.", "धन्यवाद। आपका संदेश रिकॉर्ड कर लिया गया है।")},
	{Rating, "Rated", texts("Thank you for your rating.", "شكرًا على تقييمكم.", "आपकी रेटिंग के लिए धन्यवाद।")},
}

func systemCategories() []PromptCategory {
	return []PromptCategory{
		{
			Name: "human_test", Title: "Human test", Role: RoleSystem,
			Description: "Comes first where machines are told apart by a key press; never personal.",
			Variables:   []string{"facility.name"},
			DefaultText: texts("You have a message from {{facility.name}}. Press any key to hear it.", "لديكم رسالة من {{facility.name}}. اضغطوا أي زر لسماعها.", "आपके लिए {{facility.name}} का एक संदेश है। सुनने के लिए कोई भी बटन दबाएँ।"),
		},
		{
			Name: "invalid_input", Title: "Wrong key", Role: RoleSystem,
			Description: "After a key that means nothing.",
			DefaultText: texts("Sorry, that key is not valid.", "عذرًا، هذا الاختيار غير صحيح.", "क्षमा करें, यह बटन मान्य नहीं है।"),
		},
		{
			Name: "no_input", Title: "No key", Role: RoleSystem,
			Description: "When no key came in time, before the menu is said again.",
			DefaultText: texts("We did not receive an answer.", "لم نتلقَّ أي رد.", "हमें कोई उत्तर नहीं मिला।"),
		},
		{
			Name: "goodbye", Title: "Goodbye", Role: RoleSystem,
			Description: "The last words.",
			Variables:   []string{"facility.name"},
			DefaultText: texts("Thank you. Goodbye.", "شكرًا لكم. مع السلامة.", "धन्यवाद। नमस्कार।"),
		},
		{
			Name: "voicemail", Title: "Voicemail", Role: RoleSystem,
			Description: "Left on an answering machine where the step's policy is voicemail; not personal unless the step allows it.",
			Fields:      []Field{{Name: "callback_number", Type: FieldDigits, Description: "Number to ring back, for {{field.callback_number}} in the text", Example: "920000000"}},
			Variables:   []string{"facility.name", "facility.phone"},
			DefaultText: texts("This is a message from {{facility.name}}. Please call us back. Thank you.", "هذه رسالة من {{facility.name}}. يرجى معاودة الاتصال بنا. شكرًا لكم.", "यह {{facility.name}} का संदेश है। कृपया हमें वापस कॉल करें। धन्यवाद।"),
		},
		{
			Name: "transferring", Title: "Transferring", Role: RoleSystem,
			Description: "Before the call is connected to somebody.",
			Fields:      []Field{{Name: "destination", Type: FieldText, Description: "Who answers, for {{field.destination}} in the text", Example: "the appointments desk"}},
			DefaultText: texts("Please hold while we connect you.", "يرجى الانتظار ريثما نحوّل مكالمتكم.", "कृपया लाइन पर बने रहें, हम आपकी कॉल जोड़ रहे हैं।"),
		},
		{
			Name: "callback_ask", Title: "Ringing back: year of birth", Role: RoleSystem,
			Description: "To a patient who rings back: asks for the year of birth before anything personal is said.",
			Variables:   []string{"facility.name"},
			DefaultText: texts("This is {{facility.name}}. We have a message for you. To hear it, please enter the four digits of the year of birth of the patient.",
				"معكم {{facility.name}}. لدينا رسالة لكم. لسماعها، يرجى إدخال سنة ميلاد المريض من أربعة أرقام.",
				"यह {{facility.name}} है। हमारे पास आपके लिए एक संदेश है। सुनने के लिए कृपया मरीज़ के जन्म वर्ष के चार अंक दबाएँ।"),
		},
		{
			Name: "callback_wrong", Title: "Ringing back: no match", Role: RoleSystem,
			Description: "When the year keyed in matches no message; then it is asked for again.",
			DefaultText: texts("Sorry, we found no message for that year.", "عذرًا، لم نجد رسالة لهذه السنة.", "क्षमा करें, इस वर्ष के लिए कोई संदेश नहीं मिला।"),
		},
		{
			Name: "callback_transfer", Title: "Ringing back: go on", Role: RoleSystem,
			Description: "Before a caller who was not recognised goes on to the number's previous destination.",
			DefaultText: texts("Please hold, we are connecting you.", "يرجى الانتظار، سنقوم بتحويل مكالمتكم.", "कृपया प्रतीक्षा करें, हम आपकी कॉल जोड़ रहे हैं।"),
		},
		{
			Name: "record_consent", Title: "Before recording", Role: RoleSystem,
			Description: "Says that what follows is recorded, and how to end it.",
			DefaultText: texts("Your message will be recorded. Please speak after the tone and press any key when you are done.", "سيتم تسجيل رسالتكم. يرجى التحدث بعد سماع الصافرة ثم الضغط على أي زر عند الانتهاء.", "आपका संदेश रिकॉर्ड किया जाएगा। कृपया बीप के बाद बोलें और पूरा होने पर कोई भी बटन दबाएँ।"),
		},
	}
}
