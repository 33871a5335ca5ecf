"""Accessible HTML tables of findings and of plain rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper
from analysis.show import parts
from analysis.show.html import Html, badge, icon, inline
from analysis.show.palette import MARKS

if TYPE_CHECKING:
    from jinja2 import Template

LEDGER_PAGE = "verdicts.html"

# Roles are written out because the style sheet lays the rows out as a grid, and some
# browsers then no longer tell readers of the page that it is a table.
_LEDGER = """\
<div class="reread-frame"{% if tool %} data-reread-ledger{% endif %}>
<table class="reread-table reread-ledger" role="table" aria-label="{{ label }}">
<thead role="rowgroup"><tr role="row">
{% for key, name in columns %}
<th scope="col" role="columnheader" data-key="{{ key }}">{{ name }}</th>
{% endfor %}
</tr></thead>
<tbody role="rowgroup">
{% for f in findings %}
<tr role="row" id="finding-{{ f.id }}" class="reread-row-{{ slug[f.verdict] }}" \
data-verdict="{{ f.verdict }}" data-table="{{ f.table }}" data-check="{{ f.check }}">
<td role="cell" class="reread-verdict" data-label="{{ columns[0][1] }}">{{ badge(f.verdict) }}</td>
<th scope="row" role="rowheader">{% if place %}<span class="reread-part">\
{{ part_label(f.table) }}</span> {% endif %}{{ inline(sentence(f.claim)) }}</th>
<td role="cell" class="reread-printed" data-label="{{ columns[2][1] }}">\
<span>{{ inline(f.printed) }}</span></td>
<td role="cell" class="reread-allowed" data-label="Allowed">\
<span>{{ inline(f.attainable) }}</span></td>
<td role="cell" class="reread-more"><details><summary>\
{{ "Why" if f.verdict == "not checkable" else "By hand" }}\
<span class="reread-hidden">: {{ inline(f.claim) }}</span></summary>
<p class="reread-by-hand">{{ inline(f.by_hand) }}</p>
{% if f.assumptions %}
<p>This rests on:</p>
<ul>{% for line in f.assumptions %}<li>{{ inline(line) }}</li>{% endfor %}</ul>
{% endif %}
{% if f.note %}
<p>{{ inline(f.note) }}</p>
{% endif %}
</details>{% if jump %}<a class="reread-jump" href="{{ href(f) }}">{{ jump(f) }}\
<span class="reread-hidden">: {{ inline(f.claim) }}</span></a>{% endif %}</td>
</tr>
{% endfor %}
</tbody>
</table>
</div>
"""

_FOLDED = """\
<details class="reread-folded">
<summary><span>{{ n }} findings:</span>\
{% for verdict, count in counts %} <span class="reread-count">{{ count }} {{ badge(verdict) }}</span>{% endfor %}\
</summary>
{{ table }}
</details>
"""

_PARTS = """\
<div data-reread-ledger>
{% for part, title, table in parts %}
<section id="part-{{ part }}" data-reread-part="{{ title }}">
<h3>{{ title }}</h3>
{{ table }}
</section>
{% endfor %}
</div>
"""

_ROWS = """\
<div class="reread-scroll" role="region" aria-label="{{ label }}" tabindex="0">
<table class="reread-table"{% if not caption %} aria-label="{{ label }}"{% endif %}>
{% if caption %}
<caption>{{ inline(caption) }}</caption>
{% endif %}
<thead><tr>
{% for name in columns %}
<th scope="col"{{ kind[loop.index0] }}>{{ inline(name) }}</th>
{% endfor %}
</tr></thead>
<tbody>
{% for row in rows %}
<tr>
{% for cell in row %}
{% if loop.first %}
<th scope="row"{{ kind[0] }}>{{ cell }}</th>
{% else %}
<td{{ kind[loop.index0] }}>{{ cell }}</td>
{% endif %}
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>
"""


@cache
def template(source: str) -> Template:
    """A template that escapes what it is given, and knows badges and inline text."""
    from jinja2 import Environment

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
    )
    environment.globals.update(
        inline=inline, badge=badge, slug={verdict: mark.slug for verdict, mark in MARKS.items()}
    )
    return environment.from_string(source)


LONGEST_OPEN = 8  # rows of a chapter's table that stand open

_COLUMNS = (
    ("verdict", "Verdict"),
    ("claim", "What is checked"),
    ("printed", "Printed"),
    ("allowed", "What the other numbers allow"),
    ("more", "By hand"),
)


def ledger_table(
    findings: Ledger | Iterable[Finding],
    paper: Paper | None = None,
    *,
    label: str = "Every printed number and its verdict",
    tool: bool = True,
) -> Html:
    """The whole ledger: one row a finding, each linked to its chapter.

    Rows have the ids ``finding-<id>`` and the attributes ``data-verdict``, ``data-table``
    and ``data-check``.  With `tool`, the page's script adds filters and sorting; without
    a script the full table stands there.
    """

    def href(finding: Finding) -> str:
        return f"{parts.chapter_of(finding.table)}.html#finding-{finding.id}"

    def jump(finding: Finding) -> str:
        return f"Chapter {parts.label(parts.chapter_of(finding.table), paper)}"

    return _ledger(findings, paper, href=href, jump=jump, label=label, place=True, tool=tool)


def ledger_by_part(findings: Ledger | Iterable[Finding], paper: Paper | None = None) -> Html:
    """The whole ledger for a page of its own: a heading and a table for each part of the
    paper (``part-<id>``), one tool with filters above them where a script runs."""
    rendered = []
    texts = []
    for part, own in parts.grouped(findings):
        title = parts.title(part, paper)
        table = _ledger(own, paper, label=f"Findings, {title}", place=False, tool=False)
        rendered.append((part, title, Markup(table.html)))
        texts += [title, table.text, ""]
    html = template(_PARTS).render(parts=rendered)
    return Html(html, "\n".join(texts).strip() or "no findings")


def chapter_ledger(
    findings: Ledger | Iterable[Finding],
    paper: Paper | None = None,
    *,
    label: str = "Verdicts of this chapter",
) -> Html:
    """The findings of one chapter, each linked to its row of the whole ledger.

    Long tables stand folded under a line that counts their verdicts.
    """
    findings = tuple(findings)
    table = _ledger(
        findings,
        paper,
        href=lambda f: f"{LEDGER_PAGE}#finding-{f.id}",
        jump=lambda f: "In the ledger",
        label=label,
        place=len({f.table for f in findings}) > 1,
        tool=False,
    )
    if len(findings) <= LONGEST_OPEN:
        return table
    counts = Ledger(findings).counts()
    html = template(_FOLDED).render(
        n=len(findings), counts=[(v, n) for v, n in counts.items() if n], table=Markup(table.html)
    )
    return Html(html, table.text)


def _sentence(claim: str) -> str:
    """With a capital letter, unless it starts with a symbol such as ``t`` or ``exp(B)``."""
    word = claim.partition(" ")[0].rstrip(":,")
    capital = word.isalpha() and (len(word) > 1 or word == "a")
    return claim[:1].upper() + claim[1:] if capital else claim


def _ledger(
    findings: Iterable[Finding], paper: Paper | None, *, place: bool, **context: Any
) -> Html:
    findings = tuple(findings)
    html = template(_LEDGER).render(
        findings=findings,
        columns=_COLUMNS,
        place=place,
        sentence=_sentence,
        part_label=lambda part: parts.label(part, paper),
        **context,
    )
    text = "\n".join(f"{f.verdict}: {f.claim}: {f.printed} | {f.attainable}" for f in findings)
    return Html(html, text or "no findings")


def verdict_counts(ledger: Ledger) -> Html:
    """How many findings have each verdict, and what each verdict means."""
    return paper_rows(
        [
            {"Verdict": verdict, "Findings": n, "Meaning": verdict.meaning}
            for verdict, n in ledger.counts().items()
        ],
        label="How many findings have each verdict",
    )


def finding_line(finding: Finding) -> Html:
    """One finding inside a sentence: its badge, linked to its row of the ledger."""
    html = (
        f'<a class="reread-line" href="{LEDGER_PAGE}#finding-{finding.id}">'
        f"{badge(finding.verdict)}</a>"
    )
    return Html(html, str(finding.verdict))


def verdict_badge(verdict: Verdict) -> Html:
    """A verdict as icon and word."""
    return Html(str(badge(verdict)), str(verdict))


def by_hand(finding: Finding) -> Html:
    """The line with which a reader checks a finding, for the text under a verdict."""
    html = (
        f'<div class="reread-hand"><span class="reread-hand-mark">{icon(finding.verdict)} '
        f"By hand</span> {inline(finding.by_hand)}</div>"
    )
    return Html(html, f"By hand: {finding.by_hand}")


def paper_rows(
    rows: Any,
    *,
    label: str,
    caption: str | None = None,
    columns: Mapping[str, str] | Sequence[str] | None = None,
    missing: str = "–",
) -> Html:
    """Plain rows as a table; the first column heads its rows.

    `rows` is a list of mappings or a pandas data frame (its index is shown if it has a
    name).  `columns` picks and orders the columns, a mapping also renames them.  `label`
    names the table to readers who cannot see it and must be unique on its page.  Cells
    show as they are: format numbers before.  Columns whose cells are all numbers stand
    flush right, and columns of many words keep a least width.  An empty column name is a ValueError: every heading says something.
    """
    records = _records(rows)
    names: dict[str, str]
    if columns is None:
        seen = dict.fromkeys(key for record in records for key in record)
        names = {key: str(key) for key in seen}
    else:
        names = dict(columns) if isinstance(columns, Mapping) else {c: c for c in columns}
    if not names or any(not name.strip() for name in names.values()):
        raise ValueError("a table needs a name for every column")
    cells = [[record.get(key) for key in names] for record in records]
    html = template(_ROWS).render(
        label=label,
        caption=caption,
        columns=list(names.values()),
        rows=[[_cell(value, missing) for value in row] for row in cells],
        kind=[_kind([row[i] for row in cells]) for i in range(len(names))],
    )
    lines = [" | ".join(names.values())]
    lines += [" | ".join(_plain(value, missing) for value in row) for row in cells]
    return Html(html, "\n".join(lines))


def _kind(cells: Sequence[Any]) -> Markup:
    """The class of a column: numbers stand flush right, and words get room, so that a narrow
    page does not break sentences after every word."""
    if cells and all(map(_is_number, cells)) and any(cells):
        return Markup(' class="reread-number"')
    longest = max((len(str(cell)) for cell in cells if not _is_missing(cell)), default=0)
    size = "long" if longest > _LONG else "words" if longest > _WORDS else ""
    return Markup(f' class="reread-{size}"') if size else Markup("")


_WORDS, _LONG = 18, 60  # letters of the longest cell of a column


def _records(rows: Any) -> list[Mapping[str, Any]]:
    if hasattr(rows, "to_dict"):
        frame = rows.reset_index() if rows.index.name else rows
        return frame.to_dict("records")
    return [dict(row) for row in rows]


def _is_missing(value: Any) -> bool:
    return value is None or value == "" or value != value


def _is_number(value: Any) -> bool:
    if _is_missing(value):
        return True
    text = str(value).strip().lstrip("<>≤≥=−-+").rstrip("%").replace(" ", "").replace(",", "")
    return text.replace(".", "", 1).isdigit()


def _plain(value: Any, missing: str) -> str:
    return missing if _is_missing(value) else str(value)


def _cell(value: Any, missing: str) -> Markup:
    if isinstance(value, Verdict):
        return badge(value)
    if isinstance(value, Html):
        return Markup(value.html)
    return inline(_plain(value, missing))
