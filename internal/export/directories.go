package export

import (
	"cmp"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

func (b *builder) writeDirectories() {
	const kind = "prefectsso_scim_directory"
	taken, mappings, secrets, n, m := labels{}, labels{}, labels{}, 0, 0
	slices.SortStableFunc(b.directories, func(x, y directory) int { return cmp.Compare(x.Name, y.Name) })
	for _, d := range b.directories {
		n++
		l := taken.take(d.Name, "directory")
		arguments := []argument{{"name", text(d.Name)}, {"type", text(d.Type)}, emptyLine}
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
		b.leaveSecrets(d, l, secrets)
	}
	b.count(n, "SCIM directory", "SCIM directories")
	b.count(m, "group role mapping", "group role mappings")
}

// leaveSecrets says which tokens and clients of a directory are not written, and writes for README.md how they go over once
// somebody brings the secret.
func (b *builder) leaveSecrets(d directory, directory string, taken labels) {
	leave := func(kind, what, id, name, secret string) {
		b.leave(omission{
			what: what + " " + quote(name) + " of the directory " + quote(d.Name),
			why:  "its secret cannot be read, so that an import would be a change: the first apply compares the secret that you bring, and sets it if it is another one. README.md has the blocks for it",
		})
		l := taken.take(directory+" "+name, directory)
		b.secrets.block("variable "+string(text(l+"_secret")), argument{"type", "string"}, argument{"ephemeral", boolean(true)})
		b.secrets.block(head(kind, l),
			argument{"directory_id", expr("prefectsso_scim_directory." + directory + ".id")}, argument{"name", text(name)},
			argument{secret, expr("var." + l + "_secret")}, argument{secret + "_version", number(1)})
		b.secrets.block("import", argument{"to", expr(kind + "." + l)}, argument{"id", text(b.id + "/" + d.ID + "/" + id)})
	}
	for _, t := range d.tokens {
		if !t.Run {
			leave("prefectsso_scim_token", "SCIM token", t.ID, t.Name, "token_wo")
		}
	}
	for _, c := range d.clients {
		leave("prefectsso_scim_client", "SCIM client", c.ID, c.Name, "secret_wo")
	}
}

func (b *builder) writeMappings(d directory, directory string, taken labels) {
	const kind = "prefectsso_group_role_mapping"
	slices.SortStableFunc(d.mappings, func(x, y client.GroupRoleMapping) int {
		return cmp.Or(cmp.Compare(y.Priority, x.Priority), cmp.Compare(matchName(x.Match), matchName(y.Match)))
	})
	of := argument{"directory_id", expr("prefectsso_scim_directory." + directory + ".id")}
	groups := map[string]client.GroupRoleMapping{} // by composed names, as Terraform has all texts
	for _, m := range d.mappings {
		if _, taken := groups[norm.NFC.String(m.Match.GroupName)]; m.Match.GroupName != "" && !taken {
			groups[norm.NFC.String(m.Match.GroupName)] = m
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
		if len(groups) >= alike && groups[norm.NFC.String(m.Match.GroupName)].ID == m.ID {
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
