output "slug" {
  description = "Name of the city in schemas, keys and prefixes."
  value       = terraform_data.manifest.output.slug
}

output "hosts" {
  description = "Addresses that need a DNS record and a certificate."
  value       = terraform_data.manifest.output.hosts
}

output "secrets" {
  description = "Names of the secrets that the manifest refers to, for the secret store."
  value       = terraform_data.manifest.output.secrets
}

output "evidence_prefix" {
  description = "Where the city's evidence lies in the bucket."
  value       = terraform_data.manifest.output.bucket
}

output "mail_sender" {
  description = "Sender that the mail service has to verify."
  value       = local.manifest.mail.sender
}

output "manifest" {
  description = "The manifest as the application sees it."
  value       = local.manifest
}
