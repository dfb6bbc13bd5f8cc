// Package esl speaks FreeSWITCH's event socket (mod_event_socket): Client is the inbound link that
// we keep to every PBX, Server takes the outbound connections that the socket application opens.
//
// A frame is bounded, an event is indexed when it arrives and a header decoded only when it is asked
// for, replies are matched to commands in order, and no argument may carry a line break. A peer that
// breaks the protocol costs its connection and nothing else.
//
// The package knows commands, replies and events. It refuses to know of patients, prompts, causes,
// originate strings or databases. Sources: mod_event_socket.c, switch_event.c, and the recordings in
// testdata, made with FreeSWITCH 1.10.12.
package esl
