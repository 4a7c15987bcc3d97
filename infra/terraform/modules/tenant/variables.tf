variable "manifest" {
  description = "Path of the city's tenant.yaml, the same file that the application reads."
  type        = string
}

variable "defaults" {
  description = "Path of _defaults.yaml, which completes the manifest one level deep."
  type        = string
}

variable "apply_command" {
  description = "Command that provisions the city; the slug is added to it. Empty: plan only."
  type        = string
  default     = ""
}

variable "environment" {
  description = "Variables for the command. Secrets come from the shell, never from here."
  type        = map(string)
  default     = {}
}
