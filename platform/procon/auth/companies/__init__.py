"""Who acts for which company: roots of CNPJ, their members, and requests to become one."""
