package outreach

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// ReportCounts is what became of the transactions created in one span: the counts of a database, to be summed up by
// NewReport.
type ReportCounts struct {
	Transactions []ReportTransactions
	Attempts     []ReportAttempts
	Answers      []ReportAnswers
}

// ReportTransactions counts transactions of a configuration by the channel they are on, or ended on, and their state.
type ReportTransactions struct {
	Configuration string
	Channel       Channel
	State         State
	Count         int
}

// ReportAttempts counts attempts. Counted used up a try, Contacts reached somebody, Answered calls were picked up after
// ringing for Rang in all.
type ReportAttempts struct {
	Configuration            string
	Channel                  Channel
	Disposition              Disposition
	Cause                    string
	SIPStatus                int
	Count, Counted, Contacts int
	Answered                 int
	Rang                     time.Duration
}

// ReportAnswers counts current answers that came in time; Waited is their time since the transaction was due, in all.
type ReportAnswers struct {
	Configuration string
	Channel       Channel
	Action        Action
	Count         int
	Waited        time.Duration
}

// ReportSum is what became of some transactions.
type ReportSum struct {
	Transactions int           `json:"transactions"`
	States       map[State]int `json:"states"`
	Attempts     int           `json:"attempts" doc:"That used up a try"`
	Contacts     int           `json:"contacts" doc:"Attempts that reached somebody"`
	Calls        int           `json:"calls" doc:"Calls that used up a try"`
	Answered     int           `json:"answered_calls" doc:"Calls that were picked up"`
	Answers      int           `json:"answers" doc:"Patients' answers that came in time"`
	RingSeconds  float64       `json:"ring_seconds" doc:"Mean from dialling to picking up"`
	WaitSeconds  float64       `json:"answer_seconds" doc:"Mean from when it was due to the answer"`

	rang, waited time.Duration
	pickedUp     int
}

// ReportDay is the sum of one day in the facility's zone.
type ReportDay struct {
	Date string    `json:"date" doc:"2026-12-01"`
	From time.Time `json:"from"`
	ReportSum
}

// ReportPart is the sum of one configuration or channel. Of a channel, transactions are those that are on it or ended on it.
type ReportPart struct {
	Name string `json:"name"`
	ReportSum
}

// ReportCause counts calls by what the network said of them.
type ReportCause struct {
	Cause       string      `json:"cause"`
	SIPStatus   int         `json:"sip_status,omitempty"`
	Disposition Disposition `json:"disposition"`
	Calls       int         `json:"calls"`
}

// Report is what became of the transactions created in [From, To).
type Report struct {
	From           time.Time      `json:"from"`
	To             time.Time      `json:"to"`
	Total          ReportSum      `json:"total"`
	Days           []ReportDay    `json:"days"`
	Configurations []ReportPart   `json:"configurations"`
	Channels       []ReportPart   `json:"channels"`
	Actions        map[Action]int `json:"actions"`
	Causes         []ReportCause  `json:"causes"`
}

// Day is a span of a report and what was counted in it.
type Day struct {
	From   time.Time
	Date   string
	Counts ReportCounts
}

// Days are the days of location that [from, to) touches; the first and the last may be cut.
func Days(from, to time.Time, location *time.Location) []Day {
	var out []Day
	for at := from; at.Before(to); {
		local := at.In(location)
		out = append(out, Day{From: at, Date: local.Format(time.DateOnly)})
		at = time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, location)
	}
	return out
}

// NewReport sums up days.
func NewReport(from, to time.Time, days []Day) Report {
	out := Report{From: from, To: to, Days: []ReportDay{}, Actions: map[Action]int{}, Total: ReportSum{States: map[State]int{}}}
	configurations, channels, causes := parts{}, parts{}, map[string]*ReportCause{}
	for _, d := range days {
		day := ReportDay{Date: d.Date, From: d.From, ReportSum: ReportSum{States: map[State]int{}}}
		for _, c := range d.Counts.Transactions {
			for _, sum := range []*ReportSum{&out.Total, &day.ReportSum, configurations.of(c.Configuration), channels.of(string(c.Channel))} {
				sum.Transactions += c.Count
				sum.States[c.State] += c.Count
			}
		}
		for _, a := range d.Counts.Attempts {
			for _, sum := range []*ReportSum{&out.Total, &day.ReportSum, configurations.of(a.Configuration), channels.of(string(a.Channel))} {
				sum.attempts(a)
			}
			countCause(causes, a)
		}
		for _, a := range d.Counts.Answers {
			out.Actions[a.Action] += a.Count
			for _, sum := range []*ReportSum{&out.Total, &day.ReportSum, configurations.of(a.Configuration), channels.of(string(a.Channel))} {
				sum.Answers += a.Count
				sum.waited += a.Waited
			}
		}
		day.mean()
		out.Days = append(out.Days, day)
	}
	out.Total.mean()
	out.Configurations, out.Channels = configurations.sorted(), channels.sorted()
	out.Causes = sortedCauses(causes)
	return out
}

func (s *ReportSum) attempts(a ReportAttempts) {
	s.Attempts += a.Counted
	s.Contacts += a.Contacts
	s.rang += a.Rang
	s.pickedUp += a.Answered
	if a.Channel == IVR {
		s.Calls += a.Counted
		s.Answered += a.Answered
	}
}

func (s *ReportSum) mean() {
	if s.pickedUp > 0 {
		s.RingSeconds = s.rang.Seconds() / float64(s.pickedUp)
	}
	if s.Answers > 0 {
		s.WaitSeconds = s.waited.Seconds() / float64(s.Answers)
	}
}

// parts are sums by name.
type parts map[string]*ReportSum

func (p parts) of(name string) *ReportSum {
	if p[name] == nil {
		p[name] = &ReportSum{States: map[State]int{}}
	}
	return p[name]
}

func (p parts) sorted() []ReportPart {
	out := make([]ReportPart, 0, len(p))
	for name, sum := range p {
		sum.mean()
		out = append(out, ReportPart{name, *sum})
	}
	slices.SortFunc(out, func(a, b ReportPart) int {
		return cmp.Or(cmp.Compare(b.Transactions, a.Transactions), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func countCause(causes map[string]*ReportCause, a ReportAttempts) {
	if a.Channel != IVR || a.Cause == "" {
		return
	}
	key := a.Cause + " " + strconv.Itoa(a.SIPStatus) + " " + string(a.Disposition)
	if causes[key] == nil {
		causes[key] = &ReportCause{Cause: a.Cause, SIPStatus: a.SIPStatus, Disposition: a.Disposition}
	}
	causes[key].Calls += a.Count
}

func sortedCauses(causes map[string]*ReportCause) []ReportCause {
	out := make([]ReportCause, 0, len(causes))
	for _, c := range causes {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b ReportCause) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.SIPStatus, b.SIPStatus), cmp.Compare(a.Disposition, b.Disposition))
	})
	return out
}
