"""The plots of the maintainers' page, drawn by matplotlib as SVG. bot/health.py imports this when somebody looks, so that nothing else
waits for the library.

Ink, lines and fillings are the page's CSS variables, so that one drawing serves light, dark and paper. What is told apart is told by form
and by a word beside it, never by color alone; letters are text of a set size, and the page shows the same numbers as a table.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import matplotlib
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

_drawing = threading.Lock()  # matplotlib keeps settings and caches for the whole process
_LETTERS = 12.5  # pixels
_LINE_HIGH = 21  # pixels of a line of the legend
_NARROW = 560  # pixels: below it nothing stands side by side
_FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
# Stand-ins by which a color is found again in the drawing, and the page's variable that takes its place.
_INK, _QUIET, _LINE, _ACCENT, _PAPER = "#010101", "#020202", "#030303", "#040404", "#fefefe"
_VARIABLES = {_INK: "--ink", _QUIET: "--quiet", _LINE: "--line", _ACCENT: "--accent", _PAPER: "--paper"}
_SETTINGS = {
    "svg.fonttype": "none",
    "font.size": _LETTERS,
    "font.family": "DejaVu Sans",  # measured with; shown in the page's own
    "text.color": _INK,
    "axes.edgecolor": _QUIET,
    "axes.labelcolor": _QUIET,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 1.0,
    "axes.titlesize": _LETTERS,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": _LINE,
    "grid.linewidth": 1.0,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "xtick.labelsize": _LETTERS,
    "ytick.labelsize": _LETTERS,
    "ytick.major.size": 0,
    "hatch.linewidth": 1.4,
    "legend.frameon": False,
    "legend.fontsize": _LETTERS,
    "figure.facecolor": "none",
}


@dataclass(frozen=True)
class Kind:
    """Some statuses that are drawn as one, and how."""

    words: str
    statuses: tuple[str, ...]
    fill: str
    hatch: str = ""


KINDS = (
    Kind("answered", ("answered",), _ACCENT),
    Kind("partly answered", ("partial",), _PAPER, "////"),
    Kind("asked back", ("clarify",), _PAPER, "----"),
    Kind("not found", ("not_found",), _PAPER),
    Kind("sent elsewhere, refused, greeted", ("advice", "out_of_scope", "refused", "smalltalk"), _LINE),
)


@dataclass(frozen=True)
class Panel:
    """A measure over runs: (value, low, high) for each, None where a run has none of it, which not all may have. `limit` is the bar."""

    words: str
    note: str
    values: Sequence[tuple[float, float, float] | None]
    limit: float | None = None


def questions(days: Mapping[str, Mapping[str, int]], first: date, last: date, width: int) -> str:
    """A column for each day from `first` to `last` (or for some days where they are many), divided by what became of the questions."""
    span, name = _span((last - first).days + 1)
    starts = list(_starts(first, last, span))
    counts = {kind: [0] * len(starts) for kind in KINDS}
    for day, statuses in days.items():
        at = sum(start <= date.fromisoformat(day) for start in starts) - 1
        for kind in KINDS:
            counts[kind][max(at, 0)] += sum(statuses.get(status, 0) for status in kind.statuses)

    legend = _LINE_HIGH * (len(KINDS) if width < _NARROW else -(-len(KINDS) // 2))

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        floor = [0] * len(starts)
        for kind in KINDS:
            heights = counts[kind]
            if any(heights):
                # One shape for each kind: a shape for each day, as Axes.bar makes, takes three times as long to draw.
                bars = [_bar(n, low, high) for n, (low, high) in enumerate(zip(floor, heights, strict=True)) if high]
                edge = _ACCENT if kind.hatch else _INK
                drawn = PolyCollection(bars, label=kind.words, facecolor=kind.fill, edgecolor=edge, linewidth=0.8, hatch=kind.hatch or None)
                axes.add_collection(drawn, autolim=False)
            floor = [low + more for low, more in zip(floor, heights, strict=True)]
        axes.set_title(f"Questions by {name}", pad=10)
        _count_upwards(axes, max(floor))
        _dates_below(axes, starts, width)
        below = (46 / width, (legend + 8) / (190 + legend + 42))
        figure.legend(loc="upper left", bbox_to_anchor=below, ncols=1 if width < _NARROW else 2, borderpad=0, borderaxespad=0)
        _margins(figure, left=46, right=8, top=34, bottom=34 + legend)

    return _drawn(draw, width, 190 + legend + 42)


def _bar(at: int, low: int, high: int) -> list[tuple[float, float]]:
    """The corners of a column's part: `high` upon `low`."""
    left, right = at - 0.41, at + 0.41
    return [(left, low), (left, low + high), (right, low + high), (right, low)]


