"""The consumer's own pages of a case."""
