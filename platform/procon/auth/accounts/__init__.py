"""Who has signed in to a city: one row per (issuer, subject)."""
