package dialplan

// State is where a call stands; docs/call-states.md has the diagram.
type State string

// The states of one call, in the order of a life.
const (
	Connecting   State = "connecting"   // FreeSWITCH has connected or is about to, nobody has answered
	Answering    State = "answered"     // the pause before the first prompt
	Listening    State = "listening"    // what the callee says first: a hello, or a machine's greeting
	Greeted      State = "greeted"      // a machine's greeting, up to its beep
	HumanTest    State = "human_test"   // any key says that a human listens
	Message      State = "message"      // the sequence up to its menu; known keys cut it short
	Menu         State = "menu"         // the menu, and the wait for a key
	Again        State = "again"        // the second press that cancel, reschedule and opt_out need
	Rate         State = "rating"       // a digit for a rating that has its own key
	Consent      State = "consent"      // says that what follows is recorded
	Recording    State = "recording"    // the patient speaks
	Committing   State = "committing"   // the answer is being stored
	Confirming   State = "confirming"   // the stored answer is read back
	Transferring State = "transferring" // the patient is told, then bridged
	Voicemail    State = "voicemail"    // after the beep
	Goodbye      State = "goodbye"      // the last words
	Ending       State = "ending"       // we have hung up
	Settling     State = "settling"     // the leg is gone, the answer is still being stored
	Over         State = "over"         // nothing more can happen
)

// callTransitions is the one table of legal moves; docs/call-states.md is held against it by a test.
func callTransitions() map[State][]State {
	return map[State][]State{
		Connecting:   {Answering, Over},
		Answering:    {Listening, HumanTest, Message, Voicemail, Ending, Settling, Over},
		Listening:    {Message, Greeted, Voicemail, Ending, Settling, Over},
		Greeted:      {Voicemail, Ending, Over},
		HumanTest:    {Message, Voicemail, Ending, Over},
		Message:      {Message, Menu, Again, Rate, Consent, Committing, Voicemail, Goodbye, Ending, Settling, Over},
		Menu:         {Message, Menu, Again, Rate, Consent, Committing, Voicemail, Goodbye, Ending, Settling, Over},
		Again:        {Message, Menu, Again, Rate, Consent, Committing, Goodbye, Settling, Over},
		Rate:         {Rate, Committing, Goodbye, Over},
		Consent:      {Recording, Over},
		Recording:    {Committing, Settling, Over},
		Committing:   {Confirming, Transferring, Goodbye, Settling},
		Confirming:   {Goodbye, Over},
		Transferring: {Committing, Ending, Settling, Over},
		Voicemail:    {Ending, Over},
		Goodbye:      {Voicemail, Ending, Over},
		Ending:       {Over},
		Settling:     {Over},
	}
}
