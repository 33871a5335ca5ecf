"""The first box of a chapter, its minutes, and the uses that the glossary lists."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from workshop.extension.opening import Load

CONFIG = """\
extensions = ["myst_parser", "sphinx_design", "workshop.extension.opening",
              "workshop.extension.first_uses", "workshop.extension.course"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
root_doc = "index"
"""
GLOSSARY = "# Words\n\n:::{glossary}\nOdds\n  So many.\n\nHolm's method\n  A way.\n:::\n"
OPENING = """\
:::{opening}
:needed: a pen
:helpful: {term}`odds`

- say [what is here](#a-part)

More.
:::
"""


class Built:
    def __init__(self, folder: Path, warnings: str) -> None:
        self.folder, self.warnings = folder, warnings

    def page(self, name: str) -> BeautifulSoup:
        return BeautifulSoup((self.folder / f"{name}.html").read_text("utf-8"), "html.parser")


def build(folder: Path, **pages: str) -> Built:
    source, out = folder / "source", folder / "out"
    source.mkdir()
    names = "\n".join(name for name in pages if name != "index")
    (source / "conf.py").write_text(CONFIG, "utf-8")
    for name, text in pages.items():
        if name == "index":
            text += f"\n```{{toctree}}\n{names}\n```\n"
        (source / f"{name}.md").write_text(text, "utf-8")
    said = io.StringIO()
    with docutils_namespace():
        Sphinx(source, source, out, folder / "trees", "html", status=None, warning=said).build()
    return Built(out, re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()))


def chapter(opening: str, rest: str = "") -> str:
    return f"# Title: of a chapter\n\n{opening}\n## A part\n\n{rest}"


def test_the_opening_says_what_is_learnt_needed_and_how_long_it_takes(tmp_path: Path) -> None:
    built = build(tmp_path, index=chapter(OPENING, "word " * 300), words=GLOSSARY)
    assert built.warnings == ""
    box = built.page("index").select_one(".opening")
    assert box.select_one(".admonition-title").get_text() == "This chapter"
    assert box.select_one("li a")["href"] == "#a-part"
    told = [p.get_text() for p in box.find_all("p")]
    assert told[1:3] == ["You will be able to", "say what is here"]
    assert told[3:] == ["More.", "Needed: a pen", "Helpful: odds", "About 2 minutes."]


@pytest.mark.parametrize(
    ("opening", "message"),
    [
        (OPENING.replace(":needed: a pen\n", ""), "says nothing under :needed:"),
        (OPENING.replace("- say", "say"), "must begin with a list of objectives"),
        (
            OPENING.replace("[what is here](#a-part)", "what is here"),
            "no heading of the page is linked by the objective 'say what is here'",
        ),
        (OPENING.replace("#a-part", "#no-part"), "no-part"),
    ],
)
def test_an_opening_that_lacks_something_is_refused(tmp_path, opening, message) -> None:
    built = build(tmp_path, index=chapter(opening), words=GLOSSARY)
    assert message in built.warnings
    assert "index.md:" in built.warnings


def minutes(tmp_path: Path, rest: str) -> str:
    built = build(tmp_path, index=chapter(OPENING, rest), words=GLOSSARY)
    return built.page("index").select_one(".opening").find_all("p")[-1].get_text()


QUESTION = ":::{dropdown} What would you expect? More?\nYes.\n:::\n\n"


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("word " * 100, "About 1 minute."),
        ("word " * (175 * 10 - 14), "About 11 minutes."),  # title, opening and heading are read too
        (QUESTION * 3, "About 2 minutes."),
        ("$x$ and " * 12, "About 2 minutes."),
        ("| a |\n|---|\n| b |\n\n" * 2, "About 2 minutes."),
    ],
    ids=["words", "many words", "questions", "formulas", "tables"],
)
def test_minutes_grow_with_what_there_is_to_read(tmp_path, rest, told) -> None:
    assert minutes(tmp_path, rest) == told


def test_code_takes_time_of_its_own() -> None:
    assert Load(words=350, lines=24).in_words == ("About 2 minutes", ", 5 with the code.")
    assert Load(words=350, lines=2).in_words == ("About 2 minutes", ".")


def test_the_glossary_lists_who_uses_a_term_and_links_to_the_first_use(tmp_path: Path) -> None:
    use = "Here {term}`odds`, there {term}`Odds`, and {term}`Holm's method`.\n"
    built = build(
        tmp_path,
        index=chapter(OPENING, "Nothing."),
        second=chapter(OPENING, use).replace("Title: of", "Second: of"),
        third=chapter(OPENING, "No {term}`chance <Odds>`.").replace("Title: of", "Third: of"),
        words=GLOSSARY,
    )
    assert built.warnings == ""
    odds, holm = built.page("words").select("dl.glossary dd")
    assert odds.select_one(".reread-uses").get_text() == "Used in: Second · Third"
    assert holm.select_one(".reread-uses").get_text() == "Used in: Second"
    address = odds.select_one(".reread-uses a")["href"]
    name, _, anchor = address.partition("#")
    found = built.page(name.removesuffix(".html")).select(f"#{anchor}")
    assert len(found) == 1
    assert found[0].find_next("a").get_text() == "odds"
    assert found[0].find_parent(class_="opening") is None
