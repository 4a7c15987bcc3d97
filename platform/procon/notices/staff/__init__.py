"""Notices that leave the house on paper or in person, and the staff's lists of them."""
