package freeswitch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/esl"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// trunk is a gateway of the hospital's switch that ends at a port of somebody else's.
type trunk struct {
	name   string
	port   int
	pinged bool // FreeSWITCH asks every five seconds, its shortest, whether it is there
}

// trunks puts gateways into a running switch.
func trunks(t *testing.T, sw *freeswitch.Switch, all ...trunk) {
	t.Helper()
	for _, g := range all {
		ping := ""
		if g.pinged {
			ping = `<param name="ping" value="5"/><param name="ping-max" value="1"/><param name="ping-min" value="1"/>`
		}
		body := fmt.Sprintf(`<gateway name="%s"><param name="proxy" value="127.0.0.1:%d"/><param name="username" value="curlew"/>
<param name="password" value="unused"/><param name="register" value="false"/><param name="caller-id-in-from" value="true"/>%s</gateway>`, g.name, g.port, ping)
		if err := os.WriteFile(filepath.Join(sw.Path("conf"), "gateways", g.name+".xml"), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ask(t, sw, "reloadxml")
	ask(t, sw, "sofia profile caller rescan")
	for _, g := range all {
		waitFor(t, "gateway "+g.name, func() bool { return strings.Contains(ask(t, sw, "sofia xmlstatus gateway "+g.name), "<state>") })
	}
}

// ask has the switch carry out a command and returns what it printed.
func ask(t *testing.T, sw *freeswitch.Switch, command string) string {
	t.Helper()
	out, err := sw.API(t.Context(), command)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return out
}

// channel is one leg as the switch tells of it, by its own clock.
type channel struct {
	inbound bool
	gateway string
	created time.Time
	over    time.Time
}

// registrar writes down when the channels of a switch came and went.
type registrar struct {
	mu   sync.Mutex
	all  map[string]*channel
	live int // of those that the switch dialled
	most int
}

func register(t *testing.T, sw *freeswitch.Switch) *registrar {
	t.Helper()
	r := &registrar{all: map[string]*channel{}}
	up := make(chan struct{}, 1)
	c := esl.NewClient(esl.ClientOptions{Addr: sw.Addr, Password: sw.Password(), Events: []string{"CHANNEL_CREATE", "CHANNEL_HANGUP_COMPLETE"},
		OnEvent: r.see, OnUp: func(esl.Up) { up <- struct{}{} }, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var run sync.WaitGroup
	run.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Errorf("registrar: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); run.Wait() })
	select {
	case <-up:
	case <-time.After(patience):
		t.Fatal("the registrar has no link")
	}
	return r
}

func (r *registrar) see(e *esl.Event) {
	us, err := strconv.ParseInt(e.Get("Event-Date-Timestamp"), 10, 64)
	if err != nil {
		return
	}
	at := time.UnixMicro(us)
	r.mu.Lock()
	defer r.mu.Unlock()
	id := e.Get("Unique-ID")
	c := r.all[id]
	switch {
	case e.Name() == "CHANNEL_CREATE":
		c = &channel{inbound: e.Get("Call-Direction") == "inbound", gateway: e.Get("variable_sip_gateway_name"), created: at}
		if r.all[id] = c; !c.inbound {
			r.live++
			r.most = max(r.most, r.live)
		}
	case e.Name() == "CHANNEL_HANGUP_COMPLETE" && c != nil && c.over.IsZero():
		if c.over = at; !c.inbound {
			r.live--
		}
	}
}

// dialled is when the switch dialled through the gateway ("": any), the first first.
func (r *registrar) dialled(gateway string) (at []time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.all {
		if !c.inbound && (gateway == "" || c.gateway == gateway) {
			at = append(at, c.created)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}

// peak is the most calls that were dialled at once since it was last asked, and how many there are.
func (r *registrar) peak() (most, live int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	most, r.most = r.most, r.live
	return most, r.live
}

// atOnce is the most calls through the gateway ("": any) that were up at one moment, by the switch's clock.
func (r *registrar) atOnce(gateway string) (most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ours := func(c *channel) bool { return !c.inbound && (gateway == "" || c.gateway == gateway) }
	for _, begun := range r.all {
		n := 0
		for _, c := range r.all {
			if ours(begun) && ours(c) && !c.created.After(begun.created) && (c.over.IsZero() || c.over.After(begun.created)) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// pbxNow is what the REST interface says of the PBX.
type pbxNow struct {
	LinkUp   bool                     `json:"link_up"`
	Sessions int                      `json:"sessions"`
	Own      int                      `json:"own_sessions"`
	InUse    int                      `json:"in_use"`
	Pace     outreach.Pace            `json:"pace"`
	Gateways []outreach.GatewayStatus `json:"gateways"`
}

func (n pbxNow) breaker(gateway string) outreach.GatewayHealth {
	for _, g := range n.Gateways {
		if g.Name == gateway && g.Breaker != nil {
			return *g.Breaker
		}
	}
	return outreach.GatewayHealth{}
}

// pbx is asked by REST.
func (w *ringers) pbx(t *testing.T) (n pbxNow) {
	t.Helper()
	w.rest(t, http.MethodGet, "/pbxs/main/status", nil, &n)
	return n
}

// rest speaks to the first node's REST interface.
func (w *ringers) rest(t *testing.T, method, path string, body, into any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.Nodes[0].URL+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil || res.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %v %s %s", method, path, err, res.Status, answer)
	}
}
