"""One act on many cases, with a preview and an undo."""
