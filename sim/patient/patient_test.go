package patient

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestTheLastTwoDigitsChooseThePatient(t *testing.T) {
	for number, want := range map[string]Behaviour{
		"+12025550114": Undelivered, "+12025550121": Undelivered, "+966500000022": Stop, "+12025550100": Silent, "+12025550123": Silent,
		"+12025550101": Tap, "+12025550111": Tap, "+12025550199": Tap, "": Tap,
	} {
		if got := OfNumber(number); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
	for address, want := range map[string]Behaviour{"p14@example.org": Tap, "p21@example.org": Tap, "p22@example.org": Stop, "p00@example.org": Silent, "amina@example22.org": Tap} {
		if got := OfAddress(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestALinkIsFoundInText(t *testing.T) {
	for text, want := range map[string]string{
		"Answer: https://reach.example.org/r/abc-_9. Thank you": "https://reach.example.org/r/abc-_9",
		`<a href="http://127.0.0.1:8080/r/x">`:                  "http://127.0.0.1:8080/r/x",
		"https://reach.example.org/about":                       "",
	} {
		if got, _ := FindLink(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// site answers with one page per path and notes what was posted.
func site(t *testing.T, pages map[string]string) (base string, posted *[]url.Values) {
	t.Helper()
	posted = &[]url.Values{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodPost {
			form, _ := url.ParseQuery(string(body))
			form.Set("path", r.URL.Path)
			*posted = append(*posted, form)
			if r.URL.Path == "/seeother" {
				http.Redirect(w, r, "/done", http.StatusSeeOther)
				return
			}
		}
		io.WriteString(w, pages[r.Method+" "+r.URL.Path])
	}))
	t.Cleanup(web.Close)
	return web.URL, posted
}

func TestAnAnswerIsTheFormThatABrowserWithoutScriptWouldPost(t *testing.T) {
	base, posted := site(t, map[string]string{
		"GET /r/a": `<form action="/elsewhere"><button name=action value=confirm>get</button></form>
			<form method=POST action="/seeother"><input name=csrf value=7><input type=checkbox name=off value=1><input type=radio name=slot value=s1 checked>
			<input type=hidden disabled name=no value=1><button type=button name=action value=confirm>trap</button>
			<button name=action value=confirm>Yes</button><button name=action value=cancel>No</button></form>`,
		"GET /done": "thank you",
	})
	page, err := NewBrowser(nil).Answer(t.Context(), base+"/r/a", "confirm")
	if err != nil || page.Body != "thank you" {
		t.Fatalf("%v, %q", err, page.Body)
	}
	want := url.Values{"csrf": {"7"}, "slot": {"s1"}, "action": {"confirm"}, "path": {"/seeother"}}
	if len(*posted) != 1 || (*posted)[0].Encode() != want.Encode() {
		t.Errorf("posted %v, want %v", *posted, want)
	}
}

func TestWhoIsAskedAgainAnswersAgainOnce(t *testing.T) {
	base, posted := site(t, map[string]string{
		"GET /r/a":  `<form method=post><button name=action value=cancel>Cancel</button></form>`,
		"POST /r/a": `<form method=post><input type=hidden name=sure value=1><button name=action value=cancel>Yes, cancel</button></form>`,
	})
	if _, err := NewBrowser(nil).Answer(t.Context(), base+"/r/a", "cancel"); err != nil {
		t.Fatal(err)
	}
	if len(*posted) != 2 || (*posted)[1].Get("sure") != "1" {
		t.Errorf("posted %v", *posted)
	}
}

func TestAPageWithoutTheActionIsNotAnswered(t *testing.T) {
	base, posted := site(t, map[string]string{"GET /r/a": `<form method=post action=/r/a/cancel><button>Cancel</button></form>`})
	if _, err := NewBrowser(nil).Answer(t.Context(), base+"/r/a", "confirm"); !errors.Is(err, ErrNoSuchAction) || len(*posted) != 0 {
		t.Errorf("%v, posted %v", err, *posted)
	}
	if _, err := NewBrowser(nil).Answer(t.Context(), base+"/r/a", "cancel"); err != nil || len(*posted) != 1 {
		t.Errorf("by its address: %v, posted %v", err, *posted)
	}
}
