// Package settings finds out which API to call as whom: from arguments, then the
// environment, then a profile of Prefect's command line, each setting on its own.
// The provider block and the commands of the provider's binary go through it, so
// that one environment means the same to all of them and to Prefect's own tools.
//
// settings.go puts the sources in order, profile.go reads the profiles file,
// headers.go the custom headers, authorities.go the certificates to trust. What is
// wrong comes back as a list of problems, all at once, none of which repeats a key
// or the value of a header.
package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// DefaultEndpoint is Prefect Cloud's account API.
const DefaultEndpoint = "https://api.prefect.cloud/api"

// The environment variables of Prefect's own tools and provider.
const (
	EnvEndpoint      = "PREFECT_API_URL"
	EnvAPIKey        = "PREFECT_API_KEY"
	EnvAccountID     = "PREFECT_CLOUD_ACCOUNT_ID"
	EnvProfile       = "PREFECT_PROFILE"
	EnvProfilesFile  = "PREFECT_PROFILES_PATH"
	EnvHome          = "PREFECT_HOME"
	EnvCustomHeaders = "PREFECT_CLIENT_CUSTOM_HEADERS"
	EnvCertificates  = "PREFECT_API_SSL_CERT_FILE"
)

// EnvLockoutProtection is the default of lockout_protection, for pipelines that only plan: the guards warn there, and the
// apply keeps them.
const EnvLockoutProtection = "PREFECTSSO_LOCKOUT_PROTECTION"

// The arguments of the provider block that this package knows.
const (
	ArgEndpoint      = "endpoint"
	ArgAPIKey        = "api_key"
	ArgAccountID     = "account_id"
	ArgProfile       = "profile"
	ArgProfilesFile  = "profiles_file"
	ArgCustomHeaders = "custom_headers"

	ArgAllowInsecureHTTP = "allow_insecure_http"
)

// Arguments are what the configuration says. "" and nil mean that they did not.
type Arguments struct {
	Endpoint, APIKey, AccountID string
	Profile, ProfilesFile       string
	CustomHeaders               map[string]string
	AllowInsecureHTTP           bool
	// Unknown names the arguments whose value is not known yet. What depends on
	// them is neither settled nor judged.
	Unknown []string
}

// Settings are what they, the environment and a profile come to.
type Settings struct {
	// Config holds Endpoint, APIKey, CustomHeaders, AllowInsecureHTTP and RootCAs.
	Config client.Config
	// AccountID is "" where nothing names an account.
	AccountID string
	// AccountUnknown says that what is not known yet may still name it.
	AccountUnknown bool
}

// Problem is one thing that is wrong.
type Problem struct {
	Argument string // whose setting it is, "" where it is none's
	Warning  bool   // it does not stand in the way
	Summary  string
	Detail   string
	Err      error // what it was made of, where there is more to know
}

// resolver is the work of one call of Resolve.
type resolver struct {
	args     Arguments
	getenv   func(string) string
	profile  profile
	problems []Problem
}

// Resolve puts the settings together. getenv reads the environment.
func Resolve(args Arguments, getenv func(string) string) (Settings, []Problem) {
	r := &resolver{args: args, getenv: getenv}
	r.profile = r.readProfile()
	var s Settings
	s.Config.AllowInsecureHTTP = args.AllowInsecureHTTP
	endpoint, from := r.endpoint()
	s.Config.Endpoint = endpoint.Base
	s.Config.APIKey = r.apiKey()
	s.AccountID, s.AccountUnknown = r.account(endpoint.AccountID, from)
	s.Config.CustomHeaders = r.customHeaders()
	s.Config.RootCAs = r.authorities()
	return s, r.problems
}

func (r *resolver) unknown(argument string) bool { return slices.Contains(r.args.Unknown, argument) }

// profileUnknown reports that it is not known yet which profile counts.
func (r *resolver) profileUnknown() bool { return r.unknown(ArgProfile) || r.unknown(ArgProfilesFile) }

func (r *resolver) fail(argument, summary, detail string) {
	r.problems = append(r.problems, Problem{Argument: argument, Summary: summary, Detail: detail})
}

// source is where a setting comes from.
type source int

const (
	nowhere source = iota
	argument
	environment
	fromProfile
)

// first returns the first of the three that says something.
func first(arg, env, profile string) (string, source) {
	switch {
	case arg != "":
		return arg, argument
	case env != "":
		return env, environment
	case profile != "":
		return profile, fromProfile
	}
	return "", nowhere
}

