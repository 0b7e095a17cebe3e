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
	"golang.org/x/text/unicode/norm"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// alike is from how many resources on that are the same thing many times one with for_each stands for them.
const alike = 5

// builder writes what was read as files.
type builder struct {
	*account
	domains_, providers, directories_, mappings, members_, teams_, policy, imports, secrets file

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
version = "~> 0.1"
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

// role returns an account role as configurations name it.
func (b *builder) role(id string) string { return cmp.Or(b.roles[id], id) }

// writeMembers writes the people whose role is given by hand, as one map.
func (b *builder) writeMembers() {
	roles := map[string]expr{}
	left := map[decision]int{}
	for _, m := range b.members {
		if why, there := b.decided[lower(m.ID)]; there {
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
	names := map[string]int{} // composed, as Terraform has all texts
	for _, t := range b.teams {
		names[norm.NFC.String(t.Name)]++
	}
	byName, byID := map[string]teamAccess{}, map[string]teamAccess{}
	labelOf, nameOf := map[string]string{}, map[string]string{}
	for _, t := range b.teams {
		plain := names[norm.NFC.String(t.Name)] == 1 && t.Name != "" && !strings.Contains(t.Name, "/") && uuid.Validate(t.Name) != nil && !strings.HasPrefix(t.Name, "directory_group_")
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
	if !b.secrets.empty() {
		fmt.Fprintf(&out, "\n## Tokens and clients\n\nThese are not in the files. Take one over by writing its blocks into a file of your own and setting the variable to the secret that the identity provider has:\n\n```terraform\n%s```\n", b.secrets.bytes())
	}
	return []byte(out.String())
}

// escapeWords escapes a sentence for Markdown, but for the code spans of our own.
func escapeWords(why string) string {
	parts := strings.Split(why, "`")
	for i, part := range parts {
		if i%2 == 0 {
			words := strings.TrimSpace(part)
			before, after, _ := strings.Cut(part, words)
			parts[i] = before + report.Escape(words) + after
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
