package freeswitch_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/config"
	"curlew/esl"
	"curlew/outreach"
	"curlew/sim/hims"
	"curlew/test/freeswitch"
)

const ringBackSecret = "rings-back-0123456789"

// ringers is a whole Curlew on a switch with freeswitch-conf's dialplan, and patients whose calls were missed.
type ringers struct {
	*rig.Rig
	sw  *freeswitch.Switch
	ids map[string]string // transactions by patient
}

func newRingers(t *testing.T, dids string, change ...func(*outreach.PBX)) *ringers {
	t.Helper()
	var pbx outreach.PBX
	w := whole(t, curlew(t), shared.get(t), wholeOptions{change: func(doc *outreach.Document) {
		ring := outreach.Exactly(3 * time.Second)
		doc.Call.RingTimeout = &ring
		doc.Configurations[0].Steps[0].Retry = &outreach.Retry{MaxAttempts: 3}
		doc.PBXs[0].CallbackDIDs, doc.PBXs[0].CallbackSecret = []string{dids}, ringBackSecret
		for _, c := range change {
			c(&doc.PBXs[0])
		}
		pbx = doc.PBXs[0]
	}})
	w.dialplan(t, pbx)
	return w
}

// dialplan puts the shipped file into the switch, as config freeswitch renders it.
func (w *ringers) dialplan(t *testing.T, p outreach.PBX) {
	t.Helper()
	host, port, err := net.SplitHostPort(w.Nodes[0].Calls())
	if err != nil {
		t.Fatal(err)
	}
	p.Callback.Host = host
	if _, err := fmt.Sscan(port, &p.Callback.Port); err != nil {
		t.Fatal(err)
	}
	files, err := config.SwitchFiles(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Path, "dialplan/") {
			name := filepath.Join(w.sw.Path("conf"), "dialplan", p.CallbackDIDs[0]+".xml")
			if err := os.WriteFile(name, f.Body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, command := range []string{"global_setvar curlew_callback_secret=" + ringBackSecret, "reloadxml"} {
		if out, err := w.sw.API(t.Context(), command); err != nil || strings.HasPrefix(out, "-ERR") {
			t.Fatalf("%s: %s %v", command, out, err)
		}
	}
}

// missed has a patient called who does not answer, and waits until the retry is queued.
func (w *ringers) missed(t *testing.T, patient, phone string, born int) {
	t.Helper()
	ev := rig.Event("evt-"+patient, phone)
	ev.Recipient.ID = patient
	ev.Subject.Patient = &outreach.Patient{ID: patient, BirthYear: born}
	answer, err := hims.NewClient(hims.ClientOptions{BaseURL: w.Nodes[0].URL, Key: w.Key, Clock: clock.System{}}).Post(t.Context(), ev)
	if err != nil || len(answer.Transactions) != 1 {
		t.Fatalf("%+v, %v", answer, err)
	}
	w.ids[patient] = answer.Transactions[0]
	w.until(t, patient, func(a activity) bool { return a.State == "queued" && len(a.Attempts) > 0 })
}

func (w *ringers) until(t *testing.T, patient string, ok func(activity) bool) activity {
	t.Helper()
	late := time.After(patience)
	for {
		a := look(t, w.Rig, w.ids[patient])
		if ok(a) {
			return a
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-late:
			t.Fatalf("%s: %+v", patient, a)
		}
	}
}

// tones are keys that are heard and not sent as telephone-events.
func tones(keys string) string { return "~" + keys }

// ring has the patient's phone call the hospital and press keys, and returns what the hospital's leg reached.
func (w *ringers) ring(t *testing.T, phone, did string, keys ...string) (reached, cause string) {
	t.Helper()
	does := "sleep:1500"
	for _, k := range keys {
		if heard, ok := strings.CutPrefix(k, "~"); ok {
			does += ",playback:tone_stream://d=120;w=120;" + strings.Join(strings.Split(heard, ""), ";") + ",sleep:2500"
			continue
		}
		does += ",send_dtmf:" + k + ",sleep:2500"
	}
	if len(keys) == 0 {
		does += ",sleep:20000"
	}
	ended := make(chan *esl.Event, 16)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	up := make(chan struct{}, 1)
	c := esl.NewClient(esl.ClientOptions{Addr: w.sw.Addr, Password: w.sw.Password(), Events: []string{"CHANNEL_HANGUP_COMPLETE"},
		OnUp: func(esl.Up) { up <- struct{}{} }, OnEvent: func(e *esl.Event) {
			if e.Name() == "CHANNEL_HANGUP_COMPLETE" && e.Get("Call-Direction") == "inbound" && e.Get("variable_sip_from_user") == phone && e.Get("variable_sofia_profile_name") == "caller" {
				ended <- e
			}
		}})
	gone := make(chan error, 1)
	go func() { gone <- c.Run(ctx) }()
	select {
	case <-up:
	case <-ctx.Done():
		t.Fatal("no link to the switch")
	}
	err := c.BgAPI(ctx, "ring-"+phone+does, fmt.Sprintf("originate {origination_caller_id_number=%s,sip_from_user=%s}sofia/callee1/%s@127.0.0.1:%d '%s,hangup:NORMAL_CLEARING' inline",
		phone, phone, did, w.sw.Ports.Caller, does))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-ended:
		cancel()
		<-gone
		return e.Get("variable_reached"), e.Get("Hangup-Cause")
	case <-ctx.Done():
		t.Fatal("the call never ended")
		return "", ""
	}
}

// TestAPatientWhoRingsBackHearsTheMessageAndAnswersIt through the shipped dialplan; two share the phone.
func TestAPatientWhoRingsBackHearsTheMessageAndAnswersIt(t *testing.T) {
	t.Parallel()
	const phone, did = "+12025550112", "12025550191"
	w := newRingers(t, "+"+did)
	w.missed(t, "mother", phone, 1984)
	before := look(t, w.Rig, w.ids["mother"])

	t.Run("strangers go where they always went", func(t *testing.T) {
		if reached, _ := w.ring(t, "+12025550133", did); reached != "switchboard" {
			t.Errorf("reached %q", reached)
		}
	})
	t.Run("a wrong year tells nothing and the call goes on", func(t *testing.T) {
		reached, _ := w.ring(t, phone, did, "1970", "1971", "1972", "0")
		if reached != "switchboard" {
			t.Errorf("reached %q", reached)
		}
		if after := look(t, w.Rig, w.ids["mother"]); len(after.Attempts) != len(before.Attempts) || after.State != "queued" {
			t.Errorf("%+v", after)
		}
	})
	t.Run("who hangs up half-way loses nothing", func(t *testing.T) {
		if reached, _ := w.ring(t, phone, did, "1984"); reached != "" {
			t.Errorf("reached %q", reached)
		}
		after := w.until(t, "mother", func(a activity) bool { return a.State == "queued" })
		if len(after.Attempts) != 2 || after.Attempts[1].Direction != "inbound" || after.Attempts[1].Disposition != "answered" || after.NextAt != before.NextAt || after.Reason != before.Reason {
			t.Errorf("%+v, before %+v", after, before)
		}
	})
	t.Run("the answer counts and the retry is gone", func(t *testing.T) {
		if reached, cause := w.ring(t, phone, did, "1984", "1", "", "", ""); reached != "" || cause != "NORMAL_CLEARING" {
			t.Errorf("reached %q, %s", reached, cause)
		}
		after := w.until(t, "mother", func(a activity) bool { return a.State == "completed" })
		if after.Response == nil || after.Response.Action != "confirm" || after.Response.Via != "callback" || after.Response.Channel != "ivr" {
			t.Errorf("%+v", after)
		}
	})
	t.Run("with nothing pending any more the call goes on", func(t *testing.T) {
		if reached, _ := w.ring(t, phone, did, "1984"); reached != "switchboard" {
			t.Errorf("reached %q", reached)
		}
	})
	t.Run("and while Curlew is down", func(t *testing.T) {
		w.Nodes[0].Kill()
		if reached, _ := w.ring(t, phone, did); reached != "switchboard" {
			t.Errorf("reached %q", reached)
		}
	})
}

// TestWhoRingsBackThroughATrunkOfTonesIsHeard where every trunk of the PBX sends keys as tones, from the year of birth on.
func TestWhoRingsBackThroughATrunkOfTonesIsHeard(t *testing.T) {
	t.Parallel()
	const phone, did = "+12025550123", "12025550194"
	w := newRingers(t, "+"+did, func(p *outreach.PBX) {
		for i := range p.Gateways {
			p.Gateways[i].DTMF = outreach.DTMFInband
		}
	})
	w.missed(t, "mother", phone, 1984)
	for range stalls { // tones that came late were none
		w.ring(t, phone, did, tones("1984"), tones("1"), "", "")
		if a := look(t, w.Rig, w.ids["mother"]); a.State == "completed" && a.Response != nil && a.Response.Via == "callback" {
			return
		}
	}
	t.Errorf("%+v", look(t, w.Rig, w.ids["mother"]))
}
