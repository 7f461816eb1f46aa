"""A table's rows as lines that can be quoted alone: each row repeats the header of each cell. HTML, Markdown and Word come here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def row_lines(rows: Sequence[Sequence[str]], header_rows: int) -> Iterator[str]:
    """Each row as "- Person: Adult; Fee: $155". The first `header_rows` are joined, column by column, into the headers.

    A row without headers opens with its first cell: "- Adult: $155". A cell that spans the whole row names the rows below it, as a
    line that ends with a colon. Empty cells are left out, and so is one that a span repeats.
    """
    headers: list[str] = []
    for row in rows[:header_rows]:
        width = max(len(headers), len(row))
        above, here = [*headers, *[""] * (width - len(headers))], [*row, *[""] * (width - len(row))]
        headers = [upper if upper == lower else f"{upper} {lower}".strip() for upper, lower in zip(above, here, strict=True)]
    for row in rows[header_rows:]:
        filled = list(dict.fromkeys(cell for cell in row if cell))
        if not filled:
            continue
        if len(filled) == 1 and len(row) > 1 and all(row):
            yield f"{filled[0].rstrip(' :')}:"
        elif any(headers):
            named = zip((*headers, *[""] * len(row)), row, strict=False)
            yield "- " + "; ".join(dict.fromkeys(_named(header, cell) for header, cell in named if cell))
        elif len(filled) > 1:
            yield f"- {filled[0].rstrip(' :')}: {'; '.join(filled[1:])}"
        else:
            yield f"- {filled[0]}"


def _named(header: str, cell: str) -> str:
    return f"{header.rstrip(' :')}: {cell}" if header and header != cell else cell
