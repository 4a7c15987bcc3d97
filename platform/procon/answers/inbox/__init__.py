"""All of a company's cases in one list, by deadline; and those of every city in another."""
