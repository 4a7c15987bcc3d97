"""How a person becomes one of a company: certificate, gov.br, or documents that the staff check."""
