package simulatebench

import (
	"fmt"
	"time"

	"curlew/outreach"
)

// claim writes an attempt ahead, by the node whose turn it is.
func (s *sim) claim(e *entry, a outreach.Attempt) *outreach.Attempt {
	s.claims++
	s.Claims.add(s.now)
	s.Rows += 3 // attempt, transaction, log
	a.ID, a.Transaction, a.Step, a.Try, a.Channel = attemptID(s.claims), e.t.ID, e.t.Step, e.t.Tries+1, e.t.Channel
	a.RecipientKey, a.State, a.ClaimedAt, a.Token = e.t.RecipientID, outreach.AttemptClaimed, s.now, e.t.Token+1
	a.Owner = fmt.Sprintf("node-%02d", s.claims%s.o.Nodes+1)
	if a.Channel == outreach.IVR {
		s.waited(s.now.Sub(e.ready))
	}
	e.ready = time.Time{}
	e.t.State, e.t.Reason, e.t.Ready, e.t.Token, e.t.NextAt = outreach.InProgress, "", false, a.Token, time.Time{}
	e.version++
	e.attempts = append(e.attempts, a)
	if a.Channel == outreach.IVR {
		s.calls[a.Address] = append(s.calls[a.Address], outreach.PastCall{Live: true, Claimed: s.now})
		s.checkLegs(a.Address)
	}
	s.contacts[a.RecipientKey] = append(s.contacts[a.RecipientKey], outreach.PastContact{Live: true, Claimed: s.now})
	return &e.attempts[len(e.attempts)-1]
}

func (s *sim) checkLegs(number string) {
	live := 0
	for _, v := range s.calls[number] {
		if v.Live {
			live++
		}
	}
	if live > 1 {
		s.Doubled++
	}
}

// remember brings what claims will look at up to date.
func (s *sim) remember(a *outreach.Attempt) {
	live := a.State.HoldsLine() || a.State == outreach.AttemptSending
	if a.Channel == outreach.IVR {
		past := s.calls[a.Address]
		for i := range past {
			if past[i].Claimed.Equal(a.ClaimedAt) {
				past[i] = outreach.PastCall{Live: live, Counted: a.Counted, Claimed: a.ClaimedAt, Started: a.StartedAt, Ended: a.EndedAt}
			}
		}
	}
	if held := s.waiting[a.RecipientKey]; !live && len(held) > 0 {
		delete(s.waiting, a.RecipientKey)
		for _, e := range held {
			s.at(s.now, func() { s.takeBack(e) })
		}
	}
	past := s.contacts[a.RecipientKey]
	for i := range past {
		if past[i].Claimed.Equal(a.ClaimedAt) {
			past[i] = outreach.PastContact{Live: live, Contact: a.Contact, Claimed: a.ClaimedAt, Started: a.StartedAt, Answered: a.AnsweredAt}
		}
	}
}

// dial is a call from its claim to its end.
func (s *sim) dial(e *entry, to outreach.Candidate) {
	a := s.claim(e, outreach.Attempt{PBX: to.PBX.Name, Gateway: to.Gateway.Name, Address: e.t.Phone})
	id, owner := a.ID, a.Owner
	v := s.states[to.PBX.Name]
	s.observe(v, to.Gateway.Name, map[string]float64{"": to.Pace.Rate, to.Gateway.Name: to.Gateway.CallsPerSecond})
	s.up(owner, 1)
	s.apply(e, outreach.OnDialing(s.caseOf(e), id, "", s.now))
	o := s.draw()
	r := outreach.CallResult{Attempt: id, Token: a.Token, Sent: true, Accepted: true, Created: true, Progress: o.progress, Cause: o.cause, SIPStatus: o.sip}
	if o.progress {
		r.ProgressAt = s.now.Add(2 * time.Second)
	}
	s.after(o.ring, func() {
		if !o.answered {
			s.hungUp(e, owner, r)
			return
		}
		r.Answered, r.AnsweredAt, r.Machine = true, s.now, o.machine
		s.apply(e, outreach.OnAnswered(s.caseOf(e), id, s.now))
		if o.key {
			s.after(o.talk*3/4, func() { s.answer(e, id, outreach.IVR, "key") })
		}
		s.after(o.talk, func() {
			if r.Heard, r.Completed = 1, !o.machine; o.key {
				r.Digits = "1"
			}
			s.hungUp(e, owner, r)
		})
	})
}

func (s *sim) hungUp(e *entry, owner string, r outreach.CallResult) {
	s.up(owner, -1)
	s.Calls++
	r.EndedAt = s.now
	s.apply(e, outreach.OnCallEnd(s.snap, s.caseOf(e), r, s.now))
}

// freed gives the line back, and lets those who wait for it look again.
func (s *sim) freed(a *outreach.Attempt) {
	s.lines[a.PBX].Use(a.Gateway, -1)
	s.BusySeconds += s.now.Sub(a.ClaimedAt).Seconds()
	s.wake(laneOfPBX(s.states[a.PBX].at), s.now)
}

func (s *sim) answer(e *entry, id outreach.AttemptID, ch outreach.Channel, via string) {
	change, accepted := outreach.OnResponse(s.snap, s.caseOf(e), outreach.Response{Attempt: id, Action: outreach.Confirm, Channel: ch, Via: via}, s.now)
	if accepted {
		s.Answers[ch]++
	}
	s.apply(e, change)
}

// send is a message: accepted, delivered, and in one case of three answered.
func (s *sim) send(e *entry) {
	a := s.claim(e, outreach.Attempt{Address: e.t.Phone})
	id, token := a.ID, a.Token
	s.Messages++
	s.apply(e, outreach.OnDialing(s.caseOf(e), id, "", s.now))
	s.after(300*time.Millisecond, func() {
		s.apply(e, outreach.OnReceipt(s.snap, s.caseOf(e), outreach.Receipt{Attempt: id, Token: token, ProviderID: string(id), Disposition: outreach.Accepted, At: s.now}, s.now))
	})
	s.after(4*time.Second, func() {
		s.apply(e, outreach.OnDelivery(s.snap, s.caseOf(e), id, outreach.Delivered, "", string(id), s.now))
	})
	if s.rand.IntN(3) == 0 {
		s.after(time.Minute+time.Duration(s.rand.IntN(1800))*time.Second, func() { s.answer(e, id, outreach.SMS, "link") })
	}
}
