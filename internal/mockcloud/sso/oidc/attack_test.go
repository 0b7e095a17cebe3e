package oidc_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
)

// attack does what must be refused and gives the refusal.
type attack func(testing.TB, *world) error

// misbehaving is a login at a provider that misbehaves.
func misbehaving(mode idp.Mode) attack {
	return func(tb testing.TB, w *world) error {
		tb.Helper()
		w.idp.Misbehave(mode)
		_, err := w.login(tb)
		return err
	}
}

// discovering is the saving of a connection whose provider misbehaves.
func discovering(mode idp.Mode) attack {
	return func(tb testing.TB, w *world) error {
		tb.Helper()
		w.idp.Misbehave(mode)
		return w.Discover(tb.Context(), w.conn.Issuer)
	}
}

// issuer is the saving of a connection with another issuer.
func issuer(address string) attack {
	return func(tb testing.TB, w *world) error { tb.Helper(); return w.Discover(tb.Context(), address) }
}

// tampered is a login whose callback is changed on its way.
func tampered(change func(url.Values)) attack {
	return func(tb testing.TB, w *world) error {
		tb.Helper()
		_, err := w.login(tb, change)
		return err
	}
}

// changed is a login during which the connection becomes another.
func changed(change func(*oidc.Connection)) attack {
	return func(tb testing.TB, w *world) error {
		tb.Helper()
		begun := w.begin(tb)
		answer := w.answer(tb, begun)
		change(&w.conn)
		_, err := w.Finish(tb.Context(), w.find, begun.BrowserSecret, answer)
		return err
	}
}

// row is an attack. Its harmless form is a login that passes at the same
// provider, by the same connection, right before.
type row struct {
	reason oidc.Reason
	attack attack
	options
	harmless idp.Mode // what the provider does in the harmless form
}

