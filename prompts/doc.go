// Package prompts turns a step's sequence of prompts into what FreeSWITCH plays: recorded files, or the speech of
// rendered texts, in every language of the call. It also says dates, times, numbers and money in words, checks and
// stores uploaded audio, and stitches a whole call into one file for listening.
//
// It alone touches sound files. It refuses to know calls, lines, retries, SQL and HTTP routes; it never decides
// whether somebody may be called, and never logs a text.
//
// Files under Options.Dir (the folder that a PBX sees as its audio_dir):
//
//	recorded/SHA256.wav              what was uploaded; never overwritten, so every version stays
//	speech/KEY.wav                   speech that names nobody, shared by all calls
//	personal/TRANSACTION/KEY.wav     speech about one patient, deleted by Forget
package prompts
