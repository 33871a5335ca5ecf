"""What a page says about itself to browsers, search engines and those who share it.

Addresses are given only where the book has one (`html: baseurl` in `_config.yml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from workshop.extension import cards, policy
from workshop.facts import release, with_slash

LONGEST = 200


_CITATION = re.compile(r"\s*\[[^\]]*\b\d{4}[a-z]?\]")


def shortened(text: str, longest: int = LONGEST) -> str:
    """The first sentences of a text that fit; else its first words."""
    text = " ".join(_CITATION.sub("", text).split())
    if len(text) <= longest:
        return text
    sentences = text[: longest + 1].rpartition(". ")[0]
    if len(sentences) > longest / 2:
        return f"{sentences}."
    return text[:longest].rpartition(" ")[0].rstrip(",;:") + " …"


def description(doctree: nodes.document) -> str:
    """The first paragraphs of a page, without cells, captions and notes."""
    words = ""
    for paragraph in doctree.findall(nodes.paragraph):
        aside = (nodes.figure, nodes.table, nodes.footnote, nodes.admonition, nodes.Invisible)
        ancestor = paragraph.parent
        while ancestor is not None and not isinstance(ancestor, aside):
            if "nb_element" in getattr(ancestor, "attributes", {}):
                break
            ancestor = ancestor.parent
        if ancestor is None:
            words += paragraph.astext() + " "
            if len(words) > LONGEST:
                break
    return shortened(words)


def tag(name: str, value: str, kind: str = "name") -> str:
    return f'<meta {kind}="{name}" content="{escape(value)}" />'


def page_title(app: Sphinx, pagename: str, book: str) -> str:
    return app.env.titles[pagename].astext() if pagename in app.env.titles else book


def describe(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    context["release_version"] = release().version
    context["release_day"] = release().in_words
    context["release_year"] = release().day.year
    tags = [tag("version", release().version)]
    if isinstance(doctree, nodes.document):
        tags += _of_chapter(app, pagename, context, doctree)
    else:
        context["pageurl"] = None
        tags += [tag("robots", "noindex")]
    # docutils names the viewport a second time
    given = [line for line in context.get("metatags", "").splitlines() if "viewport" not in line]
    context["metatags"] = "\n".join([*given, *tags, ""])


def _of_chapter(
    app: Sphinx, pagename: str, context: dict[str, Any], doctree: nodes.document
) -> list[str]:
    book = context["docstitle"]
    title = page_title(app, pagename, book)
    about = description(doctree) or title
    card = cards.make(Path(app.outdir), pagename, title, book)
    address = with_slash(app.config.html_baseurl)
    # without an address the card is named as seen from the page
    image = f"{address}{card}" if address else context["pathto"](card, resource=True)
    tags = [
        tag("description", about),
        tag("og:type", "article", "property"),
        tag("og:site_name", book, "property"),
        tag("og:locale", "en", "property"),
        tag("og:title", title, "property"),
        tag("og:description", about, "property"),
        tag("og:image", image, "property"),
        tag("og:image:width", str(cards.WIDTH), "property"),
        tag("og:image:height", str(cards.HEIGHT), "property"),
        tag("og:image:alt", f"{title}. {book}" if title != book else book, "property"),
        tag("twitter:card", "summary_large_image"),
    ]
    if context.get("pageurl"):
        tags.append(tag("og:url", context["pageurl"], "property"))
    return tags


def whole_address(app: Sphinx, config: Config) -> None:
    config.html_baseurl = with_slash(config.html_baseurl or "")


def extra_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The door to the front page, and the page for addresses that lead nowhere. A server shows
    the second at any depth: it loads nothing, and its links start at the root of the book."""
    root = urlsplit(app.config.html_baseurl).path or "/"
    front = app.config.root_doc
    listed = [(f"{root}{name}.html", page_title(app, name, "")) for name in chapters(app)]
    yield "index", {"door_policy": policy.meta(), "front": f"{front}.html"}, "door.html"
    own = policy.meta({**policy.POLICY, "script-src": "'none'"})
    yield "404", {"own_policy": own, "root": root, "listed": listed}, "404.html"


def chapters(app: Sphinx) -> list[str]:
    """All pages of the book in the order of reading."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            order.append(name)
            for below in app.env.toctree_includes.get(name, []):
                visit(below)

    visit(app.config.root_doc)
    return order


def site_map(address: str, names: list[str]) -> str:
    places = "".join(f"  <url><loc>{escape(address + name)}.html</loc></url>\n" for name in names)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
    )


def robots(address: str) -> str:
    allowed = "User-agent: *\nAllow: /\n"
    return f"{allowed}Sitemap: {address}sitemap.xml\n" if address else allowed


def write_for_robots(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    address, folder = app.config.html_baseurl, Path(app.outdir)
    (folder / "robots.txt").write_text(robots(address), "utf-8")
    if address:
        (folder / "sitemap.xml").write_text(site_map(address, chapters(app)), "utf-8")


def setup(app: Sphinx) -> None:
    app.connect("config-inited", whole_address)
    app.connect("html-page-context", describe, priority=800)
    app.connect("html-collect-pages", extra_pages)
    app.connect("build-finished", write_for_robots)
