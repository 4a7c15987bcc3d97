"""A procedure drawn: as text for the terminal, as SVG for the documents."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from procon.ext.workflow import BACK, STAY, State, Transition, Workflow

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 210, 56, 40, 64, 30
PER_ROW = 5
_STYLE = (
    "text{font:13px sans-serif;fill:#1b1b1b}.caixa{fill:#fff;stroke:#1351b4;stroke-width:1.5}"
    ".fim{fill:#f3f2f1;stroke:#505a5f}.passo{fill:none;stroke:#505a5f;stroke-width:1.2}"
    ".prazo{stroke-dasharray:5 4}"
)


def as_text(workflow: Workflow) -> str:
    """Every state with the acts that lead on: who may do them, deadline, letter, norm."""
    lines = [f"{workflow.title} ({workflow.slug}, versão {workflow.version})"]
    for state in workflow.states:
        lines += ["", f"{state.title} [{state.key}]"]
        lines += [f"    {_told(workflow, one)}" for one in workflow.leaving(state.key)]
        if state.ends and not workflow.leaving(state.key):
            lines.append("    fim")
    return "\n".join(lines) + "\n"


def as_svg(workflow: Workflow) -> str:
    """The chart. Ways out to an end and acts that stay are left to the text: they would hide it.

    Each arrow names its act in a <title>; a dashed one is brought about by a deadline.
    """
    places = _places(workflow)
    width = MARGIN * 2 + PER_ROW * WIDTH + (PER_ROW - 1) * GAP_X
    height = max(y for _, y in places.values()) + HEIGHT + MARGIN
    arrows = [
        _arrow(one, places[source], places[one.target])
        for one in workflow.transitions
        for source in one.sources
        if _drawn(workflow, one)
    ]
    boxes = [_box(state, *places[state.key]) for state in workflow.states]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
            ' aria-labelledby="titulo">',
            f'<title id="titulo">{escape(workflow.title)}: etapas e atos</title>',
            f"<style>{_STYLE}</style>",
            '<defs><marker id="ponta" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7"'
            ' markerHeight="7" orient="auto"><path d="M0 0 10 5 0 10z" fill="#505a5f"/></marker>'
            "</defs>",
            *arrows,
            *boxes,
            "</svg>",
            "",
        )
    )


def _told(workflow: Workflow, one: Transition) -> str:
    targets = {STAY: "fica onde está", BACK: "volta à etapa anterior"}
    target = targets.get(one.target) or workflow.state(one.target).title
    parts = [f"{one.title} -> {target}", f"quem: {', '.join(one.who)}"]
    parts += [f"prazo: {one.deadline}"] if one.deadline else []
    parts += [f"documento: {one.letter}"] if one.letter else []
    parts.append(f"norma: {one.norm}")
    return "; ".join(parts)


def _drawn(workflow: Workflow, one: Transition) -> bool:
    if one.target in {STAY, BACK} or workflow.state(one.target).ends:
        return False
    return not all(workflow.state(source).ends for source in one.sources)


def _places(workflow: Workflow) -> Mapping[str, tuple[int, int]]:
    """Upper left corner of each state: in the order of the list, row by row, like reading."""
    return {
        state.key: (
            MARGIN + place % PER_ROW * (WIDTH + GAP_X),
            MARGIN + place // PER_ROW * (HEIGHT + GAP_Y),
        )
        for place, state in enumerate(workflow.states)
    }


def _box(state: State, x: int, y: int) -> str:
    kind = "caixa fim" if state.ends else "caixa"
    words, lines = state.title.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 27:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    first = y + HEIGHT // 2 + 4 - (len(lines) - 1) * 8
    text = "".join(
        f'<text x="{x + WIDTH // 2}" y="{first + n * 16}" text-anchor="middle">{escape(line)}'
        "</text>"
        for n, line in enumerate(lines)
    )
    return (
        f'<g><rect class="{kind}" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f"{text}</g>"
    )


def _arrow(one: Transition, start: tuple[int, int], end: tuple[int, int]) -> str:
    """From the source's border to the target's; arrows between rows leave below or above."""
    (x1, y1), (x2, y2) = start, end
    if start == end:
        return ""
    middle = HEIGHT // 2
    if y1 == y2 and abs(x1 - x2) == WIDTH + GAP_X:
        ahead = x2 > x1
        ends = (x1 + WIDTH * ahead, y1 + middle, x2 + WIDTH * (not ahead), y2 + middle)
        path = "M{} {} L{} {}".format(*ends)
    else:
        down = y2 > y1
        sx, sy = x1 + WIDTH // 2, y1 + HEIGHT * down
        tx, ty = x2 + WIDTH // 2, y2 + HEIGHT * (not down)
        if y1 == y2:
            sy, ty = y1, y2
        lift = GAP_Y // 2 if down else -GAP_Y // 2
        bend = (sy + lift, ty - lift) if y1 != y2 else (sy - GAP_Y // 2, ty - GAP_Y // 2)
        path = f"M{sx} {sy} C{sx} {bend[0]} {tx} {bend[1]} {tx} {ty}"
    kind = "passo prazo" if one.who == ("system",) else "passo"
    return (
        f'<path class="{kind}" d="{path}" marker-end="url(#ponta)">'
        f"<title>{escape(one.title)}</title></path>"
    )
