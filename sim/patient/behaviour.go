package patient

import "strings"

// Behaviour is what a simulated patient does with a message.
type Behaviour string

// The behaviours of contract.md, "Messages in the simulators".
const (
	Tap         Behaviour = "tap"         // delivered, confirm tapped after a second
	Silent      Behaviour = "silent"      // delivered, never answered
	Stop        Behaviour = "stop"        // delivered, answers STOP
	Undelivered Behaviour = "undelivered" // never delivered (phones only)
)

// OfNumber returns what the holder of the phone number does with a WhatsApp or SMS message.
func OfNumber(number string) Behaviour {
	switch LastTwo(number) {
	case "14", "21":
		return Undelivered
	case "22":
		return Stop
	case "00", "23":
		return Silent
	}
	return Tap
}

// OfAddress returns what the owner of the mailbox does with a mail, by the digits that end the local part.
func OfAddress(address string) Behaviour {
	local, _, _ := strings.Cut(address, "@")
	if b := OfNumber(local); b != Undelivered {
		return b
	}
	return Tap
}

// LastTwo returns the last two characters of s when both are digits, else "".
func LastTwo(s string) string {
	if len(s) < 2 {
		return ""
	}
	s = s[len(s)-2:]
	if s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return ""
	}
	return s
}
