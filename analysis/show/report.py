"""The whole audit of a paper as one page that stands alone."""

from __future__ import annotations

from collections import Counter

from markupsafe import Markup

from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper
from analysis.show import parts, sources, tables
from analysis.show.html import Html, badge, inline
from analysis.show.page import page

_GRAVE = (Verdict.IMPOSSIBLE, Verdict.DEPENDS)

_REPORT = """\
<h1>{{ inline(paper.paper.label) }}: the printed numbers held against each other</h1>
{% if doi %}<p class="reread-soft">DOI {{ doi }}</p>{% endif %}
<p>The record of this paper holds {{ numbers }} printed numbers, and this page \
{{ findings }} findings about them{% if only %} (only {{ only }}){% endif %}. \
A finding holds one printed number, or a few, against the others. \
It asks whether values that round to the printed ones can give all of them.</p>
<nav class="reread-nav" aria-label="Parts of this page"><ul>
{% for id, name in contents %}<li><a href="#{{ id }}">{{ name }}</a></li>
{% endfor %}</ul></nav>

<section id="verdicts">
<h2>The verdicts</h2>
{{ counts }}
{% for verdict, found in grave %}
<h3>{{ badge(verdict) }} {{ found|length }} {{ "finding" if found|length == 1 else "findings" }}</h3>
{% if verdict == "impossible" %}
<p>Each of these rests on the assumptions that its row names. If one of them does not hold, \
the printed numbers may still be right.</p>
{% endif %}
<ul>
{% for f in found %}
<li><a href="#finding-{{ f.id }}">{{ part_label(f.table) }}: {{ inline(f.claim) }}</a>: \
printed {{ inline(f.printed) }}; the other numbers allow {{ inline(f.attainable) }}.</li>
{% endfor %}
</ul>
{% endfor %}
{% if not grave %}
<p>No finding is impossible, and none depends on a convention.</p>
{% endif %}
<p>Numbers that agree do not show that a study was done as described, or that its conclusions \
hold; numbers that disagree do not show why. The verdicts are about numbers on paper, not \
about people.</p>
</section>

<section id="by-part">
<h2>By part of the paper</h2>
{{ by_part }}
</section>

<section id="ledger">
<h2>The ledger</h2>
<p>Every finding, in the order of the paper. \
Open a row for a line to check by hand and for what the verdict rests on.</p>
{{ ledger }}
</section>

<section id="missing">
<h2>What cannot be checked, and what is missing</h2>
{% if missing %}
<p>For these printed numbers the record holds nothing that could confirm or refute them.</p>
{{ missing }}
{% else %}
<p>Every printed number of this page is held against another one.</p>
{% endif %}
</section>

<section id="assumptions">
<h2>What the verdicts rest on</h2>
{% if assumptions %}
{{ assumptions }}
{% else %}
<p>No finding of this page rests on an assumption.</p>
{% endif %}
</section>

<section id="citation">
<h2>The paper and the methods</h2>
<p>The paper: {{ reference }}.</p>
{% if methods %}
<p>The methods behind the checks of this page:</p>
<ul>
{% for method in methods %}<li>{{ method }}.</li>
{% endfor %}</ul>
{% endif %}
<details><summary>The same as BibTeX</summary>
<pre><code>{{ bibtex }}</code></pre>
</details>
<p class="reread-soft">Made by <code>python -m analysis audit</code> from the record of the paper. \
This page is whole as it is: it asks nothing of any other address, and needs no script.</p>
</section>
"""

_CONTENTS = (
    ("verdicts", "Verdicts"),
    ("by-part", "By part"),
    ("ledger", "Ledger"),
    ("missing", "What is missing"),
    ("assumptions", "Assumptions"),
    ("citation", "Citation"),
)


