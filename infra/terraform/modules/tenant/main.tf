# A city, from the file that the application reads. Only built-in resources, so that it runs
# anywhere; what needs a cloud is added by the callers in envs/ from the outputs.

terraform {
  required_version = ">= 1.9"
}

locals {
  defaults = yamldecode(file(var.defaults))
  own      = yamldecode(file(var.manifest))

  # One level deep, as procon.tenancy.manifest.read merges.
  completed = {
    for name, value in local.defaults :
    name => merge(value, lookup(local.own, name, {}))
    if can(keys(value)) && can(keys(lookup(local.own, name, {})))
  }
  manifest = merge(local.defaults, local.own, local.completed)

  secrets = sort(distinct(regexall("secret://([A-Z][A-Z0-9_]*)", jsonencode(local.manifest))[*][0]))
}

resource "terraform_data" "manifest" {
  input = {
    slug    = local.manifest.slug
    hosts   = local.manifest.hosts
    digest  = sha256(jsonencode(local.manifest))
    status  = local.manifest.status
    bucket  = "evidence/${local.manifest.slug}/"
    secrets = local.secrets
  }

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z][a-z0-9]{2,30}$", local.manifest.slug))
      error_message = "slug: only small letters and digits, from 3 to 31, a letter first."
    }
    precondition {
      condition     = length(local.manifest.hosts) > 0
      error_message = "hosts: a city answers on at least one host."
    }
    precondition {
      condition     = basename(dirname(abspath(var.manifest))) == local.manifest.slug
      error_message = "The manifest's folder must have the name of its slug."
    }
  }
}

# Nothing is destroyed with it: a city's data outlives its infrastructure, and there is no
# `procon tenant delete`.
resource "terraform_data" "provisioned" {
  count            = var.apply_command == "" ? 0 : 1
  triggers_replace = [terraform_data.manifest.output.digest]

  provisioner "local-exec" {
    command     = "${var.apply_command} ${terraform_data.manifest.output.slug}"
    environment = var.environment
  }
}
