"""Checklists: what is refused and in which words, what is counted, what the tools' rules give."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from analysis.audit import audit
from analysis.checklists import (
    JUDGEMENTS,
    NOT_APPLICABLE,
    WORDS,
    ChecklistError,
    appraisal_of,
    load_appraisal,
    load_checklist,
    load_places,
    probast_domain,
    probast_overall,
    quips_domain,
    quips_overall,
)
from analysis.findings import Ledger, Verdict
from analysis.paper import load_paper

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
LISTS = sorted(file.stem for file in (DATA / "checklists").glob("*.yaml"))


@pytest.fixture(scope="module")
def paper():
    return load_paper(DATA / "yu2023" / "paper.yaml")


@pytest.fixture(scope="module")
def ledger(paper):
    return audit(paper)


@pytest.fixture(scope="module")
def all_lists(paper, ledger):
    return {name: appraisal_of(paper, ledger, name) for name in LISTS}


# --- the lists ----------------------------------------------------------------------------


def test_every_list_has_the_items_of_its_source():
    """Items as the sources number them: REMARK has 20, STROBE 22 in 34 parts, STARD 30 in 34,
    TRIPOD+AI 27 in 52, QUIPS 6 domains with 31 prompts, PROBAST 20 questions in 4 domains."""
    found = {name: load_checklist(DATA / "checklists" / f"{name}.yaml") for name in LISTS}
    assert {name: len(c.items) for name, c in found.items()} == {
        "remark": 20, "strobe_cohort": 34, "stard2015": 34, "tripod_ai": 52, "quips": 31,
        "probast": 20,
    }  # fmt: skip
    whole = {name: len({re.match(r"\d+", i.id)[0] for i in c.items}) for name, c in found.items()}
    assert whole == {
        "remark": 20, "strobe_cohort": 22, "stard2015": 30, "tripod_ai": 27, "quips": 6,
        "probast": 4,
    }  # fmt: skip
    parts = {name: Counter(i.section for i in found[name].items) for name in ("quips", "probast")}
    assert list(parts["quips"].values()) == [6, 5, 6, 3, 7, 4]
    assert list(parts["probast"].values()) == [2, 3, 6, 9]
    assert [c.section for c in found["probast"].concerns] == ["Participants", "Predictors", "Outcome"]  # fmt: skip


def test_sources_stand_in_the_bibliography():
    known = set(re.findall(r"^@\w+\{(\w+),", (DATA / "references.bib").read_text(), re.MULTILINE))
    for name in LISTS:
        checklist = load_checklist(DATA / "checklists" / f"{name}.yaml")
        assert set(checklist.cite) <= known, name
        assert "ideas" in checklist.licence_of_source, name


# --- the answers for the paper ------------------------------------------------------------


def test_every_list_is_answered_for_the_paper():
    assert {f.stem for f in (DATA / "yu2023" / "answers").glob("*.yaml")} == set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_every_item_has_an_answer_and_every_answer_a_ground(name, all_lists, paper, ledger):
    found = all_lists[name]
    assert list(found.answers) == [item.id for item in found.checklist.items]
    given = [*found.answers.values(), *found.concerns.values(), *found.overrides.values()]
    for answer in given:
        assert answer.findings or answer.numbers or answer.places or answer.flow or answer.quoted
        for id, verdict in answer.findings.items():
            assert ledger[id].verdict == verdict
        assert set(answer.numbers + answer.quoted) <= set(paper.numbers)


# names, not results
NAMES = re.compile(r"\{[^{}]*\}|Tables? \d|Figures? \d")


@pytest.mark.parametrize("name", LISTS)
def test_sentences_type_no_number_and_say_not_said(name, all_lists):
    found = all_lists[name]
    for id, answer in {**found.answers, **found.concerns}.items():
        assert not re.search(r"\d", NAMES.sub("", answer.why)), (id, answer.why)
        assert "not done" not in answer.why.lower(), id
        assert "{" not in found.why(answer)
        if found.checklist.kind == "reporting" and answer.answer == "no":
            assert "ot said" in answer.why, (id, answer.why)
        if answer.answer in ("no information", "unsure"):
            assert "ot said" in answer.why or "not named" in answer.why or answer.flow, id


HAND = {  # counted with a pencil in the answer files
    "remark": {"yes": 7, "partly": 10, "no": 2, NOT_APPLICABLE: 1},
    "strobe_cohort": {"yes": 12, "partly": 15, "no": 3, NOT_APPLICABLE: 4},
    "stard2015": {"yes": 13, "partly": 10, "no": 8, NOT_APPLICABLE: 3},
    "tripod_ai": {"yes": 6, "partly": 25, "no": 13, NOT_APPLICABLE: 8},
    "quips": {"yes": 6, "partial": 14, "no": 4, "unsure": 7},
    "probast": {
        "yes": 2, "probably yes": 9, "probably no": 3, "no": 1, "no information": 5,
        NOT_APPLICABLE: 0,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_counts_and_shares(name, all_lists):
    found, hand = all_lists[name], HAND[name]
    assert found.counts() == hand
    file = yaml.safe_load((DATA / "yu2023" / "answers" / f"{name}.yaml").read_text("utf-8"))
    assert Counter(a["answer"] for a in file["answers"].values()) == Counter(hand)
    asked = sum(n for word, n in hand.items() if word != NOT_APPLICABLE)
    assert found.asked == asked
    for word, n in hand.items():
        if word != NOT_APPLICABLE:
            assert found.share(word) == Fraction(n, asked)
    assert sum(found.share(w) for w in hand if w != NOT_APPLICABLE) == 1
    by_section = [found.counts(s) for s in found.checklist.sections]
    assert sum((Counter(c) for c in by_section), Counter()) == Counter(hand)


def test_what_has_no_share(all_lists):
    with pytest.raises(ValueError, match="'not applicable' has no share in remark"):
        all_lists["remark"].share(NOT_APPLICABLE)
    with pytest.raises(ValueError, match="'maybe' has no share"):
        all_lists["remark"].share("maybe")
    with pytest.raises(ValueError, match="judges nothing"):
        all_lists["remark"].overall()
    with pytest.raises(ValueError, match="asks for no concerns"):
        _ = all_lists["remark"].concern


def test_judgements_of_the_paper(all_lists):
    quips, probast = all_lists["quips"], all_lists["probast"]
    assert {d.section: d.judgement for d in quips.judged()} == {
        "Participation": "moderate", "Attrition": "high", "Prognostic factor": "moderate",
        "Outcome": "moderate", "Confounding": "moderate", "Analysis and reporting": "moderate",
    }  # fmt: skip
    assert [(d.judgement, d.decided_by) for d in probast.judged()] == [
        ("high", ("1.2",)),
        ("low", ("2.1", "2.2", "2.3")),
        ("unclear", ("3.5",)),
        ("high", ("4.2", "4.7", "4.8")),
    ]
    assert quips.overall() == quips.overall(quips.in_favour()) == "high"
    assert probast.overall() == probast.overall(probast.in_favour()) == "high"
    # what the chapter says: only the plain no on cut values is left, and it is enough
    kindest = {"no information": "yes", "probably no": "yes"}
    left = [d for d in probast.judged(kindest) if d.judgement == "high"]
    assert [(d.section, d.decided_by) for d in left] == [("Analysis", ("4.2",))]
    # a sentence about the lost would lift the domain; enough moderate ones stay
    lifted = quips.judged({"no": "partial"})
    assert {d.judgement for d in lifted} == {"moderate"}
    assert quips.overall({"no": "partial"}) == "high"
    assert [id for id, c in probast.concerns.items() if c.answer != "low"] == ["A2"]
    assert probast.concern == "unclear"


def test_shares_of_the_three_older_lists_are_close(all_lists):
    """The chapter says that the choice of list hardly changes how much is told."""
    shares = [all_lists[n].share("yes") for n in ("remark", "strobe_cohort", "stard2015")]
    assert max(shares) - min(shares) < Fraction(1, 10)


# --- the rules ----------------------------------------------------------------------------


def test_probast_rule_over_all_answers():
    """Every triple of answers, against the rule in other words."""
    for triple in itertools.product(WORDS["probast"], repeat=3):
        given = dict(zip(("1", "2", "3"), triple, strict=True))
        judgement, by = probast_domain(given)
        kinds = {word.removeprefix("probably ") for word in triple} - {NOT_APPLICABLE}
        if "no" in kinds:
            assert judgement == "high"
            assert {given[id] for id in by} <= {"no", "probably no"}
        elif "no information" in kinds or not kinds:
            assert judgement == "unclear"
        else:
            assert judgement == "low"
        assert all(given[id] != NOT_APPLICABLE for id in by)


def test_probast_overall():
    assert probast_overall(["low"] * 4) == "low"
    assert probast_overall(["low", "unclear", "low", "low"]) == "unclear"
    assert probast_overall(["low", "unclear", "high", "low"]) == "high"


def test_quips_rules():
    def judge(*words: str) -> str:
        return quips_domain({str(i): word for i, word in enumerate(words)})[0]

    assert judge("yes", "yes", "yes") == "low"
    assert judge("yes", "yes", "partial") == "moderate"
    assert judge("yes", "yes", "unsure") == "moderate"
    assert judge("yes", "yes", "no") == "moderate"
    assert judge("yes", "no") == "high"  # half is enough
    assert judge("no", "no", "unsure", "yes", "yes") == "moderate"
    assert judge("no", "no", "no", "yes", "yes") == "high"
    # Grooten 2019: up to one moderate, two moderate, three moderate, one high
    assert quips_overall(["low"] * 6) == "low"
    assert quips_overall(["low"] * 5 + ["moderate"]) == "low"
    assert quips_overall(["low"] * 4 + ["moderate"] * 2) == "moderate"
    assert quips_overall(["low"] * 3 + ["moderate"] * 3) == "high"
    assert quips_overall(["low"] * 5 + ["high"]) == "high"


def test_a_worse_answer_never_gives_a_better_judgement():
    order = {"low": 0, "moderate": 1, "unclear": 1, "high": 2}
    ranks = {
        "quips": ("yes", "partial", "no"),
        "probast": ("yes", "probably yes", "no information", "probably no", "no"),
    }
    for rule, name in ((quips_domain, "quips"), (probast_domain, "probast")):
        words = ranks[name]
        for triple in itertools.product(range(len(words)), repeat=3):
            here = order[rule({str(i): words[w] for i, w in enumerate(triple)})[0]]
            for i, w in enumerate(triple):
                if w + 1 < len(words):
                    worse = [*triple[:i], w + 1, *triple[i + 1 :]]
                    there = order[rule({str(j): words[v] for j, v in enumerate(worse)})[0]]
                    assert there >= here, (name, triple, i)


# --- another paper, and files that cannot be used -----------------------------------------

PAPER = """\
schema: 1
paper: {key: made_up, label: Made up}
groups:
  - {id: cases, label: Cases, n: "20", event: true}
  - {id: controls, label: Controls, n: "25"}
