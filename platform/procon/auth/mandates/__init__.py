"""Who acts for whom: lawyers, mandates, representatives, further parties, and who has looked."""
