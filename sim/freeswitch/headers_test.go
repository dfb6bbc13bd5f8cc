package freeswitch

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// neverSimulated are headers of the recordings for which nothing here could stand: RTP statistics, spans of
// time in every unit, and what belongs to the recorded switch alone.
func neverSimulated(name string) bool {
	for _, part := range []string{"variable_rtp_audio_", "_sec", "sec", "variable_digits_dialed", "variable_last_a", "variable_sound_prefix", "variable_rtp_use_codec_string"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func TestEventsHaveTheHeadersOfTheRealOnes(t *testing.T) {
	for name, c := range map[string]callee{
		"11-bgapi-originate-ok-sip":     {number: "12025550100", byHand: true},
		"15-fail-sip-busy":              {number: "12025550111"},
		"17-fail-originate-timeout-sip": {number: "12025550112", gateway: Gateway{Name: "loop"}},
	} {
		t.Run(name, func(t *testing.T) {
			rec := load(t, name)
			if c.gateway.Name == "" {
				c.gateway = quietTrunk()
			}
			inBubble(t, Options{Gateways: []Gateway{c.gateway}}, func(r *rig) {
				r.s.Interactive(c.number, c.byHand)
				nc, err := r.in.dial(r.t.Context())
				if err != nil {
					r.t.Fatal(err)
				}
				peer, opened := r.client(nc), time.Now()
				agenda := said(rec, nc, replacer(rec, c, "/none"))
				if c.byHand {
					agenda = append(agenda, doing{30 * time.Millisecond, func() error { return r.s.Answer(c.number) }})
				}
				r.perform(opened, agenda)
				time.Sleep(time.Minute)
				synctest.Wait()
				sameHeaders(r.t, rec.frames, peer.frames)
			})
		})
	}
}

// sameHeaders reports, once for each event name, the headers that one side has and the other has not.
func sameHeaders(t *testing.T, real, simulated []frame) {
	t.Helper()
	of := func(frames []frame) map[string][]string {
		m := map[string][]string{}
		for _, f := range frames {
			if n := f.event["Event-Name"]; n != "" && m[n] == nil {
				m[n] = f.order
			}
		}
		return m
	}
	want, got := of(real), of(simulated)
	for name, headers := range want {
		for _, h := range headers {
			if h != "" && !slices.Contains(got[name], h) && !neverSimulated(h) {
				t.Errorf("%s lacks %s", name, h)
			}
		}
		for _, h := range got[name] {
			if h != "" && !slices.Contains(headers, h) && !neverSimulated(h) {
				t.Errorf("%s has %s, which the real one has not", name, h)
			}
		}
	}
}
