package prompts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// HTTP speaks through a service: it POSTs {"text", "language", "voice"} as JSON to URL and takes a WAV back. The texts
// hold names and appointments, so the service must be one that may see them. Redirects are refused.
type HTTP struct {
	URL    string
	Header http.Header       // such as Authorization
	Voices map[string]string // language → voice; a language without one is ErrNoVoice
	Client *http.Client      // default: one with a timeout
}

// Voice names the service and the voice of a language.
func (h HTTP) Voice(language string) string { return h.URL + " " + h.Voices[language] }

// Speak asks the service once; trying again is the caller's.
func (h HTTP) Speak(ctx context.Context, text, language string) ([]byte, error) {
	voice := h.Voices[language]
	if voice == "" {
		return nil, fmt.Errorf("speech service: %w", ErrNoVoice)
	}
	body, err := json.Marshal(map[string]string{"text": text, "language": language, "voice": voice})
	if err != nil {
		return nil, fmt.Errorf("speech service: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, speakTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("speech service: %w", err)
	}
	for name, values := range h.Header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "audio/wav")
	return h.fetch(req)
}

func (h HTTP) fetch(req *http.Request) ([]byte, error) {
	client := http.Client{Timeout: speakTime + time.Second}
	if h.Client != nil {
		client = *h.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("speech service: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("speech service: it answered %s", resp.Status)
	}
	wav, err := io.ReadAll(io.LimitReader(resp.Body, maxSpeech+1))
	if err != nil {
		return nil, fmt.Errorf("speech service: %w", err)
	}
	if len(wav) > maxSpeech {
		return nil, fmt.Errorf("speech service: %w", errTooMuch)
	}
	return wav, nil
}
