"""The list of cases: filters, saved views, export."""
