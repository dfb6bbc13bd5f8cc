package main

import (
	"context"

	"curlew/outreach"
	"curlew/prompts"
)

// arrived looks for the recording of a call that a PBX put to us: here, or in the log, where other nodes say what came to them.
func (a *app) arrived(ctx context.Context, id outreach.AttemptID) bool {
	if f, err := a.library.Answer(id); err == nil {
		return f.Close() == nil
	}
	node, err := a.recordedAt(ctx, id)
	if err != nil {
		a.log.Error("look for a recording", "attempt_id", id, "err", err)
	}
	return node != ""
}

// recordedAt is the node to which the recording of a call came, "" if none did.
func (a *app) recordedAt(ctx context.Context, id outreach.AttemptID) (node string, err error) {
	page, err := a.store.Logs(ctx, outreach.LogFilter{Attempt: id, Kind: outreach.RecordingArrived, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return "", err
	}
	node, _ = page.Items[0].Data["node"].(string)
	return node, nil
}

// listened tells the demo what calls say.
type listened struct {
	*prompts.Library
	heard   func(outreach.Script)
	nearest func(outreach.PBX) outreach.PBX
}

// At has PBXs that fetch audio fetch it from this node.
func (l listened) At(s outreach.Script, pbx outreach.PBX) outreach.Script {
	return l.Library.At(s, l.nearest(pbx))
}

// nearest is the PBX with our own address in its audio_url's place: what we speak is in our directory.
func (a *app) nearest(p outreach.PBX) outreach.PBX {
	if p.AudioURL != "" && a.audioAt != "" {
		p.AudioURL = a.audioAt
	}
	return p
}

func (l listened) Script(ctx context.Context, s *outreach.Snapshot, c outreach.Case, step outreach.Step) (outreach.Script, error) {
	script, err := l.Library.Script(ctx, s, c, step)
	if err == nil && l.heard != nil {
		l.heard(script)
	}
	return script, err
}

func (l listened) RingBack(ctx context.Context, s *outreach.Snapshot, lang string) (outreach.Script, error) {
	script, err := l.Library.RingBack(ctx, s, lang)
	if err == nil && l.heard != nil {
		l.heard(script)
	}
	return script, err
}

// Forget keeps what the demo's page may still play; its directory goes as a whole.
func (l listened) Forget(id outreach.TransactionID) error {
	if l.heard != nil {
		return nil
	}
	return l.Library.Forget(id)
}
