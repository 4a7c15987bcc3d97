"""Stories beyond the first: each plays against a running demonstration."""
