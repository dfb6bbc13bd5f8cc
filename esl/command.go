package esl

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// command is one command as it goes out, and what its reply must look like.
type command struct {
	verb string // for errors and logs: arguments can hold numbers
	wire string
	api  bool   // answered by api/response; everything else by command/reply
	job  string // the Job-UUID that the reply must name
}

// checkSafe refuses what would break out of a line. Measured: after a blank line inside an argument
// the rest runs as a new command, and a lone CR makes later headers vanish or win.
func checkSafe(args ...string) error {
	for _, a := range args {
		if strings.ContainsAny(a, "\r\n\x00") {
			return fmt.Errorf("%w: %w", ErrNotSent, ErrUnsafe)
		}
	}
	return nil
}

func lineCommand(line string) (command, error) {
	if err := checkSafe(line); err != nil {
		return command{}, err
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if verb == "" {
		return command{}, fmt.Errorf("%w: empty command", ErrNotSent)
	}
	return command{verb: verb, wire: line + "\n\n"}, nil
}

func apiCommand(line string) (command, error) {
	c, err := lineCommand(line)
	if err != nil {
		return command{}, err
	}
	return command{verb: "api " + c.verb, wire: "api " + line + "\n\n", api: true}, nil
}

func bgapiCommand(job, line string) (command, error) {
	c, err := lineCommand(line)
	if err != nil {
		return command{}, err
	}
	if err := checkSafe(job); err != nil {
		return command{}, err
	}
	if job == "" || job != strings.TrimSpace(job) {
		return command{}, fmt.Errorf("%w: a job needs an id without blanks around it", ErrNotSent)
	}
	return command{
		verb: "bgapi " + c.verb,
		wire: "bgapi " + line + "\nJob-UUID: " + job + "\n\n",
		job:  job,
	}, nil
}

func executeCommand(app, arg, appUUID string, lock bool) (command, error) {
	if err := checkSafe(app, arg, appUUID); err != nil {
		return command{}, err
	}
	if strings.TrimSpace(app) == "" {
		return command{}, fmt.Errorf("%w: no application", ErrNotSent)
	}
	var b strings.Builder
	b.WriteString("sendmsg\ncall-command: execute\nexecute-app-name: " + app + "\n")
	if arg != "" {
		b.WriteString("execute-app-arg: " + arg + "\n")
	}
	if appUUID != "" {
		b.WriteString("Event-UUID: " + appUUID + "\n")
	}
	if lock {
		b.WriteString("event-lock: true\n")
	}
	b.WriteString("\n")
	return command{verb: "execute " + app, wire: b.String()}, nil
}

// subscribeCommands asks for the named events as JSON, after the filters: what passes none of them never comes.
// Subclasses of CUSTOM come last, as mod_event_socket takes every word after CUSTOM for a subclass.
func subscribeCommands(events, filters []string) ([]command, error) {
	names, custom := []string{"BACKGROUND_JOB", "HEARTBEAT"}, []string{}
	for _, e := range events {
		words := strings.Fields(e)
		switch {
		case len(words) == 1 && words[0] != "CUSTOM":
			names = append(names, words[0])
		case len(words) > 1 && words[0] == "CUSTOM":
			custom = append(custom, words[1:]...)
		default:
			return nil, fmt.Errorf("subscription %q is neither an event nor CUSTOM with a subclass", e)
		}
	}
	subscription := "event json " + strings.Join(names, " ")
	if len(custom) > 0 {
		subscription += " CUSTOM " + strings.Join(custom, " ")
	}
	var all []command
	for _, line := range append(filterLines(filters), subscription) {
		c, err := lineCommand(line)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// filterLines lets what is no channel's event through beside filters; one filter that fits is enough.
func filterLines(filters []string) []string {
	if len(filters) == 0 {
		return nil
	}
	var lines []string
	for _, name := range []string{"BACKGROUND_JOB", "HEARTBEAT", "CUSTOM"} {
		lines = append(lines, "filter Event-Name "+name)
	}
	for _, f := range filters {
		lines = append(lines, "filter "+f)
	}
	return lines
}

// newUUID is a random UUID, version 4.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
