output "domain" {
  value = provider::prefectsso::email_domain("Ada@Acme.com") # "acme.com"
}
