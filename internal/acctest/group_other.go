//go:build !unix

package acctest

import (
	"errors"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

// signalGroup has no groups of processes here: the tests that end Terraform in the middle run elsewhere.
func signalGroup(int, syscall.Signal) error { return errors.ErrUnsupported }
