"""Migrations of the hearings."""
