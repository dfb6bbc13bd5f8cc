// Package freeswitch runs a real FreeSWITCH on loopback for tests and benchmarks: with its own
// configuration, ports and directories, no sound card, and no word to any other address.
//
// Two sofia profiles stand for the hospital's side ("caller", with the gateways trunk1, trunk2, dead
// and down) and the network's side ("callee1" and "callee2", where the trunks end), with real SIP and
// RTP between them. The callee's dialplan holds the simulated patients of sim/freeswitch as far as a
// telephone can play them: they hear no questions, so their keys come at fixed times after the answer.
// The number chooses: the last two digits what the patient does, the area code what it is asked.
//
// Find says whether there is a FreeSWITCH at all. The package knows nothing of Curlew's calls.
package freeswitch