// name returns where a setting comes from, in a sentence.
func (r *resolver) name(from source, argument, variable string) string {
	switch from {
	case environment:
		return "the environment variable " + variable
	case fromProfile:
		return fmt.Sprintf("%s of the profile %q in %s", variable, r.profile.name, r.profile.file)
	}
	return "the argument `" + argument + "`"
}

// endpoint returns the zero one where it is not known yet, or wrong.
func (r *resolver) endpoint() (client.Endpoint, source) {
	if r.unknown(ArgEndpoint) {
		return client.Endpoint{}, nowhere
	}
	raw, from := first(r.args.Endpoint, r.getenv(EnvEndpoint), r.profile.endpoint)
	if from == nowhere {
		if r.profileUnknown() {
			return client.Endpoint{}, nowhere
		}
		raw = DefaultEndpoint
	}
	endpoint, err := client.ParseEndpoint(raw, r.args.AllowInsecureHTTP || r.unknown(ArgAllowInsecureHTTP))
	if err != nil {
		r.problems = append(r.problems, Problem{
			Argument: ArgEndpoint, Summary: "Invalid endpoint", Err: err,
			Detail: english.ErrorSentence(err) + " It comes from " + r.name(from, ArgEndpoint, EnvEndpoint) + "." + selfHostedProfile(err, from),
		})
	}
	return endpoint, from
}

// selfHostedProfile returns what else to do where the endpoint is that of a profile,
// which may be meant for another server.
func selfHostedProfile(err error, from source) string {
	var wrong *client.EndpointError
	if from != fromProfile || !errors.As(err, &wrong) {
		return ""
	}
	return " If that profile is for another server, name one for Prefect Cloud with `profile` or " + EnvProfile + ", or set `endpoint`."
}

func (r *resolver) apiKey() string {
	key, from := first(r.args.APIKey, r.getenv(EnvAPIKey), r.profile.apiKey)
	if r.unknown(ArgAPIKey) {
		return ""
	}
	if from == nowhere && !r.profileUnknown() && !r.profile.broken {
		r.fail(ArgAPIKey, "Missing API key", "Every request to Prefect Cloud needs an API key. Set the environment variable "+EnvAPIKey+" (it stays out of your files), log in with `prefect cloud login`, or set the argument `api_key` of the provider block."+r.profile.keyless())
	}
	return key
}

// account settles whose account it is: the argument, the environment variable, or
// the address of the API, in this order, as Prefect's own provider does. Two that
// are configured side by side must not differ, and neither must an address
// that is an argument and the environment: who gets into an account is no matter
// for a guess. A profile comes last and yields.
func (r *resolver) account(inURL string, urlFrom source) (id string, unknown bool) {
	if r.unknown(ArgAccountID) {
		return "", true
	}
	id, from := first(r.args.AccountID, r.getenv(EnvAccountID), "")
	switch {
	case from == nowhere && inURL != "":
		return inURL, false
	case from == nowhere:
		fromURL := r.unknown(ArgEndpoint) || r.profileUnknown() && r.args.Endpoint == "" && r.getenv(EnvEndpoint) == ""
		return "", fromURL
	case uuid.Validate(id) != nil:
		r.fail(ArgAccountID, "Invalid account id", fmt.Sprintf("%q is no UUID. The account id stands in the address of your account's settings page; it comes from %s.", id, r.name(from, ArgAccountID, EnvAccountID)))
		return id, false
	}
	differs := inURL != "" && !strings.EqualFold(id, inURL)
	if differs && (from == argument && urlFrom != fromProfile || urlFrom == argument) {
		r.fail(ArgAccountID, "Two different accounts", fmt.Sprintf("%s says %s, and the address of the API names the account %s: that is %s. Take one of them out, or let both name the same account; the address needs none, as in %s.",
			english.Capitalize(r.name(from, ArgAccountID, EnvAccountID)), id, inURL, r.name(urlFrom, ArgEndpoint, EnvEndpoint), DefaultEndpoint))
	}
	return id, false
}

// UserAgent adds to a User-Agent what TF_APPEND_USER_AGENT says, as providers do.
// Characters that a header cannot hold become spaces.
func UserAgent(own string, getenv func(string) string) string {
	added := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return ' '
		}
		return c
	}, getenv("TF_APPEND_USER_AGENT"))
	return strings.Join(append([]string{own}, strings.Fields(added)...), " ")
}
