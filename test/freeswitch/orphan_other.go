//go:build !linux

package freeswitch

import "syscall"

func orphanless() *syscall.SysProcAttr { return nil }