tables:
  - id: table1
    kind: two_group
    title: Groups
    rows:
      - id: sex
        variable: sex
        summary: levels
        levels:
          - {id: male, label: Male, values: {cases: "7 (35.0%)", controls: "6 (24.0%)"}}
          - {id: female, label: Female, values: {cases: "13 (65.0%)", controls: "19 (76.0%)"}}
variables:
  - {id: sex, label: Sex}
text:
  - section: methods
    place: Methods
    statements:
      - {id: patients, kind: whole, printed: "45", about: patients}
flow:
  - {id: asked, label: Asked}
  - {id: analysed, label: Analysed, count: methods.patients, after: asked}
"""

LIST = """\
schema: 1
id: short
name: SHORT
long_name: A short tool
kind: probast
applies_to: examples
cite: [nobody2000]
licence_of_source: ours
domains:
  - {section: Start, title: Who came in}
  - {section: End, title: What was found}
items:
  - {id: "1.1", section: Start, title: The right people}
  - {id: "1.2", section: Start, title: All of them}
  - {id: "2.1", section: End, title: The same for all}
concerns:
  - {id: A1, section: Start, title: Our own people}
"""

ANSWERS = """\
schema: 1
checklist: short
answers:
  "1.1":
    answer: "yes"
    why: All {methods.patients} of them.
    findings: {table1.sex.cases.levels: reproduced}
  "1.2":
    answer: no information
    why: Not said how many were asked.
    flow: {asked: not counted, analysed: counted}
  "2.1":
    answer: probably no
    why: Told by each in their own way.
    places: [methods.how, table1]
    numbers: [table1.sex.male.cases.count]
