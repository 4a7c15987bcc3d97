"""Ground that everything stands on: standard library and msgspec only, no I/O."""
