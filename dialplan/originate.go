package dialplan

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

// ErrUnsafe is a value that must not become part of a FreeSWITCH command.
var ErrUnsafe = errors.New("value is not allowed in a dial string")

// Originate is one outgoing leg, dialled through one gateway: failover is a new Originate, since
// origination_uuid fails from the second "|" alternative on.
type Originate struct {
	UUID        outreach.AttemptID // becomes the channel's UUID, which fences doubles while it lives
	Gateway     string             // its name in FreeSWITCH
	Destination string             // [0-9+*#]
	CallerID    string             // [0-9+*#], may be empty
	Codec       string             // PCMA, PCMU, …; empty leaves the switch's list
	InbandDTMF  bool               // the switch listens for the tones of keys from the answer on
	RingTimeout time.Duration      // whole seconds, rounded up
	MaxDuration time.Duration      // from answer to the switch's own hard stop, rounded up
	Socket      string             // host:port of our outbound-socket server as the PBX sees it
}

// variable is a channel variable that Originate may set: the constants below, nothing else.
type variable string

const (
	varUUID        variable = "origination_uuid"
	varTimeout     variable = "originate_timeout"
	varEarlyMedia  variable = "ignore_early_media"
	varCallerID    variable = "origination_caller_id_number"
	varOnAnswer    variable = "execute_on_answer"
	varTones       variable = "execute_on_answer_2"
	varCodec       variable = "absolute_codec_string"
	varTerminators variable = "playback_terminators"
	varAsks        variable = "curlew_asks" // says to operators and simulated patients that curlew_ask will come; marks a channel as ours
	varBowout      variable = "loopback_bowout"
)

// Command returns the originate command, or an error that wraps ErrUnsafe and names the field, never
// its value. FreeSWITCH unescapes dial strings three times and expands ${…} in application
// arguments, so nothing is escaped here: what is outside the allow list is refused.
func (o Originate) Command() (string, error) {
	if err := o.check(); err != nil {
		return "", err
	}
	vars := []string{
		pair(varUUID, string(o.UUID)),
		pair(varTimeout, seconds(o.RingTimeout)),
		pair(varEarlyMedia, "true"),
		pair(varOnAnswer, "sched_hangup:+"+seconds(o.MaxDuration)),
		pair(varTerminators, "none"),
		pair(varAsks, "true"),
	}
	if o.InbandDTMF {
		vars = append(vars, pair(varTones, "start_dtmf"))
	}
	if o.CallerID != "" {
		vars = append(vars, pair(varCallerID, o.CallerID))
	}
	if o.Codec != "" {
		vars = append(vars, pair(varCodec, o.Codec))
	}
	return "originate {" + strings.Join(vars, ",") + "}sofia/gateway/" + o.Gateway + "/" + o.Destination +
		" '&socket(" + o.Socket + " async full)'", nil
}

func (o Originate) check() error {
	switch {
	case !isUUID(string(o.UUID)):
		return fmt.Errorf("attempt id: %w", ErrUnsafe)
	case !isName(o.Gateway):
		return fmt.Errorf("gateway name: %w", ErrUnsafe)
	case !isDialable(o.Destination):
		return fmt.Errorf("destination: %w", ErrUnsafe)
	case o.CallerID != "" && !isDialable(o.CallerID):
		return fmt.Errorf("caller id: %w", ErrUnsafe)
	case o.Codec != "" && !isValue(o.Codec):
		return fmt.Errorf("codec: %w", ErrUnsafe)
	case o.RingTimeout <= 0 || o.RingTimeout > time.Hour:
		return fmt.Errorf("ring timeout %s: %w", o.RingTimeout, ErrUnsafe)
	case o.MaxDuration <= 0 || o.MaxDuration > 24*time.Hour:
		return fmt.Errorf("longest call %s: %w", o.MaxDuration, ErrUnsafe)
	}
	host, port, err := net.SplitHostPort(o.Socket)
	if n, nerr := strconv.ParseUint(port, 10, 16); err != nil || nerr != nil || n == 0 || !isName(host) || port[0] == '+' {
		return fmt.Errorf("socket address: %w", ErrUnsafe)
	}
	return nil
}

// ErrBarred: the trunk's allowed prefixes do not hold the number.
var ErrBarred = errors.New("the gateway may not dial the number")

// bridge returns the argument of the bridge application for the target of a transfer: a number with its + as the trunk
// wants it if that may dial it, one without as it is, or, where the PBX has a context of its extensions, there.
func (r Route) bridge(target string, ring time.Duration) (string, error) {
	switch number := strings.HasPrefix(target, "+"); {
	case number && !r.Trunk.Allows(target):
		return "", fmt.Errorf("transfer through %s: %w", r.Gateway, ErrBarred)
	case number:
		target = r.Trunk.Destination(target)
	case r.Extensions != "" && (!isName(r.Extensions) || !isDialable(target)):
		return "", fmt.Errorf("extension: %w", ErrUnsafe)
	case r.Extensions != "":
		// A loopback that bows out once a telephone has answered behind it ends our bridge, and with it the talk.
		vars := []string{pair(varTimeout, seconds(ring)), pair(varBowout, "false"), pair(varAsks, "true")}
		return "{" + strings.Join(vars, ",") + "}loopback/" + target + "/" + r.Extensions, nil
	}
	return bridgeTo(r.Gateway, r.CallerID, target, ring)
}

// bridgeTo returns the argument of the bridge application that reaches target through gateway.
func bridgeTo(gateway, callerID, target string, ring time.Duration) (string, error) {
	if !isName(gateway) || !isDialable(target) || callerID != "" && !isDialable(callerID) {
		return "", fmt.Errorf("transfer target: %w", ErrUnsafe)
	}
	vars := []string{pair(varTimeout, seconds(ring)), pair(varAsks, "true")}
	if callerID != "" {
		vars = append(vars, pair(varCallerID, callerID))
	}
	return "{" + strings.Join(vars, ",") + "}sofia/gateway/" + gateway + "/" + target, nil
}

func pair(name variable, value string) string { return string(name) + "=" + value }

func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func only(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// isValue refuses ":_:" too: originate takes it for an operator wherever it stands.
func isValue(s string) bool {
	return len(s) <= 128 && !strings.Contains(s, ":_:") && only(s, func(b byte) bool { return isAlphanumeric(b) || strings.IndexByte("_.:/+@%-", b) >= 0 })
}

func isName(s string) bool {
	return len(s) <= 128 && only(s, func(b byte) bool { return isAlphanumeric(b) || b == '_' || b == '.' || b == '-' })
}

func isDialable(s string) bool {
	return len(s) <= 32 && only(s, func(b byte) bool { return b >= '0' && b <= '9' || b == '+' || b == '*' || b == '#' })
}

// isUUID accepts what FreeSWITCH and we use as a channel's UUID; the shape is not checked further.
func isUUID(s string) bool {
	return len(s) <= 64 && only(s, func(b byte) bool { return isAlphanumeric(b) || b == '-' })
}

// isMedia accepts an absolute path, a URL or a tone stream that an application argument may carry:
// "$" would be expanded by FreeSWITCH, a quote or a control character would end the argument.
func isMedia(s string) bool {
	return len(s) <= 1024 && only(s, func(b byte) bool {
		return isAlphanumeric(b) || strings.IndexByte("_.:/+@%-(),;=~?&", b) >= 0
	})
}
