# People with an address at acme.com can log in through the account's identity provider.
resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

resource "prefectsso_domain" "subsidiary" {
  name = "bücher.example"
}
