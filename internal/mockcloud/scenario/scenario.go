// Package scenario reads what a server starts with: accounts with their people,
// service accounts, roles, workspaces and teams, written down in YAML. Reading is
// strict. Everything that is wrong is reported at once, with its line.
//
// Ids are made from names (RFC 9562, version 5), so that the same scenario gives
// the same ids on every start and after every reset.
package scenario

import (
	_ "embed"
	"time"
)

//go:embed default.yaml
var defaultYAML []byte

// Scenario is a checked scenario. Parse and Default give one; Seed applies it.
type Scenario struct {
	accounts []account
	users    []person
	idp      provider
}

// document is a scenario as it is written down.
type document struct {
	Accounts []account `yaml:"accounts"`
	// Users are people whether they belong to an account or not. Those who do not
	// can be invited.
	Users []person `yaml:"users"`
	IdP   provider `yaml:"idp"`
}

type account struct {
	ID                 string `yaml:"id"`
	Handle             string `yaml:"handle"`
	Name               string `yaml:"name"`
	profile            `yaml:",inline"`
	Plan               string           `yaml:"plan"`
	Features           []string         `yaml:"features"`
	RateLimitPerMinute *int             `yaml:"rate_limit_per_minute"`
	RateLimitWindow    *time.Duration   `yaml:"rate_limit_window"`
	Domains            []string         `yaml:"domains"`
	Users              []user           `yaml:"users"`
	ServiceAccounts    []serviceAccount `yaml:"service_accounts"`
	CustomRoles        []customRole     `yaml:"custom_roles"`
	Workspaces         []workspace      `yaml:"workspaces"`
	Teams              []team           `yaml:"teams"`
	Directories        []directory      `yaml:"directories"`
	Generate           *generate        `yaml:"generate"`
}

// person is a user, whatever accounts they belong to.
type person struct {
	Email     string `yaml:"email"`
	FirstName string `yaml:"first_name"`
	LastName  string `yaml:"last_name"`
	APIKey    string `yaml:"api_key"`
}

// user is a member of an account.
type user struct {
	person     `yaml:",inline"`
	Role       string `yaml:"role"`
	Workspaces access `yaml:"workspaces"`
}

type serviceAccount struct {
	Name       string `yaml:"name"`
	Role       string `yaml:"role"`
	APIKey     string `yaml:"api_key"`
	Workspaces access `yaml:"workspaces"`
}

type customRole struct {
	Name        string   `yaml:"name"`
	Permissions []string `yaml:"permissions"`
}

type workspace struct {
	Handle string `yaml:"handle"`
	Name   string `yaml:"name"`
}

type generate struct {
	Members int    `yaml:"members"`
	Domain  string `yaml:"domain"`
	Role    string `yaml:"role"`
}

// Defaults of what a scenario may leave out.
const (
	defaultPlan   = "enterprise"
	defaultWindow = time.Minute
	defaultRole   = "Member"
)

// Default returns the ready-made scenario: one account, acme, with two Owners, an
// Admin, three Members and the service account terraform.
func Default() *Scenario {
	s, err := Parse("default.yaml", defaultYAML)
	if err != nil {
		panic("the ready-made scenario is broken: " + err.Error()) // a test parses it
	}
	return s
}
