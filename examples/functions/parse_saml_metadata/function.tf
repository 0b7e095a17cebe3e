locals {
  idp = provider::prefectsso::parse_saml_metadata(file("${path.module}/metadata.xml"))
}

output "entity_id" {
  value = local.idp.entity_id
}

output "certificates_end" {
  value = [for certificate in local.idp.certificates : certificate.not_after]
}

output "left_out" {
  value = local.idp.warnings[*].message
}
