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
	select {
	case <-came:
		a.say(a.about, ok, "reaches the callback %s", to)
		return
	case <-ctx.Done():
	}
	why := strings.TrimSpace(body)
	if err != nil {
		why = err.Error()
	}
	if err != nil || strings.HasPrefix(why, "-") {
		a.say(a.about, warn, "callback %s was not tried: %s", to, why)
		return
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
