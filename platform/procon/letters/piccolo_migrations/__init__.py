"""Migrations of the register of letters."""
