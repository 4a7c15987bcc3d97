"""Examples have no time limit: on a busy machine it would fail what is right."""

from hypothesis import settings

settings.register_profile("procon", deadline=None)
settings.load_profile("procon")
