"""The one meeting: rooms, hours, invitations, the hearing itself and its minutes."""
