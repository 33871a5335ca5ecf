"""The form of an appraisal: its answers are the ledger's and the checklists', its rules are ours."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from analysis import appraisal_form as form_of
from analysis.appraisal_form import FormError, fill, load_form
from analysis.audit import audit
from analysis.checklists import ChecklistError, appraisal_of
from analysis.findings import Ledger, Verdict
from analysis.paper import Paper, load_paper
from analysis.shipped import DATA
from analysis.show.sources import METHODS

V = Verdict


@pytest.fixture(scope="module")
def form() -> form_of.Form:
    return load_form()


@pytest.fixture(scope="module")
def paper(root: Path) -> Paper:
    return load_paper(root / "data" / "yu2023" / "paper.yaml")


@pytest.fixture(scope="module")
def ledger(paper: Paper) -> Ledger:
    return audit(paper)


@pytest.fixture(scope="module")
def filled(form, paper, ledger) -> form_of.Filled:
    return fill(form, paper, ledger)


# --- against the ledger and the checklists ------------------------------------------------


def test_every_check_of_the_library_has_its_place(form):
    assert {check for question in form.questions for check in question.checks} == set(METHODS)


def test_the_form_counts_what_the_ledger_counts(filled, ledger):
    total: Counter[Verdict] = Counter()
    for answered in filled.answers.values():
        total.update(answered.counts or {})
    assert {verdict: total[verdict] for verdict in V} == ledger.counts()


def test_what_depends_or_is_impossible_is_named(filled, ledger):
    named = [
        found.id
        for answered in filled.answers.values()
        if answered.question.checks
        for ground in answered.grounds
        for found in ground.findings
    ]
    grave = [f.id for f in ledger if f.verdict in (V.DEPENDS, V.IMPOSSIBLE)]
    assert sorted(named) == sorted(grave)


def test_an_item_speaks_with_its_own_words(filled, paper, ledger):
    remark = appraisal_of(paper, ledger, "remark")
    ground = filled["when"].grounds[0]
    assert (ground.source, ground.answer) == ("REMARK 4", remark["4"].answer)
    assert ground.text == remark.why(remark["4"])
    assert filled["when"].answer == form_of.NOT_SAID  # a list for reporting: no is not said


@pytest.mark.parametrize(("question", "name"), [("as_factor", "quips"), ("as_model", "probast")])
def test_the_judgements_are_those_of_the_tools(filled, paper, ledger, question, name):
    appraisal = appraisal_of(paper, ledger, name)
    assert filled[question].answer == appraisal.overall()
    assert [g.answer for g in filled[question].grounds] == [d.judgement for d in appraisal.judged()]


def test_nothing_is_left_empty_for_this_paper(filled):
    assert filled.empty == []
    assert sum(filled.counts.values()) == sum(
        q.words == form_of.WORDS for q in filled.form.questions
    )


def test_what_to_ask_is_every_answer_that_is_not_yes(filled):
    asked = {ground.text for ground in filled["to_ask"].grounds}
    wanted = {
        a.question.ask for a in filled.answers.values()
        if a.answer in (form_of.NO, form_of.PARTLY, form_of.NOT_SAID)
    }  # fmt: skip
    assert asked == wanted
    assert filled["your_view"].grounds == ()


def test_another_paper_is_filled_in_as_far_as_its_numbers_go(form, root):
    paper = load_paper(root / "data" / "examples" / "gao2017" / "paper.yaml")
    ledger = audit(paper)
    filled = fill(form, paper, ledger)
    by_hand = {q.id for q in form.questions if q.items or q.judgement}
    assert set(filled.empty) == by_hand
    total = sum((Counter(a.counts) for a in filled.answers.values() if a.counts), Counter())
    assert total == +Counter(ledger.counts())


def test_answers_that_no_longer_fit_are_refused(form, paper, ledger):
    changed = Ledger(f for f in ledger if f.id != "table2.criterion")
    with pytest.raises(ChecklistError, match=r"table2\.criterion"):
        fill(form, paper, changed)


# --- the rules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (["yes", "yes"], "yes"),
        (["yes", "does not apply"], "yes"),
        (["yes", "no"], "partly"),
        (["yes", "not said"], "partly"),
        (["partly", "not said"], "partly"),
        (["no", "no"], "no"),
        (["no", "not said"], "not said"),
        (["not said"], "not said"),
        (["does not apply"], "does not apply"),
        ([], "does not apply"),
    ],
)
def test_one_answer_from_several(given: list[str], answer: str):
    assert form_of.combined(given) == answer


@pytest.mark.parametrize(
    ("counts", "answer"),
    [
        ({V.REPRODUCED: 30, V.IMPOSSIBLE: 1}, "no"),
        ({V.REPRODUCED: 30, V.DEPENDS: 1, V.NOT_CHECKABLE: 2}, "partly"),
        ({V.CONSISTENT: 1, V.NOT_CHECKABLE: 9}, "yes"),
        ({V.NOT_CHECKABLE: 1}, "not said"),
        ({V.REPRODUCED: 0}, "does not apply"),
    ],
)
def test_one_answer_from_verdicts(counts: dict[Verdict, int], answer: str):
    assert form_of.of_verdicts(counts) == answer


# --- what is refused ----------------------------------------------------------------------


def changed(tmp_path: Path, **keys: object) -> Path:
    tree = yaml.safe_load((DATA / "appraisal_form.yaml").read_text("utf-8"))
    question = tree["parts"][0]["questions"][0]
    question.update(keys)
    for key in [key for key, value in question.items() if value is None]:
        del question[key]
    file = tmp_path / "form.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"items": ["remark.99"]}, '"remark.99", which is no item of the checklists'),
        ({"items": None}, "found none of items, checks, judgement and gather, one is needed"),
        ({"gather": "nothing"}, "found items and gather of items"),
        ({"items": None, "judgement": "grade"}, "allowed is 'quips' or 'probast'"),
        ({"items": None, "checks": ["fragility"]}, 'found the check "fragility" twice'),
        ({"id": "patients"}, 'found the question "patients" twice'),
        ({"ask": None}, 'the key "ask" is missing'),
        ({"hint": "x"}, 'found the unknown key "hint"'),
    ],
)
def test_one_sentence_says_what_does_not_fit(tmp_path: Path, keys: dict, said: str):
    file = changed(tmp_path, **keys)
    with pytest.raises(FormError) as caught:
        load_form(file)
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"{file}:")
    assert "\n" not in message


def test_no_file_is_one_sentence(tmp_path: Path):
    with pytest.raises(FormError, match="there is no such file"):
        load_form(tmp_path / "none.yaml")


def test_contributing_names_every_key(root: Path):
    text = (root / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition("## The form of an appraisal")[2].partition("\n## ")[0]
    for part in (form_of.Form, form_of.Part, form_of.Question):
        keys = {field.alias or name for name, field in part.model_fields.items()}
        assert {key for key in keys if f"`{key}`" not in section} == set()
