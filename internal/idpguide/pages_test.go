package idpguide

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
)

const (
	frames   = "testdata/pages"
	examples = "../../examples"
	guides   = "../../templates/guides"
)

// TestPages: each guide on an identity provider is its frame with the steps of this package and the examples that are
// applied by a test, so that none of them is written twice.
func TestPages(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(frames, "*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	anchor := regexp.MustCompile(`\]\((guards\.md#)([a-z-]+)\)`)
	guards, err := os.ReadFile(filepath.Join(guides, "guards.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "_") {
			continue
		}
		page := render(t, name)
		golden.Check(t, filepath.Join(guides, name), page)
		for _, m := range anchor.FindAllStringSubmatch(page, -1) {
			if !strings.Contains(string(guards), "\n### `"+m[2]+"`\n") {
				t.Errorf("%s links to the message %s, which the guide on guards does not have", name, m[2])
			}
		}
	}
}

func render(t *testing.T, name string) string {
	t.Helper()
	l := load(t)
	find := func(id string) (*Guide, error) {
		all := l.All()
		i := slices.IndexFunc(all, func(g *Guide) bool { return g.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("there is no guide %s", id)
		}
		return all[i], nil
	}
	tmpl, err := template.New(name).Funcs(template.FuncMap{
		"steps": func(id string) (string, error) {
			g, err := find(id)
			if err != nil {
				return "", err
			}
			return strings.TrimSuffix(g.Markdown(3), "\n"), nil
		},
		"elsewhere": func(id, product string) (string, error) {
			g, err := find(id)
			if err != nil {
				return "", err
			}
			i := slices.IndexFunc(g.Elsewhere, func(e Elsewhere) bool { return e.Product == product })
			if i < 0 {
				return "", fmt.Errorf("%s says nothing of %s", id, product)
			}
			return g.Elsewhere[i].Text.Markdown(), nil
		},
		"file": func(path string) (string, error) {
			raw, err := os.ReadFile(filepath.Join(examples, filepath.FromSlash(path)))
			return "```terraform\n" + strings.TrimSpace(string(raw)) + "\n```", err
		},
	}).ParseFiles(filepath.Join(frames, "_shared.md"), filepath.Join(frames, name))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := tmpl.ExecuteTemplate(&b, name, nil); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// shape is which arguments and blocks a resource takes, as far as the guides use them; its blocks are under their own names.
type shape struct {
	source    string
	arguments []string
	blocks    map[string][]string
	// required are arguments without which its documentation says that it is refused.
	required []string
}

const (
	oktaDocs     = "https://github.com/okta/terraform-provider-okta/blob/master/docs/resources/"
	azureadDocs  = "https://github.com/hashicorp/terraform-provider-azuread/blob/main/docs/resources/"
	keycloakDocs = "https://github.com/keycloak/terraform-provider-keycloak/blob/main/docs/resources/"
)

var shapes = map[string]shape{
	"okta_app_oauth": {
		source: oktaDocs + "app_oauth.md", required: []string{"label", "type"},
		arguments: []string{
			"grant_types", "response_types", "redirect_uris", "pkce_required", "token_endpoint_auth_method",
			"client_basic_secret_wo", "client_basic_secret_wo_version", "omit_secret",
		},
	},
	"okta_app_group_assignments": {
		source: oktaDocs + "app_group_assignments.md", required: []string{"app_id"},
		blocks: map[string][]string{"group": {"id", "priority", "profile"}},
	},
	"okta_app_saml": {
		source: oktaDocs + "app_saml.md",
		required: []string{
			"label", "sso_url", "recipient", "destination", "audience", "subject_name_id_template", "subject_name_id_format",
			"signature_algorithm", "digest_algorithm", "authn_context_class_ref",
		},
		arguments: []string{"response_signed", "assertion_signed", "honor_force_authn"},
		blocks:    map[string][]string{"attribute_statements": {"name", "type", "values", "namespace", "filter_type", "filter_value"}},
	},
	"azuread_application": {
		source: azureadDocs + "application.md", required: []string{"display_name"},
		arguments: []string{"sign_in_audience"},
		blocks: map[string][]string{
			"web":             {"homepage_url", "logout_url", "redirect_uris"},
			"optional_claims": {}, "id_token": {"name", "source", "essential", "additional_properties"},
		},
	},
	"azuread_service_principal": {
		source: azureadDocs + "service_principal.md", required: []string{"client_id"},
		arguments: []string{"app_role_assignment_required", "use_existing"},
	},
	"azuread_synchronization_secret": {
		source: azureadDocs + "synchronization_secret.md", required: []string{"service_principal_id"},
		blocks: map[string][]string{"credential": {"key", "value"}},
	},
	"azuread_synchronization_job": {
		source: azureadDocs + "synchronization_job.md", required: []string{"service_principal_id", "template_id"},
		arguments: []string{"enabled"},
	},
	"keycloak_openid_client": {
		source: keycloakDocs + "openid_client.md", required: []string{"realm_id", "client_id", "access_type"},
		arguments: []string{
			"name", "standard_flow_enabled", "valid_redirect_uris", "pkce_code_challenge_method", "client_secret_wo", "client_secret_wo_version",
		},
	},
	"keycloak_saml_client": {
		source: keycloakDocs + "saml_client.md", required: []string{"realm_id", "client_id"},
		arguments: []string{
			"name", "sign_documents", "sign_assertions", "signature_algorithm", "client_signature_required", "force_post_binding",
			"name_id_format", "valid_redirect_uris", "assertion_consumer_post_url",
		},
	},
	"keycloak_saml_user_property_protocol_mapper": {
		source:    keycloakDocs + "saml_user_property_protocol_mapper.md",
		required:  []string{"realm_id", "name", "user_property", "saml_attribute_name", "saml_attribute_name_format"},
		arguments: []string{"client_id"},
	},
}

// TestShapes: what guides show for identity providers' own providers, which tests cannot have, uses resources, arguments
// and blocks that their documentation names. internal/acctest applies it with stand-ins.
func TestShapes(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(examples, "guides", "*", "shape", "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, path := range paths {
		file, diags := hclparse.NewParser().ParseHCLFile(path)
		if diags.HasErrors() {
			t.Error(diags)
			continue
		}
		body, ok := file.Body.(*hclsyntax.Body)
		if !ok {
			t.Fatalf("%s is not in Terraform's native syntax", path)
		}
		for _, block := range body.Blocks {
			if block.Type != "resource" {
				t.Errorf("%s: a block %s", path, block.Type)
				continue
			}
			kind := block.Labels[0]
			s, known := shapes[kind]
			if !known {
				t.Errorf("%s: nothing is known of %s", path, kind)
				continue
			}
			used[kind] = true
			for _, name := range s.required {
				if block.Body.Attributes[name] == nil {
					t.Errorf("%s: %s without %s, see %s", path, kind, name, s.source)
				}
			}
			for _, wrong := range unknown(block.Body, slices.Concat(s.required, s.arguments), s.blocks) {
				t.Errorf("%s: %s takes no %s, see %s", path, kind, wrong, s.source)
			}
		}
		for _, name := range references(body) {
			if !strings.HasPrefix(name, "var.") && !strings.HasPrefix(name, "data.prefectsso_service_provider.") &&
				!strings.HasPrefix(name, "prefectsso_scim_directory.") && shapes[strings.Split(name, ".")[0]].source == "" {
				t.Errorf("%s refers to %s", path, name)
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(shapes)) {
		if !used[kind] {
			t.Errorf("no guide shows %s", kind)
		}
	}
}

func unknown(body *hclsyntax.Body, arguments []string, blocks map[string][]string) []string {
	var wrong []string
	for name := range body.Attributes {
		if !slices.Contains(arguments, name) {
			wrong = append(wrong, name)
		}
	}
	for _, block := range body.Blocks {
		known, ok := blocks[block.Type]
		if !ok {
			wrong = append(wrong, block.Type)
			continue
		}
		wrong = append(wrong, unknown(block.Body, known, blocks)...)
	}
	return wrong
}

func references(body *hclsyntax.Body) []string {
	var out []string
	for _, attribute := range body.Attributes {
		for _, variable := range attribute.Expr.Variables() {
			var parts []string
			for _, step := range variable {
				switch s := step.(type) {
				case hcl.TraverseRoot:
					parts = append(parts, s.Name)
				case hcl.TraverseAttr:
					parts = append(parts, s.Name)
				}
			}
			out = append(out, strings.Join(parts, "."))
		}
	}
	for _, block := range body.Blocks {
		out = append(out, references(block.Body)...)
	}
	return out
}
