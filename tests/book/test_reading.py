"""The prose is measured as it is now, and no sentence is longer than it must be."""

from __future__ import annotations

import re

import pytest

from workshop import chapters, prose, reading
from workshop.places import BOOK

# A conclusion and the assumptions on which it rests stand in one sentence, however long.
CONCLUSION = re.compile(r"\b(cannot|would need)\b.*\bif\b")


def test_the_record_is_of_the_text_as_it_is() -> None:
    recorded = reading.recorded()["chapters"]
    now = {
        chapters.name_of(c): reading.hash_of(reading.measured_text(c)) for c in chapters.notebooks()
    }
    stale = [name for name in now if recorded.get(name, {}).get("text") != now[name]]
    assert stale == [], "run `make reading`"
    assert set(recorded) == set(now), "run `make reading`"


@pytest.mark.parametrize("name", ["book/table1", "book/verdicts"])
def test_the_record_is_what_textstat_says(name: str) -> None:
    pytest.importorskip("textstat")
    entry = reading.recorded()["chapters"][name]
    found = reading.level(BOOK.parent / f"{name}.md")
    assert {k: getattr(found, k) for k in entry} == entry


def test_levels_are_those_of_the_published_formulas() -> None:
    """Flesch 1948 and Kincaid 1975 by hand: 2 sentences, 9 words, 14 syllables."""
    textstat = pytest.importorskip("textstat")
    text = "The cat sat on a mat. Animals relax easily."
    words, sentences, syllables = 9, 2, 6 + 3 + 2 + 3
    ease = 206.835 - 1.015 * words / sentences - 84.6 * syllables / words
    grade = 0.39 * words / sentences + 11.8 * syllables / words - 15.59
    assert textstat.flesch_reading_ease(text) == pytest.approx(ease, abs=0.01)
    assert textstat.flesch_kincaid_grade(text) == pytest.approx(grade, abs=0.01)


def test_sentences_are_not_too_long() -> None:
    too_long = reading.long_sentences(more_than=reading.TOO_LONG)
    needless = [
        f"{s.file.name}:{s.number}: {s.words} words" for s in too_long
        if not CONCLUSION.search(s.text)
    ]  # fmt: skip
    assert needless == []


def written(tmp_path, text: str):
    path = tmp_path / "chapter.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_prose_is_what_a_reader_without_code_sees(tmp_path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "one.md").write_text("From the {term}`shared <Odds>` one.\n", "utf-8")
    chapter = written(
        tmp_path,
        "---\nkernelspec: x\n---\n\n# Title\n\n"
        ":::{opening}\n:needed: a pen\n:helpful: rest\n\n- say [it](#two)\n:::\n\n"
        "A first line\nand {glue:text}`n:s` more {cite}`who2020`. A *second* [link](x.md), $x^2$.\n\n"
        "```{code-cell} ipython3\nno_prose = 1. Really\n```\n\n"
        "## Two\n\n<!-- not\nshown -->\n"
        ":::{dropdown} What would you expect? More?\nYes.\n\n```{include} shared/one.md\n```\n\n:::\n"
        ":::{div} reread-hand\n{glue:text}`hand` by hand\n:::\n\n"
        ":::{computed-table} rows\n:name: sheet-rows\nA caption.\n:::\n\n$$\nx = y\n$$\n\n- An item\n",
    )
    found = [(s.text, s.file.name, s.number) for s in prose.sentences(chapter)]
    assert found == [
        ("A first line and seven more.", "chapter.md", 14),
        ("A second link, x.", "chapter.md", 15),
        ("What would you expect?", "chapter.md", 25),
        ("More?", "chapter.md", 25),
        ("Yes.", "chapter.md", 26),
        ("From the shared one.", "one.md", 1),
        ("A caption.", "chapter.md", 38),
        ("An item", "chapter.md", 45),
    ]


def test_a_paragraph_that_is_not_there_is_named(tmp_path) -> None:
    chapter = written(tmp_path, "# T\n\n```{include} shared/none.md\n```\n")
    with pytest.raises(ValueError, match=r"chapter\.md:3: there is no shared/none\.md"):
        list(prose.sentences(chapter))
