"""A company's own pages: its people, how they hear of cases, and how one becomes one of them."""
