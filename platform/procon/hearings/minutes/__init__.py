"""The minutes as a signed document."""
