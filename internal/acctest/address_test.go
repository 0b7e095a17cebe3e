package acctest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// TestProviderAndServerDistinguishPeopleAlike holds the provider's keys of addresses against the
// server's, which share no code.
func TestProviderAndServerDistinguishPeopleAlike(t *testing.T) {
	t.Parallel()
	piece := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9.-]{1,6}`),
		rapid.StringOfN(rapid.Rune(), 0, 3, -1),
		rapid.SampledFrom([]string{
			"é", "e\u0301", "É", "\u212a", "\u0130", "i\u0307", "ı", "ß", "ẞ", "ſ", "\u200b", "\u00ad", "ａ", "．", "。", "｡", "H\u0331",
			"ﬃ", "а", "@", "＠", "xn--mnchen-3ya", "XN--", "münchen", ".", "-", "--", " ", "ς", "\u0345", "Ꭰ", "ꭰ", "\u1100\u1161", "\U000e0100",
		}),
	)
	text := rapid.Custom(func(t *rapid.T) (out string) {
		for _, s := range rapid.SliceOfN(piece, 0, 4).Draw(t, "pieces") {
			out += s
		}
		return out
	})
	rapid.Check(t, func(t *rapid.T) {
		s := text.Draw(t, "local")
		if rapid.Bool().Draw(t, "address") {
			s += "@" + text.Draw(t, "domain") + rapid.SampledFrom([]string{"", ".com", ".com.", ".de"}).Draw(t, "end")
		}
		if one, other := client.EmailKey(s), address.IdentityKey(s); one != other {
			t.Fatalf("%+q is %+q to the provider and %+q to the server", s, one, other)
		}
		if one, other := client.LookAlikeKey(s), address.CollisionKey(s); one != other {
			t.Fatalf("%+q looks like %+q to the provider and %+q to the server", s, one, other)
		}
		normal, err := client.NormalizeEmail(s)
		if err == nil && (normal != address.IdentityKey(s) || address.Check(s) != nil) {
			t.Fatalf("the provider takes %+q as %+q, to the server it is %+q: %v", s, normal, address.IdentityKey(s), address.Check(s))
		}
	})
}
