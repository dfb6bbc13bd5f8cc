package hims

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// byParse is E164's answer by the library's own parser alone.
func byParse(digits string) (string, error) {
	n, err := phonenumbers.Parse("+"+digits, "")
	if err != nil {
		return "", errNoSuchNumber
	}
	return callable(n)
}

func sameAsParsed(t *testing.T, digits string) {
	t.Helper()
	if len(digits) > 15 {
		return
	}
	want, wantErr := byParse(digits)
	got, err := E164("+" + digits)
	if got != want || err != wantErr { //nolint:errorlint // the same error, not one like it
		t.Errorf("+%s: %s, %v; the parser alone says %s, %v", digits, got, err, want, wantErr)
	}
}

// The short way must never let through what the library would have read as another number.
func TestANumberReadTheShortWayIsTheNumberThatTheLibraryReads(t *testing.T) {
	types := []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE,
		phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER, phonenumbers.PAGER, phonenumbers.UAN}
	r := rand.New(rand.NewPCG(1, 2))
	short := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for _, typ := range types {
			n := phonenumbers.GetExampleNumberForType(region, typ)
			if n == nil {
				continue
			}
			digits := phonenumbers.Format(n, phonenumbers.E164)[1:]
			sameAsParsed(t, digits)
			for range 8 { // its neighbours
				near := []byte(digits)
				for range 1 + r.IntN(6) {
					near[1+r.IntN(len(near)-1)] = '0' + byte(r.IntN(10))
				}
				sameAsParsed(t, string(near))
			}
			national := phonenumbers.GetNationalSignificantNumber(n)
			for _, prefix := range []string{"0", "1", "8", "06", "2", "9"} {
				sameAsParsed(t, fmt.Sprint(n.GetCountryCode(), prefix, national))
			}
			if plainNumber(digits) != nil {
				short++
			}
		}
	}
	if short < 500 {
		t.Errorf("only %d examples are read the short way", short)
	}
}
