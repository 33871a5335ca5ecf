"""Quizzes: what is refused, and that what the right answers rest on still stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.audit import audit
from analysis.findings import Ledger
from analysis.paper import Paper, load_paper
from analysis.show.book import paper_file
from workshop import chapters, openings, quiz
from workshop.places import ROOT


@pytest.fixture(scope="module")
def paper() -> Paper:
    return load_paper(paper_file())


@pytest.fixture(scope="module")
def ledger(paper: Paper) -> Ledger:
    return audit(paper)


def an_option(text: str, **more: object) -> dict[str, object]:
    return {"says": text, "why": f"Because of {text}."} | more


def a_question(**changed: object) -> dict[str, object]:
    options = [an_option("one", right=True), an_option("two"), an_option("three")]
    return {"id": "first", "ask": "Which?", "options": options} | changed


def a_quiz(*questions: dict[str, object]) -> dict[str, object]:
    more = [a_question(id=f"more_{i}") for i in range(3 - len(questions))]
    return {"schema": 1, "questions": [*questions, *more]}


def load(tmp_path: Path, paper: Paper, tree: object) -> quiz.Quiz:
    file = tmp_path / "chapter.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return quiz.load_quiz(file, paper)


# --- every chapter ------------------------------------------------------------------------


def test_every_chapter_that_teaches_has_one_and_no_other_page():
    teach = {page.stem for page in chapters.pages() if openings.of(page) is not None}
    assert len(teach) > 20
    assert set(quiz.files()) == teach


@pytest.mark.parametrize("name", quiz.files())
def test_what_the_right_answers_rest_on_still_stands(name: str, paper: Paper, ledger: Ledger):
    assert quiz.faults(quiz.load_quiz(quiz.files()[name], paper), paper, ledger) == []


def test_the_right_answer_is_not_known_by_its_place(paper: Paper):
    places = [
        [option.right for option in question.options].index(True)
        for file in quiz.files().values()
        for question in quiz.load_quiz(file, paper).questions
        if not question.several
    ]
    assert all(places.count(place) > len(places) / 6 for place in range(4))


# --- what is refused ----------------------------------------------------------------------


def test_a_good_one_is_read(tmp_path: Path, paper: Paper):
    question = load(tmp_path, paper, a_quiz(a_question())).questions[0]
    assert [(letter, option.right) for letter, option in question.lettered] == [
        ("A", True), ("B", False), ("C", False),
    ]  # fmt: skip


OPTIONS = a_question()["options"]

REFUSED = {
    "an answer without a reason": (
        a_question(options=[*OPTIONS[:2], {"says": "three"}]), 'the key "why" is missing',
    ),
    "an empty reason": (
        a_question(options=[*OPTIONS[:2], {"says": "three", "why": " "}]), "words are needed",
    ),
    "two right answers": (
        a_question(options=[OPTIONS[0], an_option("two", right=True), OPTIONS[2]]),
        "found 2 right answers, one is needed",
    ),
    "no right answer": (
        a_question(options=[an_option("one"), *OPTIONS[1:]]),
        "found 0 right answers, one is needed",
    ),
    "none of several": (
        a_question(several=True, options=[an_option("one"), *OPTIONS[1:]]),
        "at least one is needed",
    ),
    "the same answer twice": (
        a_question(options=[*OPTIONS[:2], dict(OPTIONS[1])]), "found the same answer twice",
    ),
    "two options": (a_question(options=OPTIONS[:2]), "at least 3 are needed"),
    "an unknown number": (
        a_question(ask="Is {table2.sii.area} large?"),
        "table2.sii.area\", which is no printed number of the paper",
    ),
    "a link in an answer": (
        a_question(options=[an_option("a {term}`P value`", right=True), *OPTIONS[1:]]),
        "it holds no link",
    ),
    "an unknown key": (a_question(hint="no"), 'found the unknown key "hint"'),
    "a claim with an unknown name": (
        a_question(holds=[{"claim": "a < b", "where": {"a": "1"}}]), "which is no name",
    ),
    "a claim that is none": (
        a_question(holds=[{"claim": "a + 1", "where": {"a": "1"}}]), "two sides",
    ),
    "a value that is none": (
        a_question(holds=[{"claim": "a < 1", "where": {"a": "table9.x"}}]),
        "which is no printed number",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.replace(" ", "-"))
def test_one_sentence_says_what_does_not_fit(case: str, tmp_path: Path, paper: Paper):
    question, said = REFUSED[case]
    with pytest.raises(quiz.QuizError) as caught:
        load(tmp_path, paper, a_quiz(question))
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"{tmp_path / 'chapter.yaml'}:")
    assert "\n" not in message


def test_a_question_stands_once(tmp_path: Path, paper: Paper):
    with pytest.raises(quiz.QuizError, match='found the question "first" twice'):
        load(tmp_path, paper, a_quiz(a_question(), a_question()))


def test_three_questions_are_needed(tmp_path: Path, paper: Paper):
    with pytest.raises(quiz.QuizError, match="at least 3 are needed"):
        load(tmp_path, paper, {"schema": 1, "questions": [a_question()]})


# --- numbers and grounds ------------------------------------------------------------------


def test_printed_numbers_stand_as_printed_and_formulas_stay(paper: Paper):
    area = paper.numbers["table2.sii.auc"].text
    text = r"The area {table2.sii.auc}, a {term}`P value`, $\frac{a}{b}$."
    assert quiz.filled(text, paper) == text.replace("{table2.sii.auc}", area)


def test_a_verdict_that_changed_is_noticed(tmp_path: Path, paper: Paper, ledger: Ledger):
    rests = {"table2.sii.auc.no_such": "reproduced", "table2.sii.sensitivity": "impossible"}
    found = load(tmp_path, paper, a_quiz(a_question(findings=rests)))
    told = quiz.faults(found, paper, ledger)
    assert [line.partition(": ")[0] for line in told] == ["first", "first"]
    assert "no such finding" in told[0]
    assert "is: reproduced" in told[1]


@pytest.mark.parametrize(
    ("claim", "where", "true"),
    [
        ("a / b == 2", {"a": "60", "b": "30"}, True),
        ("a / b < 2", {"a": "60", "b": "30"}, False),
        ("3 * a >= 0.3", {"a": "0.1"}, True),  # exact: not so in floating point's sum
        ("a > 0.7", {"a": "table2.sii.auc"}, True),
    ],
)
def test_arithmetic_is_exact(claim: str, where: dict[str, str], true: bool, paper: Paper):
    assert quiz.is_true(quiz.Holds(claim=claim, where=where), paper) is true


def test_contributing_names_every_key():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## A quiz")[2]
    section = text.partition("\n## ")[0]
    for part in (quiz.Quiz, quiz.Question, quiz.Option, quiz.Holds):
        keys = {field.alias or name for name, field in part.model_fields.items()}
        assert {
            key for key in keys if f"`{key}`" not in section and f"`{key}: " not in section
        } == set()
