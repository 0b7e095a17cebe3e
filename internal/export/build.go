package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/net/idna"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// alike is from how many resources on that are the same thing many times one with for_each stands for them.
const alike = 5

// builder writes what was read as files.
type builder struct {
	*account
	domains_, providers, directories_, mappings, members_, teams_, policy, imports file

	former     *former         // nil where the whole account is written
	domainRefs map[string]expr // by the name of the domain
	counts     []string        // what was written, in words
}

// build returns the files by their names. Of what a state has, f, only that goes over, into a configuration that is there.
func build(a *account, f *former) (map[string][]byte, *builder) {
	b := &builder{account: a, former: f, domainRefs: map[string]expr{}}
	b.imports.comment("What is there already is taken into the state by these. Delete this file after the first apply.")
	b.imports.commented = false
	b.writeDomains()
	b.writePolicy()
	b.writeConnections()
	b.writeDirectories()
	b.writeMembers()
	b.writeTeams()
	files := map[string][]byte{"versions.tf": b.versions()}
	for name, f := range map[string]*file{
		"domains.tf": &b.domains_, "session_policy.tf": &b.policy, "identity_providers.tf": &b.providers,
		"directories.tf": &b.directories_, "members.tf": &b.members_, "teams.tf": &b.teams_,
	} {
		if !f.empty() {
			files[name] = f.bytes()
		}
	}
	if len(b.counts) > 0 {
		files["imports.tf"] = b.imports.bytes()
	}
	if f != nil && len(f.remove) > 0 {
		files["removed.tf"] = f.removed()
	}
	for name, content := range files {
		files[name] = append([]byte(mark+"\n\n"), content...)
	}
	files["README.md"] = b.readme()
	if f != nil {
		return beside(files), b
	}
	return files, b
}

// beside gives files names for a folder that has a configuration already.
func beside(files map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for name, content := range files {
		out[besidePrefix+name] = content
	}
	return out
}

const besidePrefix = "prefectsso_"

// versions returns the file with the provider. A configuration that is there has its versions already.
func (b *builder) versions() []byte {
	var f file
	if b.former == nil {
		f.b.WriteString(`terraform {
required_version = ">= 1.11.0"

required_providers {
prefectsso = {
source = "prefectsso/prefectsso"
}
}
}
`)
	}
	f.comment("The key comes from the environment, PREFECT_API_KEY or a profile.")
	f.block(`provider "prefectsso"`, argument{"account_id", text(b.id)})
	return f.bytes()
}

// take writes the import of one resource.
func (b *builder) take(address, id string) {
	b.imports.block("import", argument{"to", expr(address)}, argument{"id", text(b.id + "/" + id)})
}

// takeEach writes the import of a resource with for_each. id is a template below the account.
func (b *builder) takeEach(address string, each expr, id string) {
	b.imports.block("import",
		argument{"for_each", each}, argument{"to", expr(address + "[each.key]")}, argument{"id", expr(`"` + b.id + "/" + id + `"`)})
}

// count notes how many of a kind were written; many is the word for several.
func (b *builder) count(n int, one, many string) {
	switch {
	case n == 1:
		b.counts = append(b.counts, "1 "+one)
	case n > 1:
		b.counts = append(b.counts, strconv.Itoa(n)+" "+many)
	}
}

func (b *builder) writeDomains() {
	b.count(len(b.domains), "domain", "domains")
	const kind = "prefectsso_domain"
	if len(b.domains) >= alike {
		var names []expr
		for _, d := range b.domains {
			names = append(names, text(d.Name))
			b.domainRefs[d.Name] = expr(kind + ".this[" + string(text(d.Name)) + "].name")
		}
		b.domains_.block("locals", argument{"domains", list(names)})
		b.domains_.block(head(kind, "this"), argument{"for_each", "toset(local.domains)"}, emptyLine, argument{"name", "each.key"})
		b.takeEach(kind+".this", "toset(local.domains)", "${each.key}")
		return
	}
	taken := labels{}
	for _, d := range b.domains {
		l := taken.take(written(d.Name), "domain")
		b.domains_.block(head(kind, l), argument{"name", text(d.Name)})
		b.domainRefs[d.Name] = expr(kind + "." + l + ".name")
		b.take(kind+"."+l, d.Name)
	}
}

