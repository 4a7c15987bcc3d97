"""Figures of the office and the public register, read from what the other slices wrote."""
