"""The autos: a whole case as one numbered PDF."""