def report(ledger: Ledger, paper: Paper, *, only: tuple[str, ...] = ()) -> str:
    """The audit as HTML: verdicts, the ledger by part of the paper, what is missing, what
    the verdicts rest on, and the citation; `only` names the parts if not all are there."""
    known = sources.entries()
    methods = [known[key] for key in sources.methods_of(ledger) if key != paper.paper.key]
    found = {v: [f for f in ledger if f.verdict == v] for v in _GRAVE}
    body = tables.template(_REPORT).render(
        paper=paper,
        doi=paper.paper.doi,
        numbers=len(paper.numbers),
        findings=len(ledger),
        only=", ".join(parts.label(part, paper) for part in only),
        contents=_CONTENTS,
        counts=Markup(tables.verdict_counts(ledger).html),
        grave=[(verdict, own) for verdict, own in found.items() if own],
        part_label=lambda part: parts.label(part, paper),
        by_part=Markup(_by_part(ledger, paper).html),
        ledger=Markup(tables.ledger_by_part(ledger, paper).html),
        missing=_html(_missing(ledger, paper)),
        assumptions=_html(_assumptions(ledger)),
        reference=sources.reference(sources.entry_of(paper, known)),
        methods=[sources.reference(entry) for entry in methods],
        bibtex=sources.bibtex(ledger, paper),
    )
    return page(f"{paper.paper.label}: audit", Markup(body))


def _html(table: Html | None) -> Markup | None:
    return None if table is None else Markup(table.html)


def _by_part(ledger: Ledger, paper: Paper) -> Html:
    """One row for each part of the paper: how many findings have each verdict."""
    rows: list[dict[str, object]] = []
    for part, findings in parts.grouped(ledger):
        name = parts.title(part, paper)
        link = Html(f'<a href="#part-{part}">{inline(name)}</a>', name)
        counts = Counter(f.verdict for f in findings)
        rows.append({"Part": link, "Findings": len(findings), "Of these": _badges(counts)})
    return tables.paper_rows(
        rows or [{"Part": "none"}],
        label="Findings by part of the paper",
        caption="How many findings each part has, by verdict.",
    )


def _missing(ledger: Ledger, paper: Paper) -> Html | None:
    """What would decide the numbers that nothing printed decides; as many rows as reasons."""
    by_reason: dict[tuple[str, str], list[Finding]] = {}
    for finding in ledger:
        if finding.verdict is Verdict.NOT_CHECKABLE:
            key = (parts.label(finding.table, paper), finding.by_hand)
            by_reason.setdefault(key, []).append(finding)
    if not by_reason:
        return None
    rows = [
        {"Part": part, "Printed": _listed(own), "What is missing": reason}
        for (part, reason), own in by_reason.items()
    ]
    return tables.paper_rows(
        rows,
        label="What cannot be checked",
        caption="What cannot be checked, and what would be needed.",
    )


def _listed(findings: list[Finding]) -> Html:
    lines = [f"{f.claim}: {f.printed}" for f in findings]
    items = Markup("").join(
        Markup('<li><a href="#finding-{}">{}</a></li>').format(f.id, inline(line))
        for f, line in zip(findings, lines, strict=True)
    )
    return Html(f'<ul class="reread-list">{items}</ul>', "; ".join(lines))


def _assumptions(ledger: Ledger) -> Html | None:
    """Each assumption, and how many findings rest on it, those with the gravest verdict named."""
    resting: dict[str, Counter[Verdict]] = {}
    for finding in ledger:
        for line in finding.assumptions:
            resting.setdefault(line, Counter())[finding.verdict] += 1
    if not resting:
        return None
    rows = [
        {"Assumption": line, "Findings": seen.total(), "Of these": _badges(seen)}
        for line, seen in sorted(resting.items(), key=lambda item: -item[1].total())
    ]
    return tables.paper_rows(
        rows,
        label="What the verdicts rest on",
        caption="Assumptions, those under most findings first.",
    )


def _badges(seen: Counter[Verdict]) -> Html:
    present = [(v, seen[v]) for v in Verdict if seen[v]]
    html = Markup(" ").join(
        Markup('<span class="reread-count">{} {}</span>').format(n, badge(v)) for v, n in present
    )
    return Html(str(html), ", ".join(f"{n} {v}" for v, n in present))
