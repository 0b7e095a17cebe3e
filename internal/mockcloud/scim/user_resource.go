package scim

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// userDocument is a user's resource (RFC 7643, 4.1): what is kept of it, and what
// this server says of it.
func (c *call) userDocument(row *store.DirectoryUser, kept map[string]any, in places) map[string]any {
	out := maps.Clone(kept)
	out["id"] = row.ID.String()
	out["meta"] = c.meta(schema.User(), row.ID, row.Created, row.Updated, userVersion(row, in))
	groups := make([]any, 0, in.len())
	for _, g := range in.direct {
		groups = append(groups, c.placeDocument(g, "direct"))
	}
	for _, g := range in.indirect {
		groups = append(groups, c.placeDocument(g, "indirect"))
	}
	if len(groups) > 0 {
		out["groups"] = groups
	}
	return out
}

func (c *call) placeDocument(g *store.DirectoryGroup, kind string) map[string]any {
	return map[string]any{"value": g.ID.String(), "$ref": c.location(schema.Group(), g.ID), "display": g.DisplayName, "type": kind}
}

// places are the groups that a user is in: themselves, and by a group of theirs (RFC
// 7643, 4.1.2).
type places struct{ direct, indirect []*store.DirectoryGroup }

func (p places) len() int { return len(p.direct) + len(p.indirect) }

func placesOf(r *store.Reader, u *store.DirectoryUser) places {
	direct := r.GroupsOf(u)
	return places{direct, r.GroupsAround(direct)}
}

// userVersion changes with the user and with the groups that the resource shows.
func userVersion(row *store.DirectoryUser, in places) string {
	if in.len() == 0 {
		return fmt.Sprintf(`W/"%d"`, row.Version)
	}
	sum := fnv.New32a()
	for i, g := range slices.Concat(in.direct, in.indirect) {
		if i == len(in.direct) {
			_, _ = sum.Write([]byte("indirect\n"))
		}
		// Writing to a hash never fails.
		_, _ = fmt.Fprintf(sum, "%s %q\n", g.ID, g.DisplayName)
	}
	return fmt.Sprintf(`W/"%d-%08x"`, row.Version, sum.Sum32())
}

// location is a resource's address.
func (c *call) location(rt *schema.ResourceType, id uuid.UUID) string {
	return c.base + rt.Endpoint + "/" + id.String()
}

// meta is RFC 7643, 3.1. Times have one length, so that they are in order as text.
func (c *call) meta(rt *schema.ResourceType, id uuid.UUID, created, updated time.Time, version string) map[string]any {
	const layout = "2006-01-02T15:04:05.000000Z07:00"
	return map[string]any{
		"resourceType": rt.ID, "created": created.UTC().Format(layout), "lastModified": updated.UTC().Format(layout),
		"location": c.location(rt, id), "version": version,
	}
}

// text is an attribute that is text, empty for none.
func text(object map[string]any, name string) string {
	value, _ := object[name].(string)
	return value
}

// usableEmail is the address that mail and logins go by: the primary one, else the
// one for work, else the first, else the userName where it is an address.
func usableEmail(resource map[string]any) string {
	const primary, work, other, name = 0, 1, 2, 3
	var ranked [4][]string
	emails, _ := resource["emails"].([]any)
	for _, e := range emails {
		email, _ := e.(map[string]any)
		rank := other
		switch {
		case email["primary"] == true:
			rank = primary
		case fold.SameToken(text(email, "type"), "work"):
			rank = work
		}
		ranked[rank] = append(ranked[rank], text(email, "value"))
	}
	ranked[name] = []string{text(resource, "userName")}
	for _, address := range slices.Concat(ranked[:]...) {
		if address = strings.TrimSpace(address); store.IsEmail(address) {
			return address
		}
	}
	return ""
}

// personName is what a person is called. Where the parts are not said, they are
// taken from the whole.
func personName(resource map[string]any) (first, last string) {
	name, _ := resource["name"].(map[string]any)
	first, last = text(name, "givenName"), text(name, "familyName")
	if first != "" || last != "" {
		return first, last
	}
	whole := text(resource, "displayName")
	if whole == "" {
		whole = text(name, "formatted")
	}
	first, last, _ = strings.Cut(strings.Join(strings.Fields(whole), " "), " ")
	return first, last
}
