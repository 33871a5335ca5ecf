"""What chapters show of checklists: every answer in words, grounds that lead somewhere."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analysis.checklists import JUDGEMENTS, OVERALL, WORDS, Answer
from analysis.show.book import chapter
from analysis.show.checklists import ANSWER_MARKS, Checked, events_per_variable
from tests.analysis.show.pages import ids, read

NAMES = ("remark", "strobe_cohort", "stard2015", "tripod_ai", "quips", "probast")


@pytest.fixture(scope="module")
def here():
    return chapter("reporting")


@pytest.fixture(scope="module")
def shown(here):
    return {name: here.checklist(name) for name in NAMES}


def rows_of(html: str):
    body = [r for t in read(html).all("tbody") for r in t.all("tr")]
    return [r for r in body if "reread-section" not in (r.attributes.get("class") or "").split()]


@pytest.mark.parametrize("name", NAMES)
def test_every_item_is_one_row_with_its_answer_in_words(name, shown):
    checked = shown[name]
    items = checked.appraisal.checklist.items
    rows = rows_of(checked.sheet().html)
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        answer = checked.appraisal[item.id]
        assert row.all("td")[0].text.strip() == answer.answer
        assert row.all("span", class_="reread-item")[0].text == item.id
        assert item.title in row.all("th")[0].text
        assert checked.appraisal.why(answer) in row.text
    assert ids(read(checked.sheet().html)) == []  # findings stand on their own pages


@pytest.mark.parametrize("name", NAMES)
def test_sections_head_their_rows(name, shown):
    page = read(shown[name].sheet().html)
    heads = [th.text for th in page.all("th", scope="rowgroup")]
    assert heads == shown[name].appraisal.checklist.sections
    assert len({t.attributes["aria-label"] for t in page.all("table")}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_grounds_lead_to_findings_of_the_ledger(name, shown, here):
    checked = shown[name]
    links = [a.attributes["href"] for a in read(checked.sheet().html).all("a")]
    found = [href.removeprefix("verdicts.html#finding-") for href in links]
    expected = [f for i in checked.appraisal.checklist.items for f in checked.appraisal[i.id].findings]  # fmt: skip
    assert found == expected
    assert all(id in here.ledger for id in found)


def test_a_place_is_told_with_its_page_where_it_is_known(shown):
    strobe = shown["strobe_cohort"]
    assert strobe.place("title") == "Title, page 780"
    assert strobe.place("table1") == "Table 1"
    assert strobe.place("methods.treatment") == "Methods, treatment"
    assert "Title, page 780" in strobe.sheet().html


def test_grounds_name_numbers_and_steps(shown):
    html = shown["remark"].sheet().html
    assert "Methods: 272 (patients)" in html
    assert "Patient flow in the text, Lost to follow-up and left out: not counted" in html


def test_every_word_has_a_mark():
    words = {w for kind in WORDS.values() for w in kind}
    words |= {w for kind in JUDGEMENTS.values() for w in kind}
    assert set(ANSWER_MARKS) == words
    # good and bad never look alike
    assert ANSWER_MARKS["yes"].path != ANSWER_MARKS["no"].path != ANSWER_MARKS["partly"].path


def test_sums_by_hand_are_right(shown):
    for name in NAMES:
        for sum_ in shown[name].by_hand().split("; "):
            left, right = (re.findall(r"\d+", side) for side in sum_.split("="))
            assert sum(map(int, left)) == int(right[0])
    assert shown["remark"].by_hand() == "7 yes + 10 partly + 2 no = 19 that apply; 19 + 1 = 20"


def test_told(shown):
    told = shown["remark"].told()
    assert told["remark.yes"] == "7"
    assert told["remark.yes_share"] == "37%"  # 7/19 = 36.8 %
    assert told["remark.asked"] == "19"
    told = shown["probast"].told()
    assert told["probast.overall"] == told["probast.in_favour"] == "high"
    assert told["probast.domains_high"] == "2"
    assert told["probast.concern"] == "unclear"
    assert all(isinstance(text, str) for text in told.values())


def test_domains_in_words(shown):
    page = read(shown["probast"].domains().html)
    rows = [[c.text.strip() for c in r.all("td")] for r in page.all("tbody")[0].all("tr")]
    assert rows == [
        ["high", "probably no: 1.2"],
        ["low", "3 probably yes of 3"],
        ["unclear", "no information: 3.5"],
        ["high", "no: 4.2; probably no: 4.7, 4.8"],
        ["high", "2 of 4 domains high"],
    ]
    text = shown["quips"].domains().text
    assert "Attrition (Those who were followed stand for those who entered) | high | no: 2b, 2c, 2d" in text  # fmt: skip


def test_an_override_is_told_with_the_rule_beside_it(shown):
    appraisal = shown["probast"].appraisal
    judged = Answer(answer="low", why="We know better here.", places=["methods"])
    changed = Checked(replace(appraisal, overrides={"Participants": judged, OVERALL: judged}))
    text = changed.domains().text
    assert "our judgement, where the rule gives high: We know better here." in text
    assert "Overall | low | our judgement: We know better here." in text


def test_domains_by_hand(shown):
    assert shown["quips"].domain_by_hand("Attrition") == "3 of 5 answered no: 2 × 3 ≥ 5, so high by the rule"  # fmt: skip
    assert shown["quips"].domain_by_hand("Outcome") == "0 of 3 answered no: 2 × 0 < 3, so moderate by the rule"  # fmt: skip
    assert shown["probast"].domain_by_hand("Analysis") == "3 of 9 answered no or probably no, so high by the rule"  # fmt: skip
    with pytest.raises(KeyError):
        shown["quips"].domain_by_hand("Anything")


def test_concerns(shown):
    html = shown["probast"].concerns().html
    assert [r.all("td")[0].text.strip() for r in rows_of(html)] == ["low", "unclear", "low"]
    assert read(html).all("th", scope="rowgroup") == []  # each would head one row


def test_unsaid_lists_every_no(here, shown):
    names = ("remark", "strobe_cohort", "stard2015")
    page = read(here.unsaid(*names).html)
    rows = [r.all("th")[0].text for r in page.all("tbody")[0].all("tr")]
    assert rows == [
        f"{shown[n].appraisal.checklist.name}\N{NO-BREAK SPACE}{id}"
        for n in names
        for id, a in shown[n].appraisal.answers.items()
        if a.answer == "no"
    ]


def test_readings(here):
    lines = here.readings("quips", "probast").text.splitlines()
    assert lines[1:] == [
        "As answered | high Attrition | high Participants, Analysis",
        "Every open question answered for the authors | high Attrition | high Participants, Analysis",
        "And every probably no or partial as well | high Attrition | high Analysis",
    ]


def test_shares_plot(here):
    plot = here.shares_plot("shares", *NAMES[:4])
    assert "REMARK: 7 yes, 10 partly, 2 no." in plot.alt
    assert "TRIPOD+AI: 6 yes, 25 partly, 13 no." in plot.alt
    assert [row["List"] for row in plot.data] == ["REMARK", "STROBE", "STARD", "TRIPOD+AI"]
    assert plot.data[0]["Not applicable"] == 1
    for word in ("yes 7", "partly 10", "no 2", "no 13"):  # words in the bars, not colour alone
        assert f">{word}<" in plot.svg


def test_events_per_variable(here):
    assert events_per_variable(here.paper, 10) == "112 / 10 = 11.2"
    assert here.events_per(16) == "112 / 16 = 7.0"