def latency(days: Mapping[str, Mapping[str, float]], first: date, last: date, width: int) -> str:
    """Milliseconds of a whole answer, day by day: p50 as a full line, p90 as a broken one, p99 as a dotted one."""
    at = [(date.fromisoformat(day) - first).days for day in days]
    top = 1.1 * max(max(percentiles.values()) for percentiles in days.values()) or 1.0

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        label = -1.0  # how high the last one stands: they go upwards
        for name, line in (("p50", "-"), ("p90", "--"), ("p99", ":")):
            values = [percentiles[name] for percentiles in days.values()]
            axes.plot(at, values, line, color=_ACCENT if name == "p50" else _INK, linewidth=1.8, marker="o", markersize=3.5)
            label = max(values[-1], label + 0.085 * top)
            axes.annotate(name, (at[-1], values[-1]), xytext=(at[-1] + 0.015 * len(at) + 0.2, label), va="center", color=_INK)
        axes.set_title("Milliseconds of a whole answer", pad=10)
        axes.set_ylim(0, top)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:g}")
        _dates_below(axes, list(_starts(first, last, 1)), width)
        _margins(figure, left=58, right=44, top=34, bottom=30)

    return _drawn(draw, width, 240)


def runs(panels: Sequence[Panel], width: int) -> str:
    """A small plot for each measure: a dot a run with its 95 % interval, the last one filled, and the bar as a broken line."""
    across = 1 if width < _NARROW else 2
    down = -(-len(panels) // across)

    def draw(figure: Figure) -> None:
        for number, panel in enumerate(panels, 1):
            _trend(figure.add_subplot(down, across, number), panel)
        _margins(figure, left=54, right=14, top=34, bottom=26)
        figure.subplots_adjust(hspace=0.62, wspace=0.28)

    return _drawn(draw, width, 170 * down)


def _trend(axes: Axes, panel: Panel) -> None:
    held = [(n, *value) for n, value in enumerate(panel.values, 1) if value is not None]
    axes.set_title(f"{panel.words}{f' ({panel.note})' if panel.note else ''}", pad=8)
    axes.set_xlim(0.4, len(panel.values) + 0.6)
    axes.set_xticks(range(1, len(panel.values) + 1))
    at, value, low, high = zip(*held, strict=True)
    axes.plot(at, value, "-", color=_ACCENT, linewidth=1.5)
    axes.vlines(at, low, high, color=_INK, linewidth=1.4)
    axes.plot(at[:-1], value[:-1], "o", color=_ACCENT, markerfacecolor=_PAPER, markersize=6, markeredgewidth=1.6)
    axes.plot(at[-1:], value[-1:], "o", color=_ACCENT, markersize=6.5)
    edges = [*low, *high]
    if panel.limit is not None:
        axes.axhline(panel.limit, color=_INK, linewidth=1.2, linestyle=(0, (5, 3)))
        axes.annotate("bar", (0.4, panel.limit), xytext=(3, 3), textcoords="offset points", color=_INK, size=_LETTERS - 1)
        edges.append(panel.limit)
    room = max(0.15 * (max(edges) - min(edges)), 0.01)
    axes.set_ylim(max(min(edges) - room, -0.01), min(max(edges) + room, 1.01))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")


def _count_upwards(axes: Axes, top: float) -> None:
    axes.set_ylim(0, 1.08 * max(top, 1))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _dates_below(axes: Axes, starts: Sequence[date], width: int) -> None:
    """As many dates as there is room for, the first among them; the year where it is not that of the one before."""
    room = max(2, (width - 80) // 90)
    every = -(-len(starts) // room)
    shown = list(range(0, len(starts), every))
    years = [starts[n].year for n in shown]
    names = [
        f"{starts[n].day} {starts[n]:%b}{f' {starts[n].year}' if k == 0 or years[k - 1] != years[k] else ''}" for k, n in enumerate(shown)
    ]
    axes.set_xlim(-0.6, len(starts) - 0.4)
    axes.set_xticks(shown, names)


def _span(days: int) -> tuple[int, str]:
    return (1, "day") if days <= 100 else (7, "week") if days <= 750 else (28, "four weeks")


def _starts(first: date, last: date, span: int) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=span)


def _margins(figure: Figure, left: float, right: float, top: float, bottom: float) -> None:
    """What stays free around the plots, in pixels."""
    width, height = figure.get_size_inches() * 72
    figure.subplots_adjust(left=left / width, right=1 - right / width, top=1 - top / height, bottom=bottom / height)


def _drawn(draw: Callable[[Figure], None], width: int, height: int) -> str:
    with _drawing, matplotlib.rc_context(_SETTINGS):  # type: ignore[arg-type]
        figure = Figure(figsize=(width / 72, height / 72))
        draw(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _for_the_page(text.getvalue())


def _for_the_page(svg: str) -> str:
    """The drawing alone, in the page's letters and colors."""
    svg = svg[svg.index("<svg") :]
    for color, variable in _VARIABLES.items():
        svg = svg.replace(color, f"var({variable})")
    svg = svg.replace("font-family: 'DejaVu Sans'", f"font-family: {_FAMILY}")
    return re.sub(r'(width|height)="([\d.]+)pt"', r'\1="\2"', svg, count=2)  # our points are the page's pixels
