package esl

import (
	"errors"
	"fmt"
)

var (
	// ErrUnsafe: an argument holds CR, LF or NUL, which would end the command and run the rest as
	// another one. Nothing was written.
	ErrUnsafe = errors.New("argument holds a line break or NUL")
	// ErrNotSent: no byte of the command left, so FreeSWITCH cannot act on it.
	ErrNotSent = errors.New("command not sent")
	// ErrIndeterminate: the command was written, at least in part, and its outcome is unknown.
	ErrIndeterminate = errors.New("command written, outcome unknown")

	// ErrAuth: FreeSWITCH does not take the password.
	ErrAuth = errors.New("event socket refuses the password")
	// ErrRejected: the event socket's access list (apply-inbound-acl) refuses our address.
	ErrRejected = errors.New("event socket's access list refuses our address")
	// ErrDisconnected: FreeSWITCH announced the end of the connection.
	ErrDisconnected = errors.New("freeswitch ended the connection")
	// ErrSilence: nothing, not even a HEARTBEAT, came for the silence timeout.
	ErrSilence = errors.New("event socket silent")
	// ErrOverflow: events came faster than they were handled. The link is closed, so that the loss
	// is seen and reconciled.
	ErrOverflow = errors.New("event queue overflow")
	// ErrReplyOverdue: FreeSWITCH left a command unanswered for the reply timeout.
	ErrReplyOverdue = errors.New("reply overdue")
	// ErrOutOfStep: a reply came that belongs to no command, or to another one.
	ErrOutOfStep = errors.New("reply out of step with the commands")
	// ErrFrame: the peer sent what is no frame of the event socket, or one beyond its limits.
	ErrFrame = errors.New("malformed event socket frame")
	// ErrClosed: our side closed the connection.
	ErrClosed = errors.New("event socket closed")
)

// ReplyError is FreeSWITCH's -ERR to a command. Command is the verb alone: arguments can hold numbers.
type ReplyError struct {
	Command string
	Text    string // as sent, "-ERR" included
}

func (e *ReplyError) Error() string { return fmt.Sprintf("%s: %s", e.Command, e.Text) }

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrFrame}, args...)...)
}
