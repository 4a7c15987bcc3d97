"""E-mails: built, handed over, and read when they come back."""
