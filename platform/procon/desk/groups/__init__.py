"""Collective cases: many complaints about one problem of one company."""
