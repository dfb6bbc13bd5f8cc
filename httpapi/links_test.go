package httpapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"curlew/httpapi"
	"curlew/outreach"
	"curlew/sim/patient"
)

const token = "tokenTOKENtokenTOKEN_-0123"

// aLink gives the world a link with every action that a message can have; change may alter it.
func aLink(w *world, change func(*outreach.LinkView)) {
	c := aCase(w, "t1", outreach.AwaitingResponse, "")
	c.Transaction.RefTime = time.Date(2026, 12, 2, 6, 30, 0, 0, time.UTC) // 9:30 in Riyadh
	c.Transaction.CutOffAt, c.Transaction.ExpiresAt = c.Transaction.RefTime, c.Transaction.RefTime
	c.Event = outreach.Event{Component: "Appointment", Type: "Booked", Subject: outreach.Subject{ID: "A-4711"},
		Recipient: outreach.Recipient{ID: "P-1", Name: "Amina Yusuf", Phone: "+12025550101"}, Data: map[string]any{"department": "Oncology"}}
	c.Attempts = []outreach.Attempt{{ID: "a1", Step: 1, Channel: outreach.SMS}}
	v := outreach.LinkView{Case: c, Link: outreach.LinkRow{Hash: sha256.Sum256([]byte(token)), Transaction: "t1", Attempt: "a1", Purpose: "answer",
		Actions: []outreach.Action{outreach.Confirm, outreach.Cancel, outreach.Reschedule, outreach.OptOut}, ExpiresAt: noon.Add(48 * time.Hour)}}
	if change != nil {
		change(&v)
	}
	w.links[token] = v
}

func page(h http.Handler, query string) *httptest.ResponseRecorder {
	return request(h, "GET", "/r/"+token+query, "", nil)
}

func post(h http.Handler, form string) *httptest.ResponseRecorder {
	return request(h, "POST", "/r/"+token, "", form, "Content-Type", "application/x-www-form-urlencoded")
}

func TestOpeningALinkChangesNothing(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, nil)
	for _, method := range []string{"GET", "HEAD"} {
		rec := request(h, method, "/r/"+token+"?action=cancel&sure=yes", "", nil)
		want(t, rec, http.StatusOK)
		if method == "HEAD" && rec.Body.Len() > 0 {
			t.Error("HEAD has a body")
		}
	}
	if len(w.answers) != 0 || w.opened != 1 {
		t.Errorf("%d answers, %d openings logged; want 0, and 1 within a minute", len(w.answers), w.opened)
	}
	w.clock.move(time.Minute)
	page(h, "")
	if w.opened != 2 {
		t.Errorf("%d openings logged after a minute, want 2", w.opened)
	}
}

func TestThePageShowsFacilityAndTimeAndNothingPersonal(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, nil)
	rec := page(h, "")
	body := rec.Body.String()
	for _, there := range []string{"City Hospital", "Wednesday 2 December 2026 at 9:30 AM", "Confirm", "tel:", `lang="en"`, `dir="ltr"`} {
		if !strings.Contains(body, there) {
			t.Errorf("%q is missing", there)
		}
	}
	for _, absent := range []string{"Amina", "Oncology", "A-4711", "P-1", "2025550101", "Appointment", "<script", "http://", "https://"} {
		if strings.Contains(body, absent) {
			t.Errorf("%q is shown", absent)
		}
	}
	head := rec.Header()
	if head.Get("Cache-Control") != "no-store" || head.Get("X-Robots-Tag") != "noindex, nofollow" || head.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", head)
	}
}