concerns:
  A1: {answer: low, why: Our people., places: [methods]}
judgements:
  End: {answer: low, why: It cannot matter here., places: [methods.how]}
"""

PLACES = """\
schema: 1
places:
  - {id: methods.how, label: "Methods, how", page: "3"}
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "other/paper.yaml": PAPER,
        "other/places.yaml": PLACES,
        "other/answers/short.yaml": ANSWERS,
        "checklists/short.yaml": LIST,
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def appraise(folder):
    """The appraisal of the made-up paper after changes to its files."""
    other = load_paper(folder / "other" / "paper.yaml")
    found = audit(other)

    def run(name: str = "other/answers/short.yaml", old: str = "", new: str = ""):
        file = folder / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) >= 1
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        paper = load_paper(folder / "other" / "paper.yaml") if "paper" in name else other
        return appraisal_of(paper, found, "short")

    return run


def test_another_paper(appraise):
    found = appraise()
    assert found.why(found["1.1"]) == "All 45 of them."
    assert found.places["methods.how"].page == "3"
    assert [(d.computed, d.judgement) for d in found.judged()] == [
        ("unclear", "unclear"),
        ("high", "low"),
    ]
    assert found.overall() == "unclear"
    assert found.overall(found.in_favour()) == "high"  # by the rule alone, overrides rest
    assert found.concern == "low"
    assert found.findings == ("table1.sex.cases.levels",)