// written returns a domain as people write it.
func written(domain string) string {
	if unicode, err := idna.Display.ToUnicode(domain); err == nil {
		return unicode
	}
	return domain
}

// domainsOf returns references to domains, and the names of those that are not there.
func (b *builder) domainsOf(names []string) expr {
	var all []expr
	for _, name := range slices.Sorted(slices.Values(names)) {
		all = append(all, cmp.Or(b.domainRefs[name], text(name)))
	}
	return list(all)
}

func (b *builder) writePolicy() {
	if b.info.AuthExpirationSeconds == nil {
		return
	}
	b.counts = append(b.counts, "the session policy")
	b.policy.block(head("prefectsso_session_policy", "this"), argument{"auth_expiration_seconds", number(*b.info.AuthExpirationSeconds)})
	b.imports.block("import", argument{"to", "prefectsso_session_policy.this"}, argument{"id", text(b.id)})
}

func (b *builder) writeConnections() {
	const kind = "prefectsso_identity_provider"
	taken, n := labels{}, 0
	slices.SortStableFunc(b.connections, func(x, y client.Connection) int { return cmp.Compare(x.Name, y.Name) })
	for _, c := range b.connections {
		if c.OIDC == nil && c.SAML == nil {
			why := "this server does not show its `oidc` or `saml`, and the resource needs one of them. Write it by hand, and the first apply adopts it by its name"
			b.leave(omission{what: "identity provider " + quote(c.Name), why: why})
			continue
		}
		n++
		l := taken.take(c.Name, "identity_provider")
		var domains []string
		for _, d := range c.Domains {
			domains = append(domains, d.Domain)
		}
		b.providers.block(head(kind, l),
			argument{"name", text(c.Name)},
			argument{"connection_type", text(c.ConnectionType)},
			argument{"domains", b.domainsOf(domains)},
			emptyLine, argument{"oidc", oidc(c.OIDC)}, argument{"saml", saml(c.SAML)}, emptyLine, argument{"attribute_mapping", attributes(c.AttributeMapping)})
		b.take(kind+"."+l, c.ID)
	}
	b.count(n, "identity provider", "identity providers")
}

func oidc(o *client.ConnectionOIDC) expr {
	if o == nil {
		return ""
	}
	arguments := []argument{{"issuer", text(o.Issuer)}, {"client_id", text(o.ClientID)}}
	scopes := slices.Sorted(slices.Values(o.Scopes))
	if len(scopes) > 0 && !slices.Equal(scopes, []string{"email", "openid", "profile"}) {
		arguments = append(arguments, argument{"scopes", list(texts(scopes))})
	}
	return object(append(arguments, argument{"token_endpoint_auth_method", pointed(o.TokenEndpointAuthMethod)})...)
}

func pointed(s *string) expr {
	if s == nil {
		return ""
	}
	return text(*s)
}

func saml(s *client.ConnectionSAML) expr {
	if s == nil {
		return ""
	}
	var arguments []argument
	if s.IDPMetadataURL != nil && *s.IDPMetadataURL != "" {
		arguments = append(arguments, argument{"metadata_url", text(*s.IDPMetadataURL)}, argument{"metadata_entity_id", pointed(s.IDPMetadataEntityID)})
	} else {
		var pems []expr
		for _, c := range s.IDPCertificates {
			pems = append(pems, heredoc(c.PEM))
		}
		arguments = append(arguments, argument{"entity_id", text(s.IDPEntityID)}, argument{"sso_url", text(s.IDPSSOURL)})
		arguments = append(arguments, argument{"certificates", expr("[\n" + join(pems, ",\n") + ",\n]")})
	}
	arguments = append(arguments, argument{"name_id_format", pointed(s.NameIDFormat)})
	if s.SignAuthnRequests != s.WantAuthnRequestsSigned {
		arguments = append(arguments, argument{"sign_requests", boolean(s.SignAuthnRequests)})
	}
	if s.AllowIDPInitiated {
		arguments = append(arguments, argument{"allow_idp_initiated", boolean(true)})
	}
	if s.WantAssertionsEncrypted {
		arguments = append(arguments, argument{"want_assertions_encrypted", boolean(true)})
	}
	return object(arguments...)
}

