"""The results of a study of patients in a terminal, as one page, and as CSV files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from markupsafe import Markup
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.files import guarded
from analysis.printed import printable
from analysis.show.html import inline
from analysis.show.page import page
from analysis.show.study_tables import Part, same_columns
from analysis.show.tables import paper_rows, template
from analysis.show.terminal import NARROWEST, _say
from analysis.study_results import Results

_WIDE = 100  # columns of a terminal in which rows of many cells stand side by side
_READ = (
    "Nothing of this left the machine. Estimates describe these patients; they do not show that the "
    "patients are those whom a reader has in mind, nor that the marker causes anything."
)


# --- terminal -------------------------------------------------------------------------------


def print_results(parts: Sequence[Part], found: Results, console: Console) -> None:
    """Write every part as a table; warnings at the end."""
    _say(console, Text(f"{found.patients.study.study.title} ({found.patients.mark})", style="bold"))
    for part in parts:
        _say(console, Text())
        _say(console, Text(part.title, style="bold"))
        if part.lead:
            _say(console, Text(part.lead))
        if part.rows:
            _say(console, _table(part, console.width))
        for note in part.notes:
            _say(console, Text(note, style="dim"))
    _say(console, Text())
    warnings = found.warnings
    _say(console, Text(f"Warnings ({len(warnings)})", style="bold"))
    for warning in warnings:
        _say(console, Text(f"! {warning}", style="yellow"))
    _say(console, Text(_READ, style="dim"))


def results_text(parts: Sequence[Part], found: Results, width: int = 80) -> str:
    """The same as plain text without colour codes, `width` characters wide."""
    console = Console(file=io.StringIO(), width=max(width, NARROWEST), color_system=None)
    print_results(parts, found, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def _table(part: Part, width: int) -> Table:
    columns = same_columns(part.rows)
    longest = {c: max(len(c), *(len(row.get(c, "")) for row in part.rows)) for c in columns}
    if sum(longest.values()) + 2 * len(columns) <= width:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for i, column in enumerate(columns):
            table.add_column(Text(column), justify="left" if i == 0 else "right", no_wrap=True)
        for row in part.rows:
            table.add_row(*(Text(row.get(c, "")) for c in columns))
        return table
    if sum(longest.values()) + 2 * len(columns) <= 1.8 * width and len(columns) <= width / 11:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for i, column in enumerate(columns):
            table.add_column(
                Text(column), justify="left" if i == 0 else "right", overflow="fold", min_width=6
            )
        for row in part.rows:
            table.add_row(*(Text(row.get(c, "")) for c in columns))
        return table
    # too wide: the first cell heads the others, each under the name of its column
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", ratio=2)
    table.add_column(overflow="fold", ratio=3)
    for row in part.rows:
        first, *rest = columns
        cells = [f"{c}: {row[c]}" for c in rest if row.get(c)]
        table.add_row(Text(row.get(first, "")), Text(" · ".join(cells)))
    return table


# --- page -----------------------------------------------------------------------------------

_PAGE = """\
<h1>{{ inline(title) }}</h1>
<p><span class="reread-real">{{ inline(mark) }}</span></p>
<p>{{ inline(lead) }}</p>
<nav class="reread-nav" aria-label="Parts of this page"><ul>
<li><a href="#warnings">Warnings</a></li>
{% for part, _, _ in parts %}<li><a href="#{{ part.key }}">{{ part.title }}</a></li>
{% endfor %}</ul></nav>

<section id="warnings">
<h2>Warnings</h2>
{% if warnings %}
<ul>
{% for warning in warnings %}<li>{{ inline(warning) }}</li>
{% endfor %}</ul>
{% else %}
<p>There is none.</p>
{% endif %}
</section>

{% for part, table, figures in parts %}
<section id="{{ part.key }}">
<h2>{{ inline(part.title) }}</h2>
{% if part.lead %}<p>{{ inline(part.lead) }}</p>{% endif %}
{% for figure, caption in figures %}
<figure class="computed-table">
{{ figure }}
<figcaption><p>{{ inline(caption) }}</p></figcaption>
</figure>
{% endfor %}
{% if table %}{{ table }}{% endif %}
{% for note in part.notes %}<p class="reread-soft">{{ inline(note) }}</p>
{% endfor %}
</section>
{% endfor %}

<p class="reread-soft">{{ inline(read) }}</p>
"""


def results_page(parts: Sequence[Part], found: Results) -> str:
    """One page that stands alone: every table and figure, nothing asked of any host.

    Raises OSError if the style sheet of the book cannot be read.
    """
    mark = found.patients.mark
    shown = []
    for part in parts:
        table = None
        if part.rows:
            html = paper_rows(
                [_for_page(row) for row in part.rows], missing="", label=part.title, caption=f"{part.title}, {mark}.",
                columns=same_columns(part.rows),
            ).html  # fmt: skip
            table = Markup(html)
        figures = [(Markup(f._repr_html_()), f"{f.title}.") for f in part.figures]
        shown.append((part, table, figures))
    study = found.patients.study
    lead = (
        f"{found.patients.size:,} patients of {printable(found.patients.file.name)}, {found.events:,} "
        f"{study.outcome.with_[:1].lower()}{study.outcome.with_[1:]}. The marker is "
        f"{study.marker.label}; {study.marker.direction} values speak for the event, which was "
        "stated before the data were looked at."
    )
    body = template(_PAGE).render(
        title=study.study.title, mark=mark, lead=lead, parts=shown, warnings=found.warnings,
        read=_READ, inline=inline,
    )  # fmt: skip
    return page(f"{study.study.title} ({mark})", Markup(body))


_BETWEEN = re.compile(r"(?<=[\d∞]) (to|±) (?=[−\d∞])")


def _for_page(row: dict[str, str]) -> dict[str, str]:
    """Intervals stay on one line, and levels keep their place under their variable."""
    held = {k: _BETWEEN.sub("\u00a0\\1\u00a0", cell) for k, cell in row.items()}
    return {
        k: "\u2003" + cell.strip() if cell.startswith("  ") else cell for k, cell in held.items()
    }


# --- files ----------------------------------------------------------------------------------


def results_csv(parts: Sequence[Part], found: Results) -> dict[str, str]:
    """One CSV text a table by the name of its file (RFC 4180, in UTF-8 with a byte-order mark, so
    that spreadsheets read it); no cell is a formula.  Simulated patients say so in every row."""
    files = {}
    for part in parts:
        if part.rows:
            files[f"{part.key}.csv"] = _csv(part.rows, found)
    warnings = [{"Warning": warning} for warning in found.warnings]
    notes = [{"Part": part.title, "Note": note} for part in parts for note in part.notes]
    files["warnings.csv"] = _csv(warnings or [{"Warning": "none"}], found)
    files["notes.csv"] = _csv(notes, found)
    return files


def _csv(rows: Sequence[dict[str, str]], found: Results) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    columns = same_columns(rows)
    writer.writerow([*map(guarded, columns), "patients"])
    for row in rows:
        # a real minus sign is no number to a spreadsheet
        cells = [guarded(row.get(c, "").replace("−", "-")) for c in columns]
        writer.writerow([*cells, guarded(found.patients.mark)])
    return "\ufeff" + file.getvalue()
