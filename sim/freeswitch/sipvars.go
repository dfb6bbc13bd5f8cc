package freeswitch

import (
	"fmt"
	"strconv"
	"time"
)

// describeGateway sets the variables that mod_sofia sets on a new outbound channel.
func (ch *channel) describeGateway(given []header) {
	ch.set("direction", "outbound")
	ch.set("is_outbound", "true")
	ch.set("uuid", ch.uuid)
	ch.set("call_uuid", ch.uuid)
	ch.set("session_id", strconv.FormatInt(ch.sessionID, 10))
	if ch.gateway != "" {
		ch.set("sip_gateway_name", ch.gateway)
	}
	ch.set("sip_local_network_addr", "127.0.0.1")
	ch.set("sip_profile_name", "gateway")
	ch.set("video_media_flow", "disabled")
	ch.set("text_media_flow", "disabled")
	ch.set("channel_name", ch.name)
	ch.set("sip_destination_url", "sip:"+ch.number+"@127.0.0.1:5060")
	for _, v := range given {
		ch.set(v.name, v.value)
	}
	ch.set("originate_early_media", boolText(ch.get("ignore_early_media") != "true"))
	ch.set("originate_endpoint", "sofia")
	codec := ch.codec()
	port := strconv.FormatInt(16384+ch.sessionID*2%16384, 10)
	ch.set("rtp_use_codec_string", codec)
	ch.set("local_media_ip", "127.0.0.1")
	ch.set("local_media_port", port)
	ch.set("advertised_media_ip", "127.0.0.1")
	ch.set("audio_media_flow", "sendrecv")
	ch.set("rtp_local_sdp_str", "v=0\r\no=FreeSWITCH 1 2 IN IP4 127.0.0.1\r\ns=FreeSWITCH\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio "+
		port+" RTP/AVP 0 101\r\na=rtpmap:0 "+codec+"/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n")
	ch.set("sip_outgoing_contact_uri", "<sip:gw+"+ch.gateway+"@127.0.0.1:5080;transport=udp;gw="+ch.gateway+">")
	ch.set("sip_req_uri", ch.number+"@127.0.0.1:5060")
	ch.set("sip_to_host", "127.0.0.1:5060")
	ch.set("sip_from_host", "127.0.0.1")
	ch.set("sofia_profile_name", "external")
	ch.set("recovery_profile_name", "external")
	ch.set("sofia_profile_url", "sip:mod_sofia@127.0.0.1:5080")
}

// describePeer sets what any reply of the far end teaches: where it came from.
func (ch *channel) describePeer() {
	ch.reached = true
	for _, v := range []header{{"sip_local_network_addr", "127.0.0.1"}, {"sip_reply_host", "127.0.0.1"}, {"sip_reply_port", "5060"},
		{"sip_network_ip", "127.0.0.1"}, {"sip_network_port", "5060"}, {"sip_call_id", ch.uuid}} {
		ch.set(v.name, v.value)
	}
}

// describeReply sets what the first reply with a dialog teaches.
func (ch *channel) describeReply() {
	if ch.get("sip_to_tag") != "" {
		return
	}
	ch.describePeer()
	tag := ch.uuid[:min(8, len(ch.uuid))]
	for _, v := range []header{
		{"sip_user_agent", "patient"},
		{"sip_allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REFER, NOTIFY"},
		{"sip_recover_contact", "<sip:" + ch.number + "@127.0.0.1:5060;transport=udp>"},
		{"sip_full_via", "SIP/2.0/UDP 127.0.0.1:5080;rport=5080;branch=z9hG4bK" + tag},
		{"sip_recover_via", "SIP/2.0/UDP 127.0.0.1:5080;rport=5080;branch=z9hG4bK" + tag},
		{"sip_from_display", ch.callerID.name},
		{"sip_full_from", "<sip:" + ch.callerID.value + "@127.0.0.1>;tag=" + tag},
		{"sip_full_to", "<sip:" + ch.number + "@127.0.0.1:5060>;tag=r" + tag},
		{"sip_from_user", ch.callerID.value}, {"sip_from_uri", ch.callerID.value + "@127.0.0.1"}, {"sip_from_host", "127.0.0.1"},
		{"sip_to_user", ch.number}, {"sip_to_port", "5060"}, {"sip_to_uri", ch.number + "@127.0.0.1:5060"}, {"sip_to_host", "127.0.0.1"},
		{"sip_contact_params", "transport=udp"}, {"sip_contact_user", ch.number}, {"sip_contact_port", "5060"},
		{"sip_contact_uri", ch.number + "@127.0.0.1:5060"}, {"sip_contact_host", "127.0.0.1"},
		{"sip_to_tag", "r" + tag}, {"sip_from_tag", tag}, {"sip_cseq", "123142306"},
	} {
		ch.set(v.name, v.value)
	}
}

