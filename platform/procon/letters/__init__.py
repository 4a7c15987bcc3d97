"""Official letters as PDF, and the public page that says whether one is genuine."""
