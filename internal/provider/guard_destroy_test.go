package provider_test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Destroying everything says what really happens, once: the people of a directory stay, so nothing that a domain or a
// mapping would cost them as long as the directory is there is said.
func TestDestroyOfEverythingWarnsOnce(t *testing.T) {
	t.Parallel()
	const domain, directory, mapping, token = "prefectsso_domain", "prefectsso_scim_directory", "prefectsso_group_role_mapping", "prefectsso_scim_token"
	// What quickstart has, and its people arrived.
	build := func(t *testing.T) (srv *acctest.Server, made map[string]*tfprotov6.DynamicValue) {
		srv = acctest.Start(t, acctest.WithDirectory)
		made = map[string]*tfprotov6.DynamicValue{
			domain:    inProcess(t, srv).imported(t, domain, object{"name": "acme.com"}),
			directory: inProcess(t, srv).imported(t, directory, object{"id": srv.DirectoryID()}),
		}
		srv.AllowDomains("acme.com")
		for kind, config := range map[string]object{mapping: mappingOf("Staff", 1)(srv), token: tokenOf(nil)(srv)} {
			made[kind] = inProcess(t, srv).create(t, kind, config).NewState
		}
		srv.PushUser("owner@acme.com")
		srv.PushUser("second.owner@acme.com")
		srv.PushGroup("Staff", srv.PushUser("ada@acme.com"), srv.PushUser("grace@acme.com"))
		for kind, state := range made { // a plan begins with that
			made[kind] = inProcess(t, srv).read(t, kind, state, nil).NewState
		}
		return srv, made
	}
	keeps := warns("directory-deleted-keeps-people", "name")
	allowed := warns("domain-allowed-by-directory", "name")
	back := warns("earlier-roles-return", "match", "ada@acme.com", "grace@acme.com")
	lost := warns("people-lose-access", "name", "ada@acme.com", "grace@acme.com", "owner@acme.com") // the last Owner stays
	for name, test := range map[string]struct {
		order []string // of their plans
		want  []finding
	}{
		"everything":             {order: []string{token, mapping, directory, domain}, want: []finding{back}},
		"without the mapping":    {order: []string{token, directory, domain}, want: []finding{warns("earlier-roles-return", "name", "ada@acme.com", "grace@acme.com"), keeps}},
		"the directory alone":    {order: []string{directory}, want: []finding{warns("earlier-roles-return", "name", "ada@acme.com", "grace@acme.com"), keeps}},
		"the mapping alone":      {order: []string{mapping}, want: []finding{back}},
		"the domain by itself":   {order: []string{domain}, want: []finding{lost, allowed, warns("bypass-nobody-left", "name"), warns("earlier-roles-return", "name", "ada@acme.com", "grace@acme.com")}},
		"the domain comes first": {order: []string{domain, directory}, want: []finding{lost, allowed, warns("bypass-nobody-left", "name"), warns("earlier-roles-return", "name", "ada@acme.com", "grace@acme.com"), warns("earlier-roles-return", "name", "ada@acme.com", "grace@acme.com"), keeps}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, made := build(t)
			before := srv.Emails()
			p := inProcess(t, srv)
			var found []*tfprotov6.Diagnostic
			for _, kind := range test.order {
				plan, _ := p.change(t, kind, made[kind], nil)
				noErrors(t, plan.Diagnostics)
				found = append(found, plan.Diagnostics...)
			}
			wantFindings(t, found, test.want...)
			if name != "everything" {
				return
			}
			p = inProcess(t, srv) // the apply
			for _, kind := range test.order {
				null := p.null(t, p.resourceType(kind))
				done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: kind, PriorState: made[kind], PlannedState: null, Config: null})
				if err != nil {
					t.Fatal(err)
				}
				noErrors(t, done.Diagnostics)
				if len(done.Diagnostics) > 0 {
					t.Errorf("the end of %s says %q", kind, told(done.Diagnostics))
				}
			}
			if after := srv.Emails(); !slices.Equal(after, before) {
				t.Errorf("the members were %q, and are %q", before, after)
			}
		})
	}
}

