"""Quizzes: what a chapter's page asks at its end, and what each answer that can be given means.

One file a chapter, ``book/quiz/NAME.yaml``.  A wrong option is a misreading that readers really
have, and says why it is one.  A file that does not fit is refused with one sentence
(:class:`QuizError`).  Printed numbers stand in a text by their id, ``{table2.sii.auc}``; a right
answer that rests on verdicts or on arithmetic names them, and a test asks both again.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from analysis import printed as p
from analysis.findings import Ledger
from analysis.formula import check_expression, evaluate
from analysis.paper import Paper
from analysis.record import At, RecordError, Steps, line_of, read_yaml, sentence_of, unknown
from workshop.places import BOOK

FOLDER = BOOK / "quiz"
LETTERS = "ABCDEF"


class QuizError(RecordError):
    """A quiz cannot be used; one sentence with file and line."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _sentence(text: str) -> str:
    if not text.strip():
        raise ValueError(f"found {p.quoted(text)}, words are needed")
    return " ".join(text.split())


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Sentence = Annotated[str, AfterValidator(_sentence)]


class Option(_Part):
    """One answer: what it says, whether it is right, and why it is or is not."""

    says: Sentence
    why: Sentence
    right: bool = False


class Holds(_Part):
    """A comparison that must be true, such as ``a / b < 2``; each name is a number or the id of
    a printed one."""

    claim: str
    where: Annotated[dict[str, str], Field(min_length=1)]


class Question(_Part):
    """One question; `several` asks for all that apply.

    `findings` are the verdicts on which the right answer rests, `holds` its arithmetic.
    """

    id: Id
    ask: Sentence
    several: bool = False
    options: Annotated[list[Option], Field(min_length=3, max_length=5)]
    findings: dict[str, str] = {}
    holds: list[Holds] = []

    @property
    def lettered(self) -> Iterator[tuple[str, Option]]:
        """The options with their letters: A, B, C, …"""
        return zip(LETTERS, self.options, strict=False)

    @property
    def texts(self) -> Iterator[tuple[Steps, str]]:
        """Every text a reader sees, with its place in the question."""
        yield ("ask",), self.ask
        for i, option in enumerate(self.options):
            yield ("options", i, "says"), option.says
            yield ("options", i, "why"), option.why


class Quiz(_Part):
    """The questions of one chapter."""

    schema_version: Annotated[Literal["1"], Field(alias="schema")]
    questions: Annotated[list[Question], Field(min_length=3, max_length=5)]


def files() -> dict[str, Path]:
    """The file of every quiz, by the name of its chapter."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.yaml"))}


def load_quiz(file: Path | str, paper: Paper) -> Quiz:
    """Read and check a quiz; :class:`QuizError` with one sentence if it does not fit.

    Refused are, beside what the keys forbid: the same id or the same answer twice, one right
    answer too many or too few, and an id that is no printed number of `paper`.
    """
    file = Path(file)
    tree, lines = read_yaml(file, QuizError, "quiz")
    try:
        try:
            quiz = Quiz.model_validate(tree)
        except ValidationError as error:
            raise sentence_of(error, tree) from None
        seen: set[str] = set()
        for i, question in enumerate(quiz.questions):
            here: Steps = ("questions", i)
            if question.id in seen:
                raise At((*here, "id"), f'found the question "{question.id}" twice.')
            seen.add(question.id)
            _check(here, question, paper)
    except At as at:
        raise QuizError(file, line_of(at.path, lines), str(at)) from None
    return quiz


def _check(here: Steps, question: Question, paper: Paper) -> None:
    right = sum(option.right for option in question.options)
    if not question.several and right != 1:
        raise At(here, f'"{question.id}": found {right} right answers, one is needed.')
    if question.several and not right:
        raise At(here, f'"{question.id}": found no right answer, at least one is needed.')
    said = [option.says for option in question.options]
    for i, text in enumerate(said):
        if "{term}" in text:
            raise At(
                (*here, "options", i, "says"),
                f'"{question.id}": found a {{term}} in an answer, it may stand in the question and '
                "in the reason: an answer is pressed, so it holds no link.",
            )
        if text in said[:i]:
            raise At((*here, "options", i), f'"{question.id}": found the same answer twice.')
    for place, text in question.texts:
        for id in _NUMBER.findall(text):
            if id not in paper.numbers:
                raise unknown((*here, *place), id, paper.numbers, "printed number", "of the paper")
    for i, holds in enumerate(question.holds):
        place = (*here, "holds", i)
        check_expression((*place, "claim"), holds.claim, set(holds.where), comparison=True)
        for name, value in holds.where.items():
            _value((*place, "where", name), value, paper)


# a point stands in every id, and in no role and hardly any formula: {term}, \frac{1}{2}
_NUMBER = re.compile(r"\{([a-z]\w*(?:\.\w+)+)\}")


def filled(text: str, paper: Paper) -> str:
    """The text with the printed numbers that it names."""
    return _NUMBER.sub(lambda found: paper.numbers[found[1]].text.strip(), text)


# --- what a right answer rests on -----------------------------------------------------------

_SIGNS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


def _value(place: Steps, text: str, paper: Paper) -> Fraction:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return Fraction(text)
    if text not in paper.numbers:
        raise unknown(place, text, paper.numbers, "printed number", "of the paper")
    value = paper.numbers[text].value
    if not isinstance(value, p.Printed):
        raise At(place, f"found {p.quoted(text)}, which is no number to compute with.")
    return value.value


def is_true(holds: Holds, paper: Paper) -> bool:
    """Whether a comparison holds, in exact fractions; printed numbers as they are printed."""
    values = {name: _value(("where", name), text, paper) for name, text in holds.where.items()}
    body = ast.parse(holds.claim, mode="eval").body
    assert isinstance(body, ast.Compare)  # load_quiz has looked
    left, right = evaluate(body.left, values), evaluate(body.comparators[0], values)
    return _SIGNS[type(body.ops[0])](left, right)


def faults(quiz: Quiz, paper: Paper, ledger: Ledger) -> list[str]:
    """What right answers rest on and what no longer stands: findings with another verdict, and
    comparisons that are false."""
    found = []
    for question in quiz.questions:
        for id, verdict in question.findings.items():
            now = str(ledger[id].verdict) if id in ledger else "no such finding"
            if now != verdict:
                found.append(f"{question.id}: {id} is said to be {verdict}, and is: {now}")
        for holds in question.holds:
            if not is_true(holds, paper):
                found.append(f"{question.id}: {holds.claim} does not hold, {holds.where}")
    return found
