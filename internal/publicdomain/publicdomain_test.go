package publicdomain_test

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/publicdomain"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]publicdomain.Kind{
		"acme.com": publicdomain.None, "mail.acme.co.uk": publicdomain.None, "live.io": publicdomain.None, "outlook.acme.com": publicdomain.None,
		"com": publicdomain.Suffix, "co.uk": publicdomain.Suffix, "github.io": publicdomain.Suffix,
		"gmail.com": publicdomain.Webmail, "yahoo.co.uk": publicdomain.Webmail, "gmx.at": publicdomain.Webmail, "live.com": publicdomain.Webmail,
	} {
		if got := publicdomain.KindOf(domain); got != want {
			t.Errorf("%s is of kind %d, want %d", domain, got, want)
		}
	}
}
