# Runs offline: `terraform test` in this folder.

variables {
  defaults = "../../../../tenants/_defaults.yaml"
}

run "reads_the_file_that_the_application_reads" {
  command = apply

  variables {
    manifest = "../../../../tenants/campinas/tenant.yaml"
  }

  assert {
    condition     = output.slug == "campinas"
    error_message = "the slug is the manifest's"
  }
  assert {
    condition     = output.hosts == ["campinas.localhost"]
    error_message = "the hosts are the manifest's"
  }
  assert {
    condition     = join(",", output.secrets) == "DEMO_COURT,DEMO_IDP"
    error_message = "every secret:// reference is found, once"
  }
  assert {
    condition     = output.manifest.limits.files_per_case == 30
    error_message = "a mapping of the defaults is completed key by key"
  }
  assert {
    condition     = output.manifest.timezone == "America/Sao_Paulo"
    error_message = "what the city leaves out is the default's"
  }
}

run "provisions_with_the_given_command" {
  command = apply

  variables {
    manifest      = "../../../../tenants/contagem/tenant.yaml"
    apply_command = "test contagem ="
  }

  assert {
    condition     = length(terraform_data.provisioned) == 1
    error_message = "the command ran"
  }
}

run "refuses_a_folder_with_another_name" {
  command = plan

  variables {
    manifest = "tests/wrong/tenant.yaml"
  }

  expect_failures = [terraform_data.manifest]
}
