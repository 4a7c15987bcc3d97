"""Plays a story in each city of a running demonstration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from procon.demo.stories.first import Say, Story
from procon.demo.stories.full import FullStory
from procon.demo.up import CLOCKS
from procon.kernel.clock import move_forward, shift_in
from procon.tenancy.manifest import Tenant


def replay(port: int, cities: Iterable[Tenant], say: Say, *, full: bool) -> None:
    """The first story, or with `full` the whole process, in each city.

    Raises:
        Unexpected: the first thing that is not as it should be.
    """
    for city in cities:
        say(city.host)
        story = _story(port, city, lambda line: say(f"  {line}"), full=full)
        try:
            number = story.play()
        finally:
            story.close()
        say(f"  Processo {number}: do começo ao fim, como devia ser.")


def _story(port: int, city: Tenant, say: Say, *, full: bool) -> Story | FullStory:
    if not full:
        return Story(port, city.host, say)

    def move(by: timedelta) -> None:
        move_forward(CLOCKS, city.slug, by)

    ahead = partial(shift_in(CLOCKS), city.slug)
    return FullStory(port, city.host, say, forward=move, ahead=ahead)