func TestTheStyleIsTheOneThatThePolicyAllows(t *testing.T) {
	w := newWorld(t)
	aLink(w, nil)
	rec := page(w.server().Handler(), "")
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(rec.Body.String())
	if style == nil {
		t.Fatal("no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	if policy := rec.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("a browser would drop the style: %s", policy)
	}
}

func TestAnArabicPageRunsFromRightToLeft(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, func(v *outreach.LinkView) { v.Case.Transaction.Language = "ar" })
	for query, there := range map[string][]string{
		"":         {`lang="ar" dir="rtl"`, "مستشفى المدينة", "تأكيد", "الأربعاء"},
		"?lang=hi": {`lang="hi" dir="ltr"`, "पुष्टि करें", "बुधवार"},
		"?lang=xx": {`lang="ar" dir="rtl"`},
	} {
		body := page(h, query).Body.String()
		for _, text := range there {
			if !strings.Contains(body, text) {
				t.Errorf("%s: %q is missing", query, text)
			}
		}
	}
}

func TestAnAnswerIsTakenShownAndCanBeChanged(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, nil)
	rec := post(h, "action=confirm&lang=en")
	want(t, rec, http.StatusSeeOther)
	if at := rec.Header().Get("Location"); at != "?done=1&lang=en" {
		t.Fatalf("sent to %q", at)
	}
	body := page(h, "?done=1&lang=en").Body.String()
	if !strings.Contains(body, "Thank you") || !strings.Contains(body, "Your answer: Confirm") || w.opened != 0 {
		t.Errorf("after the answer: opened %d\n%s", w.opened, body)
	}
	want(t, post(h, "action=confirm"), http.StatusSeeOther)
	if len(w.answers) != 1 {
		t.Errorf("the same answer twice was stored %d times", len(w.answers))
	}
	want(t, post(h, "action=cancel&sure=yes"), http.StatusSeeOther)
	if last := w.answers[len(w.answers)-1]; last.Action != outreach.Cancel || last.Revision != 1 {
		t.Errorf("the changed answer: %+v", last)
	}
}

func TestCancelAsksOnceMore(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, nil)
	for _, action := range []string{"cancel", "reschedule", "opt_out"} {
		rec := post(h, "action="+action)
		want(t, rec, http.StatusOK)
		if len(w.answers) != 0 || !strings.Contains(rec.Body.String(), `name="sure" value="yes"`) {
			t.Errorf("%s: %d answers\n%s", action, len(w.answers), rec.Body)
		}
	}
}

func TestReschedulingOffersTheSlotsThatLieAhead(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, func(v *outreach.LinkView) {
		v.Case.Event.Subject.Slots = []outreach.Slot{{ID: "past", Time: noon.Add(-time.Hour)}, {ID: `s"1`, Time: noon.Add(30 * time.Hour)}}
	})
	body := post(h, "action=reschedule").Body.String()
	if strings.Contains(body, `value="past"`) || !strings.Contains(body, `value="s&#34;1"`) || !strings.Contains(body, "Wednesday 2 December 2026 at 6:00 PM") {
		t.Errorf("slots:\n%s", body)
	}
	want(t, post(h, "action=reschedule&sure=yes&value=past"), http.StatusUnprocessableEntity)
	want(t, post(h, "action=reschedule&sure=yes&value="+url.QueryEscape(`s"1`)), http.StatusSeeOther)
	if r := w.answers[0]; r.Value != `s"1` {
		t.Errorf("took %+v", r)
	}
}

func TestOnlyWhatTheLinkOffersIsTaken(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, func(v *outreach.LinkView) {
		v.Link.Actions = []outreach.Action{outreach.Confirm, outreach.Rating}
	})
	for form, status := range map[string]int{
		"action=cancel&sure=yes": 422, "action=opt_out&sure=yes": 422, "": 422, "action=": 422, "action=confirm&value=x": 422,
		"action=rating": 422, "action=rating&value=0": 422, "action=rating&value=6": 422, "action=rating&value=05": 422, "action=rating&value=1e0": 422,
		"%zz": 400, "action=" + strings.Repeat("x", 10<<20): 400, "List-Unsubscribe=One-Click": 422,
		"action=rating&value=5": 303,
	} {
		if rec := post(h, form); rec.Code != status {
			t.Errorf("%.40q: status %d, want %d", form, rec.Code, status)
		}
	}
	if len(w.answers) != 1 || w.answers[0].Value != "5" {
		t.Errorf("took %+v", w.answers)
	}
}

