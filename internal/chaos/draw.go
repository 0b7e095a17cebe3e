package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// drawer draws a case.
type drawer struct {
	*rand.Rand
	published bool
	domains   []Resource // of which others may be
	allNames  []any      // where one resource has all domains
	free      []string   // people whom no resource is about yet
	count     map[string]int
	config    []Resource
	cbd       bool
	// gentle is a case in which no create fails half-way. Then it would be tainted, and where its name has to be unique
	// and it is created before it is destroyed, only a person gets on.
	gentle bool
}

// Draw draws a case.
func Draw(seed uint64) *Case {
	d := &drawer{Rand: rand.New(rand.NewPCG(seed, 14)), count: map[string]int{}}
	d.published = d.chance(20)
	d.cbd = d.chance(30)
	c := &Case{Seed: seed, Published: d.published, AtOnce: pickOne(d, 1, 10), RateLimit: pickOne(d, 0, 0, 0, 200)}
	d.free = slices.DeleteFunc(slices.Clone(people), func(p string) bool { return p == "barbara@acme.com" })
	d.Shuffle(len(d.free), func(i, k int) { d.free[i], d.free[k] = d.free[k], d.free[i] })
	d.resources()
	if before := forced(d.config); slices.ContainsFunc(d.config, func(r Resource) bool { return hasUniqueName[r.Type] && before[r.Address()] }) {
		d.gentle, c.RateLimit = true, 0
	}
	first := d.stage(d.config)
	c.Stages = []Stage{first}
	if d.chance(75) {
		c.Stages = append(c.Stages, d.stage(d.changed()))
	}
	for range d.IntN(2) {
		c.Ending = append(c.Ending, d.fault())
	}
	return c
}

// DrawWith draws the first case from a seed on that is, or is not, under create_before_destroy, with Terraform's
// -parallelism. Its faults are such that none takes long to wait for.
func DrawWith(seed uint64, before bool, atOnce int) *Case {
	for ; ; seed++ {
		c := Draw(seed)
		if slices.ContainsFunc(c.Stages[0].Config, func(r Resource) bool { return r.CreateBeforeDestroy }) != before {
			continue
		}
		c.AtOnce, c.RateLimit = atOnce, 0
		for i := range c.Stages {
			impatient(c.Stages[i].Faults)
		}
		impatient(c.Ending)
		return c
	}
}

func impatient(faults []Fault) {
	for i := range faults {
		faults[i].Latency, faults[i].RetryAfter = min(faults[i].Latency, 300), min(faults[i].RetryAfter, 1)
	}
}

func (d *drawer) chance(percent int) bool { return d.IntN(100) < percent }

func pickOne[T any](d *drawer, from ...T) T { return from[d.IntN(len(from))] }

// add adds a resource with the next name of its type.
func (d *drawer) add(typ string, attrs Attrs, dependsOn ...string) Resource {
	d.count[typ]++
	r := Resource{Type: typ, Name: fmt.Sprintf("r%d", d.count[typ]), Attrs: attrs, DependsOn: dependsOn}
	r.CreateBeforeDestroy = d.cbd && d.chance(40)
	d.config = append(d.config, r)
	return r
}

func (d *drawer) resources() {
	d.drawDomains()
	if d.published {
		if d.chance(70) {
			d.add("identity_provider", Attrs{"name": "Corp", "connection_type": "GenericOIDC", "domains": []any{"acme.com"}, "oidc": Attrs{"issuer": "https://idp.example", "client_id": "prefect"}})
		}
		if d.chance(70) {
			d.add("scim_directory", Attrs{"name": "Probed", "type": "okta scim v2.0"})
		}
	} else {
		for i := range d.IntN(3) {
			d.drawConnection(i)
		}
		for i := range d.IntN(3) {
			d.drawDirectory(i)
		}
		if d.chance(15) {
			d.add("scim_probe", Attrs{"scim_endpoint": urlMark + "/scim/v2.0/" + probedEndpoint, "token_wo": probedToken, "email_domain": "acme.com", "fail_on_unhealthy": false, "triggers": Attrs{"round": "1"}})
		}
	}
	d.drawRoles()
	d.drawTeamRoles()
	if d.chance(40) {
		d.add("session_policy", Attrs{"auth_expiration_seconds": 3600 * (1 + d.IntN(24))})
	}
	if d.chance(30) {
		d.add("setup_link", Attrs{"kind": pickOne(d, "sso", "directory_sync"), "triggers": Attrs{"round": "1"}})
	}
	if len(d.config) == 0 {
		d.add("session_policy", Attrs{"auth_expiration_seconds": 60})
	}
}

