"""The curve of a yes-or-no decision over its threshold, as a picture: what a threshold keeps of what is true and lets by of what is not.

eval/bench_gate.py, eval/bench_claims.py and eval/bench_answerable.py write one with `eval bench … --keep FOLDER`. It stands alone: no
script, no style sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

_WIDTH, _HEIGHT = 560, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 400, 44, 268


@dataclass(frozen=True)
class Curve:
    """Shares (0 to 1) at each threshold, in rising order: of the true ones kept, of the others let by."""

    thresholds: tuple[float, ...]
    kept: tuple[float, ...]
    let_by: tuple[float, ...]

    def lines(self, what: str) -> Iterator[str]:
        """The curve as a table of about ten rows."""
        yield f"{what} at least, true ones kept, others let by:"
        for place in sorted({round(n) for n in np.linspace(0, len(self.thresholds) - 1, 11)}):
            yield f"{self.thresholds[place]:>8.2f}{self.kept[place]:>8.3f}{self.let_by[place]:>8.3f}"


def over_thresholds(values: np.ndarray, truth: np.ndarray, thresholds: Sequence[float] | None = None) -> Curve:
    """`values` at or above a threshold mean yes; thresholds default to every 0.02 from 0 to 1."""
    levels = np.arange(0, 1.001, 0.02) if thresholds is None else np.asarray(thresholds)
    kept = [float((values[truth] >= level - 1e-9).mean()) for level in levels]
    let_by = [float((values[~truth] >= level - 1e-9).mean()) for level in levels]
    return Curve(tuple(float(level) for level in levels), tuple(kept), tuple(let_by))


def write(folder: Path, name: str, curve: Curve, title: str, across: str, today: float) -> str:
    """Write FOLDER/NAME.svg and say so. `today` is the threshold that the bot has."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.svg"
    file.write_text(picture(curve, title, across, today), encoding="utf-8")
    return f"written to {file}"


def picture(curve: Curve, title: str, across: str, today: float) -> str:
    low, high = curve.thresholds[0], curve.thresholds[-1]

    def at(threshold: float, share: float) -> tuple[float, float]:
        return _LEFT + (_RIGHT - _LEFT) * (threshold - low) / (high - low), _BOTTOM - (_BOTTOM - _TOP) * share

    parts = [f'<text x="{_LEFT}" y="22" font-weight="bold">{escape(title)}</text>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = at(low, share)[1]
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{100 * share:.0f} %</text>')
    for threshold in np.linspace(low, high, 6):
        parts.append(f'<text x="{at(threshold, 0)[0]:.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{threshold:.2g}</text>')
    parts.append(f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_BOTTOM + 40}" text-anchor="middle">{escape(across)}</text>')
    for shares, name, colour in ((curve.kept, "true ones kept", "#0b5394"), (curve.let_by, "others let by", "#b45f06")):
        points = [at(threshold, share) for threshold, share in zip(curve.thresholds, shares, strict=True)]
        parts.append(
            f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        place = min(range(len(points)), key=lambda n: abs(curve.thresholds[n] - today))
        parts.append(f'<circle cx="{points[place][0]:.1f}" cy="{points[place][1]:.1f}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{_RIGHT + 8}" y="{points[place][1] + 4:.1f}" fill="{colour}">{name}: {100 * shares[place]:.1f} %</text>')
    x = at(today, 0)[0]
    parts.append(f'<path d="M{x:.1f} {_TOP}V{_BOTTOM}" stroke="#666" stroke-dasharray="4 3"/>')
    parts.append(f'<text x="{x:.1f}" y="{_TOP - 6}" text-anchor="middle">today {today:.2f}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12" role="img" '
        f'aria-label="{escape(title)}"><rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )
