"""Open data: the pages' own numbers, protected the same way, for machines."""