// urlMark stands for the server's address in a configuration.
const urlMark = "%URL%"

func (d *drawer) drawDomains() {
	if d.chance(25) {
		d.allNames = []any{"acme.com", "others.example", "d1.example"}
		if d.chance(50) {
			d.allNames = append(d.allNames, "d2.example")
		}
		d.domains = []Resource{d.add("domains", Attrs{"names": slices.Clone(d.allNames)})}
		return
	}
	for i := range d.IntN(4) {
		d.domains = append(d.domains, d.add("domain", Attrs{"name": fmt.Sprintf("d%d.example", i+1)}))
	}
}

// domain returns the i-th domain of the configuration as an argument, and what to depend on for it; nil for none.
func (d *drawer) domain(i int) (any, []string) {
	switch {
	case d.allNames != nil && i+2 < len(d.allNames):
		return d.allNames[i+2], []string{d.domains[0].Address()}
	case d.allNames == nil && i < len(d.domains):
		return Ref{d.domains[i].Address(), "name"}, nil
	}
	return nil, nil
}

func (d *drawer) drawConnection(i int) {
	domain, after := d.domain(i)
	if domain == nil {
		return
	}
	attrs := Attrs{"name": fmt.Sprintf("Connection %d", i), "domains": []any{domain}, "activation": pickOne(d, "none", "none", "immediate")}
	if d.chance(60) {
		attrs["connection_type"] = pickOne(d, "GenericOIDC", "OktaOIDC")
		attrs["oidc"] = Attrs{"issuer": fmt.Sprintf("https://idp%d.example", i), "client_id": "prefect", "client_secret_wo": fmt.Sprintf("client-secret-%d", i), "client_secret_wo_version": 1}
	} else {
		attrs["connection_type"] = "GenericSAML"
		attrs["saml"] = Attrs{"entity_id": fmt.Sprintf("https://idp%d.example/entity", i), "sso_url": fmt.Sprintf("https://idp%d.example/sso", i), "certificates": []any{certificate()}}
	}
	d.add("identity_provider", attrs, after...)
}

func (d *drawer) drawDirectory(i int) {
	attrs := Attrs{"name": fmt.Sprintf("Directory %d", i), "type": pickOne(d, "okta scim v2.0", "azure scim v2.0", "generic scim v2.0")}
	if d.chance(40) {
		attrs["default_role"] = pickOne(d, "Admin", "Auditor", "Member")
	}
	if d.chance(40) {
		attrs["deprovision_action"] = pickOne(d, "deactivate", "delete")
	}
	if d.chance(30) {
		attrs["enabled"] = d.chance(50)
	}
	var after []string
	if d.chance(50) {
		domains := []any{"acme.com"}
		if domain, on := d.domain(d.IntN(2)); domain != nil {
			domains, after = append(domains, domain), on
		}
		attrs["allowed_domains"] = domains
	}
	directory := Ref{d.add("scim_directory", attrs, after...).Address(), "id"}
	if d.chance(60) {
		d.add("scim_token", Attrs{"directory_id": directory, "name": fmt.Sprintf("token-%d", i), "token_wo": secret("token", i, 1), "token_wo_version": 1, "overlap": "1h"})
	}
	if d.chance(40) {
		d.add("scim_client", Attrs{"directory_id": directory, "name": fmt.Sprintf("client-%d", i), "secret_wo": secret("client", i, 1), "secret_wo_version": 1, "overlap": "1h"})
	}
	for k := range d.IntN(3) {
		match := Attrs{"group_name": fmt.Sprintf("Group %d", k)}
		if d.chance(30) {
			match = Attrs{"attribute": "title", "equals": fmt.Sprintf("Title %d", k)}
		}
		d.add("group_role_mapping", Attrs{"directory_id": directory, "match": match, "role": pickOne(d, "Admin", "Auditor", "Member"), "priority": 10 * (k + 1)})
	}
}

// secret returns a secret that no other version has.
func secret(kind string, i, version int) string {
	return fmt.Sprintf("%s-%d-version-%d-0123456789abcdef-0123456789", kind, i, version)
}

// person takes somebody whom no resource is about.
func (d *drawer) person() (string, bool) {
	if len(d.free) == 0 {
		return "", false
	}
	p := d.free[0]
	d.free = d.free[1:]
	return p, true
}

func (d *drawer) role() string { return pickOne(d, "Admin", "Auditor", "Member", "Owner") }

