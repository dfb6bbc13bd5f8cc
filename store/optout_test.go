package store_test

import (
	"testing"

	"curlew/outreach"
)

// An import that is taken back takes only what it had added: who had opted out before stays.
func TestOptOutsAreAddedAndTakenBackTogether(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		row := func(n int) outreach.OptOutRow { return outreach.OptOutRow{Address: phone(n), Via: "import", At: t0} }
		must(t, f.AddOptOut(t.Context(), row(1)))
		added, err := f.AddOptOuts(t.Context(), []outreach.OptOutRow{row(1), row(2), row(3), row(2)})
		if err != nil || len(added) != 2 {
			t.Fatalf("%+v %v", added, err)
		}
		must(t, f.DeleteOptOuts(t.Context(), added))
		page, err := f.OptOuts(t.Context(), "", 10)
		if err != nil || len(page.Items) != 1 || page.Items[0].Address != phone(1) {
			t.Fatalf("%+v %v", page, err)
		}
	})
}
