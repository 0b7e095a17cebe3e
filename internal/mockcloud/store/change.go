package store

import (
	"reflect"
	"time"
)

// withChanges adds to an event's payload what of a thing is not what it was: for each
// field, by the name that the API has for it, where it began and where it ended. No
// field holds a secret.
func withChanges(payload, before, after map[string]any) map[string]any {
	if payload == nil {
		payload = make(map[string]any)
	}
	for name, value := range after {
		if !reflect.DeepEqual(before[name], value) {
			payload[name] = map[string]any{"from": before[name], "to": value}
		}
	}
	return payload
}

// orNone is what a pointer leads to, or nil.
func orNone[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// fields are what people may change of an account, but for its settings.
func (a *Account) fields() map[string]any {
	return map[string]any{
		"name": a.Name, "handle": a.Handle, "location": orNone(a.Location), "link": orNone(a.Link),
		"billing_email": orNone(a.BillingEmail), "workos_organization_id": orNone(a.WorkOSOrganizationID),
		"auth_expiration_seconds": orNone(a.AuthExpirationSeconds),
	}
}

// fields are what may change of a connection. Of the client secret it is when.
func (c *Connection) fields() map[string]any {
	out := map[string]any{
		"name": c.Name, "connection_type": string(c.Type), "state": string(c.State), "domains": c.Domains,
		"attribute_mapping.subject": c.Mapping.Subject, "attribute_mapping.email": c.Mapping.Email, "attribute_mapping.first_name": c.Mapping.FirstName,
		"attribute_mapping.last_name": c.Mapping.LastName, "attribute_mapping.groups": c.Mapping.Groups,
	}
	if o := c.OIDC; o != nil {
		out["oidc.issuer"], out["oidc.client_id"], out["oidc.scopes"] = o.Issuer, o.ClientID, o.Scopes
		out["oidc.token_endpoint_auth_method"] = string(o.ClientAuth)
		out["oidc.client_secret_updated"] = o.ClientSecretUpdated.Format(time.RFC3339Nano)
	}
	if s := c.SAML; s != nil {
		certificates := []string{}
		for _, certificate := range s.Certificates {
			certificates = append(certificates, certificate.SHA256)
		}
		out["saml.idp_metadata_url"], out["saml.idp_entity_id"], out["saml.idp_sso_url"] = s.MetadataURL, s.EntityID, s.SSOURL
		out["saml.idp_metadata_entity_id"] = s.MetadataEntityID
		out["saml.sso_binding"], out["saml.idp_certificates"], out["saml.name_id_format"] = string(s.SSOBinding), certificates, s.NameIDFormat
		out["saml.sign_authn_requests"], out["saml.allow_idp_initiated"] = s.SignAuthnRequests, s.AllowIDPInitiated
		out["saml.want_assertions_encrypted"] = s.WantEncrypted
	}
	return out
}

// directoryFields are what may change of a directory. The role is named as in events about
// memberships.
func (r *Reader) directoryFields(d *Directory) map[string]any {
	out := map[string]any{
		"name": d.Name, "type": string(d.Type), "state": string(d.State), "deprovision_action": string(d.Deprovision),
		"sync_groups_to_teams": d.SyncGroupsToTeams, "allowed_domains": nil,
		"default_account_role": roleTable.Row(r.db, d.DefaultRoleID).Name,
	}
	if d.AllowedDomains != nil {
		out["allowed_domains"] = d.AllowedDomains
	}
	return out
}

// mappingFields are what may change of a group role mapping.
func (r *Reader) mappingFields(m *GroupRoleMapping) map[string]any {
	return map[string]any{
		"match.group_id": m.Match.GroupID, "match.group_name": m.Match.GroupName, "match.attribute": m.Match.Attribute,
		"match.equals": m.Match.Equals, "priority": m.Priority, "account_role": roleTable.Row(r.db, m.RoleID).Name,
	}
}
