package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
)

// provider is what is known of an identity provider from its discovery document.
type provider struct {
	issuer         string
	endpoint       oauth2.Endpoint
	userinfo       string
	algorithms     []string
	issuerInAnswer bool // RFC 9207
	// clientAuths are the ways of authenticating that it offers, the default one where it
	// says none.
	clientAuths       []string
	clientAuthsUnsaid bool
	// assertionAlgs are what it lists for private_key_jwt.
	assertionAlgs []string
	keys          keySet
	fetched       time.Time
	// reread is when the document and the keys were fetched again because of a token.
	reread time.Time
	// hosts are where its endpoints are.
	hosts []string
}

// document is OpenID Connect Discovery 1.0 section 3, as far as it matters here.
type document struct {
	Issuer           string   `json:"issuer"`
	Authorization    string   `json:"authorization_endpoint"`
	Token            string   `json:"token_endpoint"`
	Userinfo         string   `json:"userinfo_endpoint"`
	JWKS             string   `json:"jwks_uri"`
	ResponseTypes    []string `json:"response_types_supported"`
	Algorithms       []string `json:"id_token_signing_alg_values_supported"`
	ClientAuths      []string `json:"token_endpoint_auth_methods_supported"`
	AssertionAlgs    []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	ChallengeMethods []string `json:"code_challenge_methods_supported"`
	IssuerInAnswer   bool     `json:"authorization_response_iss_parameter_supported"`
}

// algorithms are those with which an ID token may be signed: all of them with a
// public key, so that what verifies a token cannot make one.
func algorithms() []string {
	return []string{
		goidc.RS256, goidc.RS384, goidc.RS512, goidc.PS256, goidc.PS384, goidc.PS512,
		goidc.ES256, goidc.ES384, goidc.ES512, goidc.EdDSA,
	}
}

// checkIssuer reports whether an issuer can be one, before anything is fetched.
func checkIssuer(fetcher *fetch.Client, issuer string) *Refusal {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return reject(IssuerInvalid, "The issuer %s is not an address like https://idp.example.com, without ? and #.", quote(issuer))
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if strings.ContainsAny(u.Path, "{}") || slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(first)) {
		return reject(IssuerMultiTenant, "The issuer %s stands for every tenant of its provider, so users of any tenant could log in. Write the id of your own tenant in it.", quote(issuer))
	}
	if err := fetcher.Check(issuer); err != nil {
		return discoveryFailed(issuer, err)
	}
	return nil
}

// discover fetches and checks an issuer's discovery document and its keys.
func discover(ctx context.Context, fetcher *fetch.Client, clock func() time.Time, issuer string) (*provider, error) {
	if refusal := checkIssuer(fetcher, issuer); refusal != nil {
		return nil, refusal
	}
	got, err := fetcher.Get(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nil, discoveryFailed(issuer, err)
	}
	if got.MediaType == "text/html" || bytes.HasPrefix(bytes.TrimSpace(got.Body), []byte("<")) {
		return nil, reject(DiscoveryHTML, "At %s there is a web page instead of a discovery document. Is this the address of the provider's console? The issuer is needed.", quote(issuer))
	}
	var doc document
	if err := json.Unmarshal(got.Body, &doc); err != nil {
		return nil, reject(DiscoveryMalformed, "The discovery document of %s is not the JSON that it has to be.", quote(issuer)).because(err)
	}
	if refusal := doc.check(fetcher, issuer); refusal != nil {
		return nil, refusal
	}
	p := &provider{
		issuer:         issuer,
		endpoint:       oauth2.Endpoint{AuthURL: doc.Authorization, TokenURL: doc.Token, AuthStyle: oauth2.AuthStyleInParams},
		userinfo:       doc.Userinfo,
		issuerInAnswer: doc.IssuerInAnswer,
		fetched:        clock(),
		hosts:          doc.hosts(),
		clientAuths:    doc.ClientAuths,
		assertionAlgs:  doc.AssertionAlgs,
	}
	if len(p.clientAuths) == 0 { // Discovery section 3: the default
		p.clientAuths, p.clientAuthsUnsaid = []string{string(ClientSecretBasic)}, true
	}
	for _, alg := range algorithms() {
		// Discovery section 3 makes the list, and RS256 in it, obligatory.
		if slices.Contains(doc.Algorithms, alg) || len(doc.Algorithms) == 0 && alg == goidc.RS256 {
			p.algorithms = append(p.algorithms, alg)
		}
	}
	if len(p.algorithms) == 0 {
		return nil, reject(AlgorithmsUnsupported, "%s signs ID tokens with no algorithm that is accepted here. Accepted are %s.", quote(issuer), strings.Join(algorithms(), ", "))
	}
	if p.keys, err = fetchKeys(ctx, fetcher, doc.JWKS); err != nil {
		return nil, err
	}
	if !p.keys.usable(p.algorithms) {
		return nil, reject(KeysUnusable, "%s publishes no key that ID tokens could be verified with.", quote(issuer))
	}
	return p, nil
}

