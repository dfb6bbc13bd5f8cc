package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

const callbackPatience = 5 * time.Second

// callback has the switch open a call's connection to us, from a leg that is no phone: the null endpoint of
// mod_loopback answers by itself and rings nowhere.
func (a pbxAsk) callback(ctx context.Context) {
	to := net.JoinHostPort(a.pbx.Callback.Host, strconv.Itoa(a.pbx.Callback.Port))
	if a.pbx.Callback == (outreach.HostPort{}) {
		a.say(a.about, red, "has no callback: FreeSWITCH does not know where Curlew takes its calls")
		return
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("", strconv.Itoa(a.pbx.Callback.Port)))
	if err != nil {
		a.say(a.about, warn, "callback %s was not tried: this machine cannot listen there (%v); Curlew itself may be running", to, err)
		return
	}
	defer listener.Close()
	if body, answered := a.ask(ctx, "module_exists mod_loopback"); !answered || body != "true" {
		a.say(a.about, warn, "callback %s was not tried: that takes mod_loopback, which makes a leg without a phone", to)
		return
	}
	came := make(chan struct{}, 1)
	go greet(listener, came)
	ctx, cancel := context.WithTimeout(ctx, callbackPatience)
	defer cancel()
	body, err := a.link.Job(ctx, "originate {origination_caller_id_number=0,originate_timeout=3,execute_on_answer=sched_hangup:+3}null/curlew '&socket("+to+" async)'")
	if leg, made := strings.CutPrefix(strings.TrimSpace(body), "+OK "); made {
		defer a.ask(context.WithoutCancel(ctx), "uuid_kill "+leg)
	}
	why := strings.TrimSpace(body)
	if err != nil {
		why = err.Error()
	}
	if err != nil || strings.HasPrefix(why, "-") {
		a.say(a.about, warn, "callback %s was not tried: %s", to, why)
		return
	}
	select {
	case <-came:
		a.say(a.about, ok, "reaches the callback %s", to)
		return
	case <-ctx.Done():
	}
	a.say(a.about, red, "does not reach the callback %s: calls would be answered and hung up at once; set callback, open that port for it", to)
}

// greet takes one connection of a FreeSWITCH and tells of it; the leg ends with the connection.
func greet(l net.Listener, came chan<- struct{}) {
	conn, err := l.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprint(conn, "connect\n\n")
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		came <- struct{}{}
	}
}

// ringBack looks for the dialplan of callback_dids, and whether it knows the secret that Curlew asks for.
func (a pbxAsk) ringBack(ctx context.Context) {
	if len(a.pbx.CallbackDIDs) == 0 {
		return
	}
	plan, answered := a.ask(ctx, "xml_locate dialplan")
	if !answered {
		return
	}
	if strings.HasPrefix(plan, "-") {
		a.say(a.about, warn, "does not say whether its dialplan has the callback_dids")
		return
	}
	for _, did := range a.pbx.CallbackDIDs {
		if !strings.Contains(plan, "curlew_callback") || !strings.Contains(plan, strings.TrimPrefix(did, "+")) {
			a.say(a.about, red, "has no dialplan for %s: patients who ring back do not reach Curlew; curlew config freeswitch renders it, then reloadxml", did)
			return
		}
	}
	if secret, answered := a.ask(ctx, "global_getvar curlew_callback_secret"); !answered || secret != a.pbx.CallbackSecret {
		a.say(a.about, red, "its variable curlew_callback_secret is not the config's callback_secret: Curlew refuses patients who ring back; see merge/vars.xml of freeswitch-conf")
		return
	}
	a.say(a.about, ok, "has the dialplan of %d callback_dids, and its secret", len(a.pbx.CallbackDIDs))
}

// cdr looks where the switch posts its call detail records, and as whom.
func (a pbxAsk) cdr(ctx context.Context) {
	if !a.pbx.CDRHook {
		return
	}
	conf, answered := a.ask(ctx, "xml_locate configuration configuration name json_cdr.conf")
	switch {
	case !answered:
	case !strings.Contains(conf, "<configuration"):
		a.say(a.about, warn, "does not say where mod_json_cdr posts its records")
	case !strings.Contains(conf, "/webhooks/freeswitch/cdr") || !strings.Contains(conf, `"`+a.pbx.Name+":"):
		a.say(a.about, red, "mod_json_cdr does not post its records to Curlew as %s: see merge/json_cdr.conf.xml of freeswitch-conf", a.pbx.Name)
	case !strings.Contains(conf, `"queue-capacity"`):
		a.say(a.about, warn, "keeps the session of each ended call until its record is posted: set queue-capacity as in merge/json_cdr.conf.xml of freeswitch-conf")
	default:
		a.say(a.about, ok, "posts its call detail records to Curlew")
	}
}
