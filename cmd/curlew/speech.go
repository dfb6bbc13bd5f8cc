package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"curlew/prompts"
)

// speechFlags choose who speaks the prompts that are texts. They stand on the command line, not in the configuration: who may
// change prompts over HTTP shall not choose programs to run here.
type speechFlags struct {
	SpeechCommand string            `name:"speech-command" help:"Program that speaks instead of espeak-ng: text by stdin, WAV by stdout or into {output}; {voice} and {language} are replaced."`
	SpeechURL     string            `name:"speech-url" help:"Service that speaks: text, language and voice by POST as JSON, a WAV back. CURLEW_SPEECH_AUTHORIZATION is sent as Authorization."`
	SpeechVoice   map[string]string `name:"speech-voice" help:"Voice of a language, such as en=amy;ar=kareem. A program or service speaks only languages that have one."`
}

// speaker is the engine that was chosen. Without any flag it is espeak-ng.
func (f speechFlags) speaker(ctx context.Context, getenv func(string) (string, bool)) (prompts.Speaker, error) {
	argv := strings.Fields(f.SpeechCommand)
	switch {
	case len(argv) > 0 && f.SpeechURL != "":
		return nil, errors.New("--speech-command and --speech-url: choose one")
	case (len(argv) > 0 || f.SpeechURL != "") && len(f.SpeechVoice) == 0:
		return nil, errors.New("name a voice for each language with --speech-voice, such as en=amy;ar=kareem")
	case len(argv) > 0:
		return prompts.Command{Argv: argv, Voices: f.SpeechVoice}, nil
	case f.SpeechURL != "":
		engine := prompts.HTTP{URL: f.SpeechURL, Header: http.Header{}, Voices: f.SpeechVoice}
		if v, set := getenv("CURLEW_SPEECH_AUTHORIZATION"); set {
			engine.Header.Set("Authorization", v)
		}
		return engine, nil
	}
	return prompts.NewEspeak(ctx, prompts.EspeakOptions{Voices: f.SpeechVoice})
}

// named says in a word who speaks.
func (f speechFlags) named() string {
	switch {
	case f.SpeechCommand != "":
		return strings.Fields(f.SpeechCommand + " ?")[0]
	case f.SpeechURL != "":
		return "the speech service"
	}
	return "espeak-ng"
}
