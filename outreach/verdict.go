package outreach

// Verdict is what the cause matrix concludes of a failed call.
type Verdict string

// Verdicts, from the mildest.
const (
	VerdictAnswered     Verdict = "answered"      // no failure of the network
	VerdictNextGateway  Verdict = "next_gateway"  // trunk fault: free, another gateway now
	VerdictBackPressure Verdict = "back_pressure" // the switch throttles: free, wait
	VerdictRetryLater   Verdict = "retry_later"   // one try used
	VerdictNextChannel  Verdict = "next_channel"  // one try used, no more calls in this step
	VerdictSuppress     Verdict = "suppress"      // stop, and suppress the number
	VerdictOurs         Verdict = "ours"          // we hung up
)

// Problem is one thing wrong with a document, a request or an event. Detail never echoes a patient's data.
type Problem struct {
	Pointer string `json:"pointer"` // JSON pointer, "" for the whole
	Line    int    `json:"line,omitempty"`
	Detail  string `json:"detail"`
	Hint    string `json:"hint,omitempty"`
}

// Problems is a list of them as an error.
type Problems []Problem

func (p Problems) Error() string {
	if len(p) == 0 {
		return "no problems"
	}
	s := p[0].Pointer + ": " + p[0].Detail
	if len(p) > 1 {
		s += " (and more)"
	}
	return s
}
