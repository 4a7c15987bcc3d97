"""Whether agreements are kept: asked, told, proved, decided."""
