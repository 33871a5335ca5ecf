"""The form of an appraisal: questions about a study of a biomarker, and its answers for one paper.

``data/appraisal_form.yaml`` holds the questions.  A question is answered by items of checklists
(:mod:`analysis.checklists`), by checks of the ledger, by the judgement of a tool, or by the
reader alone.  :func:`fill` gives the answers that follow, each with its grounds; what nothing
answers stays empty.  A file that does not fit is refused with one sentence (:class:`FormError`).

From several answers to one, by a rule that stands in the open (:func:`combined`,
:func:`of_verdicts`): *yes* needs every part, and what is said in part is *partly*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from analysis import printed as p
from analysis.checklists import (
    JUDGEMENTS,
    NOT_APPLICABLE,
    Appraisal,
    Checklist,
    load_appraisal,
    load_checklist,
    load_places,
)
from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper
from analysis.record import At, RecordError, line_of, read_yaml, sentence_of, unknown
from analysis.shipped import DATA

FILE = DATA / "appraisal_form.yaml"
CHECKLISTS = DATA / "checklists"

YES, PARTLY, NO, NOT_SAID, DOES_NOT_APPLY = "yes", "partly", "no", "not said", "does not apply"
WORDS = (YES, PARTLY, NO, NOT_SAID, DOES_NOT_APPLY)

# An item of a list for reporting asks whether a reader is told: its *no* is *not said*.
_IN_FORM: Mapping[str, Mapping[str, str]] = {
    "reporting": {"yes": YES, "partly": PARTLY, "no": NOT_SAID},
    "probast": {"yes": YES, "probably yes": YES, "probably no": NO, "no": NO,
                "no information": NOT_SAID},
    "quips": {"yes": YES, "partial": PARTLY, "no": NO, "unsure": NOT_SAID},
}  # fmt: skip


class FormError(RecordError):
    """The form cannot be used; one sentence with file and line."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _sentence(text: str) -> str:
    if len(text.strip()) < 3:
        raise ValueError(f"found {p.quoted(text)}, words are needed")
    return " ".join(text.split())


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Sentence = Annotated[str, AfterValidator(_sentence)]


class Question(_Part):
    """One question, where to look, and what answers it (one of `items`, `checks`, `judgement`,
    `gather`)."""

    id: Id
    ask: Sentence
    look: Sentence
    chapter: Id
    """The chapter of the book that is about it."""
    items: list[str] = []
    """Items of checklists, such as ``remark.11``."""
    checks: list[str] = []
    """Checks of the ledger, by name."""
    judgement: Literal["quips", "probast"] | None = None
    """The tool whose overall judgement answers it."""
    gather: Literal["open", "nothing"] | None = None
    """Words of the reader's own; ``open`` begins with the questions that are not answered yes."""

    @property
    def words(self) -> tuple[str, ...]:
        """The answers that may be ticked; none where words are asked for."""
        if self.judgement:
            return JUDGEMENTS[self.judgement]
        return () if self.gather else WORDS


class Part(_Part):
    """Questions under one heading."""

    id: Id
    title: Sentence
    questions: Annotated[list[Question], Field(min_length=1)]


