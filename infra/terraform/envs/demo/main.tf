# A third, made-up city of the demonstration, provisioned by a real `terraform apply` on this
# machine: `make demo TERRAFORM=1`. State lies under var/, which git ignores.

terraform {
  required_version = ">= 1.9"

  backend "local" {}
}

variable "apply_command" {
  description = "How `procon tenant apply` is called here."
  type        = string
}

module "city" {
  source        = "../../modules/tenant"
  manifest      = "${path.module}/tenants/serrana/tenant.yaml"
  defaults      = "${path.module}/../../../../tenants/_defaults.yaml"
  apply_command = var.apply_command
}

output "hosts" {
  description = "Where the city answers."
  value       = module.city.hosts
}