// heredoc returns a text of several lines as it is, where it has nothing to escape.
func heredoc(s string) expr {
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	if strings.ContainsAny(s, "$%\r") || strings.Contains(s, "EOT") {
		return text(s)
	}
	return expr("<<EOT\n" + s + "EOT\n")
}

func attributes(m client.AttributeMapping) expr {
	if m == (client.AttributeMapping{}) {
		return ""
	}
	return object(
		argument{"subject", pointed(m.Subject)}, argument{"email", pointed(m.Email)}, argument{"first_name", pointed(m.FirstName)},
		argument{"last_name", pointed(m.LastName)}, argument{"groups", pointed(m.Groups)})
}

func (b *builder) writeDirectories() {
	const kind = "prefectsso_scim_directory"
	taken, mappings, n, m := labels{}, labels{}, 0, 0
	slices.SortStableFunc(b.directories, func(x, y directory) int { return cmp.Compare(x.Name, y.Name) })
	for _, d := range b.directories {
		n++
		l := taken.take(d.Name, "directory")
		arguments := []argument{argument{"name", text(d.Name)}, argument{"type", text(d.Type)}, emptyLine}
		if b.managed {
			arguments = append(arguments, argument{"default_role", text(b.role(d.DefaultAccountRoleID))}, argument{"deprovision_action", text(d.DeprovisionAction)})
		} else {
			b.leave(omission{what: "how the SCIM directory " + quote(d.Name) + " is configured (`default_role`, `deprovision_action`, `sync_groups_to_teams`, `allowed_domains`)", why: "this server does not show it, and does not let it be changed"})
		}
		if b.managed && !d.SyncGroupsToTeams {
			arguments = append(arguments, argument{"sync_groups_to_teams", boolean(false)})
		}
		if d.State == client.DirectoryUnlinked {
			arguments = append(arguments, argument{"enabled", boolean(false)})
		}
		if d.AllowedDomains != nil {
			arguments = append(arguments, argument{"allowed_domains", b.domainsOf(d.AllowedDomains)})
		}
		b.directories_.block(head(kind, l), arguments...)
		b.take(kind+"."+l, d.ID)
		b.writeMappings(d, l, mappings)
		m += len(d.mappings)
		b.leaveSecrets(d)
	}
	b.count(n, "SCIM directory", "SCIM directories")
	b.count(m, "group role mapping", "group role mappings")
}

// leaveSecrets says which tokens and clients of a directory are not written.
func (b *builder) leaveSecrets(d directory) {
	const why = "its secret cannot be read, so that an import would be a change: the first apply sets the secret that you bring"
	for _, t := range d.tokens {
		if !t.Run {
			b.leave(omission{what: "SCIM token " + quote(t.Name) + " of the directory " + quote(d.Name), why: why})
		}
	}
	for _, c := range d.clients {
		b.leave(omission{what: "SCIM client " + quote(c.Name) + " of the directory " + quote(d.Name), why: why})
	}
}

