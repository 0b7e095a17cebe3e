package accessreport

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// The findings that only a report on a whole plan has. Package access has the others.
const (
	// AccessInterrupted: a thing is deleted before it is made anew, and people are without what it gave them meanwhile.
	AccessInterrupted = "access-interrupted"
	// SSOInterrupted: single sign-on is not enforced while a connection is replaced.
	SSOInterrupted = "sso-interrupted"
	// ExpiresSoon: a certificate, a token, a client's secret or a key expires within the time that was asked for.
	ExpiresSoon = "expires-soon"
	// APIRefuses: the API would refuse a part of the plan, so the apply fails there.
	APIRefuses = "api-refuses"
	// ValuesMoved: what the plan was made of is not what is there now.
	ValuesMoved = "values-moved"
)

// ownFindings judges what package access does not know of.
func ownFindings(a Account, judged []Finding) (out []Finding) {
	var losers, others []string
	for _, i := range a.Meanwhile {
		if slices.Contains(i.Kinds, LosesAccess) {
			losers = append(losers, i.Email)
		} else {
			others = append(others, i.Email)
		}
	}
	if people := slices.Concat(losers, others); people != nil {
		message := fmt.Sprintf("The plan deletes %s and makes it anew afterwards. Meanwhile %s without what they have before and after: %s.", english.Some(a.Meanwhile[0].Replaced), are(len(people), "person"), english.Some(people))
		if losers != nil {
			message += fmt.Sprintf(" Of them %s cannot sign in until then, or longer if the apply fails in between.", english.Count(len(losers), "person"))
		}
		out = append(out, Finding{
			ID: AccessInterrupted, Severity: string(access.Warning), Summary: "Access is interrupted", People: people,
			Message: message + " With `create_before_destroy` there is no gap, where the names allow it.",
		})
	}
	if a.Unenforced {
		out = append(out, Finding{ID: SSOInterrupted, Severity: string(access.Warning), Summary: "Single sign-on is interrupted", Message: "The plan deletes the last active connection and makes it anew afterwards. Until then, or longer if the apply fails in between, all members sign in however they like. With `create_before_destroy` and `take_over_domains` there is no gap, where the names allow it."})
	}
	said := slices.ContainsFunc(judged, func(f Finding) bool { return f.ID == string(access.BypassNobodyLeft) })
	for _, r := range a.Refused {
		if r.Reason == string(access.RejectedLastBypass) && !said && a.deactivates(r.People) || r.Reason != string(access.RejectedLastBypass) && r.Reason != string(access.RejectedCaller) && r.Reason != string(access.RejectedMapping) && r.Reason != string(access.RejectedRouted) {
			out = append(out, Finding{ID: APIRefuses, Severity: string(access.Error), Summary: "The API would refuse this", People: r.People, Message: refusals[r.Reason](r)})
		}
	}
	var names []string
	for _, e := range a.Expiring {
		names = append(names, fmt.Sprintf("%s (%s)", e.words(), inDays(e)))
	}
	if names != nil {
		out = append(out, Finding{ID: ExpiresSoon, Severity: string(access.Warning), Summary: "Something expires soon", Message: english.Some(names) + "."})
	}
	if len(a.Moved) > 0 {
		out = append(out, Finding{
			ID: ValuesMoved, Severity: string(access.Warning), Summary: "The account has changed since the plan was made",
			Message: fmt.Sprintf("%s that the plan goes by %s by now. The report is about the account as it is; plan again before you apply.", english.Count(len(a.Moved), "value"), changed(len(a.Moved))),
		})
	}
	return out
}

// deactivates reports whether an action deactivates one of some people. Where a directory would, the API keeps them, and
// refuses nothing.
func (a Account) deactivates(people []string) bool {
	return slices.ContainsFunc(a.Actions, func(one Action) bool {
		return one.Type == deactivateMembers && slices.ContainsFunc(people, func(email string) bool { return slices.Contains(one.People, email) })
	})
}

// refusals say what the API would refuse.
var refusals = map[string]func(Refusal) string{
	string(access.RejectedLastBypass): func(r Refusal) string {
		return fmt.Sprintf("When %s are taken bypass:sso, nobody else has it yet. The API does not take it from the last one; give it to another user before.", english.Some(r.People))
	},
	string(access.RejectedDomain): func(r Refusal) string {
		return fmt.Sprintf("%s is not enabled, and only enabled domains can be named. Enable it in the same plan, and refer to its resource.", r.About)
	},
	string(access.RejectedMatch): func(r Refusal) string {
		return fmt.Sprintf("The directory has a mapping with this match already (%s).", r.About)
	},
	string(access.RejectedIncomplete): func(Refusal) string {
		return "A connection without domains cannot be activated."
	},
}

