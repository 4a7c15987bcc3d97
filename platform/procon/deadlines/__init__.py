"""Legal deadlines: the rules, each city's calendar, and counting that explains itself."""
