package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// roleGuard is how a resource that gives people roles hands them over to be judged.
type roleGuard struct {
	at       func(email string) path.Path // the argument that gives somebody the role
	leaveOut string                       // see judging
}

// checkRoles judges planned roles of people whom the resource looked up.
func (data *providerData) checkRoles(ctx context.Context, account string, changes []roleChange, g roleGuard, diags *diag.Diagnostics) {
	if len(changes) == 0 {
		return
	}
	var people access.People
	var given access.SetRoles
	for _, c := range changes {
		p := fetch.Person(c.member)
		people.Rows = append(people.Rows, p)
		given.Roles = append(given.Roles, access.RoleOf{Email: p.Email, MembershipID: p.ID, RoleID: c.role.ID})
	}
	policy := data.policy
	policy.Applying = data.run.BypassLock(account).Applying()
	data.judge(ctx, judging{
		account: account, people: people, changes: []access.Change{given}, policy: policy, leaveOut: g.leaveOut,
		at: func(f access.Finding) path.Path {
			if len(f.People) == 0 || f.ID == access.BypassNobodyLeftTogether { // about the account
				return g.at(changes[0].email())
			}
			return g.at(f.People[0].Email)
		},
	}, diags)
	data.need(ctx, types.StringValue(account), client.PermissionUpdateMembership, diags)
}

// roleFailure returns what is said when a role could not be changed: where a rule is the reason, what that says.
func (p *providerData) roleFailure(ctx context.Context, account string, at path.Path, summary string, member client.Membership, leaveOut string, err error) diag.Diagnostic {
	if mapping := p.mappingBehind(ctx, account, member, err); mapping != nil {
		return diagnosticFrom(access.Finding{
			ID: access.RoleGivenByMapping, Severity: access.Error, AccountID: account, LeaveOut: leaveOut,
			By: access.Thing{
				Kind: "mapping", ID: mapping.ID, Match: access.Match(mapping.Match), Priority: mapping.Priority, DirectoryID: mapping.DirectoryID,
			},
			People: []access.FindingPerson{{Email: fetch.Person(member).Email}},
		}, at)
	}
	return roleRejection(at, summary, err)
}

// roleRejection returns failureAt with the id of the rule where the bypass lock is the reason.
func roleRejection(at path.Path, summary string, err error) diag.Diagnostic {
	var last *lastBypassError
	if errors.As(err, &last) {
		return diag.NewAttributeErrorDiagnostic(at, summary, access.BypassNobodyLeft.Detail(english.ErrorSentence(err)))
	}
	return failureAt(at, summary, err)
}

// mappingBehind finds the mapping because of which the server refused to change a role; nil for another reason.
func (p *providerData) mappingBehind(ctx context.Context, account string, member client.Membership, err error) *client.RoleMapping {
	if !client.IsConflict(err) {
		return nil
	}
	mapping, ownerErr := p.client.RoleMappingOf(ctx, account, member)
	if ownerErr != nil {
		return nil // the refusal itself is told, in the server's words
	}
	return mapping
}
