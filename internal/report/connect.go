package report

import (
	"errors"
	"fmt"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

// retries are fewer than the provider's: a report is not worth a long wait.
const retries = 3

// Connect makes a client by the provider's own rules, or says why there is none. what is asked, as the beginning of a
// sentence.
func Connect(command, version, what string, s Streams) (api *client.Client, found settings.Settings, why string) {
	found, problems := settings.Resolve(settings.Arguments{}, s.Getenv)
	var reasons []string
	for _, p := range problems {
		if p.Warning {
			_, _ = fmt.Fprintf(s.Err, "%s: %s: %s\n", command, p.Summary, Printable(p.Detail)) // there is nowhere else to say it
			continue
		}
		reasons = append(reasons, unasked(command, what, p))
	}
	if reasons != nil {
		return nil, found, strings.Join(reasons, "; ")
	}
	config := found.Config
	config.MaxRetries = retries
	config.Progress = s.Progress
	config.UserAgent = settings.UserAgent("terraform-provider-prefectsso/"+version+" "+command, s.Getenv)
	api, err := client.New(config)
	if err != nil {
		return nil, found, what + " cannot be asked: " + Printable(err.Error())
	}
	return api, found, ""
}

// unasked returns why nothing is asked. Where the provider would take plain http if told to, a command has nothing to
// tell it by.
func unasked(command, what string, p settings.Problem) string {
	var endpoint *client.EndpointError
	switch {
	case errors.As(p.Err, &endpoint) && endpoint.PlainHTTP:
		return settings.EnvEndpoint + " is an http:// address of another machine, and " + command + " sends no key unencrypted"
	case p.Argument == settings.ArgAPIKey:
		return settings.EnvAPIKey + " is not set, and no profile has a key"
	}
	return what + " cannot be asked: " + Printable(p.Detail)
}
