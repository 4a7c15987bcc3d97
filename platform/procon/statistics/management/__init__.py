"""Figures for who runs the office: exact, each with the list behind it."""
