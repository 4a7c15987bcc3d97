"""Procon Digital."""
