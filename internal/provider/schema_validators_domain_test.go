package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

func TestCheckNotPublic(t *testing.T) {
	t.Parallel()
	for domain, rejected := range map[string]bool{
		"acme.com": false, "mail.acme.co.uk": false, "acme.example": false, "live.io": false, "outlook.acme.com": false,
		"com": true, "co.uk": true, "github.io": true, "gmail.com": true, "GMAIL.com.": true, "yahoo.co.uk": true, "gmx.at": true, "live.com": true,
	} {
		var diags diag.Diagnostics
		checkNotPublic(domain, path.Root("name"), &diags)
		if diags.HasError() != rejected {
			t.Errorf("%s refused: %t, want %t", domain, diags.HasError(), rejected)
		}
	}
}
