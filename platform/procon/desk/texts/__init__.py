"""Macros, text modules and assignment rules: what the city prepares for its staff."""
