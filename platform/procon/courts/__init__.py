"""Handing a case over to a court: a petition, or an agreement to be confirmed."""