// neverErrors are the ids that have no row in rejections, and why.
var neverErrors = map[string]string{
	"caller-removed":             "no resource removes members; TestMembersActionGuards has it",
	"directory-decides-activity": "no resource activates or deactivates members; TestMembersActionGuards has it",
	"outcome-unknown":            "the half that fails of every row has it",
}

// onlyWarn are the ids that are warnings wherever they come up.
var onlyWarn = []string{
	"caller-locked-out-at-first-login", "caller-needs-login", "people-lose-access-at-first-login", "people-demoted",
	"people-bypass-sso", "earlier-roles-return", "bypass-nobody-left-together", "bypass-one-left", "bypass-too-few",
	"acknowledgement-surplus", "domain-allowed-by-directory", "directory-off-keeps-leavers", "directory-removes-leavers",
	"directory-deleted-keeps-people", "teams-stop-following-groups", "domain-routed-elsewhere", "domains-replaced", "sso-ends",
	"sso-end-not-checked", "default-role-bypasses-sso", "deprovisioning-not-checked", "roles-not-checked",
	"role-members-replaced", "role-not-reset", "group-not-arrived", "group-absent", "mapping-match-taken", "team-absent",
	"team-adopted", "team-follows-no-group", "team-name-taken", "team-renamed", "member-gone", "address-changed", "address-reassigned", "role-gone",
	"changed-since-plan", "made-after-all", "subject-mapping-changed", "key-not-checked", "domain-not-enabled",
	"directory-absent", "nothing-to-adopt", "members-left-out", "nothing-matches", "mappings-not-offered",
}

// Each id of the guide on guards has a row in rejections, or a reason why not.
func TestEveryIDIsRejectedOrNever(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../templates/guides/guards.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := rejections("")
	for _, heading := range regexp.MustCompile("(?m)^### `([a-z-]+)`$").FindAllStringSubmatch(string(guide), -1) {
		id := heading[1]
		_, walked := rows[id]
		_, never := neverErrors[id]
		places := 0
		for _, there := range []bool{walked, never, slices.Contains(onlyWarn, id)} {
			if there {
				places++
			}
		}
		if places != 1 {
			t.Errorf("%s has to be in one of rejections, neverErrors and onlyWarn, and is in %d", id, places)
		}
	}
}

// rejected is a configuration of which the plan or the apply ends with an error.
type rejected struct {
	typeName string
	connects bool                  // it needs an identity provider
	before   func(*acctest.Server) // what the account is like
	first    object                // is applied
	happens  func(*acctest.Server) // behind Terraform's back, after that
	later    object                // is rejected; nil for first
	another  object                // is rejected as a resource of its own
	key      string                // of the API, with which that is tried; "" for the service account's
	with     object                // arguments of the provider block to get as far as first
	more     object                // arguments of the provider block that rejects
	on       func(*line)           // what happens on the line meanwhile
	// beside is planned before it in the same run.
	beside func(t *testing.T, p *protocol)
	// accepts are arguments of the provider block without which the guards reject the destruction, too, as their
	// messages say.
	accepts object
}

