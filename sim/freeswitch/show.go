package freeswitch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// show is "show channels|calls [count] [as json]".
func (s *Switch) show(w []string) string {
	if len(w) == 0 || !slices.Contains([]string{"channels", "calls", "bridged_calls", "detailed_calls"}, w[0]) {
		return "-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|…\n"
	}
	var rows []*channel
	if w[0] == "channels" || w[0] == "calls" || w[0] == "detailed_calls" {
		for _, ch := range s.order {
			if w[0] == "channels" || !ch.answered.IsZero() && ch.live() {
				rows = append(rows, ch)
			}
		}
	}
	if slices.Contains(w, "count") {
		if slices.Contains(w, "json") {
			return fmt.Sprintf("{\"row_count\": %d}\n", len(rows))
		}
		return fmt.Sprintf("\n%d total.\n", len(rows))
	}
	if !slices.Contains(w, "json") {
		return showText(rows)
	}
	if len(rows) == 0 {
		return "{\"row_count\": 0}\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "{\"row_count\":%d,\"rows\":[", len(rows))
	for i, ch := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, f := range ch.row() {
			b.WriteString(map[bool]string{true: "{", false: ","}[j == 0])
			b.Write(quoteJSON(f.name))
			b.WriteByte(':')
			b.Write(quoteJSON(f.value))
		}
		b.WriteByte('}')
	}
	return b.String() + "]}"
}

func showText(rows []*channel) string {
	var b strings.Builder
	for i, ch := range rows {
		for _, head := range []bool{true, false} {
			if head && i > 0 {
				continue
			}
			for j, f := range ch.row() {
				if j > 0 {
					b.WriteByte(',')
				}
				b.WriteString(map[bool]string{true: f.name, false: f.value}[head])
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "\n%d total.\n", len(rows))
	return b.String()
}

// row is a channel as the core database has it.
func (ch *channel) row() []header {
	direction := "outbound"
	if ch.inbound {
		direction = "inbound"
	}
	codec, rate, bits := "", "", ""
	if !ch.answered.IsZero() || !ch.media.IsZero() {
		codec, rate, bits = ch.codec(), "8000", "64000"
	}
	return []header{
		{"uuid", ch.uuid}, {"direction", direction}, {"created", ch.globalTo.UTC().Format(time.DateTime)},
		{"created_epoch", strconv.FormatInt(ch.globalTo.Unix(), 10)}, {"name", ch.name}, {"state", ch.state},
		{"cid_name", ch.callerID.name}, {"cid_num", ch.callerID.value}, {"ip_addr", ""}, {"dest", ch.destination()},
		{"application", ch.get("current_application")}, {"application_data", ch.get("current_application_data")}, {"dialplan", ""},
		{"context", "default"}, {"read_codec", codec}, {"read_rate", rate}, {"read_bit_rate", bits}, {"write_codec", codec},
		{"write_rate", rate}, {"write_bit_rate", bits}, {"secure", ""}, {"hostname", ch.s.opt.Hostname}, {"presence_id", ""},
		{"presence_data", ""}, {"accountcode", ch.get("accountcode")}, {"callstate", ch.callState}, {"callee_name", "Outbound Call"},
		{"callee_num", ch.number}, {"callee_direction", ""}, {"call_uuid", ""}, {"sent_callee_name", ""}, {"sent_callee_num", ""},
		{"initial_cid_name", ch.callerID.name}, {"initial_cid_num", ch.callerID.value}, {"initial_ip_addr", ""},
		{"initial_dest", ch.destination()}, {"initial_dialplan", ""}, {"initial_context", "default"},
	}
}
