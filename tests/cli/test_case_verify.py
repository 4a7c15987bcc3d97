"""`procon case verify`, as an operator calls it."""

from __future__ import annotations

import os
import subprocess
import sys

from procon.embedded.services import Services
from support.cities import City, filed


def verify(services: Services, *words: str) -> tuple[int, str]:
    """Exit status and what was printed."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "procon.cli", "case", "verify", *words],
        env={**os.environ, **services.env()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


async def test_every_city_that_has_the_number_is_checked(
    services: Services, cities: tuple[City, City]
) -> None:
    numbers = {(await filed(city)).number for city in cities}
    assert len(numbers) == 1
    (number,) = numbers
    both = f"{number} em campinas: 1 atos, íntegra.\n{number} em contagem: 1 atos, íntegra.\n"
    assert verify(services, number) == (0, both)
    assert verify(services, number, "--tenant", "contagem") == (
        0,
        f"{number} em contagem: 1 atos, íntegra.\n",
    )


async def test_an_unknown_number_fails(services: Services, city: City) -> None:
    assert verify(services, "2026.000123-4")[0] == 1