func TestUnknownAndExpiredLinksLookTheSame(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, func(v *outreach.LinkView) { v.Link.ExpiresAt = noon })
	expired := page(h, "")
	unknown := request(h, "GET", "/r/"+strings.Repeat("x", 26), "", nil)
	malformed := request(h, "GET", "/r/x", "", nil)
	posted := post(h, "action=confirm")
	for name, rec := range map[string]*httptest.ResponseRecorder{"unknown": unknown, "malformed": malformed, "posted": posted} {
		if rec.Code != expired.Code || rec.Body.String() != expired.Body.String() {
			t.Errorf("%s: status %d and another page than the expired link's %d", name, rec.Code, expired.Code)
		}
	}
	want(t, expired, http.StatusNotFound)
	if len(w.answers) != 0 || w.opened != 0 {
		t.Error("an expired link was used")
	}
}

func TestOldLinksSayWhatHappened(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*outreach.LinkView)
		status int
		there  string
	}{
		"superseded": {func(v *outreach.LinkView) {
			v.Case.Transaction.State, v.Case.Transaction.Reason = outreach.Cancelled, outreach.ReasonSuperseded
		}, http.StatusGone, "newest message"},
		"cancelled": {func(v *outreach.LinkView) {
			v.Case.Transaction.State, v.Case.Transaction.Reason = outreach.Cancelled, outreach.ReasonByEvent
		}, http.StatusGone, "no longer open"},
		"late": {func(v *outreach.LinkView) { v.Case.Transaction.CutOffAt = noon }, http.StatusOK, "too late"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			h := w.server().Handler()
			aLink(w, c.change)
			rec := page(h, "")
			want(t, rec, c.status)
			if body := rec.Body.String(); !strings.Contains(body, c.there) || strings.Contains(body, "<form") {
				t.Errorf("the page:\n%s", body)
			}
			rec = post(h, "action=confirm")
			want(t, rec, c.status)
			if name == "late" && (len(w.answers) != 1 || !w.answers[0].Late || !strings.Contains(rec.Body.String(), "came too late")) {
				t.Errorf("a late answer: %+v\n%s", w.answers, rec.Body)
			}
			if name != "late" && len(w.answers) != 0 {
				t.Errorf("took %+v", w.answers)
			}
		})
	}
}

func TestOneClickUnsubscribes(t *testing.T) {
	for _, contentType := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=b"} {
		w := newWorld(t)
		h := w.server().Handler()
		aLink(w, func(v *outreach.LinkView) {
			v.Link.Purpose, v.Link.Actions = "unsubscribe", nil
			v.Case.Transaction.State, v.Case.Transaction.Reason = outreach.Cancelled, outreach.ReasonSuperseded // one may always stop
		})
		want(t, page(h, ""), http.StatusOK)
		if len(w.answers) != 0 {
			t.Fatal("a GET unsubscribed")
		}
		body := "List-Unsubscribe=One-Click"
		if strings.HasPrefix(contentType, "multipart") {
			body = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
		}
		rec := request(h, "POST", "/r/"+token, "", body, "Content-Type", contentType)
		want(t, rec, http.StatusOK)
		if len(w.answers) != 1 || w.answers[0].Action != outreach.OptOut || !strings.Contains(rec.Body.String(), "no more of these messages") {
			t.Errorf("%s: took %+v\n%s", contentType, w.answers, rec.Body)
		}
		if len(w.optOuts) != 1 || w.optOuts[0].Address != "+12025550101" || w.optOuts[0].Recipient != "P-1" {
			t.Errorf("%s: too late to be an answer, and no opt-out either: %+v", contentType, w.optOuts)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	w := newWorld(t, func(d *outreach.Document) {
		d.Facility.Name, d.Facility.Phone = evil, ""
		d.Configurations[0].Steps[0].Actions[0].Label = map[string]string{"en": evil}
	})
	h := w.server().Handler()
	aLink(w, func(v *outreach.LinkView) {
		v.Case.Event.Subject.Slots = []outreach.Slot{{ID: evil, Time: noon.Add(time.Hour)}}
		v.Case.Response = &outreach.Response{Action: outreach.Reschedule, Value: evil}
	})
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"page": page(h, "?lang="+url.QueryEscape(evil)), "sure": post(h, "action=reschedule&lang="+url.QueryEscape(evil)),
		"refused": post(h, "action="+url.QueryEscape(evil)), "unknown": request(h, "GET", "/r/"+url.PathEscape(evil), "", nil),
		"console": request(h, "GET", "/?q="+url.QueryEscape(evil), "", nil),
	} {
		if body := rec.Body.String(); strings.Contains(body, "<script>") || strings.Contains(body, "<img src=x") {
			t.Errorf("%s: the text runs:\n%s", name, body)
		}
	}
}

