package outreach

import (
	"testing"
	"time"
)

// A report of two days: sums hold, means are weighted, and a day without anything is there as a day.
func TestAReportSumsUpDaysConfigurationsAndChannels(t *testing.T) {
	riyadh := time.FixedZone("Riyadh", 3*3600)
	from := time.Date(2026, 11, 30, 21, 0, 0, 0, time.UTC) // midnight there
	days := Days(from, from.Add(49*time.Hour), riyadh)
	if len(days) != 3 || days[0].Date != "2026-12-01" || days[2].Date != "2026-12-03" || !days[1].From.Equal(from.Add(24*time.Hour)) {
		t.Fatalf("days %+v", days)
	}
	days[0].Counts = ReportCounts{
		Transactions: []ReportTransactions{{"A", IVR, Completed, 3}, {"B", SMS, Failed, 1}},
		Attempts: []ReportAttempts{
			{Configuration: "A", Channel: IVR, Disposition: "answered", Cause: "NORMAL_CLEARING", SIPStatus: 200, Count: 3, Counted: 3, Contacts: 3, Answered: 3, Rang: 30 * time.Second},
			{Configuration: "B", Channel: IVR, Disposition: "busy", Cause: "USER_BUSY", SIPStatus: 486, Count: 4, Counted: 3},
			{Configuration: "B", Channel: SMS, Disposition: "undelivered", Count: 1, Counted: 1}},
		Answers: []ReportAnswers{{"A", IVR, "confirm", 2, 40 * time.Second}},
	}
	days[1].Counts = ReportCounts{Answers: []ReportAnswers{{"A", SMS, "cancel", 2, 2 * time.Minute}}}
	r := NewReport(from, from.Add(49*time.Hour), days)
	if r.Total.Transactions != 4 || r.Total.Attempts != 7 || r.Total.Calls != 6 || r.Total.Answered != 3 || r.Total.Answers != 4 ||
		r.Total.RingSeconds != 10 || r.Total.WaitSeconds != 40 {
		t.Errorf("total %+v", r.Total)
	}
	if len(r.Days) != 3 || r.Days[0].States[Completed] != 3 || r.Days[0].WaitSeconds != 20 || r.Days[2].Transactions != 0 {
		t.Errorf("days %+v", r.Days)
	}
	if len(r.Configurations) != 2 || r.Configurations[0].Name != "A" || r.Configurations[0].Answers != 4 || r.Configurations[1].Calls != 3 {
		t.Errorf("configurations %+v", r.Configurations)
	}
	if len(r.Causes) != 2 || r.Causes[0].Cause != "USER_BUSY" || r.Causes[0].Calls != 4 || r.Actions["cancel"] != 2 {
		t.Errorf("causes %+v, actions %v", r.Causes, r.Actions)
	}
}