def test_the_whole_may_be_judged_otherwise_too(appraise):
    found = appraise(
        old="judgements:\n", new="judgements:\n  overall: {answer: high, why: We fear it., places: [methods]}\n"
    )  # fmt: skip
    assert found.overall() == "high"
    assert found.overall({"no information": "yes", "probably no": "yes"}) == "low"


def test_without_places_the_parts_of_the_record_are_left(folder, appraise):
    (folder / "other" / "places.yaml").unlink()
    assert load_places(folder / "other" / "places.yaml") == {}
    with pytest.raises(
        ChecklistError, match=r'found "methods.how", which is no place of the paper'
    ):
        appraise()


BAD_ANSWERS = [
    # an item without answer, an answer to no item
    ('  "2.1":\n    answer: probably no\n    why: Told by each in their own way.\n    places: [methods.how, table1]\n    numbers: [table1.sex.male.cases.count]\n', "",
     3, 'the item "2.1" (The same for all) has no answer.'),
    ('"1.1":', '"1.9":', 4, 'found "1.9", which is no item of the checklist; near it: 1.2, 1.1.'),
    ("  A1: {answer: low, why: Our people., places: [methods]}", "  A2: {answer: low, why: Our people., places: [methods]}",
     18, 'found "A2", which is no item of the checklist'),
    # unknown words
    ("answer: probably no", "answer: perhaps", 13,
     'answers.2.1: found "perhaps", allowed are yes, probably yes, probably no, no, no information, not applicable.'),
    ("A1: {answer: low", "A1: {answer: lower", 18, 'concerns.A1: found "lower", allowed are low, high, unclear.'),
    ("End: {answer: low", "End: {answer: tiny", 20, 'judgements.End: found "tiny", allowed are low, high, unclear.'),
    # no ground
    ("    flow: {asked: not counted, analysed: counted}\n", "", 8,
     "answers.1.2: no ground is named, one of findings, numbers, places or flow is needed."),
    ("Our people., places: [methods]}", "Our people.}", 18, "concerns.A1: no ground is named"),
    ("here., places: [methods.how]}", "here.}", 20, "judgements.End: no ground is named"),
    # grounds that are nothing
    ("{methods.patients}", "{methods.patient}", 6, 'found "methods.patient", which is no number of the record; near it: methods.patients.'),
    ("[table1.sex.male.cases.count]", "[table9.count]", 16, 'found "table9.count", which is no number of the record'),
    ("[methods.how, table1]", "[methods.who, table1]", 15, 'found "methods.who", which is no place of the paper'),
    ("table1.sex.cases.levels: reproduced", "table1.sex.levels: reproduced", 7, 'found "table1.sex.levels", which is no finding of the ledger; near it:'),
    ("asked: not counted", "invited: not counted", 11, 'found "invited", which is no step of the patient flow, there are analysed, asked.'),
    # grounds that stand otherwise
    ("levels: reproduced", "levels: impossible", 7,
     'answers.1.1: the answer rests on "impossible" for the finding table1.sex.cases.levels, which is "reproduced" now: read the answer again.'),
    ("levels: reproduced", "levels: fine", 7, 'answers.1.1: found the verdict "fine", allowed are reproduced, consistent, depends, impossible, not checkable.'),
    ("asked: not counted", "asked: counted", 11,
     'answers.1.2: the answer rests on "counted" for the step asked of the patient flow, which is "not counted" now: read the answer again.'),
    ("asked: not counted", "asked: unsure", 11, 'answers.1.2: found "unsure", allowed are counted, not counted.'),
    # overrides
    ("End: {answer: low", "End: {answer: high", 20, 'End: the rule says "high" as well, leave the judgement out.'),
    ("  End: {", "  Middle: {", 20, 'found "Middle", which is no domain of the checklist, there are End, Start, overall.'),
    # the shape of the file
    ("checklist: short", "checklist: long", 2, 'found "long", these answers are read for "short".'),
    ("    why: Told by each in their own way.\n", "", 12, 'answers.2.1: the key "why" is missing.'),
    ("why: Told by each in their own way.", 'why: ""', 14, 'answers.2.1.why: found "", words are needed.'),
    ("    numbers: [", "    nubmers: [", 16, 'found the unknown key "nubmers"'),
    ("schema: 1", "schema: 2", 1, "schema: found"),
    ('  "1.2":', '  "1.1":', 8, 'found the key "1.1" twice, it may stand once.'),
    ("answers:\n", "answers: [\n", None, "this is no valid YAML"),
    ("schema: 1\n", "- one\n- two\n---\n", 1, "an answers file is a mapping"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "sentence"), BAD_ANSWERS)
