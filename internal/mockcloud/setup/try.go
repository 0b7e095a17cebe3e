package setup

import (
	"errors"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/idpguide"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/trial"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// saved is what the last pages show: the connection, and how to try it.
type saved struct {
	Connection *store.Connection
	Provider   provider
	Guide      guided
	LoginURL   string
	// Elsewhere are those of its domains that another connection serves.
	Elsewhere []domainChoice
	// Tested is what came of a test login, nil before one.
	Tested *tested
}

func viewSaved(v *visit) any { return v.saved() }

func (v *visit) saved() saved {
	c := v.connection // the step is reached only with one
	named, _ := providerOf(c.Type)
	out := saved{Connection: c, Provider: named, Guide: v.ssoGuide()}
	for _, d := range v.enabled {
		if d.ServedBy != "" && d.ServedBy != c.Name && slices.Contains(c.Domains, d.Name) {
			out.Elsewhere = append(out.Elsewhere, d)
		}
	}
	return out
}

// viewTry is GET /setup/test.
func viewTry(v *visit) any { return v.try() }

// try offers a test login of the connection as it is.
func (v *visit) try() saved {
	out := v.saved()
	test := trial.Test{SetupID: v.link.ID, ConnectionID: v.connection.ID, Version: v.connection.Updated}
	query := url.Values{"connection": {v.connection.ID}, "return_to": {v.Tests.Begin(test)}}
	out.LoginURL = "/login?" + query.Encode()
	return out
}

// tested is what came of a test login, for the person whose it was.
type tested struct {
	// Key finds it again.
	Key string
	// Refused is why people would not be let in, empty where they would.
	Refused string
	// Remedies are what the guide says of such a refusal.
	Remedies []remedy
	// Outcome is what the login would do; nil where it was refused.
	Outcome *trial.Outcome
	// Found is what is read of a person, Missing what is not there of it.
	Found   []found
	Missing []template.HTML
	// Arrived is all that came.
	Arrived []arrived
	// Outdated says that the connection was changed since.
	Outdated bool
}

// MayActivate reports whether the connection can become active by it.
func (t *tested) MayActivate() bool { return t.Outcome != nil && t.Outcome.Activates && !t.Outdated }

// remedy is a pitfall of the guide.
type remedy struct{ Seen, Do template.HTML }

// found is something that is read of a person, and where.
type found struct{ What, Value, From string }

// arrived is an attribute that came, and what it is used as.
type arrived struct {
	Name, UsedAs string
	Values       []string
}

func usedAs(meaning string) string {
	if meaning == "" {
		return ""
	}
	return idpguide.Meaning(meaning).Name()
}

// showTested is GET /setup/tried/{key}. Values are shown to the browser that brought
// them, in the session in which the test was begun.
func showTested(v *visit) {
	key := v.r.PathValue("key")
	result, ok := v.Tests.Result(key, v.link.ID)
	if !ok {
		v.goTo(tryLogin)
		return
	}
	v.askTested(key, result)
}

func (v *visit) askTested(key string, result trial.Result, problems ...problem) {
	page := v.try()
	t := &tested{Key: key, Refused: result.Sentence, Outcome: result.Outcome}
	for _, a := range result.Attributes {
		t.Arrived = append(t.Arrived, arrived{a.Name, usedAs(a.For), a.Values})
	}
	t.Outdated = result.ConnectionID != v.connection.ID || !result.Version.Equal(v.connection.Updated)
	for _, p := range page.Guide.PitfallsFor(result.Reason) {
		t.Remedies = append(t.Remedies, remedy{page.Guide.Show(p.Seen), page.Guide.Show(p.Do)})
	}
	if result.Login != nil {
		t.read(*result.Login, result.Attributes, page.Guide)
	}
	page.Tested = t
	v.ask(page, problems...)
}

// read says what of a login is used, and what is missing.
func (t *tested) read(login store.ProvenLogin, arrived []trial.Attribute, g guided) {
	from := func(meaning string) string {
		for _, a := range arrived {
			if a.For == meaning && strings.Join(a.Values, "") != "" {
				return a.Name
			}
		}
		return ""
	}
	email := from("email")
	if email == "" { // nothing else can stand in for it
		email = "NameID"
	}
	t.Found = append(t.Found, found{"Email address", login.Email, email})
	for _, name := range []struct{ meaning, what, value string }{
		{"first_name", "First name", login.FirstName}, {"last_name", "Last name", login.LastName},
	} {
		if name.value != "" {
			t.Found = append(t.Found, found{name.what, name.value, from(name.meaning)})
			continue
		}
		t.Missing = append(t.Missing, template.HTML("No <strong>"+fold.Text(name.what)+"</strong> arrived. Send it as <code>"+
			template.HTMLEscapeString(g.Usual(name.meaning))+"</code>, or map the attribute that has it. People can log in without it."))
	}
	t.Found = append(t.Found, found{"Known by", login.Subject, from("subject")})
	if login.Source == "" && login.SubjectFolds {
		t.Missing = append(t.Missing, "People are known by their email address. When somebody's address changes, they come in as somebody new; a name ID that stays the same avoids that.")
	}
	if groups := groupsIn(arrived); groups != "" {
		t.Missing = append(t.Missing, template.HTML("<code>"+template.HTMLEscapeString(groups)+"</code> looks like groups. Groups in a login do nothing here; they come by directory sync."))
	}
}

// groupsIn returns the attribute that seems to have a person's groups.
func groupsIn(arrived []trial.Attribute) string {
	for _, a := range arrived {
		name := fold.Text(a.Name[strings.LastIndexAny(a.Name, "/:.")+1:])
		if slices.Contains([]string{"group", "groups", "memberof", "ismemberof", "role", "roles"}, name) {
			return a.Name
		}
	}
	return ""
}

// activate is POST /setup/activate: the test login becomes the connection's first login.
func activate(v *visit) {
	key := v.r.PostFormValue("result")
	result, ok := v.Tests.Result(key, v.link.ID)
	if !ok || v.Tests.IsStale(result) || result.ConnectionID != v.connection.ID {
		v.ask(v.try(), problem{"log-in", "The test login is too long ago. Nothing has been changed; test it once more."})
		return
	}
	if result, ok = v.Tests.Take(key, v.link.ID); !ok { // sent twice
		v.goTo(tryLogin) // which leads on once it is active
		return
	}
	err := v.Logins.LetIn(v.w, v.r, result)
	if err == nil {
		v.Tests.Drop(key)
		v.goTo(tryLogin)
		return
	}
	v.Tests.PutBack(key)
	var refused *store.LoginRefused
	var conflict *store.Conflict
	switch {
	case errors.As(err, &refused):
		v.askTested(key, result, problem{"log-in", refused.Sentence})
	case errors.As(err, &conflict):
		v.askTested(key, result, problem{"log-in", sentence(conflict.Reason) + " Nothing has been activated; test it once more."})
	default:
		v.failed(v.w, v.r, err)
	}
}
