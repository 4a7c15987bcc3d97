"""Proposals, the agreements they become, and whether those are kept."""
