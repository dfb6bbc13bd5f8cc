package channels

import (
	"maps"
	"slices"
	"strings"

	"curlew/channels/links"
	"curlew/outreach"
)

// Preview renders a message step of the case as its recipient will see it. Its link is as long as a real one and leads
// nowhere. What Compose would refuse is the preview's Problem.
func Preview(snap *outreach.Snapshot, c outreach.Case, step outreach.Step, actions []outreach.KeyAction) outreach.PreviewMessage {
	out := outreach.PreviewMessage{Channel: step.Channel, Language: language(snap, c), Buttons: []string{}, PageButtons: []string{}}
	link := ""
	if len(actions) > 0 {
		link = links.URL(snap.Document.Facility.PublicBaseURL, links.Example)
	}
	m, err := Compose(snap, c, step, link, "")
	if err != nil {
		out.Problem = err.Error()
		return out
	}
	out.From, out.Subject, out.Text, out.HTML, out.Template, out.Variables = m.From, m.Subject, m.Text, m.HTML, m.ContentSID, m.Variables
	if m.ContentSID != "" {
		out.Text = approved(*step.Template, m)
	}
	if step.Channel == outreach.SMS {
		n := outreach.CountSegments(m.Text)
		out.Segments, out.Units, out.Encoding = n.Count, n.Units, n.Encoding()
	}
	if e := m.Calendar; e != nil {
		out.Calendar = &outreach.PreviewEntry{Start: e.Start, Summary: e.Summary, Cancel: e.Cancel}
	}
	labels := make([]string, len(actions))
	for i, a := range actions {
		labels[i] = a.LabelIn(m.Language)
	}
	if m.Buttons {
		out.Buttons = labels
	}
	shown := slices.AppendSeq([]string{out.Text, out.HTML}, maps.Values(m.Variables))
	if link != "" && slices.ContainsFunc(shown, func(s string) bool { return strings.Contains(s, link) }) {
		out.LinkText, out.PageButtons = link, labels
	}
	return out
}

// approved is what a template says as far as it is known here: its text with the variables put in, "" without one.
func approved(t outreach.Template, m outreach.Message) string {
	text, _ := t.Text.In(m.Language)
	pairs := make([]string, 0, 2*len(m.Variables))
	for name, value := range m.Variables {
		pairs = append(pairs, "{{"+name+"}}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