func TestAPhoneWithoutJavaScriptCanAnswer(t *testing.T) {
	w := newWorld(t)
	aLink(w, nil)
	browser := patient.NewBrowser(handled{w.server().Handler()})
	for _, action := range []string{"confirm", "cancel", "reschedule", "opt_out"} {
		last, err := browser.Answer(context.Background(), "https://reach.example.org/r/"+token, action)
		if err != nil || last.Status != http.StatusOK {
			t.Fatalf("%s: status %d, %v", action, last.Status, err)
		}
		if got := w.answers[len(w.answers)-1]; string(got.Action) != action {
			t.Errorf("%s: took %+v", action, got)
		}
	}
	if len(w.answers) != 4 {
		t.Errorf("%d answers for four taps", len(w.answers))
	}
}

// handled lets a client talk to a handler without a network.
type handled struct{ http.Handler }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	req := httptest.NewRequest(r.Method, r.URL.RequestURI(), r.Body)
	req.Header = r.Header
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	res := rec.Result()
	res.Request = r
	return res, nil
}

func TestAnAddressThatAsksTooOftenWaits(t *testing.T) {
	w := newWorld(t)
	h := w.server(func(o *httpapi.Options) { o.LinkRate, o.LinkBurst = 1, 3 }).Handler()
	aLink(w, nil)
	other := fromAddress(h, "198.51.100.9:1")
	for range 3 {
		want(t, page(h, ""), http.StatusOK)
	}
	rec := page(h, "")
	want(t, rec, http.StatusTooManyRequests)
	if rec.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	want(t, page(other, ""), http.StatusOK)
	w.clock.move(time.Second)
	want(t, page(h, ""), http.StatusOK)
	want(t, page(h, ""), http.StatusTooManyRequests)
}

func TestATokenIsNeverLogged(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	aLink(w, nil)
	page(h, "?lang=en")
	post(h, "action=confirm")
	if log := w.logged(); strings.Contains(log, token) || strings.Contains(log, "2025550101") || !strings.Contains(log, "/r/{token}") {
		t.Errorf("the log:\n%s", log)
	}
	if got := request(h, "GET", "/metrics", "", nil).Body.String(); strings.Contains(got, token) || !strings.Contains(got, `route="/r/{token}"`) {
		t.Errorf("metrics:\n%s", got)
	}
}

func BenchmarkPage(b *testing.B) {
	w := newWorld(b)
	h := w.server(func(o *httpapi.Options) { o.LinkRate, o.LinkBurst = 1e9, 1e9 }).Handler()
	aLink(w, nil)
	b.ReportAllocs()
	for b.Loop() {
		if rec := page(h, ""); rec.Code != http.StatusOK {
			b.Fatal(rec.Code)
		}
	}
}
