package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

// failure turns an error of the client into an error diagnostic: the summary says what failed, the detail why and what
// to do next.
func failure(summary string, err error) diag.Diagnostic {
	return ofKey(diag.NewErrorDiagnostic(summary, reason(err)), err)
}

// failureAt returns failure on the attribute at fault.
func failureAt(at path.Path, summary string, err error) diag.Diagnostic {
	return ofKey(diag.NewAttributeErrorDiagnostic(at, summary, reason(err)), err)
}

// failureAtField returns failureAt on the argument that the server's refusal names first, found by the field of the API, or
// failure where it names none. Of a field and one that it is in the inner one counts.
func failureAtField(arguments map[string]path.Path, summary string, err error) diag.Diagnostic {
	var apiError *client.APIError
	if errors.As(err, &apiError) {
		for _, field := range apiError.Fields {
			for loc := strings.TrimPrefix(field.Loc, "body."); loc != ""; loc = loc[:max(0, strings.LastIndexByte(loc, '.'))] {
				if at, ok := arguments[loc]; ok {
					return failureAt(at, summary, err)
				}
			}
		}
	}
	return failure(summary, err)
}

// alreadyExists returns the error of a create that something is in the way of. It is never taken over just because it
// looks equal: a user who means that thing imports it. A create cannot know whether Terraform is about to delete it.
func alreadyExists(at path.Path, summary, what, resourceType, importID, unique, otherwise string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, summary, fmt.Sprintf("%s Nothing was taken over. If it is the one that this resource is to manage, import it:\n\n  terraform import %s.<name> %q\n\n%s Otherwise %s.", what, resourceType, importID, ifDeletedToo(unique), otherwise))
}

// ifDeletedToo says why a create can be refused because of what the same apply deletes or changes; unique is what no two
// things have.
func ifDeletedToo(unique string) string {
	return fmt.Sprintf("If this apply also deletes it or gives it another %[1]s, that came too late: apply again; where only the address of a resource has changed, a `moved` block keeps what it manages. If this resource replaces it with `create_before_destroy`, that cannot work, as no two have the same %[1]s: leave that out, give this one another %[1]s, or keep the one that is there by `terraform untaint` where it is tainted.", unique)
}

// reason explains an error by its type, never by its text.
func reason(err error) string {
	var (
		plan    *client.PlanLimitError
		person  *client.NotMemberError
		unknown *client.UnknownNameError
		lost    *client.LostWriteError
		offered *client.NotOfferedError
		other   *client.NotAccountAPIError
		answer  *client.UnexpectedAnswerError
		scim    *client.SCIMError
		token   *client.TokenError
		apiErr  *client.APIError
		advices []string
	)
	switch {
	case errors.As(err, &plan):
		return fmt.Sprintf("Account %s does not have the feature %q, which this needs. It is part of Prefect Cloud's Enterprise plan: move the account to it, or take this out of the configuration.%s", plan.AccountID, plan.Feature, origin(plan.Err))
	case errors.As(err, &person) && person.LooksLike != "":
		return fmt.Sprintf("%s is not a member of account %s. %q is, whose address is spelled differently (%+q, not %+q) and is another person's. Write the address exactly as the account has it, if that one is meant.", person.Email, person.AccountID, person.LooksLike, person.LooksLike, person.Email)
	case errors.As(err, &person):
		return fmt.Sprintf("%s is not a member of account %s. Check the spelling, invite the person first, or, where a directory or a first login brings them, set `timeouts = { create = \"10m\" }` on a prefectsso_member_role to wait for them.", person.Email, person.AccountID)
	case errors.As(err, &unknown):
		return fmt.Sprintf("Account %s has no %s %q. It has: %s. A %s is named exactly as it is written there, or by its id.", unknown.AccountID, unknown.What, unknown.Name, strings.Join(unknown.Existing, ", "), unknown.What)
	case errors.As(err, &offered):
		about := configuration[offered.Feature]
		return fmt.Sprintf("The server does not offer the configuration of %s over its API, as today's Prefect Cloud: it can be neither read nor changed from here. A person does that in the configuration dashboard. While nothing is configured yet, the resource prefectsso_setup_link with `kind = %q` gives the link; after that, Prefect's support gives a fresh one.%s", about.what, about.kind, origin(offered.Err))
	case errors.As(err, &lost), errors.As(err, &other), errors.As(err, &answer):
		return english.ErrorSentence(err)
	case errors.As(err, &scim):
		return scimReason(scim)
	case errors.As(err, &token):
		return tokenReason(token)
	case errors.Is(err, context.DeadlineExceeded):
		return english.ErrorSentence(err) + " Give it more time with the provider's `request_timeout`, or see whether the endpoint can be reached."
	case !errors.As(err, &apiErr):
		return english.ErrorSentence(err)
	}

	message := english.Sentence(apiErr.Message)
	for _, field := range apiErr.Fields {
		advices = append(advices, fieldReason(field))
	}
	switch apiErr.Status {
	case http.StatusUnauthorized:
		advices = append(advices, "The API key was not accepted: it may be mistyped, expired or revoked. It comes from `api_key` in the provider block, else from the environment variable "+settings.EnvAPIKey+", else from a profile of Prefect's command line.")
	case http.StatusForbidden:
		advices = append(advices, "Where a recent login is asked for, the owner of the key logs in through single sign-on; the key of a service account needs no login. Where a permission is missing, use the key of a user or service account whose role has it, or let an account Owner give it to this one.")
	case http.StatusNotFound:
		advices = append(advices, "Check `account_id`: an account that does not exist and one that this key does not belong to look the same.")
	case http.StatusTooManyRequests:
		advices = append(advices, "The account's rate limit held on over all retries. Run with a lower -parallelism, or raise `max_retries`.")
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		advices = append(advices, "The API, or a proxy in front of it, did not recover over all retries. Nothing further was tried; run the same command again later.")
	}
	return strings.TrimSpace(message+" "+strings.Join(advices, " ")) + origin(apiErr)
}

