package freeswitch

import "syscall"

// orphanless ends FreeSWITCH with the process that started it.
func orphanless() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
