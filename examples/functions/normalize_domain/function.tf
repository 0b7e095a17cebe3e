output "domain" {
  value = provider::prefectsso::normalize_domain("Bücher.Example.") # "xn--bcher-kva.example"
}
