package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	idpVariable       = "MOCKCLOUD_IDP_URL"
	scimTokenVariable = "MOCKCLOUD_SCIM_TOKEN" // the name of a variable, not a secret

	scimSecretVariable = "MOCKCLOUD_SCIM_CLIENT_SECRET" // the same
)

const idpUsage = `mockcloud idp steers the test identity provider of a running server ("mockcloud serve --idp").

Usage:
  mockcloud idp join EMAIL [flags]        a new person; flags: --first-name, --last-name, --title,
                                          --department, --group (may be given several times)
  mockcloud idp leave EMAIL               they can no longer log in, and the endpoint is notified
  mockcloud idp return EMAIL              a person who left comes back
  mockcloud idp group-add GROUP EMAIL…    add people to a group, which is created if it does not exist
  mockcloud idp group-remove GROUP EMAIL  remove a person from it
  mockcloud idp connect --endpoint URL    push all people to a SCIM endpoint from now on; --style is okta,
                                          okta-put or entra; the token is in MOCKCLOUD_SCIM_TOKEN or on
                                          standard input; with --client-id, that OAuth client's secret is
                                          in MOCKCLOUD_SCIM_CLIENT_SECRET or on standard input instead
  mockcloud idp resync                    compare everything, and repair what differs
  mockcloud idp status                    show the progress of pushing

Flags of all of them:
  --idp-url URL   where the provider is (or MOCKCLOUD_IDP_URL; default http://` + defaultIdPListen + `)
  --json          print the provider's answer as it is
`

// idpCommand is one of the commands.
type idpCommand struct {
	// arguments are the names of those that have to be there; one that ends in …
	// may be there several times.
	arguments string
	// flags adds flags of its own.
	flags func(*flag.FlagSet, *idpCall)
	// call returns what to ask of the provider.
	call func(*idpCall) error
}

// idpCall is a command on its way.
type idpCall struct {
	args   []string
	getenv func(string) string
	stdin  io.Reader

	person                    idpPerson
	endpoint, style, clientID string

	method, path string
	body         any
	// done is what is true once the provider took it, delivered or not.
	done string
}

type idpPerson struct {
	Email      string   `json:"email"`
	FirstName  string   `json:"first_name,omitempty"`
	LastName   string   `json:"last_name,omitempty"`
	Title      string   `json:"title,omitempty"`
	Department string   `json:"department,omitempty"`
	Groups     []string `json:"groups,omitempty"`
}

func idpCommands() map[string]idpCommand {
	type email struct {
		Email string `json:"email"`
	}
	return map[string]idpCommand{
		"join": {"EMAIL", joinFlags, func(c *idpCall) error {
			c.person.Email = c.args[0]
			c.ask("POST", "/directory/people", c.person, c.args[0]+" has joined")
			return nil
		}},
		"leave": {"EMAIL", nil, func(c *idpCall) error {
			c.ask("POST", "/directory/leave", email{c.args[0]}, c.args[0]+" has left, and cannot log in any more")
			return nil
		}},
		"return": {"EMAIL", nil, func(c *idpCall) error {
			c.ask("POST", "/directory/return", email{c.args[0]}, c.args[0]+" is back")
			return nil
		}},
		"group-add": {"GROUP EMAIL…", nil, func(c *idpCall) error {
			c.ask("POST", "/directory/groups/"+url.PathEscape(c.args[0])+"/members", map[string][]string{"members": c.args[1:]},
				c.args[0]+" has "+strings.Join(c.args[1:], ", "))
			return nil
		}},
		"group-remove": {"GROUP EMAIL", nil, func(c *idpCall) error {
			c.ask("DELETE", "/directory/groups/"+url.PathEscape(c.args[0])+"/members/"+url.PathEscape(c.args[1]), nil,
				c.args[0]+" has no more "+c.args[1])
			return nil
		}},
		"connect": {"", connectFlags, connectIdP},
		"resync": {"", nil, func(c *idpCall) error {
			c.ask("POST", "/directory/resync", nil, "Everything is compared")
			return nil
		}},
		"status": {"", nil, func(c *idpCall) error {
			c.ask("GET", "/directory/push", nil, "")
			return nil
		}},
	}
}

func joinFlags(set *flag.FlagSet, c *idpCall) {
	set.StringVar(&c.person.FirstName, "first-name", "", "")
	set.StringVar(&c.person.LastName, "last-name", "", "")
	set.StringVar(&c.person.Title, "title", "", "")
	set.StringVar(&c.person.Department, "department", "", "")
	set.Func("group", "", func(name string) error {
		c.person.Groups = append(c.person.Groups, name)
		return nil
	})
}

func connectFlags(set *flag.FlagSet, c *idpCall) {
	set.StringVar(&c.endpoint, "endpoint", "", "")
	set.StringVar(&c.style, "style", "okta", "")
	set.StringVar(&c.clientID, "client-id", "", "")
}

func connectIdP(c *idpCall) error {
	if c.endpoint == "" {
		return &usageError{"connect needs --endpoint, the SCIM endpoint's URL"}
	}
	target := map[string]string{"endpoint": c.endpoint, "style": c.style}
	what, variable, field := "token", scimTokenVariable, "token"
	if c.clientID != "" {
		what, variable, field = "client's secret", scimSecretVariable, "client_secret"
		target["client_id"] = c.clientID
	}
	var err error
	if target[field], err = c.secret(what, variable); err != nil {
		return err
	}
	c.ask("PUT", "/directory/target", target, "The directory pushes to "+c.endpoint)
	return nil
}

