"""Migrations of the mandates, one history per tenant schema."""
