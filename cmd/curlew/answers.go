package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"curlew/channels"
	"curlew/channels/links"
	"curlew/clock"
	"curlew/httpapi"
	"curlew/outreach"
	"curlew/scheduler"
	"curlew/store"
)

// answers is httpapi's way to what patients answer by link or message: the store finds the
// transaction, channels reads the words, the scheduler applies the answer.
type answers struct {
	store  *storeHandle
	sched  *scheduler.Scheduler
	router *channels.Router
	clock  clock.Clock
	log    *slog.Logger
}

// Link returns what a token stands for, or outreach.ErrNotFound.
func (a *answers) Link(ctx context.Context, token string) (outreach.LinkView, error) {
	hash, ok := links.Hash(token)
	if !ok {
		return outreach.LinkView{}, outreach.ErrNotFound
	}
	row, err := a.store.Link(ctx, hash)
	if err != nil {
		return outreach.LinkView{}, err
	}
	c, err := a.store.Case(ctx, row.Transaction)
	if err != nil {
		return outreach.LinkView{}, err
	}
	superseded, err := a.store.Superseded(ctx, c.Transaction)
	return outreach.LinkView{Link: row, Case: c, Superseded: superseded}, err
}

// Opened logs link_opened.
func (a *answers) Opened(ctx context.Context, v outreach.LinkView) {
	now := a.clock.Now()
	_, err := a.store.Decide(ctx, v.Link.Transaction, now, func(outreach.Case) (outreach.Change, error) {
		return outreach.Change{Logs: []outreach.LogEntry{{Transaction: v.Link.Transaction, Attempt: v.Link.Attempt, At: now, Kind: "link_opened"}}}, nil
	})
	if err != nil {
		a.log.Warn("log an opened link", "transaction_id", v.Link.Transaction, "err", err)
	}
}

// Answer applies an answer by link.
func (a *answers) Answer(ctx context.Context, v outreach.LinkView, action outreach.Action, value string) (outreach.AnswerReceipt, error) {
	channel := v.Case.Transaction.Channel
	if at, ok := v.Case.Attempt(v.Link.Attempt); ok {
		channel = at.Channel
	}
	r := outreach.Response{Attempt: v.Link.Attempt, Action: action, Channel: channel, Via: "link", Value: value, At: a.clock.Now(), Late: v.Superseded}
	accepted, err := a.sched.Response(ctx, v.Link.Transaction, r)
	return outreach.AnswerReceipt{Accepted: accepted, Response: r}, err
}

// Inbound takes a verified message of a patient: by the button's message, its opaque payload, or the
// newest open message to that number. A stop word counts without any of them. reply is what the patient is
// told. The same message again changes nothing: a STOP of yesterday must not undo today's START.
func (a *answers) Inbound(ctx context.Context, form url.Values) (reply string, err error) {
	tw, ok := a.router.Twilio()
	if !ok {
		return "", httpapi.ErrUnavailable
	}
	in, err := tw.ParseInbound(form)
	if err != nil {
		return "", outreach.Problems{{Detail: "this is no inbound message of Twilio's"}}
	}
	now := a.clock.Now()
	seen, err := a.store.CallbackSeen(ctx, in.MessageSID, "inbound")
	if err != nil {
		return "", err
	}
	if !seen.IsZero() {
		a.log.Warn("an inbound message came again", "message_sid", in.MessageSID)
		return "", replayed(seen, now)
	}
	if _, err := a.store.Heard(ctx, in.Channel, in.From, store.HeardMessage, now, 0); err != nil {
		return "", err
	}
	word, lang, err := a.take(ctx, in)
	if err != nil {
		return "", fmt.Errorf("inbound message: %w", err)
	}
	if _, err := a.store.CallbackFirst(ctx, in.MessageSID, "inbound", now); err != nil {
		return "", err
	}
	return a.reply(ctx, in, word, lang), nil
}

// repeats is how long a provider may repeat a callback that it thinks was lost.
const repeats = 10 * time.Minute

// replayed is httpapi.ErrReplayed for what came first long ago: its provider has given up repeating it.
func replayed(first, now time.Time) error {
	if now.Sub(first) > repeats {
		return httpapi.ErrReplayed
	}
	return nil
}