class Form(_Part):
    """The questions of an appraisal, part by part."""

    schema_version: Annotated[Literal["1"], Field(alias="schema")]
    name: Sentence
    note: Sentence
    parts: Annotated[list[Part], Field(min_length=1)]

    @property
    def questions(self) -> list[Question]:
        return [question for part in self.parts for question in part.questions]

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each question, from one."""
        return {question.id: i for i, question in enumerate(self.questions, start=1)}


def load_form(file: Path | str = FILE, checklists: Path = CHECKLISTS) -> Form:
    """Read and check the form; items are looked up in the lists of the folder `checklists`.

    Raises :class:`FormError` with one sentence.
    """
    file = Path(file)
    tree, lines = read_yaml(file, FormError, "form")
    try:
        form = _validated(tree)
        known = {f"{name}.{item.id}" for name, list_ in _lists(form, checklists).items()
                 for item in list_.items}  # fmt: skip
        seen: dict[str, set[str]] = {"id": set(), "check": set()}
        for i, part in enumerate(form.parts):
            for j, question in enumerate(part.questions):
                _check(("parts", i, "questions", j), question, known, seen)
    except At as at:
        raise FormError(file, line_of(at.path, lines), str(at)) from None
    return form


def _validated(tree: Any) -> Form:
    try:
        return Form.model_validate(tree)
    except ValidationError as error:
        raise sentence_of(error, tree) from None


def _check(here: Any, question: Question, known: set[str], seen: dict[str, set[str]]) -> None:
    if question.id in seen["id"]:
        raise At((*here, "id"), f'found the question "{question.id}" twice, it may stand once.')
    seen["id"].add(question.id)
    given = [key for key in ("items", "checks", "judgement", "gather") if getattr(question, key)]
    if len(given) != 1:
        raise At(
            here,
            f'"{question.id}": found {" and ".join(given) or "none"} of items, checks, judgement '
            "and gather, one is needed.",
        )
    for k, item in enumerate(question.items):
        if item not in known:
            raise unknown((*here, "items", k), item, known, "item", "of the checklists")
    for k, check in enumerate(question.checks):
        if check in seen["check"]:
            raise At((*here, "checks", k), f'found the check "{check}" twice, it may stand once.')
        seen["check"].add(check)


def _names(form: Form) -> list[str]:
    """The checklists that the form asks."""
    named = [item.partition(".")[0] for q in form.questions for item in q.items]
    judging = [q.judgement for q in form.questions if q.judgement]
    return list(dict.fromkeys([*named, *judging]))


def _lists(form: Form, folder: Path) -> dict[str, Checklist]:
    found = {}
    for name in _names(form):
        if (file := folder / f"{name}.yaml").is_file():
            found[name] = load_checklist(file)
    return found


# --- answers --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """Why a question has its answer: words, and from where.

    `source` is an item (``REMARK 11``) with its own `answer`, or the ledger; `findings` are
    those that the ground names; `places` tell where it stands in the paper, in words or, for a
    part of the paper that has no other name, by its id.
    """

    source: str
    text: str
    answer: str = ""
    findings: tuple[Finding, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answered:
    """A question with the answer that follows, or None, and its grounds.

    `counts` are the findings behind it by verdict, for a question that the ledger answers.
    """

    question: Question
    answer: str | None = None
    grounds: tuple[Ground, ...] = ()
    counts: Mapping[Verdict, int] | None = None


@dataclass(frozen=True)
class Filled:
    """The form with what is known about one paper."""

    form: Form
    paper: Paper
    answers: dict[str, Answered]

    def __getitem__(self, question: str) -> Answered:
        return self.answers[question]

    @property
    def counts(self) -> dict[str, int]:
        """How many questions have each word; every word is a key."""
        given = Counter(a.answer for a in self.answers.values() if a.question.words == WORDS)
        return {word: given[word] for word in WORDS}

    @property
    def empty(self) -> list[str]:
        """The questions with boxes in which nothing is ticked."""
        return [id for id, a in self.answers.items() if a.question.words and a.answer is None]


def combined(words: Iterable[str]) -> str:
    """One answer from those of several items: *yes* or *no* if all agree, *not said* if nothing
    is *yes* or *partly*, else *partly*; what does not apply is left out."""
    given = {word for word in words if word != DOES_NOT_APPLY}
    if not given:
        return DOES_NOT_APPLY
    if len(given) == 1:
        return given.pop()
    return PARTLY if given & {YES, PARTLY} else NOT_SAID


def of_verdicts(counts: Mapping[Verdict, int]) -> str:
    """One answer from the verdicts of findings: *no* if one is impossible, *partly* if one
    depends on a convention, *yes* if any could be checked."""
    if counts.get(Verdict.IMPOSSIBLE):
        return NO
    if counts.get(Verdict.DEPENDS):
        return PARTLY
    if counts.get(Verdict.REPRODUCED) or counts.get(Verdict.CONSISTENT):
        return YES
    return NOT_SAID if counts.get(Verdict.NOT_CHECKABLE) else DOES_NOT_APPLY


def fill(form: Form, paper: Paper, ledger: Ledger) -> Filled:
    """The form for one paper.

    The ledger answers its questions.  Items are answered by ``answers/NAME.yaml`` beside the
    record, where these stand; questions whose lists have no answers stay empty.  Raises
    :class:`~analysis.checklists.ChecklistError` if such a file does not fit.
    """
    lists = _appraisals(form, paper, ledger)
    answers = {q.id: _answered(q, lists, ledger) for q in form.questions}
    for question in form.questions:
        if question.gather == "open":
            grounds = tuple(_open(answers, form.numbers))
            answers[question.id] = Answered(question, grounds=grounds)
    return Filled(form, paper, answers)


def _appraisals(form: Form, paper: Paper, ledger: Ledger) -> dict[str, Appraisal]:
    found: dict[str, Appraisal] = {}
    if paper.folder is None:
        return found
    places = load_places(paper.folder / "places.yaml")
    for name, checklist in _lists(form, CHECKLISTS).items():
        if (file := paper.folder / "answers" / f"{name}.yaml").is_file():
            found[name] = load_appraisal(file, checklist, paper, ledger, places)
    return found


def _answered(question: Question, lists: Mapping[str, Appraisal], ledger: Ledger) -> Answered:
    if question.checks:
        return _by_ledger(question, ledger)
    if question.judgement in lists:
        appraisal = lists[question.judgement]
        grounds = tuple(
            Ground(appraisal.checklist.name, judged.title, judged.judgement)
            for judged in appraisal.judged()
        )
        return Answered(question, appraisal.overall(), grounds)
    split = [item.partition(".")[::2] for item in question.items]
    if not split or any(name not in lists for name, _ in split):
        return Answered(question)
    grounds, words = [], []
    for name, id in split:
        appraisal = lists[name]
        answer = appraisal[id]
        known = _IN_FORM[appraisal.checklist.kind]
        words.append(DOES_NOT_APPLY if answer.answer == NOT_APPLICABLE else known[answer.answer])
        grounds.append(
            Ground(
                f"{appraisal.checklist.name} {id}",
                appraisal.why(answer),
                answer.answer,
                tuple(ledger[finding] for finding in answer.findings),
                tuple(_place(appraisal, place) for place in answer.places),
            )
        )
    return Answered(question, combined(words), tuple(grounds))


def _place(appraisal: Appraisal, id: str) -> str:
    named = appraisal.places.get(id)
    if named is None:
        return id
    return f"{named.label}, page {named.page}" if named.page else named.label


def _by_ledger(question: Question, ledger: Ledger) -> Answered:
    """The verdicts of the findings that the question asks for; those that need a word are
    named one by one."""
    found = [finding for finding in ledger if finding.check in question.checks]
    counts = {verdict: sum(f.verdict is verdict for f in found) for verdict in Verdict}
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
    grounds = [Ground("Ledger", told)] if found else []
    for verdict in (Verdict.IMPOSSIBLE, Verdict.DEPENDS):
        grounds += [
            Ground("Ledger", f.claim, str(verdict), (f,)) for f in found if f.verdict is verdict
        ]
    return Answered(question, of_verdicts(counts), tuple(grounds), counts)


def _open(answers: Mapping[str, Answered], numbers: Mapping[str, int]) -> Iterable[Ground]:
    for id, answered in answers.items():
        if answered.question.words == WORDS and answered.answer in (NO, PARTLY, NOT_SAID):
            yield Ground(f"Question {numbers[id]}", answered.question.ask, answered.answer)
