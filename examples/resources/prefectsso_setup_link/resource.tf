resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

# For the person who configures the identity provider in the browser. A new link: change the trigger.
resource "prefectsso_setup_link" "sso" {
  kind = "sso"

  triggers = {
    round = "1"
  }

  depends_on = [prefectsso_domain.corp]
}

output "setup_link" {
  value     = prefectsso_setup_link.sso.url
  sensitive = true
}