def test_answers_that_cannot_be_used(appraise, folder, old, new, line, sentence):
    with pytest.raises(ChecklistError) as caught:
        appraise(old=old, new=new)
    message = str(caught.value)
    assert sentence in message
    file = folder / "other" / "answers" / "short.yaml"
    assert message.startswith(f"{file}:{line}: " if line else f"{file}:")
    assert "\n" not in message


BAD_LISTS = [
    ("kind: probast", "kind: robins", 5, "kind: found \"robins\", allowed is 'reporting', 'probast' or 'quips'."),
    ("section: End, title: The", "section: Ende, title: The", 15, 'found "Ende", which is no domain of this file; near it: End.'),
    ('  - {id: "2.1", section: End, title: The same for all}\n', "", 11, 'the domain "End" has no item.'),
    ('id: "1.2"', 'id: "1.1"', None, 'found the item "1.1" twice, it may stand once.'),
    ('id: "1.2"', 'id: "1 2"', 14, 'found "1 2", letters, digits and points are allowed.'),
    ("kind: probast", "kind: reporting", 9, "found domains, a list for reporting has none."),
    ("cite: [nobody2000]", "cite: []", 7, "cite:"),
    ("domains:\n  - {section: Start, title: Who came in}\n  - {section: End, title: What was found}\n", "", 10, "which is no domain"),
    ("title: All of them", "titel: All of them", 14, 'found the unknown key "titel"'),
    ("name: SHORT", "name: S", 3, 'found "S", words are needed.'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "sentence"), BAD_LISTS)