func (d *drawer) drawRoles() {
	for range d.IntN(3) {
		if p, ok := d.person(); ok {
			attrs := Attrs{"email": p, "role": d.role()}
			if d.chance(50) {
				attrs["on_destroy"] = "reset"
			}
			d.add("member_role", attrs)
		}
	}
	if d.chance(40) {
		roles := Attrs{}
		for range 1 + d.IntN(2) {
			if p, ok := d.person(); ok {
				roles[p] = d.role()
			}
		}
		if len(roles) > 0 {
			d.add("member_roles", Attrs{"roles": roles})
		}
	}
	if d.chance(35) {
		var members []any
		if d.chance(50) {
			members = append(members, "barbara@acme.com")
		}
		if p, ok := d.person(); ok && (len(members) == 0 || d.chance(50)) {
			members = append(members, p)
		}
		if len(members) > 0 {
			d.add("role_members", Attrs{"role": "Inspector", "members": members})
		}
	}
}

func (d *drawer) drawTeamRoles() {
	n := d.IntN(3)
	for i := range n {
		team := Attrs{"name": []string{"Crew", "Ops"}[i]}
		first := d.add("team_workspace_role", Attrs{"team": team, "workspace": "production", "role": pickOne(d, "Viewer", "Runner", "Developer")})
		if d.chance(40) {
			d.add("team_workspace_role", Attrs{"team": Attrs{"id": Ref{first.Address(), "team_id"}}, "workspace": "staging", "role": pickOne(d, "Viewer", "Developer")})
		}
	}
}

// changed returns a second configuration.
func (d *drawer) changed() []Resource {
	config := make([]Resource, len(d.config))
	for i, r := range d.config {
		r.Attrs = copyOf(r.Attrs)
		config[i] = r
	}
	for range 1 + d.IntN(4) {
		if len(config) == 0 {
			break
		}
		i := d.IntN(len(config))
		switch d.IntN(5) {
		case 0:
			if config[i].Type != "domains" { // it takes domains away that others serve
				config = Stage{Config: config}.without(config[i].Address()).Config
			}
		case 1:
			if config[i].Type != "domains" && (!hasUniqueName[config[i].Type] || !forced(config)[config[i].Address()]) {
				rename(config, i) // the new one is there only once the old one is gone
				if r := config[i].Type; r == "scim_token" || r == "scim_client" {
					d.alter(&config[i]) // a secret cannot go from one to the other
				}
			}
		default:
			d.alter(&config[i])
		}
	}
	return config
}

// rename gives a resource another name, everywhere.
func rename(config []Resource, i int) {
	old := config[i].Address()
	config[i].Name += "x"
	for k := range config {
		moved, _ := resolved(config[k].Attrs, func(ref Ref) any {
			if ref.Address == old {
				ref.Address = config[i].Address()
			}
			return ref
		}).(Attrs) // of the same type
		config[k].Attrs = moved
		config[k].DependsOn = slices.Clone(config[k].DependsOn)
		for n, on := range config[k].DependsOn {
			if on == old {
				config[k].DependsOn[n] = config[i].Address()
			}
		}
	}
}

// alter changes an argument of a resource.
func (d *drawer) alter(r *Resource) {
	a := r.Attrs
	switch r.Type {
	case "domain":
		a["name"] = "new-" + text(a["name"])
	case "identity_provider":
		oidc, ok := a["oidc"].(Attrs)
		switch {
		case d.published:
		case ok && d.chance(50):
			oidc["client_secret_wo_version"], oidc["client_secret_wo"] = 2, "another-client-secret"
		case d.chance(50):
			a["activation"] = pickOne(d, "none", "immediate")
		default:
			a["name"] = text(a["name"]) + " (new)"
		}
	case "scim_directory":
		switch {
		case d.published:
		case d.chance(30):
			a["name"] = text(a["name"]) + " (new)"
		case d.chance(30):
			a["enabled"] = d.chance(50)
		default:
			a["default_role"] = pickOne(d, "Admin", "Auditor", "Member")
		}
	case "scim_token":
		a["token_wo"], a["token_wo_version"] = text(a["token_wo"])+"-next", 2
	case "scim_client":
		a["secret_wo"], a["secret_wo_version"] = text(a["secret_wo"])+"-next", 2
	case "group_role_mapping":
		if d.chance(50) {
			a["priority"] = 5 + d.IntN(50)
		} else {
			a["role"] = pickOne(d, "Admin", "Auditor", "Member")
		}
	case "team_workspace_role":
		a["role"] = pickOne(d, "Viewer", "Runner", "Developer")
	case "member_role":
		if p, ok := d.person(); ok && d.chance(40) {
			a["email"] = p
		} else {
			a["role"] = d.role()
		}
	case "member_roles":
		if roles, ok := a["roles"].(Attrs); ok {
			for p := range roles {
				roles[p] = "Auditor"
			}
		}
	case "session_policy":
		a["auth_expiration_seconds"] = 60 * (1 + d.IntN(60))
	case "scim_probe", "setup_link":
		a["triggers"] = Attrs{"round": "2"}
	}
}