// take applies what the patient said; lang is the patient's, where it is known who wrote.
func (a *answers) take(ctx context.Context, in channels.Inbound) (said channels.Reply, lang string, err error) {
	attempt, err := a.repliedTo(ctx, in)
	if errors.Is(err, outreach.ErrNotFound) {
		said = in.Reply(nil)
		return said, "", a.stranger(ctx, in, said)
	}
	if err != nil {
		return said, "", err
	}
	c, err := a.store.Case(ctx, attempt.Transaction)
	if err != nil {
		return said, "", err
	}
	via := "word"
	if in.Payload != "" {
		via = "button"
	}
	said, lang = in.Reply(outreach.ActionsOf(c.Configuration, attempt.Step)), c.Transaction.Language
	r := outreach.Response{Attempt: attempt.ID, Channel: in.Channel, Via: via, Digits: said.Digit, Value: said.Value}
	switch said.Kind {
	case channels.ReplyStop:
		r.Action = outreach.OptOut
	case channels.ReplyAnswer:
		r.Action = said.Action
	case channels.ReplyStart:
		return said, lang, a.optIn(ctx, in)
	case channels.ReplyHelp:
		return said, lang, a.note(ctx, c.Transaction.ID, attempt.ID, "help_asked")
	default:
		return said, lang, a.note(ctx, c.Transaction.ID, attempt.ID, "reply_not_understood")
	}
	if r.Late, err = a.store.Superseded(ctx, c.Transaction); err != nil { // it answers a question that holds no more
		return said, lang, err
	}
	_, err = a.sched.Response(ctx, attempt.Transaction, r)
	return said, lang, err
}

// One number is told the same at most so often: what answers our answer may be a machine.
var replyEvery = map[channels.ReplyKind]time.Duration{
	channels.ReplyHelp: 10 * time.Minute, channels.ReplyStop: time.Minute, channels.ReplyStart: time.Minute,
}

func (a *answers) reply(ctx context.Context, in channels.Inbound, said channels.Reply, lang string) string {
	text := in.Answer(said, a.sched.Catalogue.Current(), lang)
	if text == "" {
		return ""
	}
	due, err := a.store.Heard(ctx, in.Channel, in.From, string(said.Kind), a.clock.Now(), replyEvery[said.Kind])
	if err != nil {
		a.log.Warn("limit replies", "message_sid", in.MessageSID, "err", err)
	}
	if !due || err != nil {
		return ""
	}
	a.log.Info("replied", "message_sid", in.MessageSID, "kind", said.Kind)
	return text
}

func (a *answers) repliedTo(ctx context.Context, in channels.Inbound) (outreach.Attempt, error) {
	if in.RepliedTo != "" {
		if at, err := a.store.AttemptByProvider(ctx, in.RepliedTo); !errors.Is(err, outreach.ErrNotFound) {
			return at, err
		}
	}
	if token := in.Token(); token != "" {
		if at, err := a.store.AttemptByStatusToken(ctx, links.HashText(token)); !errors.Is(err, outreach.ErrNotFound) {
			return at, err
		}
	}
	return a.store.NewestOpenMessage(ctx, in.Channel, in.From)
}

// stranger is a number without any open message: only a stop or start word means something.
func (a *answers) stranger(ctx context.Context, in channels.Inbound, said channels.Reply) error {
	a.log.Info("message from a number with nothing open", "message_sid", in.MessageSID)
	switch said.Kind {
	case channels.ReplyStop:
		return a.store.AddOptOut(ctx, outreach.OptOutRow{Address: in.From, Via: "word", At: a.clock.Now()})
	case channels.ReplyStart:
		return a.optIn(ctx, in)
	}
	return nil
}

func (a *answers) optIn(ctx context.Context, in channels.Inbound) error {
	n, err := a.store.OptIn(ctx, in.From)
	if err != nil {
		return fmt.Errorf("opt in: %w", err)
	}
	a.log.Info("opted in again by word", "message_sid", in.MessageSID, "opt_outs", n)
	return nil
}

func (a *answers) note(ctx context.Context, id outreach.TransactionID, attempt outreach.AttemptID, kind string) error {
	now := a.clock.Now()
	_, err := a.store.Decide(ctx, id, now, func(outreach.Case) (outreach.Change, error) {
		return outreach.Change{Logs: []outreach.LogEntry{{Transaction: id, Attempt: attempt, At: now, Kind: kind}}}, nil
	})
	return err
}

// Delivery takes a verified status callback. Reports come twice and out of order: what is older than
// what is known changes nothing.
func (a *answers) Delivery(ctx context.Context, query, form url.Values) error {
	tw, ok := a.router.Twilio()
	if !ok {
		return httpapi.ErrUnavailable
	}
	st, err := tw.ParseStatus(query, form)
	if err != nil {
		return outreach.Problems{{Detail: "this is no status callback of Twilio's"}}
	}
	now := a.clock.Now()
	first, err := a.store.CallbackFirst(ctx, st.MessageSID, form.Get("MessageStatus")+"/"+form.Get("ErrorCode"), now)
	if err == nil {
		err = replayed(first, now)
	}
	if err != nil {
		return err
	}
	attempt, err := a.store.AttemptByProvider(ctx, st.MessageSID)
	if errors.Is(err, outreach.ErrNotFound) && st.Token != "" {
		attempt, err = a.store.AttemptByStatusToken(ctx, links.HashText(st.Token))
	}
	if errors.Is(err, outreach.ErrNotFound) {
		a.log.Warn("report on a message that is not ours", "message_sid", st.MessageSID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("delivery report: %w", err)
	}
	return a.sched.Delivery(ctx, attempt, st.Disposition, st.Code, st.MessageSID)
}
