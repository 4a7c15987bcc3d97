"""The hearing while it is held: who is there, the clauses, who agrees."""