def test_lists_that_cannot_be_used(appraise, folder, old, new, line, sentence):
    with pytest.raises(ChecklistError) as caught:
        appraise("checklists/short.yaml", old, new)
    message = str(caught.value)
    assert sentence in message
    file = folder / "checklists" / "short.yaml"
    assert message.startswith(f"{file}:{line}: " if line else f"{file}:")


def test_places_that_cannot_be_used(appraise):
    with pytest.raises(ChecklistError, match="found the unknown key"):
        appraise("other/places.yaml", "label:", "lable:")


def test_places_named_twice(folder, appraise):
    with pytest.raises(ChecklistError, match=r'found the place "methods.how" twice'):
        appraise(
            "other/places.yaml",
            "places:\n",
            "places:\n  - {id: methods.how, label: Again}\n",
        )


def test_a_missing_file(folder, appraise):
    (folder / "other" / "answers" / "short.yaml").unlink()
    other = load_paper(folder / "other" / "paper.yaml")
    with pytest.raises(ChecklistError, match=r"short.yaml: there is no such file\."):
        appraisal_of(other, audit(other), "short")


def test_a_finding_that_changes_makes_the_answer_stale(paper, ledger):
    """No file is touched: the ledger alone changes, and the answers are refused."""
    changed = Ledger(
        replace(f, verdict=Verdict.IMPOSSIBLE) if f.id == "methods.events_reached" else f
        for f in ledger
    )
    for name in ("remark", "tripod_ai", "probast"):
        with pytest.raises(
            ChecklistError, match=r'methods.events_reached, which is "impossible" now'
        ):
            appraisal_of(paper, changed, name)
    appraisal_of(paper, changed, "stard2015")  # rests on other findings


def test_a_step_that_gets_its_count_makes_the_answer_stale(appraise):
    with pytest.raises(ChecklistError, match='the step asked of the patient flow, which is "counted" now'):  # fmt: skip
        appraise("other/paper.yaml", "label: Asked}", "label: Asked, count: groups.cases}")


def test_reporting_lists_judge_nothing(folder, paper, ledger, tmp_path):
    answers = tmp_path / "remark.yaml"
    text = (DATA / "yu2023" / "answers" / "remark.yaml").read_text("utf-8")
    answers.write_text(
        text + "judgements:\n  overall: {answer: low, why: Good., places: [abstract]}\n"
    )
    checklist = load_checklist(DATA / "checklists" / "remark.yaml")
    places = load_places(DATA / "yu2023" / "places.yaml")
    with pytest.raises(ChecklistError, match="found judgements, a list for reporting has none"):
        load_appraisal(answers, checklist, paper, ledger, places)


def test_a_list_in_which_nothing_applies_has_no_shares(folder, appraise):
    found = appraise()
    none = replace(
        found,
        answers={
            id: a.model_copy(update={"answer": NOT_APPLICABLE}) for id, a in found.answers.items()
        },
    )
    with pytest.raises(ValueError, match="no item of short applies"):
        none.share("yes")
    assert {d.computed for d in none.judged()} == {"unclear"}


def test_judgement_words_are_those_of_the_rules():
    seen = {probast_domain({"1": w})[0] for w in WORDS["probast"]}
    assert seen == set(JUDGEMENTS["probast"])
    seen = {quips_domain({"1": w})[0] for w in WORDS["quips"]}
    assert seen == set(JUDGEMENTS["quips"])
