"""Reporting checklists and tools for risk of bias: items, the answers for one paper, judgements.

A checklist (``data/checklists/NAME.yaml``) holds what is asked, in our own words.  The answers
for one paper (``data/<paper>/answers/NAME.yaml``) give each item one of the words of its kind,
one sentence, and a ground: findings of the ledger with the verdict they had when the answer was
written, printed numbers, places in the paper, steps of its patient flow.  A file that does not
fit is refused with one sentence (:class:`ChecklistError`); so is an answer whose finding has
another verdict now, or whose uncounted step of the flow has been counted since.

What is counted and what follows from the answers is computed: shares over the items that apply,
the judgement of each domain, and the overall one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from analysis import printed as p
from analysis.findings import Ledger, Verdict
from analysis.paper import Paper
from analysis.record import At, RecordError, Steps, line_of, read_yaml, sentence_of, unknown

NOT_APPLICABLE = "not applicable"

# the answers that each kind of list knows; those of PROBAST and QUIPS are the tools' own
WORDS = {
    "reporting": ("yes", "partly", "no", NOT_APPLICABLE),
    "probast": ("yes", "probably yes", "probably no", "no", "no information", NOT_APPLICABLE),
    "quips": ("yes", "partial", "no", "unsure"),
}
JUDGEMENTS = {"probast": ("low", "high", "unclear"), "quips": ("low", "moderate", "high")}
# answers that leave a question open
OPEN = {"probast": ("no information",), "quips": ("unsure",)}
OVERALL = "overall"
COUNTED = ("counted", "not counted")


class ChecklistError(RecordError):
    """A checklist or its answers cannot be used; one sentence with file and line."""


# --- schema ------------------------------------------------------------------------------


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _item_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)*", text):
        raise ValueError(f"found {p.quoted(text)}, letters, digits and points are allowed")
    return text


def _sentence(text: str) -> str:
    if len(text.strip()) < 3:
        raise ValueError(f"found {p.quoted(text)}, words are needed")
    return text.strip()


ItemId = Annotated[str, AfterValidator(_item_id)]
Sentence = Annotated[str, AfterValidator(_sentence)]


class Item(_Part):
    """One question of a list, in our own words; `section` is a heading or a domain."""

    id: ItemId
    section: Sentence
    title: Sentence


class DomainOf(_Part):
    """A domain of a tool: the `section` of its items, and what is judged in it."""

    section: Sentence
    title: Sentence


class Checklist(_Part):
    """A reporting checklist, or a tool for risk of bias with domains.

    `concerns` are judged directly as low, high or unclear (PROBAST's applicability).
    """

    schema_version: Annotated[Literal["1"], Field(alias="schema")]
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: Sentence
    long_name: Sentence
    kind: Literal["reporting", "probast", "quips"]
    applies_to: Sentence
    cite: Annotated[list[str], Field(min_length=1)]
    licence_of_source: Sentence
    note: Sentence | None = None
    domains: list[DomainOf] = []
    items: Annotated[list[Item], Field(min_length=1)]
    concerns: list[Item] = []

    @property
    def words(self) -> tuple[str, ...]:
        """The answers that may be given."""
        return WORDS[self.kind]

    @property
    def sections(self) -> list[str]:
        """The sections of the items, in order."""
        return list(dict.fromkeys(item.section for item in self.items))


class Answer(_Part):
    """An answer or a judgement with its ground.

    `why` is one sentence in our own words; ``{methods.patients}`` in it stands for that number
    as printed.  `findings` maps a finding to the verdict on which the answer rests, `flow` a
    step of the patient flow to whether it is counted.
    """

    answer: str
    why: Sentence
    findings: dict[str, str] = {}
    numbers: list[str] = []
    places: list[str] = []
    flow: dict[str, str] = {}

    @property
    def has_ground(self) -> bool:
        return bool(self.findings or self.numbers or self.places or self.flow or self.quoted)

    @property
    def quoted(self) -> list[str]:
        """The printed numbers that `why` names."""
        return _PLACEHOLDER.findall(self.why)


_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class _AnswerFile(_Part):
    schema_version: Annotated[Literal["1"], Field(alias="schema")]
    checklist: str
    reading: Sentence | None = None
    answers: dict[str, Answer]
    concerns: dict[str, Answer] = {}
    judgements: dict[str, Answer] = {}


class Place(_Part):
    """A place in the paper that the record of its numbers does not name."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$")]
    label: Sentence
    page: str | None = None


class _PlaceFile(_Part):
    schema_version: Annotated[Literal["1"], Field(alias="schema")]
    places: list[Place]


# --- rules of the tools ------------------------------------------------------------------

