"""What only the staff does to many cases at once."""
