"""The Markdown of a book about a paper, from templates and shared paragraphs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from analysis.findings import Ledger
from analysis.paper import Paper
from analysis.show import sources
from workshop.paper_book.plan import Page, Plan
from workshop.places import BOOK, ROOT

TEMPLATES = Path(__file__).with_name("templates")
SHARED = BOOK / "shared"

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|$&~^])")
_BLANKS = re.compile(r"\n{3,}")

BACK = {
    "glossary": "# Glossary\n\nPlain words first, then the formula, then where the term is "
    "first used.\n\n"
    "```{include} shared/glossary.md\n```\n",
    "references": "# References\n\nThe sources of the methods.\n\n```{bibliography}\n```\n",
    "versions": "# Versions\n\nThe book is made with these versions; `requirements.lock` pins "
    "them and all that they need.\n\n```{locked-versions}\n```\n",
}


def md(text: str) -> str:
    """Text that Markdown shows letter by letter, on one line."""
    return _SIGNS.sub(r"\\\1", " ".join(str(text).split()))


def texts(plan: Plan, paper: Paper) -> dict[str, str]:
    """The Markdown of every chapter by its name, the start page first."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"md": md, "plain": _plain}
    common = {"key": paper.paper.key, "cited": paper.paper.key in sources.entries()}

    def render(page: Page) -> str:
        text = environment.get_template(page.template).render(page=page, **common, **page.context)
        return _BLANKS.sub("\n\n", text).strip() + "\n"

    return {page.name: render(page) for page in plan.pages}


def write(folder: Path, plan: Plan, paper: Paper, ledger: Ledger) -> None:
    """The sources of the book into an empty `folder`, as Jupyter Book wants them."""
    book = folder / "book"
    book.mkdir(parents=True)
    for name, text in {**texts(plan, paper), **BACK}.items():
        (book / f"{name}.md").write_text(text, "utf-8")
    shutil.copytree(SHARED, book / "shared")
    shutil.copytree(BOOK / "_static", book / "_static")
    (folder / "data").mkdir()
    shutil.copy(sources.REFERENCES, folder / "data" / "references.bib")
    (folder / "_toc.yml").write_text(_dump(_contents(plan)), "utf-8")
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config["title"] = _plain(f"Appraisal: {paper.paper.label}")
    (folder / "_config.yml").write_text(_dump(config), "utf-8")


def _plain(text: str) -> str:
    """The theme puts the titles of the book and of its first page into all pages as they are:
    no sign of a tag in them."""
    return " ".join(text.translate({ord("<"): "‹", ord(">"): "›"}).split())


def _contents(plan: Plan) -> dict[str, Any]:
    parts: dict[str, list[dict[str, str]]] = {}
    for page in plan.pages[1:]:
        parts.setdefault(page.caption, []).append({"file": f"book/{page.name}"})
    parts["Back"] = [{"file": f"book/{name}"} for name in BACK]
    return {
        "format": "jb-book",
        "root": "book/index",
        "parts": [{"caption": caption, "chapters": own} for caption, own in parts.items()],
    }


def _dump(tree: object) -> str:
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