Decided = tuple[str, tuple[str, ...]]


def probast_domain(answers: Mapping[str, str]) -> Decided:
    """The risk of bias of a domain and the items that decide it (Moons 2019).

    High if any answer is no or probably no; else unclear if any gives no information; else
    low.  Items that do not apply are left out.  The authors of the tool let a reader judge
    otherwise with a reason: that is an override.
    """
    applying = {id: word for id, word in answers.items() if word != NOT_APPLICABLE}
    if against := tuple(id for id, word in applying.items() if word in ("no", "probably no")):
        return "high", against
    if silent := tuple(id for id, word in applying.items() if word == "no information"):
        return "unclear", silent
    return ("low", tuple(applying)) if applying else ("unclear", ())


def probast_overall(judgements: Iterable[str]) -> str:
    """High if any domain is high, else unclear if any is unclear, else low (Wolff 2019)."""
    found = set(judgements)
    return next((word for word in ("high", "unclear") if word in found), "low")


def quips_domain(answers: Mapping[str, str]) -> Decided:
    """The risk of bias of a domain and the prompts that decide it.

    QUIPS leaves this judgement to the reader (Hayden 2013).  The rule here is ours and
    stands in the open: low if every prompt is met, high if at least half of them are not,
    moderate in between (partial and unsure answers included).
    """
    against = tuple(id for id, word in answers.items() if word == "no")
    if answers and 2 * len(against) >= len(answers):
        return "high", against
    short = tuple(id for id, word in answers.items() if word != "yes")
    return ("moderate", short) if short else ("low", tuple(answers))


def quips_overall(judgements: Iterable[str]) -> str:
    """High with a high domain or three moderate ones, low with at most one moderate, else
    moderate (Grooten 2019; the authors of QUIPS give no overall rule)."""
    found = list(judgements)
    if "high" in found or found.count("moderate") >= 3:
        return "high"
    return "low" if found.count("moderate") <= 1 else "moderate"


_DOMAIN_RULES = {"probast": probast_domain, "quips": quips_domain}
_OVERALL_RULES = {"probast": probast_overall, "quips": quips_overall}


@dataclass(frozen=True, slots=True)
class Judged:
    """A domain's judgement: what the rule gives, the items that decide it, an override."""

    section: str
    title: str
    computed: str
    decided_by: tuple[str, ...]
    override: Answer | None = None

    @property
    def judgement(self) -> str:
        return self.override.answer if self.override else self.computed


@dataclass(frozen=True)
class Appraisal:
    """One paper held against one checklist: every answer has a ground that exists."""

    checklist: Checklist
    answers: dict[str, Answer]
    concerns: dict[str, Answer]
    overrides: dict[str, Answer]
    reading: str | None
    places: dict[str, Place]
    paper: Paper
    ledger: Ledger

    def __getitem__(self, item: str) -> Answer:
        """The answer to an item or concern."""
        return self.answers[item] if item in self.answers else self.concerns[item]

    def why(self, answer: Answer) -> str:
        """The sentence of an answer, with the printed numbers that it names."""
        return _PLACEHOLDER.sub(lambda m: self.paper.numbers[m[1]].text.strip(), answer.why)

    # --- counts ---

    def counts(self, section: str | None = None) -> dict[str, int]:
        """How many items have each answer; every word of the list is a key."""
        items = [i for i in self.checklist.items if section in (None, i.section)]
        given = [self.answers[i.id].answer for i in items]
        return {word: given.count(word) for word in self.checklist.words}

    @property
    def asked(self) -> int:
        """How many items apply."""
        return len(self.answers) - self.counts().get(NOT_APPLICABLE, 0)

    def share(self, word: str) -> Fraction:
        """The share of an answer among the items that apply; ValueError if none applies."""
        if word == NOT_APPLICABLE or word not in self.checklist.words:
            raise ValueError(f"{word!r} has no share in {self.checklist.id}")
        if not self.asked:
            raise ValueError(f"no item of {self.checklist.id} applies")
        return Fraction(self.counts()[word], self.asked)

    # --- judgements ---

    def judged(self, instead: Mapping[str, str] | None = None) -> list[Judged]:
        """The judgement of each domain.

        `instead` reads answers otherwise (``{"no information": "yes"}``) and shows what
        would follow by the rule; overrides then rest.
        """
        rule = self._rule(_DOMAIN_RULES)
        swap = instead or {}
        found = []
        for domain in self.checklist.domains:
            words = {
                i.id: swap.get(self.answers[i.id].answer, self.answers[i.id].answer)
                for i in self.checklist.items
                if i.section == domain.section
            }
            override = None if instead else self.overrides.get(domain.section)
            found.append(Judged(domain.section, domain.title, *rule(words), override))
        return found

    def overall(self, instead: Mapping[str, str] | None = None) -> str:
        """The judgement of the whole, from those of the domains (or its override)."""
        if not instead and OVERALL in self.overrides:
            return self.overrides[OVERALL].answer
        return self._rule(_OVERALL_RULES)(d.judgement for d in self.judged(instead))

    def in_favour(self) -> dict[str, str]:
        """The reading in which every open question is answered for the authors."""
        return dict.fromkeys(OPEN[self.checklist.kind], "yes")

    @property
    def concern(self) -> str:
        """Overall concern about applicability; ValueError where the list asks for none."""
        if not self.concerns:
            raise ValueError(f"{self.checklist.id} asks for no concerns")
        return probast_overall(c.answer for c in self.concerns.values())

    def _rule(self, rules: Mapping[str, Any]) -> Any:
        if self.checklist.kind not in rules:
            raise ValueError(f"{self.checklist.id} is a list for reporting and judges nothing")
        return rules[self.checklist.kind]

    @cached_property
    def findings(self) -> tuple[str, ...]:
        """The findings on which answers and judgements rest, each once."""
        all_ = (*self.answers.values(), *self.concerns.values(), *self.overrides.values())
        return tuple(dict.fromkeys(id for answer in all_ for id in answer.findings))


