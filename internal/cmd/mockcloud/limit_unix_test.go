//go:build unix

package main

import (
	"os/signal"
	"strconv"
	"syscall"
)

// limitVariable is how many bytes long a child's files may be.
const limitVariable = "MOCKCLOUD_TEST_FILE_LIMIT"

const canLimitFileSize = true

// limitFileSize makes writes past a size fail, as they do on a full disk.
func limitFileSize(bytes string) error {
	if bytes == "" {
		return nil
	}
	n, err := strconv.ParseUint(bytes, 10, 63)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ) // then writes give an error instead
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = n
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}
