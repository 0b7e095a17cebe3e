package main

import (
	"maps"
	"testing"
)

// TestLogLevels: what Terraform would drop is not logged, and what somebody asked for is.
func TestLogLevels(t *testing.T) {
	t.Parallel()
	all := func(level string) map[string]string {
		levels := map[string]string{}
		for _, name := range logVariables {
			levels[name] = level
		}
		return levels
	}
	framework := all("OFF")
	delete(framework, "TF_LOG_SDK_FRAMEWORK")
	for name, test := range map[string]struct{ env, want map[string]string }{
		"nothing is asked for":       {nil, all("OFF")},
		"only the core's":            {map[string]string{"TF_LOG_CORE": "TRACE"}, all("OFF")},
		"everything":                 {map[string]string{"TF_LOG": "trace"}, nil},
		"everything, as JSON":        {map[string]string{"TF_LOG": "JSON"}, nil},
		"what is no level":           {map[string]string{"TF_LOG": "1"}, nil},
		"warnings":                   {map[string]string{"TF_LOG": "warn"}, all("WARN")},
		"the provider's":             {map[string]string{"TF_LOG": "ERROR", "TF_LOG_PROVIDER": "DEBUG"}, all("DEBUG")},
		"off for providers":          {map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "off"}, all("OFF")},
		"one of the provider's":      {map[string]string{"TF_LOG_SDK_FRAMEWORK": "TRACE"}, framework},
		"that one, and all warnings": {map[string]string{"TF_LOG_SDK_FRAMEWORK": "TRACE", "TF_LOG": "OFF"}, framework},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := logLevels(func(name string) string { return test.env[name] }); !maps.Equal(got, test.want) {
				t.Errorf("the levels are %v, want %v", got, test.want)
			}
		})
	}
}
