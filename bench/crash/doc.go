// Package crashbench kills curlew serve with SIGKILL at random points, in the middle of calls, and then
// asks everybody else whether the promise was kept: the switch's own account of every originate and end,
// the mailboxes, the HIMS, and the database.
//
// The promise: no accepted event is forgotten, no patient is dialled twice, no PBX carries more calls
// than its cap. The package looks at the program from outside only; the checks (check_*.go) are pure
// functions of what was recorded.
package crashbench