// fieldReason says which value the API rejects and why, without the words of the library that checks it there: "Value error"
// before each message, and where in a request the value is.
func fieldReason(field client.FieldError) string {
	message := english.Sentence(english.Capitalize(strings.TrimPrefix(field.Message, "Value error, ")))
	in, rest, nested := strings.Cut(field.Loc, ".")
	if in != "body" && in != "query" && in != "path" && in != "header" {
		rest, nested = field.Loc, field.Loc != ""
	}
	if !nested {
		return message
	}
	var name strings.Builder
	for i, part := range strings.Split(rest, ".") {
		switch _, err := strconv.Atoi(part); {
		case err == nil:
			name.WriteString("[" + part + "]")
		case i > 0:
			name.WriteString("." + part)
		default:
			name.WriteString(part)
		}
	}
	return fmt.Sprintf("`%s`: %s", name.String(), message)
}

// scimReason explains a refusal by a SCIM endpoint.
func scimReason(err *client.SCIMError) string {
	advice := ""
	switch err.Err.Status {
	case http.StatusUnauthorized:
		advice = " The SCIM token was not accepted: it may be mistyped, expired or revoked, or belong to another directory."
	case http.StatusForbidden:
		advice = " The directory may be switched off."
	case http.StatusNotFound:
		advice = " Check the address of the SCIM endpoint."
	}
	return english.ErrorSentence(err) + advice
}

// tokenReason explains a refusal by the token endpoint of a directory.
func tokenReason(err *client.TokenError) string {
	advice := ""
	switch {
	case err.Code == "" && err.Err.Status < http.StatusInternalServerError:
		advice = " Check the address of the SCIM endpoint; a server that has no OAuth clients, as today's Prefect Cloud, takes a token instead."
	case err.Err.Status == http.StatusUnauthorized:
		advice = " The client's id or secret was not accepted: it may be mistyped, have ended with a rotation, or belong to another directory."
	case err.Err.Status == http.StatusTooManyRequests:
		advice = " A client gets a limited number of access tokens a minute; run the same command again later."
	case err.Code == "unauthorized_client":
		advice = " The directory may be switched off."
	}
	return english.ErrorSentence(err) + advice
}

// configuration is what a feature lets people configure, and the kind of setup link that leads there.
var configuration = map[string]struct{ what, kind string }{
	"sso":  {"identity providers", setupSSO},
	"scim": {"directory sync", setupDirectorySync},
}

// origin names the request that failed, for those who have to look it up.
func origin(e *client.APIError) string {
	if e == nil {
		return ""
	}
	text := fmt.Sprintf("\n\n%s %s answered %d", e.Method, e.Path, e.Status)
	if e.RequestID != "" {
		text += ", request id " + e.RequestID
	}
	return text + "."
}
