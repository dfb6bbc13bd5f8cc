package channels_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"curlew/channels"
	"curlew/channels/links"
	"curlew/outreach"
)

func TestPatientsOwnWordsAreReadInFiveLanguages(t *testing.T) {
	menu := []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}, {Action: outreach.Reschedule},
		{Key: "4", Action: outreach.CallBack}, {Key: "8", Action: outreach.OptOut}, {Key: "9", Action: outreach.Repeat}}
	answer := func(a outreach.Action) channels.Reply { return channels.Reply{Kind: channels.ReplyAnswer, Action: a} }
	kind := func(k channels.ReplyKind) channels.Reply { return channels.Reply{Kind: k} }
	for text, want := range map[string]channels.Reply{
		"STOP": kind(channels.ReplyStop), " stop. ": kind(channels.ReplyStop), "Opt  Out": kind(channels.ReplyStop), "unsubscribe!": kind(channels.ReplyStop),
		"إيقاف": kind(channels.ReplyStop), "ايقاف": kind(channels.ReplyStop), "تَوَقَّفْ": kind(channels.ReplyStop), "إلغاء الاشتراك": kind(channels.ReplyStop),
		"रोकें": kind(channels.ReplyStop), "बंद करें": kind(channels.ReplyStop), "Darse de baja": kind(channels.ReplyStop), "¡ALTO!": kind(channels.ReplyStop),
		"Arrêt": kind(channels.ReplyStop), "ARRET": kind(channels.ReplyStop), "se désabonner": kind(channels.ReplyStop),
		"start": kind(channels.ReplyStart), "ابدأ": kind(channels.ReplyStart), "शुरू": kind(channels.ReplyStart), "reprendre": kind(channels.ReplyStart), "alta": kind(channels.ReplyStart),
		"Help?": kind(channels.ReplyHelp), "مساعدة": kind(channels.ReplyHelp), "मदद": kind(channels.ReplyHelp), "ayuda": kind(channels.ReplyHelp), "aide": kind(channels.ReplyHelp),
		"Yes": answer(outreach.Confirm), "OK 👍": answer(outreach.Confirm), "نعم": answer(outreach.Confirm), "हाँ": answer(outreach.Confirm), "Sí": answer(outreach.Confirm), "d’accord": answer(outreach.Confirm),
		"cancel": answer(outreach.Cancel), "إلغاء": answer(outreach.Cancel), "रद्द करें": answer(outreach.Cancel), "cancelar": answer(outreach.Cancel), "annuler": answer(outreach.Cancel),
		"call me back": answer(outreach.CallBack), "تأجيل": answer(outreach.Reschedule),
		"1": {Kind: channels.ReplyAnswer, Action: outreach.Confirm, Digit: "1"}, "٢": {Kind: channels.ReplyAnswer, Action: outreach.Cancel, Digit: "2"},
		"१": {Kind: channels.ReplyAnswer, Action: outreach.Confirm, Digit: "1"}, "1️⃣": {Kind: channels.ReplyAnswer, Action: outreach.Confirm, Digit: "1"},
		"8": {Kind: channels.ReplyStop, Digit: "8"}, "9": {Kind: channels.ReplyOther, Digit: "9"}, "7": {Kind: channels.ReplyOther, Digit: "7"},
		"": kind(channels.ReplyOther), "please stop calling my mother at work": kind(channels.ReplyOther), "no, wait": kind(channels.ReplyOther), "12": kind(channels.ReplyOther),
	} {
		got := channels.Classify(text, menu)
		if got.Language = ""; got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
	if got := channels.Classify("yes", nil); got.Kind != channels.ReplyOther {
		t.Errorf("an answer that was not offered: %+v", got)
	}
	if got := channels.Classify("4", []outreach.KeyAction{{Action: outreach.Rating}}); got.Action != outreach.Rating || got.Value != "4" {
		t.Errorf("a rating: %+v", got)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("STOP")
	f.Add("١")
	f.Add("\xff1️⃣")
	f.Fuzz(func(t *testing.T, text string) {
		menu := []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}}
		got := channels.Classify(text, menu)
		if got.Kind == channels.ReplyAnswer && got.Action != outreach.Confirm {
			t.Errorf("%q answers %s, which was not offered", text, got.Action)
		}
	})
}