// stage draws what goes wrong while a configuration is applied.
func (d *drawer) stage(config []Resource) Stage {
	s := Stage{Config: config, Walks: 1 + d.IntN(2)}
	for range 1 + d.IntN(5) {
		s.Faults = append(s.Faults, d.fault())
	}
	for range d.IntN(3) {
		s.Events = append(s.Events, d.event(config))
	}
	return s
}

const inAccount = "/api/accounts/{account_id}"

// reads and writes are what faults are for.
var (
	reads = []string{
		"GET *", "GET /domains", "POST /account_memberships/filter", "POST /teams/filter", "POST /account_roles/filter", "GET /sso/integrations",
		"GET /sso/connections*", "GET /sso/directories*", "GET /sso/directories/{id}*",
	}
	writes = []string{
		"* *", "PATCH *", "DELETE *", "PATCH /domains", "PATCH ", "PATCH /account_memberships*", "* /workspaces*",
		"* /sso*", "POST /sso*", "DELETE /sso*", "POST /sso/connections", "* /sso/connections*", "POST /sso/connections/{id}/activate",
		"POST /sso/directories", "PATCH /sso/directories*", "POST /sso/directories/{id}/tokens", "POST /sso/directories/{id}/clients*",
		"POST /sso/directories/{id}/group_role_mappings", "PATCH /sso/directories/{id}/group_role_mappings/{mapping_id}",
	}
)

// route draws what a fault is for.
func (d *drawer) route() (method, route string) {
	from := reads
	if d.chance(75) {
		from = writes
	}
	method, route, _ = strings.Cut(pickOne(d, from...), " ")
	if d.published && strings.HasPrefix(route, "/sso/") {
		route = "/sso/integrations*"
		method = "*"
	}
	if route == "*" {
		return method, route
	}
	return method, inAccount + route
}

// fault draws a fault. The client tries seven times.
func (d *drawer) fault() Fault {
	f := Fault{Times: pickOne(d, 1, 2, 3, 8, 15, 30), Moment: pickOne(d, BeforePlan, BeforeApply, BeforeApply)}
	f.Method, f.Route = d.route()
	switch d.IntN(6) {
	case 0:
		f.Latency = pickOne(d, 50, 2_000, 29_000, 40_000) // an attempt has 30 s
	case 1:
		f.Drop, f.AfterWrite = true, d.chance(60)
	case 2:
		f.Truncate = true
	case 3, 4:
		f.Status, f.AfterWrite = pickOne(d, 500, 502, 503, 504), d.chance(60)
	case 5:
		f.Status, f.RetryAfter = 429, pickOne(d, 0, 1, 20, 150)
	}
	if d.gentle {
		f.Times, f.Latency = min(f.Times, 2), min(f.Latency, 29_000)
		if f.Status == 500 {
			f.Status = 503
		}
	}
	return f
}

// hasUniqueName are types of which no two are alike: one cannot be made before the other is gone.
var hasUniqueName = map[string]bool{"identity_provider": true, "scim_directory": true, "scim_client": true, "scim_token": true, "group_role_mapping": true}

// event draws something that happens behind Terraform's back.
func (d *drawer) event(config []Resource) Event {
	e := Event{Moment: pickOne(d, BeforePlan, BeforeApply, DuringApply), After: d.IntN(40)}
	if len(config) > 0 && d.chance(65) {
		r := pickOne(d, config...)
		e.Address = r.Address()
		e.Deed = pickOne(d, Delete, Delete, Alter, Alter, Taint, Replace)
		if e.Deed == Taint || e.Deed == Replace {
			e.Moment = BeforePlan
			if r.Type == "domains" || d.published && hasUniqueName[r.Type] || hasUniqueName[r.Type] && forced(config)[e.Address] {
				e.Deed = Alter
			}
		}
		return e
	}
	e.Deed = pickOne(d, Promote, Enable, Make, Drop)
	switch e.Deed {
	case Promote:
		e.Subject, e.Value = "donald@acme.com", pickOne(d, "Admin", "Auditor", "Member", "Inspector")
	case Enable:
		e.Subject = "colleague.example"
	case Make:
		e.Subject = pickOne(d, "directory", "mapping", "token")
		if d.published { // a colleague has no API for it either
			e.Deed, e.Subject = Enable, "colleague.example"
		}
	case Drop:
		e.Subject = pickOne(d, "mapping", "domain")
	}
	return e
}
