"""One document for many cases at once: a batch of letters and the file to print them all."""
