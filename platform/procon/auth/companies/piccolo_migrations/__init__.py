"""Migrations of the companies, one history per tenant schema."""
