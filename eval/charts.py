"""Charts as inline SVG, for eval/report.py: no script, no library. Colours and strokes are classes of eval/report.css.

Every chart is drawn 400 wide and scaled to its column, so that its letters stay readable on a phone. What a chart shows is also told in
`label` for those who do not see it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 400, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 378, 14, 186  # the plot's edges; below it are two lines of text


@dataclass(frozen=True)
class Mark:
    """A dashed line down the plot at `x` (0 to 1 of its width), with a word at its head."""

    x: float
    text: str


def bar(value: float, low: float, high: float) -> str:
    """A share (0 to 1) as a bar that fills what room it has, with its interval as a thin line. The number stands beside it in text."""
    return (
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100" height="10"/>'
        f'<rect class="fill" width="{100 * value:.1f}" height="10"/>'
        f'<rect class="under" x="{100 * low:.1f}" y="3" width="{max(100 * (high - low), 0.6):.1f}" height="4"/>'
        f'<rect class="span" x="{100 * low:.1f}" y="4" width="{max(100 * (high - low), 0.6):.1f}" height="2"/></svg>'
    )


def columns(counts: Sequence[tuple[str, int]], label: str, across: str, marks: Sequence[Mark] = (), numbered: bool = True) -> str:
    """A column for each (name, count). `across` names what the columns are of; `numbered` writes each count over its column;
    without it the columns are those of a histogram, and a name is that of a column's left edge."""
    top = max((count for _, count in counts), default=0) or 1
    room = (_RIGHT - _LEFT) / max(len(counts), 1)
    parts = [*_scale(top, lambda n: f"{n:g}")]
    for n, (name, count) in enumerate(counts):
        x, y = _LEFT + n * room, _y(count / _ceiling(top))
        parts.append(f'<rect class="fill" x="{x + room * 0.1:.1f}" y="{y:.1f}" width="{room * 0.8:.1f}" height="{_BOTTOM - y:.1f}"/>')
        parts.append(_words(x + room / 2 if numbered else x, _BOTTOM + 15, name))
        if numbered:
            parts.append(_words(x + room / 2, y - 4, f"{count:,}"))
    parts += _marked(marks)
    return _svg([*parts, _words((_LEFT + _RIGHT) / 2, _BOTTOM + 36, across)], label)


def curve(points: Sequence[tuple[float, float]], label: str, across: str, today: Mark) -> str:
    """A line through (x, y), shares of 0 to 1, with a dot at its end, which is `today`. The scale of y ends above the highest point.

    Raises ValueError when there is no point.
    """
    top = max(y for _, y in points) or 0.01
    full = min(_ceiling(top), 1.0)
    path = " ".join(f"{_x(x):.1f},{_y(y / full):.1f}" for x, y in points)
    parts = [*_scale(top, _percent, full), *(_words(_x(n / 4), _BOTTOM + 15, f"{25 * n} %") for n in range(5))]
    parts.append(f'<rect class="shade" x="{_x(today.x):.1f}" y="{_TOP}" width="{_RIGHT - _x(today.x):.1f}" height="{_BOTTOM - _TOP}"/>')
    parts += [f'<polyline class="line" points="{path}"/>', *_marked([today])]
    parts += [f'<circle class="dot" cx="{_x(x):.1f}" cy="{_y(y / full):.1f}" r="4.5"/>' for x, y in points[-1:]]
    return _svg([*parts, _words((_LEFT + _RIGHT) / 2, _BOTTOM + 36, across)], label)


def trend(values: Sequence[tuple[float, float, float]], chosen: int, label: str, across: str) -> str:
    """A dot with its interval for each (value, low, high), shares of 0 to 1, in order; that at place `chosen` is filled. The scale begins
    at the ten per cent below all of them."""
    floor = min(math.floor(10 * min(low for _, low, _ in values)) / 10, 0.9)
    step = next(step for step in (0.05, 0.1, 0.25) if (1 - floor) / step <= 5)
    at = [_x((n + 0.5) / len(values)) for n in range(len(values))]
    heights = [[_y((share - floor) / (1 - floor)) for share in one] for one in values]
    ticks = [floor + n * step for n in range(6) if floor + n * step <= 1.001]
    parts = [part for tick in ticks for part in _rule(_y((tick - floor) / (1 - floor)), _percent(tick))]
    parts.append(f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, (y, _, _) in zip(at, heights, strict=True))}"/>')
    for n, (x, (y, low, high)) in enumerate(zip(at, heights, strict=True)):
        parts.append(f'<path class="whisker" d="M{x:.1f} {low:.1f}V{high:.1f}"/>')
        parts.append(f'<circle class="dot{"" if n == chosen else " hollow"}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
        parts.append(_words(x, _BOTTOM + 15, str(n + 1)))
    return _svg([*parts, _words((_LEFT + _RIGHT) / 2, _BOTTOM + 36, across)], label)


def step(top: float, about: int = 4) -> float:
    """A round distance (1, 2 or 5 times a power of ten) of which about so many reach `top`."""
    rough = top / about
    power = 10.0 ** math.floor(math.log10(rough))
    return next(round_ * power for round_ in (1, 2, 5, 10) if round_ * power >= rough * 0.999)


def _svg(parts: Sequence[str], label: str) -> str:
    return f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def _scale(top: float, written: Callable[[float], str], full: float = 0.0) -> Iterator[str]:
    distance, full = step(top), full or _ceiling(top)
    for n in range(round(full / distance) + 1):
        yield from _rule(_y(n * distance / full), written(n * distance))


def _ceiling(top: float) -> float:
    """Where the scale ends: above the highest value, so that there is room for its number."""
    return step(top) * (math.floor(top / step(top)) + 1)


def _rule(y: float, text: str) -> Iterator[str]:
    yield f'<path class="rule" d="M{_LEFT} {y:.1f}H{_RIGHT}"/>'
    yield f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>'


def _marked(marks: Sequence[Mark]) -> Iterator[str]:
    """Each mark's word a line lower than the one before, on the side where there is room."""
    for n, mark in enumerate(marks):
        x, y = _x(mark.x), _TOP + 10 + 15 * n
        left = mark.x > 0.6
        yield f'<path class="mark" d="M{x:.1f} {y - 8}V{_BOTTOM}"/>'
        anchor = "end" if left else "start"
        yield f'<text class="said" x="{x + (-5 if left else 5):.1f}" y="{y}" text-anchor="{anchor}">{escape(mark.text)}</text>'


def _words(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _x(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)
