"""How hard the prose of each chapter is to read, for somebody who opens no code.

The formulas are those of Flesch (1948) and Kincaid (1975), as `textstat` computes them. They know
the lengths of words and sentences only: a chapter full of terms is hard however short they are.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.files import write_whole
from workshop import chapters, prose
from workshop.places import READING_LEVELS, ROOT

LONG = 30  # words: a sentence with more is listed
TOO_LONG = 40  # none is allowed more, see tests/book/test_reading.py


@dataclass(frozen=True, slots=True)
class Level:
    """The reading level of one chapter.

    `ease` is Flesch's reading ease (100 very easy, 0 very hard), `grade` the Flesch–Kincaid grade
    (years of school), `long` the number of sentences with more than LONG words; `text` is a hash
    of what was measured.
    """

    words: int
    sentences: int
    ease: float
    grade: float
    long: int
    text: str

    @property
    def long_share(self) -> float:
        return self.long / self.sentences


def measured_text(chapter: Path) -> str:
    """The sentences of a chapter, one a line."""
    return "\n".join(s.text for s in prose.sentences(chapter))


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def level(chapter: Path) -> Level:
    import textstat  # late: it is needed here only

    sentences = list(prose.sentences(chapter))
    # one full stop at the end of each and none within: textstat ends a sentence at every stop
    stopped = ". ".join(s.text.rstrip(".!?:;").replace(".", "").replace("?", "") for s in sentences)
    return Level(
        words=sum(s.words for s in sentences),
        sentences=len(sentences),
        ease=round(textstat.flesch_reading_ease(f"{stopped}."), 1),
        grade=round(textstat.flesch_kincaid_grade(f"{stopped}."), 1),
        long=sum(s.words > LONG for s in sentences),
        text=hash_of(measured_text(chapter)),
    )


def long_sentences(more_than: int = LONG) -> list[prose.Sentence]:
    """Sentences of the book with more words, the longest first; a shared one once."""
    found = {
        (s.file, s.number, s.text): s
        for chapter in chapters.notebooks()
        for s in prose.sentences(chapter)
        if s.words > more_than
    }
    return sorted(found.values(), key=lambda s: (-s.words, str(s.file), s.number))


def levels() -> dict[str, Level]:
    return {chapters.name_of(c): level(c) for c in chapters.notebooks()}


def record(found: dict[str, Level]) -> str:
    entries = {name: {k: getattr(own, k) for k in Level.__slots__} for name, own in found.items()}
    return json.dumps({"long": LONG, "chapters": entries}, indent=1) + "\n"


def recorded() -> dict[str, Any]:
    return json.loads(READING_LEVELS.read_text("utf-8"))


def report() -> None:
    """Print the level of every chapter and the long sentences, and write them down."""
    found = levels()
    print(f"{'chapter':<24}{'words':>7}{'ease':>7}{'grade':>7}{'long':>7}")
    for name, own in found.items():
        short = name.removeprefix("book/")
        print(f"{short:<24}{own.words:>7}{own.ease:>7}{own.grade:>7}{own.long_share:>7.0%}")
    print(f"\nSentences with more than {LONG} words:")
    for sentence in long_sentences():
        where = f"{sentence.file.relative_to(ROOT)}:{sentence.number}"
        print(f"{where}: {sentence.words} words: {sentence.text}")
    write_whole(READING_LEVELS, record(found))
    print(f"\nWritten to {READING_LEVELS.relative_to(ROOT)}")
