"""Lawyers and other people who act for a party: their pages, the staff's and the clients'."""
