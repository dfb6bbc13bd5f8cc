package httpapi_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"curlew/outreach"
)

// A report is asked for by days of the hospital; what it cannot give is refused at the field.
func TestAReportGoesByTheHospitalsDaysAndIsBounded(t *testing.T) {
	h := newWorld(t).server().Handler()
	rec := request(h, "GET", "/api/v1/reports?from=2026-12-01T00:00:00%2B03:00&to=2026-12-04T00:00:00%2B03:00&configuration=%3Dx", adminKey, nil)
	want(t, rec, http.StatusOK)
	r := decode[outreach.Report](t, rec)
	if len(r.Days) != 3 || r.Days[0].Date != "2026-12-01" || r.Total.Transactions != 3 || r.Configurations[0].Name != "=x" {
		t.Fatalf("%s", rec.Body)
	}
	for _, bad := range []string{"from=2026-12-04T00:00:00Z&to=2026-12-01T00:00:00Z", "from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z"} {
		rec := request(h, "GET", "/api/v1/reports?"+bad, adminKey, nil)
		want(t, rec, http.StatusUnprocessableEntity)
		if !strings.Contains(rec.Body.String(), "query:from") {
			t.Errorf("%s: %s", bad, rec.Body)
		}
	}
	rec = request(h, "GET", "/api/v1/reports.csv?from=2026-12-01T00:00:00%2B03:00&to=2026-12-02T00:00:00%2B03:00&configuration=%3Dx", adminKey, nil)
	want(t, rec, http.StatusOK)
	rows, err := csv.NewReader(rec.Body).ReadAll()
	if err != nil || len(rows) != 5 || rows[1][0] != "total" || rows[2][1] != "2026-12-01" || rows[3][1] != "'=x" || rows[3][3] != "1" {
		t.Errorf("%v %v", err, rows)
	}
	want(t, request(h, "GET", "/api/v1/reports", himsKey, nil), http.StatusForbidden)
}