// describeMedia sets what the far end's SDP teaches.
func (ch *channel) describeMedia() {
	codec := ch.codec()
	for _, v := range []header{
		{"switch_r_sdp", "v=0\r\no=patient 1 2 IN IP4 127.0.0.1\r\ns=patient\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\na=rtpmap:0 " + codec + "/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"},
		{"ep_codec_string", "CORE_PCM_MODULE." + codec + "@8000h@20i@64000b"}, {"remote_video_media_flow", "inactive"},
		{"remote_text_media_flow", "inactive"}, {"remote_audio_media_flow", "sendrecv"}, {"rtp_audio_recv_pt", "0"},
		{"rtp_use_codec_name", codec}, {"rtp_use_codec_rate", "8000"}, {"rtp_use_codec_ptime", "20"}, {"rtp_use_codec_channels", "1"},
		{"rtp_last_audio_codec_string", codec + "@8000h@20i@1c"}, {"read_codec", codec}, {"original_read_codec", codec},
		{"read_rate", "8000"}, {"original_read_rate", "8000"}, {"write_codec", codec}, {"write_rate", "8000"}, {"dtmf_type", "rfc2833"},
		{"rtp_use_timer_name", "soft"}, {"rtp_use_pt", "0"}, {"rtp_use_ssrc", "3406113734"}, {"rtp_2833_send_payload", "101"},
		{"rtp_2833_recv_payload", "101"}, {"remote_media_ip", "127.0.0.1"}, {"remote_media_port", "4000"},
	} {
		ch.set(v.name, v.value)
	}
}

// describeEnd sets the variables of a call record, when the leg reports.
func (ch *channel) describeEnd() {
	ch.set("hangup_cause", ch.cause)
	ch.set("hangup_cause_q850", strconv.Itoa(q850(ch.cause)))
	if ch.get("digits_dialed") == "" {
		ch.set("digits_dialed", "none")
	}
	stamp := func(name string, t time.Time) {
		if !t.IsZero() {
			ch.set(name, t.UTC().Format(time.DateTime))
		}
	}
	stamp("start_stamp", ch.globalTo)
	stamp("profile_start_stamp", ch.globalTo)
	stamp("answer_stamp", ch.answered)
	stamp("progress_stamp", ch.progress)
	stamp("progress_media_stamp", ch.media)
	stamp("end_stamp", ch.hungUp)
	for _, v := range []struct {
		name string
		at   time.Time
	}{
		{"start", ch.globalTo}, {"profile_start", ch.globalTo}, {"answer", ch.answered}, {"bridge", time.Time{}},
		{"last_hold", time.Time{}}, {"resurrect", time.Time{}}, {"progress", ch.progress}, {"progress_media", ch.media}, {"end", ch.hungUp},
	} {
		us := micros(v.at)
		ch.set(v.name+"_epoch", strconv.FormatInt(us/1e6, 10))
		ch.set(v.name+"_uepoch", strconv.FormatInt(us, 10))
	}
	for _, unit := range []string{"seconds", "usec", "ms"} {
		ch.set("hold_accum_"+unit, "0")
	}
	ch.set("caller_id", fmt.Sprintf("%q <%s>", ch.callerID.name, ch.callerID.value))
	since := func(from time.Time) time.Duration {
		if from.IsZero() {
			return 0
		}
		return ch.hungUp.Sub(from)
	}
	spans := []struct {
		name string
		d    time.Duration
	}{{"duration", since(ch.globalTo)}, {"billsec", since(ch.answered)}, {"flow_billsec", since(ch.globalTo)}}
	for _, sp := range spans {
		ch.set(sp.name, strconv.FormatInt(int64(sp.d.Round(time.Second)/time.Second), 10))
	}
	ch.set("mduration", strconv.FormatInt(spans[0].d.Milliseconds(), 10))
	ch.set("billmsec", strconv.FormatInt(spans[1].d.Milliseconds(), 10))
	ch.set("uduration", strconv.FormatInt(spans[0].d.Microseconds(), 10))
	ch.set("billusec", strconv.FormatInt(spans[1].d.Microseconds(), 10))
}