// rejections has a row for each id that can be an error, with the issuer of those that need one.
func rejections(issuer string) map[string]rejected {
	var lin string // of whom SCIM knows by this id
	auditors := func(more object) object {
		config := object{"role": "Auditor", "members": []string{"ada@acme.com"}}
		for name, value := range more {
			config[name] = value
		}
		return config
	}
	branch := func(srv *acctest.Server) {
		srv.SetDomains("acme.com", "acme.example")
		srv.PushUser("lin@acme.example")
	}
	accepts := object{"lockout_protection": false}
	// An Admin configures connections, and does not bypass single sign-on.
	admin := func(srv *acctest.Server) { srv.SetRole("ada@acme.com", "Admin") }
	const member, members, roleMembers, domains = "prefectsso_member_role", "prefectsso_member_roles", "prefectsso_role_members", "prefectsso_domains"
	return map[string]rejected{
		"caller-locked-out": {
			connects: true, typeName: identityProvider, before: func(srv *acctest.Server) { srv.SetDomains("acme.com", "acme.example"); admin(srv) },
			first: connectionConfig(issuer, "Corp", "none", "acme.example"), later: connectionConfig(issuer, "Corp", "immediate", "acme.example"),
			key: "pnu_ada",
		},
		"lockout-not-checked": {
			connects: true, typeName: identityProvider, before: admin, with: accepts,
			first: connectionConfig(issuer, "Corp", "immediate", "acme.com"), another: connectionConfig(issuer, "Other", "immediate", "acme.com"),
			key: "pnu_ada", accepts: accepts,
		},
		"role-given-by-mapping": {
			typeName: member, first: object{"email": "ada@acme.com", "role": "Auditor"},
			happens: func(srv *acctest.Server) {
				srv.PushGroup("Staff", srv.PushUser("ada@acme.com"))
				srv.AddMapping("Staff", "Admin", 10)
			},
		},
		"caller-demoted": {
			typeName: member, first: object{"email": "owner@acme.com", "role": "Owner"},
			later: object{"email": "owner@acme.com", "role": "Member"}, key: acctest.OwnerKey,
		},
		"caller-deprovisioned": {
			typeName: domains, before: func(srv *acctest.Server) { branch(srv); srv.PushUser("second.owner@acme.com") },
			first: object{"names": []string{"acme.com", "acme.example"}}, later: object{"names": []string{"acme.example"}},
			key: acctest.SecondOwnerKey, accepts: accepts,
		},
		"people-lose-access": {
			typeName: domains, before: branch,
			first: object{"names": []string{"acme.com", "acme.example"}}, later: object{"names": []string{"acme.com"}},
			accepts: accepts,
		},
		"bypass-nobody-left": {
			typeName: member, first: object{"email": "owner@acme.com", "role": "Owner"},
			happens: func(srv *acctest.Server) { srv.SetRole("second.owner@acme.com", "Member") },
			later:   object{"email": "owner@acme.com", "role": "Member"},
		},
		"person-written-twice": {
			typeName: members, before: func(srv *acctest.Server) { lin = srv.PushUser("lin@acme.com") },
			first: object{"roles": map[string]string{"lin@acme.com": "Auditor"}},
			happens: func(srv *acctest.Server) {
				srv.SCIM(http.MethodPut, "/Users/"+lin, acctest.ActiveUser("lin.wu@acme.com"), nil)
			},
			later: object{"roles": map[string]string{"lin@acme.com": "Auditor", "lin.wu@acme.com": "Auditor"}},
		},
		"managed-twice": {
			typeName: member, first: object{"email": "ada@acme.com", "role": "Auditor"}, later: object{"email": "ada@acme.com", "role": "Admin"},
			beside: func(t *testing.T, p *protocol) {
				plan, _, _ := p.plan(t, members, object{"roles": map[string]string{"ada@acme.com": "Member"}})
				noErrors(t, plan.Diagnostics)
			},
		},
		"key-rejected": {
			typeName: member, first: object{"email": "ada@acme.com", "role": "Auditor"}, later: object{"email": "ada@acme.com", "role": "Admin"},
			key: "pnu_of_nobody",
		},
		"permission-missing": {
			typeName: member, first: object{"email": "ada@acme.com", "role": "Auditor"}, later: object{"email": "ada@acme.com", "role": "Member"},
			key: "pnu_grace", more: object{"plan_permissions": "error"},
		},
		"address-looks-alike": {
			typeName: member, before: func(srv *acctest.Server) { srv.PushUser("zo\u00e9@acme.com") },
			first: object{"email": "ada@acme.com", "role": "Auditor"}, another: object{"email": "ZO\u00c9@acme.com", "role": "Auditor"},
		},
		"roles-changed-elsewhere": {
			typeName: members, first: object{"roles": map[string]string{"ada@acme.com": "Auditor"}}, later: object{"roles": map[string]string{"ada@acme.com": "Admin"}},
			on: func(l *line) {
				var once sync.Once
				l.breaks(func(r *http.Request) fault {
					if r.Method == http.MethodPatch {
						return passes
					}
					if member, _ := l.srv.Member("ada@acme.com"); member.Role == "Admin" {
						once.Do(func() { l.srv.SetRole("ada@acme.com", "Member") })
					}
					return passes
				})
			},
		},
		"members-absent": {
			typeName: members, first: object{"roles": map[string]string{"ada@acme.com": "Auditor"}},
			later: object{"roles": map[string]string{"ada@acme.com": "Auditor", "new@acme.com": "Admin"}},
		},
		"max-removals-exceeded": {
			typeName: roleMembers, first: auditors(object{"max_removals": 0}),
			happens: func(srv *acctest.Server) { srv.SetRole("grace@acme.com", "Auditor") },
		},
		"removed-role-same":          {typeName: roleMembers, first: auditors(nil), later: auditors(object{"removed_role": "Auditor"})},
		"member-managed-and-ignored": {typeName: roleMembers, first: auditors(nil), later: auditors(object{"ignore_emails": []string{"ada@acme.com"}})},
	}
}

