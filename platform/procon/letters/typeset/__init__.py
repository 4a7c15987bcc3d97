"""Setting a letter's facts as PDF."""
