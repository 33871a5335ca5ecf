"""What chapters show of a checklist: every answer with its ground, shares, domains judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis.checklists import NOT_APPLICABLE, OVERALL, Answer, Appraisal, Item, Judged
from analysis.findings import Verdict, first_up
from analysis.paper import Paper
from analysis.printed import format_fixed
from analysis.show import parts
from analysis.show.html import Html, inline, word_badge
from analysis.show.palette import MARKS, PAGE, SOFT, Mark
from analysis.show.parts import event_group
from analysis.show.tables import LEDGER_PAGE, LONGEST_OPEN, paper_rows, template

if TYPE_CHECKING:
    from analysis.show.figures import Figure

_YES, _HALF, _NO, _OPEN = (
    MARKS[v]
    for v in (Verdict.REPRODUCED, Verdict.DEPENDS, Verdict.IMPOSSIBLE, Verdict.NOT_CHECKABLE)
)
# the word says it; icon and colour only repeat it
ANSWER_MARKS: dict[str, Mark] = {
    **dict.fromkeys(("yes", "probably yes", "low"), _YES),
    **dict.fromkeys(("partly", "partial", "moderate"), _HALF),
    **dict.fromkeys(("no", "probably no", "high"), _NO),
    **dict.fromkeys(("no information", "unsure", "unclear"), _OPEN),
    NOT_APPLICABLE: replace(_OPEN, path="M4 8h8", sign="–"),
}

_ANSWERS = """\
<div class="reread-frame">
<table class="reread-table reread-ledger reread-answers" role="table" aria-label="{{ label }}">
<thead role="rowgroup"><tr role="row">
{% for name in columns %}
<th scope="col" role="columnheader">{{ name }}</th>
{% endfor %}
</tr></thead>
{% for section, rows in sections %}
<tbody role="rowgroup">
{% if section %}
<tr role="row" class="reread-section"><th scope="rowgroup" role="rowheader" aria-colspan="3" \
colspan="3">{{ section }}</th></tr>
{% endif %}
{% for row in rows %}
<tr role="row" class="reread-row-{{ row.slug }}">
<td role="cell" class="reread-verdict">{{ row.badge }}</td>
<th scope="row" role="rowheader"><span class="reread-item">{{ row.id }}</span> \
{{ inline(row.title) }}</th>
<td role="cell" class="reread-why"><span>{{ inline(row.why) }}</span>
{% if row.places %}
<span class="reread-part">{{ row.places | join("; ") }}</span>
{% endif %}
{% if row.grounds %}
<details><summary>{{ row.counted }}<span class="reread-hidden">: {{ row.id }}</span></summary>
<ul>
{% for ground in row.grounds %}
<li>{{ ground }}</li>
{% endfor %}
</ul></details>
{% endif %}
</td>
</tr>
{% endfor %}
</tbody>
{% endfor %}
</table>
</div>
"""

_FOLDED = """\
<details class="reread-folded">
<summary><span>{{ n }} items:</span>\
{% for badge, count in counts %} <span class="reread-count">{{ count }} {{ badge }}</span>{% endfor %}\
</summary>
{{ table }}
</details>
"""


def answer_badge(word: str) -> Html:
    """An answer or a judgement as icon and word."""
    return Html(str(word_badge(word, ANSWER_MARKS[word])), word)


@dataclass(frozen=True)
class Checked:
    """What a chapter shows of one checklist and one paper."""

    appraisal: Appraisal

    # --- every answer ---

    def sheet(self) -> Html:
        """Every item with its answer, one sentence and the ground; long lists stand folded
        under the counts of their answers."""
        checklist = self.appraisal.checklist
        table = self._answers(checklist.items, f"{checklist.name}: every item")
        if len(checklist.items) <= LONGEST_OPEN:
            return table
        html = template(_FOLDED).render(
            n=len(checklist.items),
            counts=[
                (word_badge(word, ANSWER_MARKS[word]), n)
                for word, n in self.appraisal.counts().items()
                if n
            ],
            table=Markup(table.html),
        )
        return Html(html, table.text)

    def concerns(self) -> Html:
        """The concerns about applicability, with their grounds."""
        checklist = self.appraisal.checklist
        return self._answers(
            checklist.concerns, f"{checklist.name}: applicability", ("Concern", "What should fit")
        )

    def _answers(
        self,
        items: Sequence[Item],
        label: str,
        columns: tuple[str, str] = ("Answer", "What is asked"),
    ) -> Html:
        rows = {i.section: [] for i in items}  # type: dict[str, list[dict[str, Any]]]
        for item in items:
            rows[item.section].append(self._row(item))
        sections = list(rows.items())
        if all(len(own) == 1 for own in rows.values()):  # a heading over each row says nothing
            sections = [("", [row for own in rows.values() for row in own])]
        html = template(_ANSWERS).render(
            label=label, columns=(*columns, "What the paper says"), sections=sections
        )
        lines = [
            f"{row['id']} {row['title']}: {row['word']}: {row['why']}"
            for section in rows.values()
            for row in section
        ]
        return Html(html, "\n".join(lines))

    def _row(self, item: Item) -> dict[str, Any]:
        answer = self.appraisal[item.id]
        mark = ANSWER_MARKS[answer.answer]
        grounds = list(self._grounds(answer))
        return {
            "id": item.id, "title": item.title, "word": answer.answer, "slug": mark.slug,
            "badge": word_badge(answer.answer, mark), "why": self.appraisal.why(answer),
            "places": [self.place(id) for id in answer.places], "grounds": grounds,
            "counted": f"{len(grounds)} {'ground' if len(grounds) == 1 else 'grounds'}",
        }  # fmt: skip

    def place(self, place: str) -> str:
        """A place of the paper in words."""
        named = self.appraisal.places.get(place)
        if named is None:
            return parts.label(place, self.appraisal.paper)
        return f"{named.label}, page {named.page}" if named.page else named.label

    def _grounds(self, answer: Answer) -> Iterator[Markup]:
        """Findings with their verdicts, printed numbers with their places, steps of the flow."""
        paper, ledger = self.appraisal.paper, self.appraisal.ledger
        for id, verdict in answer.findings.items():
            link = Markup('<a href="{}#finding-{}">{}</a>').format(
                LEDGER_PAGE, id, inline(first_up(ledger[id].claim))
            )
            yield link + Markup(": ") + word_badge(verdict, MARKS[Verdict(verdict)])
        for id in dict.fromkeys((*answer.numbers, *answer.quoted)):
            number = paper.numbers[id]
            yield inline(f"{number.place}: {number.text.strip()} ({number.about})")
        steps = {step.id: step.label for step in paper.flow}
        for id, counted in answer.flow.items():
            yield inline(f"Patient flow in the text, {steps[id]}: {counted}")

    # --- domains ---

    def domains(self) -> Html:
        """The judgement of each domain and of the whole, with what decided it."""
        rows = [
            {
                "Domain": _titled(domain.section, domain.title),
                "Risk of bias": answer_badge(domain.judgement),
                "Decided by": self._reason(domain),
            }
            for domain in self.appraisal.judged()
        ]
        rows.append(
            {"Domain": "Overall", "Risk of bias": answer_badge(self.appraisal.overall()),
             "Decided by": self._overall_reason()}
        )  # fmt: skip
        return paper_rows(rows, label=f"{self.appraisal.checklist.name}: domains")

    def _overall_reason(self) -> str:
        appraisal = self.appraisal
        if override := appraisal.overrides.get(OVERALL):
            return f"our judgement: {appraisal.why(override)}"
        judgements = [d.judgement for d in appraisal.judged()]
        return _worst(judgements)

    def _reason(self, domain: Judged) -> str:
        """The answers behind a judgement: those against it by number, or how many there are."""
        if domain.override is not None:
            why = self.appraisal.why(domain.override)
            return f"our judgement, where the rule gives {domain.computed}: {why}"
        words = [self.appraisal[id].answer for id in domain.decided_by]
        if domain.computed in ("high", "unclear"):
            by_word: dict[str, list[str]] = {word: [] for word in words}
            for id, word in zip(domain.decided_by, words, strict=True):
                by_word[word].append(id)
            named = [f"{word}: {', '.join(ids)}" for word, ids in by_word.items()]
            return "; ".join(named) or "nothing that applies"
        counts = {word: words.count(word) for word in self.appraisal.checklist.words}
        asked = sum(i.section == domain.section for i in self.appraisal.checklist.items)
        return ", ".join(f"{n} {word}" for word, n in counts.items() if n) + f" of {asked}"

    # --- for the prose ---

    def told(self) -> dict[str, str]:
        """The numbers of the list for the prose: keys ``remark.yes``, ``remark.asked``, …"""
        appraisal, id = self.appraisal, self.appraisal.checklist.id
        counts = appraisal.counts()
        found = {"items": str(len(appraisal.answers)), "asked": str(appraisal.asked)}
        for word, n in counts.items():
            found[word.replace(" ", "_")] = str(n)
            if word != NOT_APPLICABLE:
                found[f"{word.replace(' ', '_')}_share"] = percent(appraisal.share(word))
        found["by_hand"] = self.by_hand()
        if appraisal.checklist.domains:
            found["overall"] = appraisal.overall()
            found["in_favour"] = appraisal.overall(appraisal.in_favour())
            found["kindest"] = appraisal.overall(dict.fromkeys(READINGS[-1][1], "yes"))
            judged = appraisal.judged()
            for word in dict.fromkeys(d.judgement for d in judged):
                found[f"domains_{word}"] = str(sum(d.judgement == word for d in judged))
            found["domains"] = str(len(judged))
            found |= {f"{_slug(d.section)}": d.judgement for d in judged}
        if appraisal.concerns:
            found["concern"] = appraisal.concern
        return {f"{id}.{key}": text for key, text in found.items()}

    def by_hand(self) -> str:
        """The counts as sums: answers that apply, then all items."""
        counts = self.appraisal.counts()
        rest = counts.pop(NOT_APPLICABLE, 0)
        given = " + ".join(f"{n} {word}" for word, n in counts.items())
        line = f"{given} = {self.appraisal.asked}"
        total = len(self.appraisal.answers)
        return f"{line} that apply; {self.appraisal.asked} + {rest} = {total}" if rest else line

    def domain_by_hand(self, section: str) -> str:
        """How many answers of a domain speak against it, as a line; KeyError if there is no
        such domain."""
        found = {d.section: d for d in self.appraisal.judged()}[section]
        items = [i.id for i in self.appraisal.checklist.items if i.section == section]
        against = [id for id in items if self.appraisal[id].answer in ("no", "probably no")]
        line = f"{len(against)} of {len(items)} answered no or probably no"
        if self.appraisal.checklist.kind == "quips":
            sign = "≥" if 2 * len(against) >= len(items) else "<"
            line = f"{len(against)} of {len(items)} answered no: 2 × {len(against)} {sign} {len(items)}"  # fmt: skip
        return f"{line}, so {found.computed} by the rule"


# how kindly the answers may be read: open ones first, then those that lean against the paper
READINGS = (
    ("As answered", ()),
    ("Every open question answered for the authors", ("no information", "unsure")),
    (
        "And every probably no or partial as well",
        ("no information", "unsure", "probably no", "partial"),
    ),
)


def readings(lists: Sequence[Checked]) -> Html:
    """The overall judgement of some tools under kinder and kinder readings of the answers,
    with the domains that stay high, or how many are the worst if none is."""
    rows = []
    for words, kind in READINGS:
        row: dict[str, Any] = {"Reading": words}
        for checked in lists:
            appraisal = checked.appraisal
            instead = dict.fromkeys(kind, "yes")
            overall = appraisal.overall(instead)
            judged = appraisal.judged(instead)
            high = [d.section for d in judged if d.judgement == "high"]
            badge = answer_badge(overall)
            named = f" {', '.join(high) or _worst([d.judgement for d in judged])}"
            row[appraisal.checklist.name] = Html(
                badge.html + str(inline(named)), badge.text + named
            )
        rows.append(row)
    return paper_rows(rows, label="The overall judgement under kinder readings")


def unsaid(lists: Sequence[Checked]) -> Html:
    """The items of some lists that are answered no."""
    rows = [
        {
            "List": f"{checked.appraisal.checklist.name}\N{NO-BREAK SPACE}{item.id}",
            "What is asked": item.title,
            "What the paper says": checked.appraisal.why(checked.appraisal[item.id]),
        }
        for checked in lists
        for item in checked.appraisal.checklist.items
        if checked.appraisal[item.id].answer == "no"
    ]
    return paper_rows(rows, label="Items that are answered no")


def _worst(judgements: Sequence[str]) -> str:
    """How many domains have the worst judgement."""
    worst = next(w for w in ("high", "unclear", "moderate", "low") if w in judgements)
    return f"{judgements.count(worst)} of {len(judgements)} domains {worst}"


def _titled(heading: str, words: str) -> Html:
    """A heading with words in small below it."""
    html = f'{inline(heading)} <span class="reread-part">{inline(words)}</span>'
    return Html(html, f"{heading} ({words})")


def percent(share: Fraction) -> str:
    """A share in whole per cent."""
    return f"{format_fixed(share * 100, 0)}%"


def _slug(text: str) -> str:
    return text.lower().replace(" ", "_")


def events_per_variable(paper: Paper, variables: int) -> str:
    """Patients with the event over a number of variables, as a line to check by hand."""
    events = event_group(paper).size
    return f"{events} / {variables} = {format_fixed(Fraction(events, variables), 1)}"


def shares_plot(lists: Sequence[Checked], key: str) -> Figure:
    """One bar a reporting list: its items that apply, split by their answers."""
    from analysis.show.drawing import SIZE, SMALL, WIDTH, Sheet, check_key, text_width
    from analysis.show.figures import Figure

    check_key(key)
    sheet, y, data, told = Sheet(), 14.0, [], []
    for checked in lists:
        appraisal = checked.appraisal
        counts = appraisal.counts()
        rest = counts.pop(NOT_APPLICABLE, 0)
        name = appraisal.checklist.name
        sheet.text(0, y, name, bold=True)
        sheet.text(
            WIDTH, y, f"{appraisal.asked} items apply", size=SMALL, colour=SOFT, align="right"
        )
        shown = {word: n for word, n in counts.items() if n}
        x, gap = 0.0, 2.0
        room = WIDTH - gap * (len(shown) - 1)
        for word, n in shown.items():
            width = room * n / appraisal.asked
            sheet.box(x, y + 8, x + width, y + 36, ANSWER_MARKS[word].text)
            inside = next(
                (t for t in (f"{word} {n}", str(n)) if text_width(t, SIZE) + 8 < width), ""
            )
            sheet.text(x + width / 2, y + 26, inside, colour=PAGE, align="center", bold=True)
            x += width + gap
        y += 62
        told.append(f"{name}: {', '.join(f'{n} {word}' for word, n in counts.items())}.")
        data.append(
            {"List": name, **{first_up(w): n for w, n in counts.items()},
             first_up(NOT_APPLICABLE): rest, "Share of yes": percent(appraisal.share("yes"))}
        )  # fmt: skip
    title = "Items that apply, by answer"
    alt = f"{title}. {' '.join(told)}"
    return Figure(sheet.svg(y - 18, key, title, alt), alt, data, title)
