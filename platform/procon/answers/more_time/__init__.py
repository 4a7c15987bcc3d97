"""A company asks for more days before a deadline ends; the staff grant or refuse."""