func (d *document) check(fetcher *fetch.Client, issuer string) *Refusal {
	switch {
	case strings.ContainsAny(d.Issuer, "{}"):
		return reject(IssuerMultiTenant, "%s calls itself %s: it stands for every tenant. Write the id of your own tenant in the issuer.", quote(issuer), quote(d.Issuer))
	case d.Issuer != issuer:
		// Discovery section 4.3: identical, down to a slash at the end.
		return reject(DiscoveryOtherIssuer, "The provider at %s calls itself %s. Write the issuer exactly as the provider does.", quote(issuer), quote(d.Issuer))
	case len(d.ResponseTypes) > 0 && !slices.Contains(d.ResponseTypes, "code"):
		return reject(FlowUnsupported, "%s does not offer the authorization code flow.", quote(issuer))
	case d.ChallengeMethods != nil && !slices.Contains(d.ChallengeMethods, "S256"):
		return reject(PKCEUnsupported, "%s does not offer PKCE with S256.", quote(issuer))
	}
	for _, endpoint := range []struct {
		name, address string
		required      bool
	}{
		{"authorization_endpoint", d.Authorization, true},
		{"token_endpoint", d.Token, true},
		{"jwks_uri", d.JWKS, true},
		{"userinfo_endpoint", d.Userinfo, false},
	} {
		if endpoint.address == "" {
			if endpoint.required {
				return reject(EndpointMissing, "The discovery document of %s has no %s.", quote(issuer), endpoint.name)
			}
			continue
		}
		if err := fetcher.Check(endpoint.address); err != nil {
			return reject(EndpointRefused, "The %s of %s cannot be used: %s.", endpoint.name, quote(issuer), err).because(err)
		}
	}
	return nil
}

// hosts returns the hosts of the endpoints, each once and sorted.
func (d *document) hosts() []string {
	var out []string
	for _, endpoint := range []string{d.Authorization, d.Token, d.JWKS, d.Userinfo} {
		if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
			out = append(out, strings.ToLower(u.Host))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// discoveryFailed returns, for a person to read, why a discovery document was not fetched.
func discoveryFailed(issuer string, err error) *Refusal {
	var (
		refused     *fetch.Refused
		status      *fetch.StatusError
		unreachable *fetch.Unreachable
	)
	switch {
	case errors.As(err, &refused):
		switch refused.Reason {
		case fetch.NotHTTPS:
			return reject(IssuerNotHTTPS, "The issuer %s does not start with https://.", quote(issuer)).because(err)
		case fetch.TooLarge:
			return reject(DiscoveryOversize, "The discovery document of %s is over 1 MiB.", quote(issuer)).because(err)
		case fetch.BadURL:
			return reject(IssuerInvalid, "The issuer %s cannot be used: %s.", quote(issuer), refused.Detail).because(err)
		}
		return reject(IssuerRefused, "The issuer %s is not fetched: %s.", quote(issuer), refused.Detail).because(err)
	case errors.As(err, &status):
		return reject(DiscoveryStatus, "There is no discovery document at %s: the answer has status %d. Is it the right issuer?", quote(issuer), status.Status).because(err)
	case errors.As(err, &unreachable) && unreachable.Slow():
		return reject(IssuerSlow, "The issuer %s did not answer in time.", quote(issuer)).because(err)
	}
	return reject(IssuerUnreachable, "The issuer %s cannot be reached: %s.", quote(issuer), err).because(err)
}
