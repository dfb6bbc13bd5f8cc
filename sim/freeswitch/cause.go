package freeswitch

// q850 is the number of a hangup cause; those that Q.850 does not know count as 16, as in the real one.
func q850(cause string) int {
	if n, ok := causeNumbers[cause]; ok {
		return n
	}
	return 16
}

var causeNumbers = map[string]int{
	"UNALLOCATED_NUMBER": 1, "NO_ROUTE_TRANSIT_NET": 2, "NO_ROUTE_DESTINATION": 3, "NORMAL_CLEARING": 16, "USER_BUSY": 17,
	"NO_USER_RESPONSE": 18, "NO_ANSWER": 19, "SUBSCRIBER_ABSENT": 20, "CALL_REJECTED": 21, "NUMBER_CHANGED": 22,
	"DESTINATION_OUT_OF_ORDER": 27, "INVALID_NUMBER_FORMAT": 28, "FACILITY_REJECTED": 29, "NORMAL_UNSPECIFIED": 31,
	"NORMAL_CIRCUIT_CONGESTION": 34, "NETWORK_OUT_OF_ORDER": 38, "NORMAL_TEMPORARY_FAILURE": 41, "SWITCH_CONGESTION": 42,
	"REQUESTED_CHAN_UNAVAIL": 44, "OUTGOING_CALL_BARRED": 52, "INCOMING_CALL_BARRED": 54, "BEARERCAPABILITY_NOTAVAIL": 58,
	"SERVICE_UNAVAILABLE": 63, "CHAN_NOT_IMPLEMENTED": 66, "FACILITY_NOT_IMPLEMENTED": 69, "INCOMPATIBLE_DESTINATION": 88,
	"RECOVERY_ON_TIMER_EXPIRE": 102, "PROTOCOL_ERROR": 111, "INTERWORKING": 127,
}

// otherCauses are hangup causes of FreeSWITCH's own.
var otherCauses = map[string]bool{
	"ORIGINATOR_CANCEL": true, "LOSE_RACE": true, "MANAGER_REQUEST": true, "BLIND_TRANSFER": true, "ATTENDED_TRANSFER": true,
	"ALLOTTED_TIMEOUT": true, "USER_CHALLENGE": true, "MEDIA_TIMEOUT": true, "PICKED_OFF": true, "USER_NOT_REGISTERED": true,
	"PROGRESS_TIMEOUT": true, "INVALID_GATEWAY": true, "GATEWAY_DOWN": true, "INVALID_URL": true, "INVALID_PROFILE": true,
	"SYSTEM_SHUTDOWN": true, "UNWANTED": true, "DECLINE": true, "SUCCESS": true, "NONE": true,
}

// knownCause returns name if it is a hangup cause, else NORMAL_CLEARING.
func knownCause(name string) string {
	if _, ok := causeNumbers[name]; ok || otherCauses[name] {
		return name
	}
	return "NORMAL_CLEARING"
}

// sipReply is a final reply of a far end and the cause that FreeSWITCH makes of it.
type sipReply struct {
	status int
	phrase string
	cause  string
}

var sipReplies = map[int]sipReply{
	403: {403, "Forbidden", "CALL_REJECTED"},
	404: {404, "Not Found", "UNALLOCATED_NUMBER"},
	408: {408, "Request Timeout", "RECOVERY_ON_TIMER_EXPIRE"},
	410: {410, "Gone", "NUMBER_CHANGED"},
	480: {480, "Temporarily Unavailable", "NO_USER_RESPONSE"},
	484: {484, "Address Incomplete", "INVALID_NUMBER_FORMAT"},
	486: {486, "Busy Here", "USER_BUSY"},
	488: {488, "Not Acceptable Here", "INCOMPATIBLE_DESTINATION"},
	500: {500, "Internal Server Error", "NORMAL_TEMPORARY_FAILURE"},
	503: {503, "Service Unavailable", "NORMAL_TEMPORARY_FAILURE"},
	600: {600, "Busy Everywhere", "USER_BUSY"},
	603: {603, "Decline", "CALL_REJECTED"},
}

// replyOf is the reply with a status; one that is not in the table counts as 503.
func replyOf(status int) sipReply {
	if r, ok := sipReplies[status]; ok {
		return r
	}
	return sipReply{status, "Unknown", "NORMAL_TEMPORARY_FAILURE"}
}
