# These and no others: whatever is enabled elsewhere shows as drift.
resource "prefectsso_domains" "all" {
  names = ["acme.com", "acme.example"]
}
