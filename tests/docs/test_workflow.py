"""The drawing in the guide is that of the procedure in the code."""

from __future__ import annotations

from procon.cases.standard import STANDARD
from procon.ext.chart import as_svg, as_text
from procon.ext.workflow import STAY
from procon.settings import REPOSITORY


def test_the_drawing_is_up_to_date() -> None:
    """`procon workflow show --svg docs/img/workflow-standard.svg` draws it anew."""
    drawn = REPOSITORY / "docs" / "img" / "workflow-standard.svg"
    assert drawn.read_text(encoding="utf-8") == as_svg(STANDARD)


def test_the_text_names_every_state_and_act() -> None:
    told = as_text(STANDARD)
    assert [s.key for s in STANDARD.states if f"{s.title} [{s.key}]" not in told] == []
    assert [t.key for t in STANDARD.transitions if f"    {t.title} -> " not in told] == []
    assert any(t.target == STAY for t in STANDARD.transitions)
    assert "fica onde está" in told
