package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"curlew/outreach"
)

func TestOptOutsGoOutAsCSVAndComeBackAsTheyWere(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	w.optOuts = []outreach.OptOutRow{
		{Address: "+12025550101", Channel: outreach.SMS, Purpose: "billing", Via: "word", At: noon},
		{Address: "p01@example.org", Recipient: "=HYPERLINK(1)", Via: "api", At: noon},
	}
	rec := request(h, "GET", "/api/v1/opt-outs.csv", adminKey, nil)
	want(t, rec, http.StatusOK)
	file := rec.Body.String()
	if !strings.Contains(file, "\n'+12025550101,,sms,billing,word,") || !strings.Contains(file, ",'=HYPERLINK(1),") {
		t.Fatalf("not formula-safe, or not whole:\n%s", file)
	}
	before := w.optOuts
	w.optOuts = nil
	want(t, request(h, "POST", "/api/v1/opt-outs.csv", adminKey, []byte(file), "Content-Type", "text/csv"), http.StatusOK)
	if len(w.optOuts) != len(before) {
		t.Fatalf("%d came back, want %d", len(w.optOuts), len(before))
	}
	for i, o := range w.optOuts {
		b := before[i]
		if o.Address != b.Address || o.Recipient != b.Recipient || o.Channel != b.Channel || o.Purpose != b.Purpose || o.Via != "import" {
			t.Errorf("row %d came back as %+v, was %+v", i, o, b)
		}
	}
}

func TestAFileOfOptOutsWithAMistakeChangesNothingAndIsAnsweredByLine(t *testing.T) {
	for name, file := range map[string]string{
		"empty": "\n", "unknown column": "address,name\n+12025550101,Amina\n", "column twice": "address,address\n+12025550101,x\n",
		"no number": "address\n+12025550101\n0800 FLOWERS\n", "no channel": "address,channel\n+12025550101,fax\n",
		"nobody": "address,recipient\n,\n", "too few columns": "address,channel\n+12025550101\n",
		"too many rows": "recipient\n" + strings.Repeat("P-1\n", 50_001),
	} {
		w := newWorld(t)
		rec := request(w.server().Handler(), "POST", "/api/v1/opt-outs.csv", adminKey, []byte(file), "Content-Type", "text/csv")
		want(t, rec, http.StatusUnprocessableEntity)
		if len(w.optOuts) != 0 || strings.Contains(rec.Body.String(), "FLOWERS") || strings.Contains(rec.Body.String(), "Amina") {
			t.Errorf("%s: stored %d, answered %s", name, len(w.optOuts), rec.Body)
		}
	}
	w := newWorld(t)
	want(t, request(w.server().Handler(), "POST", "/api/v1/opt-outs.csv", adminKey, make([]byte, 5<<20), "Content-Type", "text/csv"), http.StatusRequestEntityTooLarge)
}
