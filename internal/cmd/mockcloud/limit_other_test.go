//go:build !unix

package main

const (
	limitVariable    = ""
	canLimitFileSize = false
)

func limitFileSize(string) error { return nil }