func rows() map[string]row {
	return map[string]row{
		// The callback, and whose login it is.
		"no state":                      {reason: oidc.StateMissing, attack: misbehaving(idp.AnswerWithoutState)},
		"empty state":                   {reason: oidc.StateMissing, attack: tampered(func(v url.Values) { v.Set("state", "") })},
		"wrong state":                   {reason: oidc.StateUnknown, attack: misbehaving(idp.AnswerOtherState)},
		"state cut short":               {reason: oidc.StateUnknown, attack: tampered(func(v url.Values) { v.Set("state", v.Get("state")[:10]) })},
		"state twice":                   {reason: oidc.ParameterRepeated, attack: tampered(func(v url.Values) { v.Add("state", "other") })},
		"code twice":                    {reason: oidc.ParameterRepeated, attack: tampered(func(v url.Values) { v.Add("code", "other") })},
		"issuer twice":                  {reason: oidc.ParameterRepeated, attack: tampered(func(v url.Values) { v.Add("iss", v.Get("iss")) })},
		"oversize code":                 {reason: oidc.ParameterOversize, attack: tampered(func(v url.Values) { v.Set("code", strings.Repeat("x", 1<<20)) })},
		"replayed callback":             {reason: oidc.StateReplayed, attack: replayedCallback},
		"replayed after a refusal":      {reason: oidc.StateReplayed, attack: replayedRefusal},
		"late callback":                 {reason: oidc.StateExpired, attack: lateCallback},
		"another browser":               {reason: oidc.BrowserMismatch, attack: otherBrowser("another browser's secret")},
		"no browser secret":             {reason: oidc.BrowserMismatch, attack: otherBrowser("")},
		"an older login of the browser": {reason: oidc.BrowserMismatch, attack: olderLogin},
		"mixed-up provider":             {reason: oidc.CallbackIssuerMismatch, attack: misbehaving(idp.AnswerOtherIssuer)},
		"empty issuer":                  {reason: oidc.CallbackIssuerMismatch, attack: tampered(func(v url.Values) { v.Set("iss", "") })},
		"issuer left out":               {reason: oidc.CallbackIssuerMissing, attack: misbehaving(idp.AnswerWithoutIssuer)},
		"no code":                       {reason: oidc.CodeMissing, attack: misbehaving(idp.AnswerWithoutCode)},
		"denied":                        {reason: oidc.ProviderDenied, attack: misbehaving(idp.AnswerDenied)},
		"denied, but with a code":       {reason: oidc.ProviderDenied, attack: tampered(func(v url.Values) { v.Set("error", "access_denied") })},

		// The code.
		"replayed code":         {reason: oidc.CodeRefused, attack: replayedCode},
		"another login's code":  {reason: oidc.CodeRefused, attack: injectedCode},
		"another client's code": {reason: oidc.CodeRefused, attack: otherClientsCode},
		"invented code":         {reason: oidc.CodeRefused, attack: tampered(func(v url.Values) { v.Set("code", "invented") })},
		"wrong client secret":   {reason: oidc.ClientRefused, attack: changed(func(c *oidc.Connection) { c.ClientSecret = "wrong" })},
		"secret taken out":      {reason: oidc.ClientSecretMissing, attack: changed(func(c *oidc.Connection) { c.ClientSecret = "" })},
		"wrong secret, by post": {reason: oidc.ClientRefused, attack: changed(func(c *oidc.Connection) {
			c.ClientSecret, c.ClientAuth = "wrong", oidc.ClientSecretPost
		})},
		"public, but not to the provider": {reason: oidc.ClientRefused, attack: changed(func(c *oidc.Connection) { c.ClientAuth = oidc.PublicClient })},
		"another's key":                   {reason: oidc.ClientRefused, attack: byKey(nil)},
		"another's key, certificate of it": {reason: oidc.ClientRefused, attack: byKey(func(own, foreign oidc.ClientKey) oidc.ClientKey {
			return oidc.ClientKey{Private: foreign.Private, Certificate: own.Certificate}
		})},
		"own key, another's certificate": {reason: oidc.ClientRefused, attack: byKey(func(own, foreign oidc.ClientKey) oidc.ClientKey {
			return oidc.ClientKey{Private: own.Private, Certificate: foreign.Certificate}
		})},
		"assertion of another time": {reason: oidc.ClientRefused, attack: func(tb testing.TB, w *world) error {
			tb.Helper()
			w.byKey(tb)
			w.idpClock.advance(time.Minute)
			_, err := w.login(tb)
			return err
		}},
		"no secret, and nobody chose": {reason: oidc.ClientSecretMissing, attack: func(tb testing.TB, w *world) error {
			tb.Helper()
			w.conn.ClientSecret = ""
			_, err := w.Begin(tb.Context(), w.conn, oidc.Start{})
			return err
		}},
		"issuer changed meanwhile": {reason: oidc.ConnectionChanged, attack: changed(func(c *oidc.Connection) { c.Issuer = "https://attacker.example" })},
		"client changed meanwhile": {reason: oidc.ConnectionChanged, attack: changed(func(c *oidc.Connection) { c.ClientID = "another" })},
		"callback changed":         {reason: oidc.ConnectionChanged, attack: changed(func(c *oidc.Connection) { c.RedirectURI += "/other" })},
		"connection deleted":       {reason: oidc.ConnectionGone, attack: changed(func(c *oidc.Connection) { c.ID = "conn_2" })},
		"no ID token":              {reason: oidc.IDTokenMissing, attack: misbehaving(idp.TokensWithoutIDToken)},
		"no bearer token":          {reason: oidc.TokenTypeRefused, attack: misbehaving(idp.TokensOtherType)},
		"garbage for an ID token":  {reason: oidc.IDTokenMalformed, attack: misbehaving(idp.TokensGarbage)},
		"oversize ID token":        {reason: oidc.IDTokenOversize, attack: misbehaving(idp.TokensOversize)},

		// The ID token's signature.
		"changed payload":          {reason: oidc.SignatureInvalid, attack: misbehaving(idp.TokensTampered)},
		"not signed":               {reason: oidc.AlgNone, attack: misbehaving(idp.SignedNone)},
		"HS256 with the RSA key":   {reason: oidc.AlgRefused, attack: misbehaving(idp.SignedHMAC), options: options{alg: "RS256"}},
		"HS256 with the EC key":    {reason: oidc.AlgRefused, attack: misbehaving(idp.SignedHMAC)},
		"unlisted algorithm, RSA":  {reason: oidc.AlgRefused, attack: misbehaving(idp.SignedUnlisted), options: options{alg: "RS256"}},
		"unlisted algorithm, EC":   {reason: oidc.AlgRefused, attack: misbehaving(idp.SignedUnlisted)},
		"unlisted algorithm, Ed":   {reason: oidc.AlgRefused, attack: misbehaving(idp.SignedUnlisted), options: options{alg: "EdDSA"}},
		"foreign key, EC":          {reason: oidc.SignatureInvalid, attack: misbehaving(idp.SignedForeign)},
		"foreign key, RSA":         {reason: oidc.SignatureInvalid, attack: misbehaving(idp.SignedForeign), options: options{alg: "RS256"}},
		"foreign key, RSA-PSS":     {reason: oidc.SignatureInvalid, attack: misbehaving(idp.SignedForeign), options: options{alg: "PS256"}},
		"foreign key, Ed25519":     {reason: oidc.SignatureInvalid, attack: misbehaving(idp.SignedForeign), options: options{alg: "EdDSA"}},
		"unknown key":              {reason: oidc.KeyUnknown, attack: misbehaving(idp.SignedUnknownKey)},
		"unnamed of two keys":      {reason: oidc.KeyUnnamed, attack: rotatedUnnamed, harmless: idp.SignedUnnamed},
		"weak key":                 {reason: oidc.KeyWeak, attack: misbehaving(idp.SignedWeakKey), options: options{alg: "RS256"}},
		"embedded jwk":             {reason: oidc.HeaderRefused, attack: misbehaving(idp.SignedEmbeddedKey)},
		"jku":                      {reason: oidc.SignatureInvalid, attack: misbehaving(idp.SignedKeyURL), harmless: idp.SignedKeyHints},
		"x5c":                      {reason: oidc.SignatureInvalid, attack: misbehaving(idp.SignedCertificate), harmless: idp.SignedKeyHints},
		"x5u":                      {reason: oidc.SignatureInvalid, attack: misbehaving(idp.SignedCertURL), harmless: idp.SignedKeyHints},
		"x5t":                      {reason: oidc.SignatureInvalid, attack: misbehaving(idp.SignedThumbprint), harmless: idp.SignedKeyHints},
		"b64":                      {reason: oidc.HeaderRefused, attack: misbehaving(idp.SignedUnencoded)},
		"critical header":          {reason: oidc.HeaderRefused, attack: misbehaving(idp.SignedCritical)},
		"an access token (at+jwt)": {reason: oidc.IDTokenType, attack: misbehaving(idp.SignedAsAccessToken)},

		// The ID token's claims.
		"wrong issuer":             {reason: oidc.TokenIssuerMismatch, attack: misbehaving(idp.ClaimsOtherIssuer)},
		"wrong audience":           {reason: oidc.AudienceMismatch, attack: misbehaving(idp.ClaimsOtherAudience)},
		"several audiences":        {reason: oidc.PartyMissing, attack: misbehaving(idp.ClaimsAudiences)},
		"another party":            {reason: oidc.PartyMismatch, attack: misbehaving(idp.ClaimsOtherParty)},
		"no subject":               {reason: oidc.SubjectMissing, attack: misbehaving(idp.ClaimsWithoutSubject)},
		"Sub for sub":              {reason: oidc.SubjectMissing, attack: misbehaving(idp.ClaimsSpelledOtherwise)},
		"expired":                  {reason: oidc.Expired, attack: misbehaving(idp.ClaimsExpired)},
		"no expiry":                {reason: oidc.ExpiryMissing, attack: misbehaving(idp.ClaimsWithoutExpiry)},
		"no time of issue":         {reason: oidc.IssuedAtMissing, attack: misbehaving(idp.ClaimsWithoutIssuedAt)},
		"not yet valid":            {reason: oidc.NotYetValid, attack: misbehaving(idp.ClaimsNotYetValid)},
		"made in the future":       {reason: oidc.NotYetValid, attack: misbehaving(idp.ClaimsFromTheFuture)},
		"no nonce":                 {reason: oidc.NonceMissing, attack: misbehaving(idp.ClaimsWithoutNonce)},
		"wrong nonce":              {reason: oidc.NonceMismatch, attack: misbehaving(idp.ClaimsOtherNonce)},
		"wrong at_hash":            {reason: oidc.AccessTokenMismatch, attack: misbehaving(idp.ClaimsOtherAccessToken)},
		"wrong at_hash, EdDSA":     {reason: oidc.AccessTokenMismatch, attack: misbehaving(idp.ClaimsOtherAccessToken), options: options{alg: "EdDSA"}},
		"auth_time that is none":   {reason: oidc.NotYetValid, attack: misbehaving(idp.ClaimsAuthTimeText), harmless: idp.ClaimsWithoutAuthTime},
		"auth_time ahead":          {reason: oidc.NotYetValid, attack: misbehaving(idp.ClaimsAuthTimeAhead), harmless: idp.ClaimsStale},
		"claim twice":              {reason: oidc.ClaimRepeated, attack: misbehaving(idp.ClaimsTwice)},
		"email not verified":       {reason: oidc.EmailUnverified, attack: misbehaving(idp.ClaimsUnverified), harmless: idp.ClaimsWithoutVerified},
		`email_verified "false"`:   {reason: oidc.EmailUnverified, attack: misbehaving(idp.ClaimsUnverifiedText)},
		"no email":                 {reason: oidc.EmailMissing, attack: misbehaving(idp.ClaimsWithoutEmail)},
		"two emails in one":        {reason: oidc.EmailInvalid, attack: misbehaving(idp.ClaimsTwoEmails)},
		"userinfo of another":      {reason: oidc.UserinfoMismatch, attack: misbehaving(idp.UserinfoOtherSubject), harmless: idp.ThinIDTokens},
		"not verified in userinfo": {reason: oidc.EmailUnverified, attack: misbehaving(idp.UserinfoUnverified), harmless: idp.ThinIDTokens},

		// Discovery, as a connection is saved.
		"discovery names another":       {reason: oidc.DiscoveryOtherIssuer, attack: discovering(idp.DiscoveryOtherIssuer)},
		"discovery for every tenant":    {reason: oidc.IssuerMultiTenant, attack: discovering(idp.DiscoveryMultiTenant)},
		"a page":                        {reason: oidc.DiscoveryHTML, attack: discovering(idp.DiscoveryHTML)},
		"half a document":               {reason: oidc.DiscoveryMalformed, attack: discovering(idp.DiscoveryBroken)},
		"an error":                      {reason: oidc.DiscoveryStatus, attack: discovering(idp.DiscoveryError)},
		"oversize discovery":            {reason: oidc.DiscoveryOversize, attack: discovering(idp.DiscoveryOversize)},
		"slow discovery":                {reason: oidc.IssuerSlow, attack: discovering(idp.DiscoverySlow), options: options{timeout: time.Second}},
		"no token endpoint":             {reason: oidc.EndpointMissing, attack: discovering(idp.DiscoveryWithoutToken)},
		"token endpoint without TLS":    {reason: oidc.EndpointRefused, attack: discovering(idp.DiscoveryPlainEndpoint)},
		"keys at a cloud's metadata":    {reason: oidc.EndpointRefused, attack: discovering(idp.DiscoveryPrivateEndpoint)},
		"redirect to a cloud's":         {reason: oidc.IssuerRefused, attack: discovering(idp.DiscoveryPrivateRedirect)},
		"redirects without end":         {reason: oidc.IssuerRefused, attack: discovering(idp.DiscoveryManyRedirects)},
		"no way to authenticate":        {reason: oidc.ClientAuthUnsupported, attack: discovering(idp.DiscoveryOtherClientAuth)},
		"no S256":                       {reason: oidc.PKCEUnsupported, attack: discovering(idp.DiscoveryWithoutPKCE)},
		"only HS256 and none":           {reason: oidc.AlgorithmsUnsupported, attack: discovering(idp.DiscoveryWeakAlgorithms)},
		"no keys":                       {reason: oidc.KeysUnusable, attack: discovering(idp.KeysNone)},
		"a shared secret among keys":    {reason: oidc.KeysUnusable, attack: discovering(idp.KeysSymmetric)},
		"issuer without TLS":            {reason: oidc.IssuerNotHTTPS, attack: issuer("http://idp.example.com")},
		"issuer common":                 {reason: oidc.IssuerMultiTenant, attack: issuer("https://login.microsoftonline.com/common/v2.0")},
		"issuer organizations":          {reason: oidc.IssuerMultiTenant, attack: issuer("https://login.microsoftonline.com/Organizations/v2.0")},
		"issuer consumers":              {reason: oidc.IssuerMultiTenant, attack: issuer("https://login.microsoftonline.us/consumers/")},
		"issuer {tenantid}":             {reason: oidc.IssuerMultiTenant, attack: issuer("https://login.microsoftonline.com/{tenantid}/v2.0")},
		"issuer at loopback":            {reason: oidc.IssuerRefused, attack: issuer("https://127.0.0.1:1")},
		"issuer in a private network":   {reason: oidc.IssuerRefused, attack: issuer("https://[::ffff:10.0.0.1]")},
		"issuer with a password":        {reason: oidc.IssuerInvalid, attack: issuer("https://user:" + "pass@idp.example.com")},
		"issuer with a query":           {reason: oidc.IssuerInvalid, attack: issuer("https://idp.example.com?x=1")},
		"issuer that is none":           {reason: oidc.IssuerInvalid, attack: issuer("idp.example.com")},
		"discovery goes bad in an hour": {reason: oidc.DiscoveryOtherIssuer, attack: anHourLater(idp.DiscoveryOtherIssuer)},

		// Open redirects.
		"return to another host":    {reason: oidc.ReturnToRefused, attack: returnTo("https://attacker.example/")},
		"return to //":              {reason: oidc.ReturnToRefused, attack: returnTo("//attacker.example/")},
		`return to /\`:              {reason: oidc.ReturnToRefused, attack: returnTo(`/\attacker.example/`)},
		"return to / and a tab":     {reason: oidc.ReturnToRefused, attack: returnTo("/\t/attacker.example/")},
		"return to a script":        {reason: oidc.ReturnToRefused, attack: returnTo("javascript:alert(1)")},
		"return with a header line": {reason: oidc.ReturnToRefused, attack: returnTo("/\r\nSet-Cookie: x=1")},
	}
}

// byKey is a login by private_key_jwt with a key that is not what the client published;
// nil stands for another's altogether.
func byKey(mixed func(own, foreign oidc.ClientKey) oidc.ClientKey) attack {
	return func(tb testing.TB, w *world) error {
		tb.Helper()
		w.byKey(tb)
		key := newKey(tb)
		if mixed != nil {
			key = mixed(w.key, key)
		}
		w.conn.Key = func() (oidc.ClientKey, error) { return key, nil }
		_, err := w.login(tb)
		return err
	}
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	if count := len(rows()); count < 30 {
		t.Errorf("%d attacks are fewer than promised", count)
	}
	for name, row := range rows() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, row.options)
			w.idp.Misbehave(row.harmless)
			login, err := w.login(t)
			if err != nil {
				t.Fatalf("the harmless form: %v", err)
			}
			if login.Subject != ada().Subject || login.Email != ada().Email {
				t.Fatalf("the harmless form logged %+v in", login)
			}
			if err := w.Discover(t.Context(), w.conn.Issuer); err != nil {
				t.Fatalf("the harmless form of discovery: %v", err)
			}
			rejected(t, row.attack(t, w), row.reason)
		})
	}
}

func replayedCallback(tb testing.TB, w *world) error {
	tb.Helper()
	begun := w.begin(tb)
	answer := w.answer(tb, begun)
	if _, err := w.Finish(tb.Context(), w.find, begun.BrowserSecret, answer); err != nil {
		tb.Fatal(err)
	}
	_, err := w.Finish(tb.Context(), w.find, begun.BrowserSecret, answer)
	return err
}

func replayedRefusal(tb testing.TB, w *world) error {
	tb.Helper()
	begun := w.begin(tb)
	answer := w.answer(tb, begun)
	_, err := w.Finish(tb.Context(), w.find, "another browser", answer)
	rejected(tb, err, oidc.BrowserMismatch)
	_, err = w.Finish(tb.Context(), w.find, begun.BrowserSecret, answer)
	return err
}

func lateCallback(tb testing.TB, w *world) error {
	tb.Helper()
	begun := w.begin(tb)
	w.clock.advance(10*time.Minute - time.Second)
	answer := w.answer(tb, begun)
	w.clock.advance(time.Second)
	_, err := w.Finish(tb.Context(), w.find, begun.BrowserSecret, answer)
	return err
}

func otherBrowser(secret string) attack {
	return func(tb testing.TB, w *world) error {
		tb.Helper()
		begun := w.begin(tb)
		_, err := w.Finish(tb.Context(), w.find, secret, w.answer(tb, begun))
		return err
	}
}

// olderLogin is login CSRF with the attacker's own secret: it belongs to another
// state.
func olderLogin(tb testing.TB, w *world) error {
	tb.Helper()
	older, newer := w.begin(tb), w.begin(tb)
	_, err := w.Finish(tb.Context(), w.find, newer.BrowserSecret, w.answer(tb, older))
	return err
}

func replayedCode(tb testing.TB, w *world) error {
	tb.Helper()
	first := w.begin(tb)
	answer := w.answer(tb, first)
	if _, err := w.Finish(tb.Context(), w.find, first.BrowserSecret, answer); err != nil {
		tb.Fatal(err)
	}
	_, err := w.login(tb, func(v url.Values) { v.Set("code", answer.Get("code")) })
	return err
}

// injectedCode brings the code of one login, not used yet, into another: PKCE
// stops it (RFC 9700 section 4.5).
func injectedCode(tb testing.TB, w *world) error {
	tb.Helper()
	stolen := w.answer(tb, w.begin(tb)).Get("code")
	_, err := w.login(tb, func(v url.Values) { v.Set("code", stolen) })
	return err
}

func otherClientsCode(tb testing.TB, w *world) error {
	tb.Helper()
	other := w.conn
	other.ClientID = "another client"
	begun, err := w.Begin(tb.Context(), other, oidc.Start{})
	if err != nil {
		tb.Fatal(err)
	}
	stolen := w.answer(tb, begun).Get("code")
	_, err = w.login(tb, func(v url.Values) { v.Set("code", stolen) })
	return err
}

// rotatedUnnamed: with two keys published a token has to say which is its own.
func rotatedUnnamed(tb testing.TB, w *world) error {
	tb.Helper()
	if err := w.idp.RotateKeys(); err != nil {
		tb.Fatal(err)
	}
	return misbehaving(idp.SignedUnnamed)(tb, w)
}

func anHourLater(mode idp.Mode) attack {
	return func(tb testing.TB, w *world) error {
		tb.Helper()
		w.clock.advance(time.Hour)
		return misbehaving(mode)(tb, w)
	}
}

func returnTo(path string) attack {
	return func(tb testing.TB, w *world) error {
		tb.Helper()
		_, err := w.Begin(tb.Context(), w.conn, oidc.Start{ReturnTo: path})
		return err
	}
}

// TestRefusalsNameTheConnection is for the audit event.
func TestRefusalsNameTheConnection(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	for name, row := range map[string]struct {
		attack attack
		want   string
	}{
		"of a token":         {misbehaving(idp.ClaimsExpired), "conn_1"},
		"of another browser": {otherBrowser("x"), "conn_1"},
		"of a replay":        {replayedCallback, "conn_1"},
		"of a wrong state":   {tampered(func(v url.Values) { v.Set("state", "x") }), ""},
	} {
		w.idp.Misbehave(idp.Honest)
		var refusal *oidc.Refusal
		if err := row.attack(t, w); !errors.As(err, &refusal) || refusal.ConnectionID != row.want {
			t.Errorf("a refusal %s names the connection %q, want %q", name, refusal.ConnectionID, row.want)
		}
	}
}

// TestNothingOfTheProviderIsRepeatedAtLength: a denial's words are the provider's,
// or an attacker's.
func TestNothingOfTheProviderIsRepeatedAtLength(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	_, err := w.login(t, func(v url.Values) {
		v.Set("error", "access_denied\r\n\x1b[31m")
		v.Set("error_description", strings.Repeat("call this number ", 400))
	})
	refusal := rejected(t, err, oidc.ProviderDenied)
	if len(refusal.Sentence) > 400 || strings.ContainsAny(refusal.Sentence, "\r\n\x1b") {
		t.Errorf("%d characters: %q", len(refusal.Sentence), refusal.Sentence)
	}
}

// TestFindThatFails: an error of the store is a refusal that can be unwrapped.
func TestFindThatFails(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	begun := w.begin(t)
	broken := errors.New("the store is broken")
	_, err := w.Finish(t.Context(), func(context.Context, string) (oidc.Connection, error) {
		return oidc.Connection{}, broken
	}, begun.BrowserSecret, w.answer(t, begun))
	rejected(t, err, oidc.ConnectionGone)
	if !errors.Is(err, broken) {
		t.Errorf("%v does not lead to its cause", err)
	}
}
