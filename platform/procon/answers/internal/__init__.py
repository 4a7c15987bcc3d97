"""What stays inside a company: comments, who takes care of a case, models of answers."""
