"""The register of companies: duplicates, merging and its undo."""
