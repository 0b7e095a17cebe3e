//go:build unix

package acctest

import (
	"errors"
	"syscall"
)

// ownGroup has a process begin a group of its own, which its children are in.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// signalGroup signals a process that began a group, and its children. That they are gone is no error.
func signalGroup(pid int, s syscall.Signal) error {
	if err := syscall.Kill(-pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