func (b *builder) writeMappings(d directory, directory string, taken labels) {
	const kind = "prefectsso_group_role_mapping"
	slices.SortStableFunc(d.mappings, func(x, y client.GroupRoleMapping) int {
		return cmp.Or(cmp.Compare(y.Priority, x.Priority), cmp.Compare(matchName(x.Match), matchName(y.Match)))
	})
	of := argument{"directory_id", expr("prefectsso_scim_directory." + directory + ".id")}
	groups := map[string]client.GroupRoleMapping{}
	for _, m := range d.mappings {
		if m.Match.GroupName != "" {
			groups[m.Match.GroupName] = m
		}
	}
	if len(groups) >= alike {
		l := taken.take(directory, "mappings")
		rows, ids := map[string]expr{}, map[string]expr{}
		for name, m := range groups {
			rows[name] = row(argument{"role", text(b.role(m.AccountRoleID))}, argument{"priority", number(m.Priority)})
			ids[name] = text(m.ID)
		}
		local := l + "_groups"
		b.directories_.block("locals", argument{local, mapOf(rows)})
		b.directories_.block(head(kind, l),
			argument{"for_each", expr("local." + local)}, emptyLine, of,
			argument{"match", "{ group_name = each.key }"}, argument{"role", "each.value.role"}, argument{"priority", "each.value.priority"})
		b.takeEach(kind+"."+l, mapOf(ids), d.ID+"/${each.value}")
	}
	for _, m := range d.mappings {
		if m.Match.GroupName != "" && len(groups) >= alike {
			continue
		}
		l := taken.take(matchName(m.Match), "mapping")
		match := row(argument{"group_id", nonEmpty(m.Match.GroupID)}, argument{"group_name", nonEmpty(m.Match.GroupName)},
			argument{"attribute", nonEmpty(m.Match.Attribute)}, argument{"equals", nonEmpty(m.Match.Equals)})
		b.directories_.block(head(kind, l), of, argument{"match", match}, argument{"role", text(b.role(m.AccountRoleID))}, argument{"priority", number(m.Priority)})
		b.take(kind+"."+l, d.ID+"/"+m.ID)
	}
}

func nonEmpty(s string) expr {
	if s == "" {
		return ""
	}
	return text(s)
}

func matchName(m client.MappingMatch) string {
	return cmp.Or(m.GroupName, m.GroupID, m.Attribute+" "+m.Equals)
}

// role returns an account role as configurations name it.
func (b *builder) role(id string) string { return cmp.Or(b.roles[id], id) }

// writeMembers writes the people whose role is given by hand, as one map.
func (b *builder) writeMembers() {
	roles := map[string]expr{}
	left := map[decision]int{}
	for _, m := range b.members {
		if why, there := b.decided[m.ID]; there {
			left[why]++
		} else if m.Email != nil {
			roles[*m.Email] = text(m.AccountRoleName)
		}
	}
	for why, says := range map[decision]string{
		byDefault: "a directory brought them, and its default role decides",
		byMapping: "a group role mapping decides about their role",
		unsure:    "the API does not say whether a directory decides about their role",
	} {
		if left[why] > 0 {
			b.leave(omission{what: english.Count(left[why], "person"), why: says})
		}
	}
	if len(roles) == 0 {
		return
	}
	b.counts = append(b.counts, "the roles of "+english.Count(len(roles), "person"))
	const address = "prefectsso_member_roles.this"
	b.members_.block("locals", argument{"member_roles", mapOf(roles)})
	b.members_.block(head("prefectsso_member_roles", "this"), argument{"roles", "local.member_roles"})
	id := text(b.id) // takes in everybody
	if len(roles) < len(b.members) || b.former != nil {
		id = expr(`"` + b.id + `/${join(" ", keys(local.member_roles))}"`)
	}
	b.imports.block("import", argument{"to", address}, argument{"id", id})
}

// teamAccess is the role of one team in one workspace.
type teamAccess struct{ team, workspace, role string }

