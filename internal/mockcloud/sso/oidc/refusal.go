package oidc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Reason is a stable word for why something was rejected: for audit events, for
// tests, and for the page that a person sees.
type Reason string

// Reasons of Discover, and of Begin and Finish while the provider's document is
// not known yet.
const (
	IssuerInvalid         Reason = "issuer_invalid"
	IssuerNotHTTPS        Reason = "issuer_not_https"
	IssuerMultiTenant     Reason = "issuer_multi_tenant"
	IssuerRefused         Reason = "issuer_address_refused" // a private address, or a redirect that must not be followed
	IssuerUnreachable     Reason = "issuer_unreachable"
	IssuerSlow            Reason = "issuer_slow"
	DiscoveryStatus       Reason = "discovery_status"
	DiscoveryOversize     Reason = "discovery_oversize"
	DiscoveryHTML         Reason = "discovery_html"
	DiscoveryMalformed    Reason = "discovery_malformed"
	DiscoveryOtherIssuer  Reason = "discovery_issuer_mismatch"
	EndpointMissing       Reason = "endpoint_missing"
	EndpointRefused       Reason = "endpoint_refused"
	EndpointMoved         Reason = "endpoint_moved"
	FlowUnsupported       Reason = "flow_unsupported"
	PKCEUnsupported       Reason = "pkce_unsupported"
	AlgorithmsUnsupported Reason = "algorithms_unsupported"
	ClientAuthUnsupported Reason = "client_auth_unsupported"
	ClientSecretMissing   Reason = "client_secret_missing"
	KeysUnreachable       Reason = "keys_unreachable"
	KeysUnusable          Reason = "keys_unusable"
)

// ReturnToRefused is Begin's own reason.
const ReturnToRefused Reason = "return_to_refused"

// Reasons of Finish before the provider is asked for anything.
const (
	ParameterRepeated      Reason = "parameter_repeated"
	ParameterOversize      Reason = "parameter_oversize"
	StateMissing           Reason = "state_missing"
	StateUnknown           Reason = "state_unknown"
	StateReplayed          Reason = "state_replayed"
	StateExpired           Reason = "state_expired"
	BrowserMismatch        Reason = "browser_mismatch"
	ConnectionGone         Reason = "connection_gone"
	ConnectionChanged      Reason = "connection_changed"
	CallbackIssuerMissing  Reason = "callback_issuer_missing"
	CallbackIssuerMismatch Reason = "callback_issuer_mismatch"
	ProviderDenied         Reason = "provider_denied"
	CodeMissing            Reason = "code_missing"
)

// Reasons of Finish about the provider's tokens.
const (
	CodeRefused         Reason = "code_refused"
	ClientRefused       Reason = "client_refused"
	ClientKeyUnusable   Reason = "client_key_unusable"
	TokenEndpointFailed Reason = "token_endpoint_failed"
	TokenTypeRefused    Reason = "token_type_refused"
	IDTokenMissing      Reason = "id_token_missing"
	IDTokenOversize     Reason = "id_token_oversize"
	IDTokenMalformed    Reason = "id_token_malformed"
	IDTokenType         Reason = "id_token_type"
	HeaderRefused       Reason = "header_refused"
	AlgNone             Reason = "alg_none"
	AlgRefused          Reason = "alg_refused"
	KeyUnnamed          Reason = "key_unnamed"
	KeyUnknown          Reason = "key_unknown"
	KeyWeak             Reason = "key_weak"
	SignatureInvalid    Reason = "signature_invalid"
	ClaimRepeated       Reason = "claim_repeated"
	TokenIssuerMismatch Reason = "token_issuer_mismatch"
	AudienceMismatch    Reason = "audience_mismatch"
	PartyMissing        Reason = "authorized_party_missing"
	PartyMismatch       Reason = "authorized_party_mismatch"
	SubjectMissing      Reason = "subject_missing"
	ExpiryMissing       Reason = "expiry_missing"
	Expired             Reason = "expired"
	IssuedAtMissing     Reason = "issued_at_missing"
	NotYetValid         Reason = "not_yet_valid"
	NonceMissing        Reason = "nonce_missing"
	NonceMismatch       Reason = "nonce_mismatch"
	AccessTokenMismatch Reason = "access_token_mismatch"
	UserinfoFailed      Reason = "userinfo_failed"
	UserinfoMismatch    Reason = "userinfo_subject_mismatch"
	EmailMissing        Reason = "email_missing"
	EmailInvalid        Reason = "email_invalid"
	EmailUnverified     Reason = "email_unverified"
)

// Refusal is a login, or an issuer, that is not accepted.
type Refusal struct {
	Reason Reason
	// Sentence explains to a person what is wrong. It has no secret in it; what it
	// quotes of others' answers is short and escaped, but still no HTML.
	Sentence string
	// ConnectionID is the connection that the login belongs to, where that is
	// known: for the audit event.
	ConnectionID string
	// ClaimNames are those of the claims that came, where a token was verified.
	ClaimNames []string
	// ReturnTo is where the login leads, where that is known.
	ReturnTo string
	// Claims are all that the provider says of the person, by Mapping, where a token was
	// verified and only they did not do. They are for that person's eyes.
	Claims  map[string]any
	Mapping Mapping

	// outdated reports whether the provider's document and keys may have changed since they
	// were fetched.
	outdated bool
	cause    error
}

func (e *Refusal) Error() string { return e.Sentence }

// Unwrap returns what led to the refusal, where something did.
func (e *Refusal) Unwrap() error { return e.cause }

func reject(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Sentence: fmt.Sprintf(format, args...)}
}

func (e *Refusal) because(cause error) *Refusal {
	e.cause = cause
	return e
}

// naming adds to a refusal which claims came.
func naming(err error, got claims) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	out := *refusal
	out.ClaimNames = slices.Sorted(maps.Keys(got))
	return &out
}

// quote shows what another party wrote: short, and without control characters.
func quote(s string) string {
	const maxQuoted = 120
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "…"
	}
	return strconv.QuoteToGraphic(s)
}