func TestWhatTwilioTookAsAnOptOutIsOne(t *testing.T) {
	menu := []outreach.KeyAction{{Action: outreach.Cancel}}
	if got := (channels.Inbound{Text: "cancel", OptOutType: "STOP"}).Reply(menu); got.Kind != channels.ReplyStop {
		t.Errorf("%+v", got)
	}
	in := channels.Inbound{Text: "Cancel it", Payload: "cancel:abc"}
	if got := in.Reply(menu); got.Action != outreach.Cancel || in.Token() != "abc" {
		t.Errorf("%+v, token %q", got, in.Token())
	}
	if got := (channels.Inbound{Text: "No more", Payload: "opt_out"}).Reply(menu); got.Kind != channels.ReplyStop {
		t.Errorf("%+v", got)
	}
}

func TestSegmentsAreCountedAsNetworksDo(t *testing.T) {
	for _, c := range []struct {
		text    string
		count   int
		unicode bool
	}{
		{"", 1, false},
		{strings.Repeat("a", 160), 1, false},
		{strings.Repeat("a", 161), 2, false},
		{strings.Repeat("a", 306), 2, false},
		{strings.Repeat("a", 307), 3, false},
		{strings.Repeat("€", 80), 1, false},
		{strings.Repeat("€", 81), 2, false},
		{strings.Repeat("€", 153), 3, false}, // 76 fit into a part of 153 septets: none is cut
		{strings.Repeat("ع", 70), 1, true},
		{strings.Repeat("ع", 71), 2, true},
		{strings.Repeat("ع", 134), 2, true},
		{strings.Repeat("ع", 135), 3, true},
		{strings.Repeat("👍", 35), 1, true},
		{strings.Repeat("👍", 67), 3, true}, // 33 fit into a part of 67 units
		{"naïve", 1, true},                 // ï is not in the alphabet, à, é and ñ are
		{"à é ñ", 1, false},
	} {
		got := outreach.CountSegments(c.text)
		if got.Count != c.count || got.Unicode != c.unicode {
			t.Errorf("%.10q × %d: %+v, want %d, unicode %v", c.text, len([]rune(c.text)), got, c.count, c.unicode)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		got := outreach.CountSegments(text)
		if got.Unicode && got.Units != len(utf16.Encode([]rune(text))) {
			t.Fatalf("%d units, want %d", got.Units, len(utf16.Encode([]rune(text))))
		}
		one := map[bool]int{false: 160, true: 70}[got.Unicode]
		if (got.Count == 1) != (got.Units <= one) {
			t.Fatalf("%+v", got)
		}
	})
}

func TestTokensAreLongRandomAndStoredOnlyAsTheirHash(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		token, hash := links.Token()
		if seen[token] || len(token) != 22 {
			t.Fatalf("token %q", token)
		}
		seen[token] = true
		again, ok := links.Hash(token)
		if !ok || again != hash || hash != sha256.Sum256([]byte(token)) || links.HashText(token) != hex.EncodeToString(hash[:]) {
			t.Fatalf("the hash of %q is not its own", token)
		}
	}
	for _, bad := range []string{"", "short", strings.Repeat("a", 23), strings.Repeat("!", 22), "AAAAAAAAAAAAAAAAAAAAAB", "../../../../etc/passwd"} {
		if _, ok := links.Hash(bad); ok || links.HashText(bad) != "" {
			t.Errorf("%q is taken for a token", bad)
		}
	}
	if got := links.URL("https://reach.example.org/", "x"); got != "https://reach.example.org/r/x" {
		t.Error(got)
	}
}