func (b *builder) writeTeams() {
	const kind = "prefectsso_team_workspace_role"
	names := map[string]int{}
	for _, t := range b.teams {
		names[t.Name]++
	}
	byName, byID := map[string]teamAccess{}, map[string]teamAccess{}
	labelOf, nameOf := map[string]string{}, map[string]string{}
	for _, t := range b.teams {
		plain := names[t.Name] == 1 && t.Name != "" && !strings.Contains(t.Name, "/") && uuid.Validate(t.Name) != nil && !strings.HasPrefix(t.Name, "directory_group_")
		for _, w := range t.Workspaces {
			if plain {
				byName[t.Name+"/"+w.Handle] = teamAccess{t.Name, w.Handle, w.RoleName}
				labelOf[t.Name+"/"+w.Handle] = t.Name + " " + w.Handle
			} else {
				nameOf[t.ID] = quote(t.Name)
				byID[t.ID+"/"+w.Handle] = teamAccess{t.ID, w.Handle, w.RoleName}
				labelOf[t.ID+"/"+w.Handle] = t.Name + " " + w.Handle
			}
		}
	}
	b.count(len(byName)+len(byID), "role of a team in a workspace", "roles of teams in workspaces")
	taken := labels{}
	for _, form := range []struct {
		all             map[string]teamAccess
		attribute, many string
	}{{byName, "name", "this"}, {byID, "id", "by_id"}} {
		if len(form.all) >= alike {
			b.writeTeamsAlike(kind, form.all, form.attribute, taken.take(form.many, form.many))
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(form.all)) {
			t := form.all[k]
			l := taken.take(labelOf[k], "team")
			if form.attribute == "id" {
				b.teams_.comment("The team " + nameOf[t.team])
			}
			b.teams_.block(head(kind, l), argument{"team", row(argument{form.attribute, text(t.team)})},
				argument{"workspace", text(t.workspace)}, argument{"role", text(t.role)})
			b.take(kind+"."+l, t.team+"/"+t.workspace)
		}
	}
}

func (b *builder) writeTeamsAlike(kind string, all map[string]teamAccess, attribute, l string) {
	local := "team_workspace_roles"
	if attribute == "id" {
		local = "team_workspace_roles_by_id"
	}
	rows := map[string]expr{}
	for k, t := range all {
		rows[k] = row(argument{"team", text(t.team)}, argument{"workspace", text(t.workspace)}, argument{"role", text(t.role)})
	}
	b.teams_.block("locals", argument{local, mapOf(rows)})
	b.teams_.block(head(kind, l), argument{"for_each", expr("local." + local)}, emptyLine,
		argument{"team", expr("{ " + attribute + " = each.value.team }")}, argument{"workspace", "each.value.workspace"}, argument{"role", "each.value.role"})
	b.takeEach(kind+"."+l, expr("local."+local), "${each.value.team}/${each.value.workspace}")
}

// quote returns a name in quotes, on one line. A backtick is ours, for names of arguments.
func quote(name string) string {
	return strconv.Quote(strings.ReplaceAll(report.Printable(name), "`", "'"))
}

// readme says what is here and what is not.
func (b *builder) readme() []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\n# Account %s (%s)\n\n", markdownMark, report.Escape(b.info.Name), report.Code(b.id))
	fmt.Fprintf(&out, "%s\n\n", b.summary())
	if b.former != nil {
		for _, note := range b.former.notes() {
			fmt.Fprintf(&out, "- %s\n", note)
		}
		out.WriteString("\n")
	}
	out.WriteString("`terraform init`, then `terraform plan`: it imports, and adds, changes and destroys nothing. After the apply delete the file with the imports. Where the account has changed since, export it again.\n")
	if len(b.left) > 0 {
		out.WriteString("\n## Left out\n\n")
		for _, o := range b.left {
			fmt.Fprintf(&out, "- %s: %s.\n", escapeWords(o.what), escapeWords(o.why))
		}
	}
	return []byte(out.String())
}

// escapeWords escapes a reason, but for the code spans of our own.
func escapeWords(why string) string {
	parts := strings.Split(why, "`")
	for i := range parts {
		if i%2 == 0 {
			parts[i] = report.Escape(parts[i])
		}
	}
	return strings.Join(parts, "`")
}

// summary says in a sentence what was written.
func (b *builder) summary() string {
	if len(b.counts) == 0 {
		return "There is nothing to write of account " + b.id + "."
	}
	return english.Sentence(english.And(b.counts) + " of account " + b.id)
}
