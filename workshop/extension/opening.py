"""The first box of a chapter: `{opening}` with objectives, what is needed, and minutes.

The minutes are counted from the page while it is built, never typed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from workshop.extension.computed_table import computed_table

# Silent reading of English non-fiction: 238 words a minute on average, 175 to 300 for most adults
# (Brysbaert 2019). The lower end, because the text is dense with terms and numbers.
WORDS_PER_MINUTE = 175
# The next three are our own estimates: no study of such pages is known to us.
SECONDS_PER_PICTURE = 30  # a plot or a sheet: its caption is counted with the words
SECONDS_PER_FORMULA = 5
SECONDS_PER_QUESTION = 20  # "What would you expect?": an answer before looking
# Reviewers of code who go faster than some 500 lines an hour miss faults (Cohen 2006).
LINES_PER_MINUTE = 8

EXPECT = "What would you expect?"
KEPT = "reread-minutes"  # in the metadata of a page: its minutes without the code, for other pages
CODE = ("cell_code_source", "cell_code_output", "mime_bundle")


class minutes(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Stands where the minutes go, until the page has been read."""


@dataclass
class Load:
    """What there is to read on a page: numbers of words, plots and sheets, and so on."""

    words: int = 0
    pictures: int = 0
    formulas: int = 0
    questions: int = 0
    lines: int = 0

    @property
    def without_code(self) -> int:
        """Minutes, rounded up: at least one."""
        seconds = (
            SECONDS_PER_PICTURE * self.pictures
            + SECONDS_PER_FORMULA * self.formulas
            + SECONDS_PER_QUESTION * self.questions
        )
        return max(1, math.ceil(self.words / WORDS_PER_MINUTE + seconds / 60))

    @property
    def with_code(self) -> int:
        return max(self.without_code, self.without_code + round(self.lines / LINES_PER_MINUTE))

    @property
    def in_words(self) -> tuple[str, str]:
        """The minutes without the code, and what the code adds to the sentence."""
        one, all_ = self.without_code, self.with_code
        unit = "minute" if one == 1 else "minutes"
        return f"About {one} {unit}", f", {all_} with the code." if all_ > one else "."


def load_of(document: nodes.Element) -> Load:
    """Count the words that a reader of the page sees without opening code; text in folds is read
    too. Cells and what they put out are no prose: their lines are counted apart."""
    load = Load()
    _count(document, load)
    return load


def _count(node: nodes.Node, load: Load) -> None:
    if isinstance(node, nodes.Text):
        load.words += len(node.astext().split())
        return
    if isinstance(node, nodes.comment | nodes.raw | nodes.substitution_definition | minutes):
        return
    if isinstance(node, nodes.math | nodes.math_block):
        load.formulas += 1
        return
    if isinstance(node, nodes.container) and node.get("nb_element") in CODE:
        if node["nb_element"] == "cell_code_source":
            load.lines += sum(bool(line.strip()) for line in node.astext().splitlines())
        return
    if isinstance(node, nodes.figure | computed_table | nodes.table):
        load.pictures += 1
    elif isinstance(node, nodes.rubric | nodes.title) and node.astext().startswith(EXPECT):
        load.questions += 1
    for child in node.children:
        _count(child, load)


class Opening(SphinxDirective):
    """Objectives as a list, each with links to the headings that it covers; then, if need be,
    more paragraphs. `:needed:` and `:helpful:` are Markdown."""

    has_content = True
    option_spec: ClassVar = {
        "needed": directives.unchanged_required,
        "helpful": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        for name in self.option_spec:
            if name not in self.options:
                raise self.error(f"the opening says nothing under :{name}:")
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        if not body.children or not isinstance(body[0], nodes.bullet_list):
            raise self.error("the opening must begin with a list of objectives")
        for item in body[0].children:
            if not any(leads_to_heading(link) for link in item.findall()):
                raise self.error(
                    f"no heading of the page is linked by the objective {item.astext()!r}"
                )
        box = nodes.admonition(classes=["opening", "admonition-this-chapter"])
        box += nodes.title("", "This chapter")
        box += nodes.paragraph("", "", nodes.strong("", "You will be able to"))
        box += body.children
        box += self.said("Needed", "needed")
        box += self.said("Helpful", "helpful")
        box += nodes.paragraph("", "", minutes())
        self.set_source_info(box)
        return [box]

    def said(self, label: str, option: str) -> nodes.paragraph:
        inline, messages = self.state.inline_text(self.options[option], self.lineno)
        return nodes.paragraph(
            "", "", nodes.strong("", f"{label}:"), nodes.Text(" "), *inline, *messages
        )


def leads_to_heading(node: nodes.Node) -> bool:
    """Whether this is a link to a heading of its own page, as MyST leaves it while reading."""
    if not isinstance(node, nodes.Element):
        return False
    target = str(node.get("refid") or node.get("refuri") or node.get("reftarget") or "")
    return bool(node.get("id_link")) or target.startswith("#")


class CountMinutes(SphinxTransform):
    """Write the minutes, once all of the page is there."""

    default_priority = 880

    def apply(self, **kwargs: object) -> None:
        load = load_of(self.document)
        if env := getattr(self.document.settings, "env", None):
            env.metadata[env.docname][KEPT] = load.without_code
        read, code = load.in_words
        for node in list(self.document.findall(minutes)):
            node.replace_self([nodes.strong("", read), nodes.Text(code)])


class ReadingSpeeds(SphinxDirective):
    """One paragraph: how the minutes of a chapter are counted."""

    def run(self) -> list[nodes.Node]:
        text = (
            "The minutes at the head of a chapter are counted while the page is made: "
            f"{WORDS_PER_MINUTE} words a minute, {SECONDS_PER_PICTURE} seconds for each plot or "
            f"sheet, {SECONDS_PER_FORMULA} for each formula, {SECONDS_PER_QUESTION} to think "
            f"about each *{EXPECT}*, and with the code {LINES_PER_MINUTE} lines of it a minute."
        )
        body = nodes.Element()
        self.state.nested_parse(StringList([text], "minutes"), self.content_offset, body)
        return list(body.children)


def setup(app: Sphinx) -> None:
    app.add_node(minutes)
    app.add_directive("opening", Opening)
    app.add_directive("reading-speeds", ReadingSpeeds)
    app.add_transform(CountMinutes)
