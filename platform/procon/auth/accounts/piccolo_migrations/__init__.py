"""Migrations of the accounts, one history per tenant schema."""