func are(n int, word string) string {
	if n == 1 {
		return "1 " + word + " is"
	}
	return english.Count(n, word) + " are"
}

func changed(n int) string {
	if n == 1 {
		return "has changed"
	}
	return "have changed"
}

// kindNames say what expires.
var kindNames = map[string]string{
	"certificate": "certificate", "scim-token": "SCIM token", "scim-client-secret": "secret of the SCIM client", "service-account-key": "key of the service account",
}

// words say what expires.
func (e Expiring) words() string {
	text := kindNames[e.Kind] + " " + e.Name
	if e.Of != "" {
		text += " of " + e.Of
	}
	return text
}

func inDays(e Expiring) string {
	switch {
	case e.Days < 0:
		return "expired on " + e.Expires.Format(time.DateOnly)
	case e.Days == 0:
		return "expires within a day, on " + e.Expires.Format(time.DateOnly)
	}
	return fmt.Sprintf("expires in %s, on %s", english.Count(e.Days, "day"), e.Expires.Format(time.DateOnly))
}

// expiring finds what expires before a time, of an account as it is after the plan and of its things in the plan.
func (in *input) expiring(account string, w access.World, now time.Time, within time.Duration) (out []Expiring) {
	if within <= 0 {
		return nil
	}
	seen := map[string]bool{}
	add := func(kind, name, of string, expires *time.Time, id string) {
		if expires == nil || expires.Sub(now) > within || seen[kind+id] {
			return
		}
		seen[kind+id] = true
		days := int(expires.Sub(now).Hours() / 24)
		if expires.Before(now) {
			days = -1
		}
		out = append(out, Expiring{Kind: kind, Name: name, Of: of, Expires: expires.UTC(), Days: days})
	}
	gone := map[string]bool{}
	for _, t := range in.things {
		if t.deletes() && t.from == account {
			gone[t.before.text("id").Or("")] = true
		}
		in.expiringThing(t, account, now, add)
	}
	for _, d := range w.Directories.Or(nil) {
		for _, token := range d.Tokens.Or(nil) {
			if !gone[token.ID] {
				add("scim-token", token.Name, d.Name, token.Expires, token.ID)
			}
		}
		for _, client := range d.Clients.Or(nil) {
			if len(client.Secrets) > 0 && !gone[client.ID] { // the newest: an older one is meant to end
				add("scim-client-secret", client.Name, d.Name, client.Secrets[0].Expires, client.ID)
			}
		}
	}
	for _, s := range w.ServiceAccounts.Or(nil) {
		add("service-account-key", s.Name, "", s.KeyExpires, s.ID)
	}
	slices.SortFunc(out, func(a, b Expiring) int {
		return cmp.Or(a.Expires.Compare(b.Expires), cmp.Compare(a.words(), b.words()))
	})
	return out
}

// expiringThing finds what expires of one thing of the plan: certificates, which only it has, and tokens that it makes.
func (in *input) expiringThing(t *thing, account string, now time.Time, add func(kind, name, of string, expires *time.Time, id string)) {
	if t.to != account || t.after == nil {
		return
	}
	switch t.Type {
	case "prefectsso_identity_provider":
		certificates, known := t.after.entries("certificates")
		if !known {
			certificates, _ = t.before.entries("certificates")
		}
		for _, print := range sorted(certificates) {
			if at, err := time.Parse(time.RFC3339, certificates[print].Or("")); err == nil {
				add("certificate", print[:min(16, len(print))]+"…", t.after.text("name").Or(t.Address), &at, t.Address+print)
			}
		}
	case "prefectsso_scim_token":
		id := t.after.text("id").Or(t.Address)
		if at, err := time.Parse(time.RFC3339, t.after.text("expires_at").Or("")); err == nil {
			add("scim-token", t.after.text("name").Or(""), t.Address, &at, id)
		} else if span, err := time.ParseDuration(t.after.text("expires_in").Or("")); err == nil && t.puts() {
			at := now.Add(span)
			add("scim-token", t.after.text("name").Or(""), t.Address, &at, id)
		} else if !t.after.text("expires_in").IsKnown() {
			in.isUnknown(t, "expires_in", ": when the token expires is not known")
		}
	}
}
