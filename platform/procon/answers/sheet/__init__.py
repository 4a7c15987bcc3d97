"""Answering many cases from one spreadsheet: out, in, checked row by row, then sent."""