# --- loading -----------------------------------------------------------------------------


def load_checklist(file: Path | str) -> Checklist:
    """Read and check a checklist; :class:`ChecklistError` with one sentence if it is unfit."""
    file = Path(file)
    tree, lines = read_yaml(file, ChecklistError, "checklist")
    try:
        found = _validated(Checklist, tree)
        _check_checklist(found)
    except At as at:
        raise ChecklistError(file, line_of(at.path, lines), str(at)) from None
    return found


def load_places(file: Path | str) -> dict[str, Place]:
    """The named places of a paper by id; none if there is no such file."""
    file = Path(file)
    if not file.exists():
        return {}
    tree, lines = read_yaml(file, ChecklistError, "places")
    try:
        places = _validated(_PlaceFile, tree).places
        _once([place.id for place in places], ("places",), "place")
    except At as at:
        raise ChecklistError(file, line_of(at.path, lines), str(at)) from None
    return {place.id: place for place in places}


def load_appraisal(
    answers: Path | str,
    checklist: Checklist,
    paper: Paper,
    ledger: Ledger,
    places: Mapping[str, Place] | None = None,
) -> Appraisal:
    """Read the answers of one paper to `checklist` and check every ground.

    Raises :class:`ChecklistError` with one sentence: an item without answer, an answer to no
    item, an unknown word, an answer without ground, a ground that does not exist or does not
    stand any more, an override that says what the rule says.
    """
    file = Path(answers)
    tree, lines = read_yaml(file, ChecklistError, "answers")
    try:
        found = _validated(_AnswerFile, tree)
        if found.checklist != checklist.id:
            raise At(
                ("checklist",),
                f'found {p.quoted(found.checklist)}, these answers are read for "{checklist.id}".',
            )
        appraisal = Appraisal(
            checklist,
            _in_order(checklist.items, found.answers, "answers"),
            _in_order(checklist.concerns, found.concerns, "concerns"),
            found.judgements,
            found.reading,
            dict(places or {}),
            paper,
            ledger,
        )
        _check_answers(appraisal)
    except At as at:
        raise ChecklistError(file, line_of(at.path, lines), str(at)) from None
    return appraisal


def appraisal_of(paper: Paper, ledger: Ledger, name: str) -> Appraisal:
    """The appraisal of a paper that was read from ``<data>/<paper>/``: its answers stand in
    ``answers/NAME.yaml`` there, the checklist in ``<data>/checklists/NAME.yaml``."""
    if paper.folder is None:
        raise ValueError("the record was read from no folder, so no answers stand by it")
    checklist = load_checklist(paper.folder.parent / "checklists" / f"{name}.yaml")
    places = load_places(paper.folder / "places.yaml")
    answers = paper.folder / "answers" / f"{name}.yaml"
    return load_appraisal(answers, checklist, paper, ledger, places)


def _validated(model: type[Any], tree: Any) -> Any:
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise sentence_of(error, tree) from None


def _once(ids: list[str], path: Steps, what: str) -> None:
    for i, id in enumerate(ids):
        if id in ids[:i]:
            raise At((*path, i), f'found the {what} "{id}" twice, it may stand once.')


