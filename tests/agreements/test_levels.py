"""A city may ask for a higher gov.br level for one procedure and not for another."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from procon.agreements.proposals import accept
from procon.intake.commands import require_consumer
from procon.kernel.errors import Forbidden
from procon.tenancy.manifest import Levels
from support.cities import City, citizen


async def test_the_level_is_asked_for_by_procedure(city: City) -> None:
    """Silver may file where bronze is asked, and not settle where gold is."""
    ana = citizen()
    asked = replace(city.tenant, levels=Levels(complaint="bronze", agreement="gold"))
    async with City(city.db, asked).scope() as tx:
        require_consumer(tx, ana)
        with pytest.raises(Forbidden) as caught:
            await accept(
                tx, actor=ana, side="consumer", case_id=ana.account_id, proposal_id=ana.account_id
            )
    assert caught.value.code == "level-gold"
    assert "a sua é prata" in caught.value.reason
    assert "Aumentar nível da conta" in caught.value.reason
