package main

import (
	"os"
	"strings"
)

// Terraform takes every line that a provider logs, and drops those below the level that TF_LOG_PROVIDER or TF_LOG asks
// for: all of them where neither is set. Of a plan of hundreds of resources a sixth of the time went into such lines.
// So the provider does not write what would be dropped.

// logVariables are those by which a level is set for the parts of a provider, of which each has lines of its own.
var logVariables = []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO", "TF_LOG_PROVIDER_PREFECTSSO"}

// logLevels returns the values of logVariables that follow from what Terraform keeps; those that are set stay.
func logLevels(getenv func(string) string) map[string]string {
	wanted := getenv("TF_LOG_PROVIDER")
	if wanted == "" {
		wanted = getenv("TF_LOG")
	}
	level := strings.ToUpper(wanted) //nolint:forbidigo // the name of a level
	switch level {
	case "":
		level = "OFF"
	case "DEBUG", "INFO", "WARN", "ERROR", "OFF":
	default: // TRACE, JSON, or what Terraform takes for one of them
		return nil
	}
	levels := map[string]string{}
	for _, name := range logVariables {
		if getenv(name) == "" {
			levels[name] = level
		}
	}
	return levels
}

// setLogLevels sets them for this process.
func setLogLevels() error {
	for name, level := range logLevels(os.Getenv) {
		if err := os.Setenv(name, level); err != nil {
			return err
		}
	}
	return nil
}
