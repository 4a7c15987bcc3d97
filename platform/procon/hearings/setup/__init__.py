"""Rooms and hours, as the staff set them."""
