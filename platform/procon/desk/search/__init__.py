"""Full text search that forgives accents, plurals and typing errors."""
