"""The public register of well-founded complaints (CDC, art. 44): living, frozen, published."""