def _check_checklist(checklist: Checklist) -> None:
    _once([i.id for i in (*checklist.items, *checklist.concerns)], ("items",), "item")
    _once([d.section for d in checklist.domains], ("domains",), "domain")
    domains = {d.section for d in checklist.domains}
    if checklist.kind == "reporting":
        for key in ("domains", "concerns"):
            if getattr(checklist, key):
                raise At((key,), f"found {key}, a list for reporting has none.")
        return
    for i, item in enumerate(checklist.items):
        if item.section not in domains:
            raise unknown(("items", i, "section"), item.section, domains, "domain")
    for i, domain in enumerate(checklist.domains):
        if domain.section not in checklist.sections:
            raise At(("domains", i), f"the domain {p.quoted(domain.section)} has no item.")
    if not domains:
        raise At((), 'the key "domains" is missing.')


def _in_order(items: list[Item], answers: dict[str, Answer], key: str) -> dict[str, Answer]:
    """The answers in the order of the list: each item has one, and there are no others."""
    known = [item.id for item in items]
    for id in answers:
        if id not in known:
            raise unknown((key, id), id, known, "item", "of the checklist")
    for item in items:
        if item.id not in answers:
            raise At((key,), f'the item "{item.id}" ({item.title}) has no answer.')
    return {id: answers[id] for id in known}


def _check_answers(appraisal: Appraisal) -> None:
    checklist = appraisal.checklist
    for id, answer in appraisal.answers.items():
        _check_answer(appraisal, ("answers", id), answer, checklist.words)
    for id, answer in appraisal.concerns.items():
        _check_answer(appraisal, ("concerns", id), answer, JUDGEMENTS["probast"])
    if appraisal.overrides and checklist.kind == "reporting":
        raise At(("judgements",), "found judgements, a list for reporting has none.")
    judged = {d.section: d for d in appraisal.judged()} if checklist.domains else {}
    for name, override in appraisal.overrides.items():
        path: Steps = ("judgements", name)
        if name not in judged and name != OVERALL:
            raise unknown(path, name, [*judged, OVERALL], "domain", "of the checklist")
        _check_answer(appraisal, path, override, JUDGEMENTS[checklist.kind])
        by_rule = (
            _OVERALL_RULES[checklist.kind](d.judgement for d in judged.values())
            if name == OVERALL
            else judged[name].computed
        )
        if override.answer == by_rule:
            raise At(path, f'{name}: the rule says "{by_rule}" as well, leave the judgement out.')


def _check_answer(
    appraisal: Appraisal, path: Steps, answer: Answer, words: tuple[str, ...]
) -> None:
    """Refuse an unknown word, and a ground that is missing, unknown or stale."""
    name = ".".join(str(step) for step in path)
    if answer.answer not in words:
        raise At(
            (*path, "answer"),
            f"{name}: found {p.quoted(answer.answer)}, allowed are {', '.join(words)}.",
        )
    if not answer.has_ground:
        raise At(path, f"{name}: no ground is named, one of findings, numbers, places or flow is needed.")  # fmt: skip
    paper, ledger = appraisal.paper, appraisal.ledger
    for number in (*answer.numbers, *answer.quoted):
        if number not in paper.numbers:
            at = (*path, "numbers" if number in answer.numbers else "why")
            raise unknown(at, number, paper.numbers, "number", "of the record")
    places = {*appraisal.places, *paper.ids_of_parts}
    for place in answer.places:
        if place not in places:
            raise unknown((*path, "places"), place, places, "place", "of the paper")
    for id, expected in answer.findings.items():
        at = (*path, "findings", id)
        if expected not in list(Verdict):
            raise At(at, f"{name}: found the verdict {p.quoted(expected)}, allowed are {', '.join(Verdict)}.")  # fmt: skip
        if id not in ledger:
            raise unknown(at, id, [f.id for f in ledger], "finding", "of the ledger")
        if ledger[id].verdict != expected:
            raise At(at, f'{name}: the answer rests on "{expected}" for the finding {id}, which is "{ledger[id].verdict}" now: read the answer again.')  # fmt: skip
    steps = {step.id: step for step in paper.flow}
    for id, expected in answer.flow.items():
        at = (*path, "flow", id)
        if expected not in COUNTED:
            raise At(at, f"{name}: found {p.quoted(expected)}, allowed are {', '.join(COUNTED)}.")
        if id not in steps:
            raise unknown(at, id, steps, "step", "of the patient flow")
        now = COUNTED[steps[id].count is None]
        if now != expected:
            raise At(at, f'{name}: the answer rests on "{expected}" for the step {id} of the patient flow, which is "{now}" now: read the answer again.')  # fmt: skip