// secret is never an argument: others on the machine can read those.
func (c *idpCall) secret(what, variable string) (string, error) {
	if secret := c.getenv(variable); secret != "" {
		return secret, nil
	}
	if file, ok := c.stdin.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return "", &usageError{"connect needs the " + what + ", in " + variable + " or through a pipe: a terminal would show it"}
		}
	}
	line, err := bufio.NewReader(io.LimitReader(c.stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("the %s cannot be read: %w", what, err)
	}
	if line = strings.TrimSpace(line); line == "" {
		return "", &usageError{"connect needs the " + what + ", in " + variable + " or on standard input"}
	}
	return line, nil
}

func (c *idpCall) ask(method, path string, body any, done string) {
	c.method, c.path, c.body, c.done = method, path, body, done
}

// steerIdP is "mockcloud idp".
func steerIdP(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout io.Writer) error {
	name := "help"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	command, known := idpCommands()[name]
	switch {
	case name == "help" || name == "-h" || name == "--help":
		say(stdout, "%s", idpUsage)
		return nil
	case !known:
		return &usageError{fmt.Sprintf("there is no command %q; see mockcloud idp help", "idp "+name)}
	}
	c := &idpCall{getenv: getenv, stdin: stdin}
	base, asJSON := getenv(idpVariable), false
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&base, "idp-url", base, "")
	set.BoolVar(&asJSON, "json", false, "")
	if command.flags != nil {
		command.flags(set, c)
	}
	// Flags may stand before the arguments, behind them and between them.
	for rest := args; ; {
		if err := set.Parse(rest); errors.Is(err, flag.ErrHelp) {
			say(stdout, "%s", idpUsage)
			return nil
		} else if err != nil {
			return &usageError{err.Error() + "; see mockcloud idp help"}
		}
		if set.NArg() == 0 {
			break
		}
		c.args, rest = append(c.args, set.Arg(0)), set.Args()[1:]
	}
	wanted := len(strings.Fields(command.arguments))
	if len(c.args) < wanted || len(c.args) > wanted && !strings.HasSuffix(command.arguments, "…") {
		return &usageError{strings.TrimSpace("it is mockcloud idp "+name+" "+command.arguments) + "; see mockcloud idp help"}
	}
	if err := command.call(c); err != nil {
		return err
	}
	if base == "" {
		base = "http://" + defaultIdPListen
	}
	answer, err := c.send(ctx, base)
	if err != nil {
		return err
	}
	if asJSON {
		say(stdout, "%s\n", bytes.TrimSpace(answer.raw))
	}
	if answer.Error != "" || answer.Detail != "" {
		return answer.failure(c)
	}
	if !asJSON {
		say(stdout, "%s\n", answer.line(c))
	}
	return nil
}

// idpAnswer is what the provider says, to a change or to a question for the
// state of the push.
type idpAnswer struct {
	raw []byte

	State       string     `json:"state"`
	DeliveredMS *float64   `json:"delivered_ms"`
	Error       string     `json:"error"`
	Detail      string     `json:"detail"`
	Endpoint    string     `json:"endpoint"`
	Style       string     `json:"style"`
	Pending     int        `json:"pending"`
	Failed      int        `json:"failed"`
	LastSuccess *time.Time `json:"last_success"`
	LastError   *struct {
		What    string `json:"what"`
		Message string `json:"message"`
	} `json:"last_error"`
}

// failure is an error that says whether the change was made.
func (a idpAnswer) failure(c *idpCall) error {
	if a.Error != "" {
		return fmt.Errorf("%s, but that could not be delivered: %s", c.done, a.Error)
	}
	return errors.New(a.Detail)
}

// line is the answer for people.
func (a idpAnswer) line(c *idpCall) string {
	if c.done != "" {
		if a.DeliveredMS == nil {
			return c.done + ". The directory is not connected, so the change was not pushed (mockcloud idp connect)."
		}
		return fmt.Sprintf("%s. Delivered after %.1f ms.", c.done, *a.DeliveredMS)
	}
	if a.Endpoint == "" {
		return "The directory is not connected (mockcloud idp connect)."
	}
	out := fmt.Sprintf("%s in the style of %s: %s, %d to deliver, %d given up", a.Endpoint, a.Style, a.State, a.Pending, a.Failed)
	if a.LastSuccess != nil && a.DeliveredMS != nil {
		out += fmt.Sprintf("; last delivered %s, after %.1f ms", a.LastSuccess.Format(time.RFC3339), *a.DeliveredMS)
	}
	if a.LastError != nil {
		out += fmt.Sprintf("; last error: %s: %s", a.LastError.What, a.LastError.Message)
	}
	return out
}

// send asks the provider, and waits until a change is delivered.
func (c *idpCall) send(ctx context.Context, base string) (idpAnswer, error) {
	var none idpAnswer
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return none, &usageError{fmt.Sprintf("--idp-url takes a URL such as http://%s, not %q", defaultIdPListen, base)}
	}
	address := strings.TrimSuffix(base, "/") + c.path
	var body io.Reader
	if c.method != http.MethodGet {
		address += "?wait=true"
	}
	if c.body != nil {
		encoded, err := json.Marshal(c.body)
		if err != nil {
			return none, err
		}
		body = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, c.method, address, body)
	if err != nil {
		return none, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	// A client of its own leaves no connection behind.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return none, ctx.Err()
		}
		return none, fmt.Errorf("nothing listens at %s: start it with \"mockcloud serve --idp\", or say with --idp-url or %s where it is (%w)", base, idpVariable, err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	answer := none
	answer.raw, err = io.ReadAll(response.Body)
	if err != nil {
		return none, fmt.Errorf("the answer could not be read: %w", err)
	}
	if err := json.Unmarshal(answer.raw, &answer); err != nil || answer.State == "" {
		return none, fmt.Errorf("what listens at %s answers %d, and not as a test identity provider does", base, response.StatusCode)
	}
	return answer, nil
}