// Whatever ends a plan or an apply with an error, destroying what is there ends: after a first apply of which one half
// failed, and without a refresh, as the error says.
func TestEveryRejectionCanBeDestroyed(t *testing.T) {
	t.Parallel()
	for id, row := range rejections("") {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory, acctest.PrivateIssuers)
			if row.connects {
				_, issuer := acctest.StartIdP(t, srv)
				row = rejections(issuer)[id]
			}
			if row.before != nil {
				row.before(srv)
			}
			l := newLine(t, srv)
			thing := &tracked{typeName: row.typeName, line: l, key: acctest.ServiceKey, more: row.with}
			half := &tracked{typeName: "prefectsso_group_role_mapping", line: l, key: acctest.ServiceKey}

			// The first apply: one resource is there, of the other one it is not known.
			if found := thing.apply(t, row.first); errorsIn(found) > 0 {
				t.Fatalf("the first apply: %s", detailsOf(found))
			}
			l.breaks(creates(lost, 0), func(r *http.Request) fault {
				if r.URL.Query().Has("idempotency_key") {
					return dropped
				}
				return passes
			})
			if found := half.apply(t, mappingOf("Half", 99)(srv)); !has(found, "outcome-unknown") || !half.tainted {
				t.Fatalf("the half that fails: %s", detailsOf(found))
			}
			l.breaks()
			made := srv.Mappings()
			if len(made) != 1 {
				t.Fatalf("the half that fails has made %q", made)
			}
			if row.happens != nil {
				row.happens(srv)
			}
			if row.on != nil {
				row.on(l)
			}
			thing.more = row.more
			if row.key != "" {
				thing.key = row.key
			}
			if found := thing.rejected(t, row); !has(found, id) {
				t.Fatalf("no error %s: %s", id, detailsOf(found))
			}

			l.breaks()
			members, others := srv.Emails(), slices.DeleteFunc(srv.Mappings(), func(id string) bool { return slices.Contains(made, id) })
			for _, r := range []*tracked{thing, half} {
				r.key, r.more = acctest.ServiceKey, row.accepts
				if found := r.destroy(t); errorsIn(found) > 0 || r.value != nil {
					t.Errorf("destroying %s: %s", r.typeName, detailsOf(found))
				}
			}
			if after := srv.Mappings(); !slices.Equal(after, others) {
				t.Errorf("the mappings of others were %q, and those that are left are %q", others, after)
			}
			if row.accepts == nil && !slices.Equal(members, srv.Emails()) {
				t.Errorf("the members were %q, and are %q", members, srv.Emails())
			}
		})
	}
}

// rejected applies what is rejected, and returns what ends that.
func (r *tracked) rejected(t *testing.T, row rejected) []*tfprotov6.Diagnostic {
	t.Helper()
	config := row.later
	if config == nil {
		config = row.first
	}
	switch {
	case row.another != nil:
		return (&tracked{typeName: r.typeName, line: r.line, key: r.key, more: r.more}).apply(t, row.another)
	case row.beside == nil:
		return r.apply(t, config)
	}
	p := r.run(t)
	row.beside(t, p)
	plan, _ := p.change(t, r.typeName, r.value, config)
	return plan.Diagnostics
}

// has reports whether an error has an id.
func has(found []*tfprotov6.Diagnostic, id string) bool {
	return slices.ContainsFunc(found, func(d *tfprotov6.Diagnostic) bool {
		return d.Severity == tfprotov6.DiagnosticSeverityError && strings.HasSuffix(d.Detail, "Guard: "+id)
	})
}
